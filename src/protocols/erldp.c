/* erldp.c: Erlang between nodes, "Distribution Handshake" of "Distribution Protocol" in ERTS' manual: names,
 * a status and a challenge, each behind a length of two octets. */
#include "protocols/tally.h"

enum { NAME_MOST = 256, SEND_NAME = 'n', SEND_NAME_6 = 'N', FLAGS = 8, CREATION = 4, VERSION_5 = 5 };

static const char ok[] = "sok";

static const struct weakness clear = {
	"erldp-clear",
	"Erlang nodes trust each other in the clear, and run what the other says",
	2,
	"Let nodes speak inside TLS (-proto_dist inet_tls), and keep others than the cluster away from their "
	"doors.",
};
static const struct weakness *const weaknesses[] = { &clear, NULL };

static bool is_node(struct span name)
{
	return span_left(name) > 2 && span_left(name) < NAME_MOST && text_is_plain(name) &&
	       span_find(name, "@") != SIZE_MAX && span_find(name, " ") == SIZE_MAX;
}

/* A name with its flags: "n", the version, four octets; or "N", eight, the creation, and its length. */
static enum verdict take_name(struct span *s, struct span *ret_name)
{
	struct span rest = *s, message;
	const uint16_t length = span_u16(&rest);
	uint8_t tag;

	if (rest.failed)
		return *s->at <= NAME_MOST >> 8 ? MORE : NO;
	if (length < FLAGS || length > NAME_MOST)
		return NO;
	tag = span_peek(rest, 0);
	if (span_left(rest) > 0 && tag != SEND_NAME && tag != SEND_NAME_6)
		return NO;
	message = span_take(&rest, length);
	if (message.failed)
		return MORE;
	span_skip(&message, 1);
	if (tag == SEND_NAME) {
		if (span_u16(&message) != VERSION_5)
			return NO;
		span_skip(&message, 4);
	} else {
		span_skip(&message, FLAGS + CREATION);
		if (span_u16(&message) != span_left(message))
			return NO;
	}
	*ret_name = message;
	*s = rest;
	return !message.failed && is_node(message) ? YES : NO;
}

/* "ok", and behind it a challenge, which begins as a name does. */
static enum verdict recognise_answer(struct span first)
{
	struct span rest = first;
	const uint16_t length = span_u16(&rest);
	enum verdict verdict;

	if (*first.at != 0)
		return NO;
	if (rest.failed)
		return MORE;
	if (length != strlen(ok))
		return NO;
	verdict = recognise_text(rest, ok);
	if (verdict != YES)
		return verdict;
	span_skip(&rest, strlen(ok) + 2);
	if (rest.failed || span_left(rest) == 0)
		return MORE;
	return *rest.at == SEND_NAME || *rest.at == SEND_NAME_6 ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span name;

	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_SERVER ? recognise_answer(first) : take_name(&first, &name);
}

/* ---- reading ---- */

enum {
	MESSAGE_LEAST = 1,
	HANDSHAKE_MOST = 1024,
	STATUS = 's',
	REPLY = 'r',
	ACKNOWLEDGED = 'a',
	COMPLEMENT = 'c',
	NAME = 96,
};

struct conversation {
	char client[NAME], server[NAME], status[NAME];
	uint8_t version;
	bool replied, accepted, refused, told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "client_node", state->client);
	emit_text(json, "server_node", state->server);
	if (state->version != 0)
		json_unsigned(json, "version", state->version);
	emit_text(json, "status", state->status);
	if (state->accepted || state->refused)
		json_text(json, "login", state->accepted ? "accepted" : "refused");
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	/* a node that does not know the cookie gets no answer to its reply */
	state->refused = !state->accepted && (state->refused || state->replied);
	if (!state->told &&
	    (state->client[0] != '\0' || state->server[0] != '\0' || state->status[0] != '\0'))
		parse_event(parse, state);
	state->told = true;
}

