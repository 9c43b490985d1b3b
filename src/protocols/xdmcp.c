/* xdmcp.c: the X Display Manager Control Protocol, version 1.1 of the X Consortium's standard: a display asks
 * who manages it, and a manager offers a login. What is typed goes over X11 in the clear afterwards. */
#include "protocols/tally.h"

static const struct weakness clear = {
	"xdmcp-clear",
	"a login with a screen is offered over XDMCP, in the clear",
	2,
	"Turn XDMCP off in the display manager; let screens be reached through SSH, or RDP with TLS.",
};
static const struct weakness *const weaknesses[] = { &clear, NULL };

enum {
	VERSION = 1,
	HEADER = 6,
	TEXT_MOST = 128,
	LIST_MOST = 256,
	ADDRESSES_MOST = 8,
	INTERNET = 0,
	INTERNET_6 = 6
};

enum opcode {
	BROADCAST_QUERY = 1,
	QUERY,
	INDIRECT_QUERY,
	FORWARD_QUERY,
	WILLING,
	UNWILLING,
	REQUEST,
	ACCEPT,
	DECLINE,
	MANAGE,
	REFUSE,
	FAILED,
	KEEP_ALIVE,
	ALIVE,
	OPCODES,
};

static const char *const opcode_names[OPCODES] = {
	[BROADCAST_QUERY] = "broadcast_query",
	[QUERY] = "query",
	[INDIRECT_QUERY] = "indirect_query",
	[FORWARD_QUERY] = "forward_query",
	[WILLING] = "willing",
	[UNWILLING] = "unwilling",
	[REQUEST] = "request",
	[ACCEPT] = "accept",
	[DECLINE] = "decline",
	[MANAGE] = "manage",
	[REFUSE] = "refuse",
	[FAILED] = "failed",
	[KEEP_ALIVE] = "keep_alive",
	[ALIVE] = "alive",
};

struct message {
	uint8_t opcode;
	char host[TEXT_MOST], status[TEXT_MOST], authentication[TEXT_MOST], authorization[TEXT_MOST];
	char display_class[TEXT_MOST], display_id[TEXT_MOST];
	char authentications[LIST_MOST], authorizations[LIST_MOST];
	struct address addresses[ADDRESSES_MOST];
	size_t address_count;
	uint16_t display;
	uint32_t session;
	bool has_display, has_session, running;
};

/* ---- reading ---- */

/* ARRAY8: a length of 16 bits and octets. */
static struct span take_array(struct span *s)
{
	return span_take(s, span_u16(s));
}

/* One that is text; what is none fails s. */
static void take_text(struct span *s, char text[static TEXT_MOST])
{
	const struct span array = take_array(s);

	s->failed = s->failed || !text_is_plain(array);
	if (!s->failed)
		span_copy_text(array, text, TEXT_MOST);
}

/* ARRAYofARRAY8: their number in one octet. */
static void take_texts(struct span *s, char *room)
{
	for (unsigned left = span_u8(s); left > 0 && !s->failed; left--) {
		const struct span array = take_array(s);

		s->failed = s->failed || !text_is_plain(array);
		(void)texts_add(room, LIST_MOST, array);
	}
}

/* Kinds of addresses, 16 bits each, and as many addresses. */
static void take_addresses(struct span *s, struct message *m)
{
	const unsigned kinds = span_u8(s);
	struct span types = span_take(s, (size_t)kinds * 2);
	const unsigned count = span_u8(s);

	s->failed = s->failed || count != kinds;
	for (unsigned i = 0; i < count && !s->failed; i++) {
		struct span bytes = take_array(s);
		const uint16_t type = span_u16(&types);
		struct address *const place = &m->addresses[m->address_count];

		if (m->address_count == ADDRESSES_MOST)
			continue;
		if (type == INTERNET && span_left(bytes) == 4)
			*place = address_v4(span_u32(&bytes));
		else if (type == INTERNET_6 && span_left(bytes) == 16)
			*place = address_v6(bytes.at);
		else
			continue;
		m->address_count++;
	}
}

static void take_display(struct span *s, struct message *m)
{
	m->display = span_u16(s);
	m->has_display = true;
}

static void take_session(struct span *s, struct message *m)
{
	m->session = span_u32(s);
	m->has_session = true;
}

static void take_request(struct span *s, struct message *m)
{
	take_display(s, m);
	take_addresses(s, m);
	take_text(s, m->authentication);
	(void)take_array(s); /* what proves it */
	take_texts(s, m->authorizations);
	take_text(s, m->display_id);
}

static void take_accept(struct span *s, struct message *m)
{
	take_session(s, m);
	take_text(s, m->authentication);
	(void)take_array(s);
	take_text(s, m->authorization);
	(void)take_array(s); /* the cookie */
}

