/* vrrp.c: the Virtual Router Redundancy Protocol: RFC 3768 (version 2), RFC 9568 (version 3); and CARP, which
 * shares its number and its version 2 (OpenBSD's carp(4)). */
#include "protocols/tally.h"
#include "protocols/told.h"

enum {
	ADVERTISEMENT = 1,
	PASSWORD = 1,
	HEADER = 8,
	CARP_LENGTH = 36,
	CARP_WORDS = 7, /* of what proves it */
	ADDRESSES = 16,
	HUNDREDTH_MS = 10,
};

static const struct weakness unproved = {
	"vrrp-no-authentication",
	"whoever sends VRRP with a higher priority becomes the router",
	4,
	"Let VRRP in only from the routers' own addresses; a switch can keep others from sending it.",
};
static const struct weakness clear_password = {
	"vrrp-clear-password",
	"VRRP sends its password in clear text",
	3,
	"Use version 3, and let VRRP in only from the routers' own addresses: the password protects nothing.",
};
static const struct weakness *const weaknesses[] = { &clear_password, &unproved, NULL };

static const struct code_name authentications[] = { { 0, "none" }, { 1, "password" }, { 2, "ah" } };

struct message {
	uint8_t version, router, priority, authentication, count;
	bool is_carp;
	uint32_t interval_ms;
	struct address addresses[ADDRESSES];
};

struct conversation {
	struct told told;
};

static void read_address(struct message *m, struct span *s, bool v6, unsigned nth)
{
	const struct span bytes = span_take(s, v6 ? 16 : 4);

	if (!bytes.failed && nth < ADDRESSES)
		m->addresses[nth] = v6 ? address_v6(bytes.at) : address_v4(load_u32(bytes.at));
}

/* Behind the octet of version and type. */
static bool read_carp(struct message *m, struct span s)
{
	m->is_carp = true;
	m->router = span_u8(&s);
	m->priority = span_u8(&s); /* the skew: the less, the sooner it speaks */
	span_skip(&s, 2);
	m->interval_ms = span_u8(&s) * 1000u;
	return !s.failed;
}

static bool read_vrrp(struct message *m, struct span s, bool v6)
{
	m->router = span_u8(&s);
	m->priority = span_u8(&s);
	m->count = span_u8(&s);
	if (m->version == 2) {
		m->authentication = span_u8(&s);
		m->interval_ms = span_u8(&s) * 1000u;
	} else {
		m->interval_ms = (span_u16(&s) & 0x0fffu) * HUNDREDTH_MS;
	}
	span_skip(&s, 2);
	for (unsigned i = 0; i < m->count; i++)
		read_address(m, &s, v6, i);
	return !s.failed && m->router != 0;
}

static bool read_message(struct message *m, struct span s, bool v6)
{
	const bool is_carp = span_left(s) == CARP_LENGTH && s.at[0] == 0x21 && s.at[3] == CARP_WORDS;
	const uint8_t first = span_u8(&s);

	m->version = first >> 4;
	if ((first & 15) != ADVERTISEMENT || m->version < 2 || m->version > 3)
		return false;
	return is_carp ? read_carp(m, s) : read_vrrp(m, s, v6);
}

static void judge(struct parse *parse, const struct message *m)
{
	if (m->is_carp)
		return;
	if (m->version == 2 && m->authentication == PASSWORD)
		parse_weakness(parse, &clear_password, "virtual router %u", m->router);
	else if (m->version == 3 || m->authentication == 0)
		parse_weakness(parse, &unproved, "virtual router %u", m->router);
}

static void emit(const void *record, struct json *json)
{
	const struct message *const m = record;
	char text[ADDRESS_TEXT];

	json_text(json, "variant", m->is_carp ? "carp" : "vrrp");
	json_unsigned(json, "version", m->version);
	json_unsigned(json, "virtual_router", m->router);
	json_unsigned(json, m->is_carp ? "skew" : "priority", m->priority);
	json_unsigned(json, "interval_ms", m->interval_ms);
	if (m->version == 2 && !m->is_carp)
		json_text(json, "authentication", CODE_TEXT(authentications, m->authentication));
	if (m->count == 0)
		return;
	json_open_array(json, "addresses");
	for (size_t i = 0; i < m->count && i < ADDRESSES; i++)
		json_text(json, NULL, address_text(&m->addresses[i], text));
	json_end(json);
}

/* Told once, and again whenever something is different. What proves a message of CARP always is. */
static enum parse_step read_advertisement(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct message m = { 0 };

	if (!read_message(&m, *bytes, parse->packet->version == 6))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	judge(parse, &m);
	if (told_is_news(&state->told, parse, m.router, m.is_carp ? span_of(bytes->at, HEADER - 2) : *bytes))
		parse_event(parse, &m);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read_advertisement,
	.emit = emit,
};

const struct protocol protocol_vrrp = {
	.name = "vrrp",
	.title = "Virtual Router Redundancy Protocol",
	DOORS(IP(TRANSPORT_VRRP)),
	.privacy = PRIVACY_EITHER,
	.by_header = true,
	.recognise = recognise_nothing,
	.secret_at = 12, /* behind one address */
	.parser = &parser,
	.weaknesses = weaknesses,
};
