/* ah.c: the Authentication Header of IPsec (RFC 4302). It proves who sent a packet and hides nothing: what it
 * carries is a flow of its own. */
#include "protocols/associations.h"

enum { FIXED = 12, WORD = 4, ENCRYPTED = TRANSPORT_ESP };

static const struct weakness readable = {
	"ah-alone",
	"AH protects traffic from change, and not from being read",
	4,
	"Use ESP with encryption where what is carried is nobody else's business.",
};
static const struct weakness *const weaknesses[] = { &readable, NULL };

struct conversation {
	struct associations associations;
};

static enum parse_step read_ah(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	const size_t header = (span_peek(*bytes, 1) + 2u) * WORD;
	struct association_seen *association;

	if (span_left(*bytes) < FIXED || header < FIXED)
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	association = associations_add(&state->associations, parse);
	if (association != NULL)
		association->icv = (uint8_t)(header - FIXED < UINT8_MAX ? header - FIXED : UINT8_MAX);
	if (parse->packet->protects != ENCRYPTED)
		parse_weakness(parse, &readable, "SPI 0x%08x", parse->packet->tunnel_key);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	associations_emit(json, &state->associations, NULL, NULL);
}

static void end(void *memory, struct parse *parse)
{
	const struct conversation *const state = memory;

	if (state->associations.count > 0)
		parse_event(parse, state);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read_ah,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_ah = {
	.name = "ah",
	.title = "Authentication Header of IPsec",
	DOORS(IP(TRANSPORT_AH)),
	.privacy = PRIVACY_EITHER,
	.by_header = true,
	.recognise = recognise_nothing,
	.parser = &parser,
	.weaknesses = weaknesses,
};