static void take_body(struct span *s, struct message *m)
{
	switch (m->opcode) {
	case BROADCAST_QUERY:
	case QUERY:
	case INDIRECT_QUERY: take_texts(s, m->authentications); break;
	case FORWARD_QUERY:
		(void)take_array(s); /* the display's address and port */
		(void)take_array(s);
		take_texts(s, m->authentications);
		break;
	case WILLING:
		take_text(s, m->authentication);
		take_text(s, m->host);
		take_text(s, m->status);
		break;
	case UNWILLING:
		take_text(s, m->host);
		take_text(s, m->status);
		break;
	case REQUEST: take_request(s, m); break;
	case ACCEPT: take_accept(s, m); break;
	case DECLINE:
		take_text(s, m->status);
		take_text(s, m->authentication);
		(void)take_array(s);
		break;
	case MANAGE:
		take_session(s, m);
		take_display(s, m);
		take_text(s, m->display_class);
		break;
	case REFUSE: take_session(s, m); break;
	case FAILED:
		take_session(s, m);
		take_text(s, m->status);
		break;
	case KEEP_ALIVE:
		take_display(s, m);
		take_session(s, m);
		break;
	default:
		m->running = span_u8(s) != 0;
		take_session(s, m);
		break;
	}
}

/* The length counts what stands behind it, and the body fills that wholly. */
static bool read_message(struct span s, struct message *ret_message)
{
	const uint16_t version = span_u16(&s), opcode = span_u16(&s), length = span_u16(&s);

	if (s.failed || version != VERSION || opcode == 0 || opcode >= OPCODES || length != span_left(s))
		return false;
	*ret_message = (struct message){ .opcode = (uint8_t)opcode };
	take_body(&s, ret_message);
	return !s.failed && span_left(s) == 0;
}

/* Small numbers alone are no sign: a session has an identity, and words are some. */
static bool is_plausible(const struct message *m)
{
	switch (m->opcode) {
	case WILLING:
	case UNWILLING: return m->host[0] != '\0';
	case DECLINE: return m->status[0] != '\0';
	case MANAGE: return m->session != 0 && m->display_class[0] != '\0';
	case REQUEST: return m->address_count > 0;
	case ACCEPT:
	case REFUSE:
	case FAILED:
	case KEEP_ALIVE: return m->session > UINT16_MAX;
	case ALIVE: return m->session == 0 || m->running;
	default: return true;
	}
}

static bool is_of_manager(uint8_t opcode)
{
	return opcode == WILLING || opcode == UNWILLING || opcode == ACCEPT || opcode == DECLINE ||
	       opcode == REFUSE || opcode == FAILED || opcode == ALIVE;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct message m;

	if (transport != TRANSPORT_UDP || span_peek(first, 0) != 0 || span_peek(first, 1) != VERSION)
		return NO;
	return read_message(first, &m) && is_of_manager(m.opcode) == (side == SIDE_SERVER) && is_plausible(&m)
		       ? YES
		       : NO;
}

/* ---- telling ---- */

static void emit(const void *record, struct json *json)
{
	const struct message *const m = record;
	char text[ADDRESS_TEXT];

	json_text(json, "opcode", opcode_names[m->opcode]);
	emit_text(json, "host", m->host);
	emit_text(json, "status", m->status);
	emit_texts(json, "authentications", m->authentications);
	emit_text(json, "authentication", m->authentication);
	emit_texts(json, "authorizations", m->authorizations);
	emit_text(json, "authorization", m->authorization);
	if (m->has_display)
		json_unsigned(json, "display", m->display);
	emit_text(json, "display_class", m->display_class);
	emit_text(json, "display_id", m->display_id);
	if (m->address_count > 0) {
		json_open_array(json, "addresses");
		for (size_t i = 0; i < m->address_count; i++)
			json_text(json, NULL, address_text(&m->addresses[i], text));
		json_end(json);
	}
	if (m->has_session)
		json_unsigned(json, "session", m->session);
	if (m->opcode == ALIVE)
		json_bool(json, "running", m->running);
}

static enum parse_step read_xdmcp(void *state, struct parse *parse, struct span *bytes)
{
	struct message m;

	(void)state;
	if (!read_message(*bytes, &m))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	bytes->at = bytes->end;
	if (m.opcode == WILLING || m.opcode == ACCEPT)
		parse_weakness(parse, &clear, "%s %s", opcode_names[m.opcode], m.host);
	parse_event(parse, &m);
	return PARSE_ON;
}

/* ---- asking a server ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const uint8_t query[] = { 0, VERSION, 0, QUERY, 0, 1, 0 };

	(void)state;
	(void)transport;
	buffer_add(out, query, sizeof(query));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct message m;

	(void)state;
	(void)ended;
	(void)out;
	if (!read_message(*heard, &m) || !is_of_manager(m.opcode) || !is_plausible(&m))
		return PROBE_NOT;
	heard->at = heard->end;
	if (m.host[0] != '\0')
		answer_fact(answer, "host", span_text(m.host));
	if (m.status[0] != '\0')
		answer_fact(answer, "status", span_text(m.status));
	if (m.opcode == WILLING)
		answer_weakness(answer, &clear, "%s says that it is willing", m.host);
	return PROBE_DONE;
}

static const struct parser parser = { .state_size = PARSE_STATE(uint8_t), .read = read_xdmcp, .emit = emit };
static const struct probe probe = { .rare = true, .transports = PROBE_UDP, .greet = greet, .hear = hear };

const struct protocol protocol_xdmcp = {
	.name = "xdmcp",
	.title = "X Display Manager Control Protocol",
	DOORS(UDP(177)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = HEADER + 1,
	MARKS(OCTET(0, 0), OCTET(1, VERSION), OCTET(2, 0), OCTETS(3, 1, OPCODES - 1)),
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
