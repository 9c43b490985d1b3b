/* esp.c: the Encapsulating Security Payload (RFC 4303). What is encrypted stays so; number, sequence and
 * length of each packet show themselves, and more where the encryption is NULL (RFC 2410) or keys are given.
 */
#include "packet/ipsec.h"
#include "protocols/associations.h"

const struct weakness esp_null = {
	"esp-null",
	"ESP carries traffic without encrypting it",
	2,
	"Take the NULL encryption out of the proposals of both ends.",
};
static const struct weakness *const weaknesses[] = { &esp_null, NULL };

enum { WORD = 4 };

struct conversation {
	struct associations associations;
};

static enum parse_step read_esp(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	/* RFC 4303 2.1 and 2.4: zero is nobody's, and what is sealed ends with a word. */
	if (parse->packet->tunnel_key == 0 || parse->packet->payload_length % WORD != 0)
		return PARSE_BROKEN;
	(void)associations_add(&state->associations, parse);
	if (parse->packet->ipsec == IPSEC_NULL)
		parse_weakness(parse, &esp_null, "SPI 0x%08x", parse->packet->tunnel_key);
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
	.read = read_esp,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_esp = {
	.name = "esp",
	.title = "Encapsulating Security Payload of IPsec",
	DOORS(IP(TRANSPORT_ESP)),
	.privacy = PRIVACY_EITHER,
	.by_header = true,
	.recognise = recognise_nothing,
	.parser = &parser,
	.weaknesses = weaknesses,
};
