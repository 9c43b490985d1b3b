/* hsrp.c: Hot Standby Router Protocol: RFC 2281 (version 1), and version 2 as its vendor documents it. */
#include "base/address.h"
#include "protocols/tally.h"

#include <ctype.h>

enum {
	LENGTH_1 = 20,
	GROUP_STATE = 1,
	LENGTH_2 = 40,
	AUTH_TEXT = 3,
	AUTH_MD5 = 4,
	MD5_LENGTH = 30,
	AUTH = 8
};

static const struct weakness clear_password = {
	.id = "hsrp-clear-password",
	.title = "HSRP sends its password in clear text",
	.severity = 3,
	.remedy = "Use MD5 authentication with a key chain.",
};
static const struct weakness default_password = {
	.id = "hsrp-default-password",
	.title = "HSRP uses the password that routers are delivered with (cisco)",
	.severity = 2,
	.remedy = "Use MD5 authentication with a key chain.",
};
static const struct weakness no_authentication = {
	.id = "hsrp-no-authentication",
	.title = "HSRP is spoken without authentication: whoever is on the link can become the router",
	.severity = 2,
	.remedy = "Use MD5 authentication with a key chain.",
};
static const struct weakness *const weaknesses[] = { &clear_password, &default_password, &no_authentication,
						     NULL };

static const struct code_name operations[] = {
	{ 0, "hello" }, { 1, "coup" }, { 2, "resign" }, { 3, "advertise" }
};
static const struct code_name states[] = {
	{ 0, "initial" }, { 1, "learn" }, { 2, "listen" }, { 4, "speak" }, { 8, "standby" }, { 16, "active" },
};
static const struct code_name states_2[] = {
	{ 1, "initial" }, { 2, "learn" }, { 3, "listen" }, { 4, "speak" }, { 5, "standby" }, { 6, "active" },
};

struct message {
	uint8_t version, operation, state;
	uint32_t hello, hold, priority, group; /* hello and hold in milliseconds */
	struct address virtual_address;
	char password[AUTH + 1];
	bool md5;
};

static bool read_password(struct span s, char password[static AUTH + 1])
{
	size_t length = 0;

	while (length < AUTH && isgraph(s.at[length]))
		length++;
	for (size_t i = length; i < AUTH; i++)
		if (s.at[i] != 0)
			return false;
	span_copy_text(s, password, AUTH + 1);
	return length > 0;
}

static bool read_first(struct span s, struct message *m)
{
	struct span password;

	m->version = 1;
	span_skip(&s, 1);
	m->operation = span_u8(&s);
	m->state = span_u8(&s);
	m->hello = span_u8(&s) * 1000u;
	m->hold = span_u8(&s) * 1000u;
	m->priority = span_u8(&s);
	m->group = span_u8(&s);
	if (span_u8(&s) != 0 || m->operation > 2 || CODE_TEXT(states, m->state) == NULL)
		return false;
	password = span_take(&s, AUTH);
	m->virtual_address = address_v4(span_u32(&s));
	if (s.failed || m->hold < m->hello || m->hold == 0)
		return false;
	if (span_left(s) == MD5_LENGTH && s.at[0] == AUTH_MD5 && s.at[1] == MD5_LENGTH - 2 && s.at[2] == 1) {
		m->md5 = true;
		return true;
	}
	return span_left(s) == 0 && read_password(password, m->password);
}

static bool read_second(struct span s, struct message *m)
{
	const uint8_t *at;

	span_skip(&s, 2);
	m->version = span_u8(&s);
	m->operation = span_u8(&s);
	m->state = span_u8(&s);
	at = span_header(&s, 1);
	if (m->version != 2 || m->operation > 3 || CODE_TEXT(states_2, m->state) == NULL || at == NULL ||
	    (*at != 4 && *at != 6))
		return false;
	m->group = span_u16(&s);
	span_skip(&s, 6); /* of whom */
	m->priority = span_u32(&s);
	m->hello = span_u32(&s);
	m->hold = span_u32(&s);
	if (span_left(s) < 16 || m->hold < m->hello || m->priority > 255)
		return false;
	m->virtual_address = *at == 4 ? address_v4(load_u32(s.at)) : address_v6(s.at);
	span_skip(&s, 16);
	while (span_left(s) > 0 && !s.failed) {
		const uint8_t type = span_u8(&s);
		const struct span value = span_take(&s, span_u8(&s));

		if (type == AUTH_TEXT && span_left(value) == AUTH)
			(void)read_password(value, m->password);
		m->md5 |= type == AUTH_MD5 && !value.failed;
	}
	return true;
}

static bool read_message(struct span s, struct message *m)
{
	*m = (struct message){ 0 };
	if (span_left(s) >= LENGTH_1 && *s.at == 0)
		return read_first(s, m);
	return span_left(s) >= 2 + LENGTH_2 && s.at[0] == GROUP_STATE && s.at[1] == LENGTH_2 &&
	       read_second(s, m);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct message message;

	(void)side;
	return transport == TRANSPORT_UDP && *first.at <= GROUP_STATE && read_message(first, &message) ? YES
												       : NO;
}

/* ---- reading ---- */

struct conversation {
	struct message last;
	uint32_t messages;
};

static void emit(const void *record, struct json *json)
{
	const struct message *const m = record;
	char text[ADDRESS_TEXT];

	json_unsigned(json, "version", m->version);
	json_text(json, "operation", CODE_TEXT(operations, m->operation));
	json_text(json, "state",
		  m->version == 1 ? CODE_TEXT(states, m->state) : CODE_TEXT(states_2, m->state));
	json_unsigned(json, "group", m->group);
	json_unsigned(json, "priority", m->priority);
	json_unsigned(json, "hello_ms", m->hello);
	json_unsigned(json, "hold_ms", m->hold);
	json_text(json, "virtual_address", address_text(&m->virtual_address, text));
	json_text(json, "authentication", m->password[0] != '\0' ? "password" : m->md5 ? "md5" : "none");
}

/* Told once, and again whenever something is different. */
static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct message m;

	if (!read_message(*bytes, &m))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	bytes->at = bytes->end;
	if (state->messages++ == 0 || m.state != state->last.state || m.operation != state->last.operation ||
	    m.priority != state->last.priority)
		parse_event(parse, &m);
	state->last = m;
	if (strcmp(m.password, "cisco") == 0)
		parse_weakness(parse, &default_password, "group %u", m.group);
	else if (m.password[0] != '\0')
		parse_weakness(parse, &clear_password, "group %u", m.group);
	else if (!m.md5)
		parse_weakness(parse, &no_authentication, "group %u", m.group);
	return PARSE_ON;
}

static const struct parser parser = { .state_size = PARSE_STATE(struct conversation),
				      .read = read,
				      .emit = emit };

const struct protocol protocol_hsrp = {
	.name = "hsrp",
	.title = "Hot Standby Router Protocol",
	DOORS(UDP(1985), UDP(2029)), /* of version 2 for IPv6 */
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = LENGTH_1,
	MARKS(OCTETS(0, 0, GROUP_STATE), OCTETS(1, 0, 2), OCTET(1, LENGTH_2), OCTETS(2, 0, 2), OCTET(2, 4),
	      OCTET(2, 8), OCTET(2, 16)),
	.secret_at = 8,
	.parser = &parser,
	.weaknesses = weaknesses,
};