/* Of version 5: two octets of version, four of flags; of version 6 flags of eight. Behind them stands the
 * challenge, where a server says it. */
static bool read_name(struct conversation *state, enum side side, struct span s)
{
	const uint8_t tag = span_u8(&s);
	const size_t challenge = side == SIDE_SERVER ? 4 : 0;
	char *const node = side == SIDE_SERVER ? state->server : state->client;

	if (tag == SEND_NAME) {
		span_skip(&s, 2 + 4 + challenge);
	} else {
		span_skip(&s, FLAGS + challenge + CREATION);
		s = span_take(&s, span_u16(&s));
	}
	if (s.failed || !text_is_plain(s))
		return false;
	if (side == SIDE_SERVER)
		state->version = tag == SEND_NAME ? 5 : 6;
	span_copy_text(s, node, NAME);
	return true;
}

static bool read_status(struct conversation *state, struct span s)
{
	static const char *const refusals[] = { "nok", "not_allowed" };

	span_skip(&s, 1);
	if (!text_is_plain(s))
		return false;
	span_copy_text(s, state->status, sizeof(state->status));
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		state->refused |= span_is(s, refusals[i]);
	return true;
}

static enum parse_step read_message(struct conversation *state, struct parse *parse, struct span message)
{
	const bool is_server = parse->side == SIDE_SERVER;

	switch (*message.at) {
	case SEND_NAME:
	case SEND_NAME_6: return read_name(state, parse->side, message) ? PARSE_ON : PARSE_BROKEN;
	case STATUS: return is_server && !read_status(state, message) ? PARSE_BROKEN : PARSE_ON;
	case COMPLEMENT: return PARSE_ON;
	case REPLY: state->replied |= !is_server; return PARSE_ON;
	case ACKNOWLEDGED:
		if (!is_server)
			return PARSE_BROKEN;
		state->accepted = true;
		parse_weakness(parse, &clear, "node %s was let in",
			       state->client[0] != '\0' ? state->client : "(not seen)");
		end(state, parse);
		return PARSE_DONE;
	default: return PARSE_BROKEN;
	}
}

/* A client may go on with messages at once; it is the server that tells whether it may. */
static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum parse_step step = PARSE_ON;

	while (step == PARSE_ON && span_left(*bytes) > 0) {
		struct span rest = *bytes, message;
		uint16_t length;

		if (parse->side == SIDE_CLIENT && state->replied) {
			bytes->at = bytes->end;
			break;
		}
		length = span_u16(&rest);
		message = span_take(&rest, length);
		if (span_left(*bytes) > 1 && (length < MESSAGE_LEAST || length > HANDSHAKE_MOST))
			return PARSE_BROKEN;
		if (message.failed)
			break;
		step = read_message(state, parse, message);
		if (step != PARSE_BROKEN)
			*bytes = rest;
	}
	return step;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char name[] = "doorward@localhost";

	(void)state;
	(void)transport;
	buffer_u16(out, 1 + FLAGS + CREATION + 2 + sizeof(name) - 1);
	buffer_u8(out, SEND_NAME_6);
	buffer_u32(out, 0x0d);
	buffer_u32(out, 0x07df7fbd); /* what a node of version 25 can */
	buffer_u32(out, 1);
	buffer_u16(out, sizeof(name) - 1);
	buffer_text(out, name);
}

/* The challenge is not answered: nobody logs in. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	enum { NAME_AT = 5 + 2 + 1 + FLAGS + 4 + CREATION };
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span s = *heard, name;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (s.at[7] != SEND_NAME_6)
		return PROBE_DONE;
	span_skip(&s, NAME_AT);
	name = span_take(&s, span_u16(&s));
	if (name.failed)
		return ended ? PROBE_DONE : PROBE_WAIT;
	answer_fact(answer, "node", name);
	answer_product(answer, span_text("Erlang"), span_text(""));
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_erldp = {
	.name = "erldp",
	.title = "Erlang distribution",
	DOORS(TCP(25672)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
