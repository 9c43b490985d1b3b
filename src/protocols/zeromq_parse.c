/* zeromq_parse.c: reads conversations of ZeroMQ's sockets: ZMTP 3.0 and 3.1 (RFC 23 and 37 of ZeroMQ, 24 for
 * PLAIN): greetings, commands, and messages, which are counted. What is encrypted by CURVE is counted alone.
 */
#include "protocols/tally.h"
#include "protocols/zeromq.h"

#include <stdio.h>

const struct weakness zeromq_no_auth = {
	"zeromq-no-auth",
	"A socket of ZeroMQ takes whoever connects, in the clear",
	2,
	"Let it use the mechanism CURVE, or bind it to the addresses that need it.",
};
const struct weakness zeromq_clear_login = {
	"zeromq-clear-login",
	"A socket of ZeroMQ takes passwords in the clear",
	2,
	"Let it use the mechanism CURVE.",
};

enum { MORE_FRAMES = 1, LONG = 2, COMMAND = 4, FLAGS = MORE_FRAMES | LONG | COMMAND, NAME_MOST = 16 };
enum { TOPICS = 512, FRAME_MOST = 1 << 30 };

struct end_of_it {
	char mechanism[ZEROMQ_MECHANISM + 1], socket_type[NAME_MOST], identity[64], version[8];
	uint64_t messages, bytes;
	bool greeted, encrypted;
};

struct conversation {
	struct end_of_it ends[2]; /* by side */
	char user[64], error[96], topics[TOPICS];
	const char *login;
	bool subscribes[2]; /* its messages are of subscriptions: they begin with 0 or 1 */
};

static void emit_end(struct json *json, const char *key, const struct end_of_it *end)
{
	if (!end->greeted)
		return;
	json_open_object(json, key);
	emit_text(json, "version", end->version);
	emit_text(json, "socket_type", end->socket_type);
	emit_text(json, "identity", end->identity);
	json_unsigned(json, "messages", end->messages);
	json_unsigned(json, "bytes", end->bytes);
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;
	const struct end_of_it *const client = &state->ends[SIDE_CLIENT];

	emit_text(json, "mechanism",
		  client->greeted ? client->mechanism : state->ends[SIDE_SERVER].mechanism);
	emit_text(json, "user", state->user);
	if (state->login != NULL)
		json_text(json, "login", state->login);
	emit_text(json, "error", state->error);
	emit_texts(json, "subscriptions", state->topics);
	emit_end(json, "client", client);
	emit_end(json, "server", &state->ends[SIDE_SERVER]);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

/* Before 3.0 there are frames alone, behind a greeting of another length. */
static enum verdict read_greeting(struct end_of_it *end, struct span *bytes)
{
	struct span s = *bytes, mechanism;
	uint8_t major, minor;

	span_skip(&s, ZEROMQ_SIGNATURE);
	major = span_u8(&s);
	if (!s.failed && major < ZEROMQ_MAJOR)
		return NO;
	minor = span_u8(&s);
	mechanism = span_take(&s, ZEROMQ_MECHANISM);
	if (span_left(*bytes) < ZEROMQ_GREETING)
		return MORE;
	end->greeted = true;
	span_copy_text(mechanism, end->mechanism, sizeof(end->mechanism));
	(void)snprintf(end->version, sizeof(end->version), "%u.%u", major, minor);
	end->encrypted = strcmp(end->mechanism, "NULL") != 0 && strcmp(end->mechanism, "PLAIN") != 0;
	span_skip(bytes, ZEROMQ_GREETING);
	return YES;
}

/* Each has a name and a value behind their lengths. */
static void read_properties(struct end_of_it *end, struct span s)
{
	while (span_left(s) > 0 && !s.failed) {
		const struct span name = span_take(&s, span_u8(&s));
		const struct span value = span_take(&s, span_u32(&s));

		if (value.failed)
			break;
		if (span_is_nocase(name, "Socket-Type"))
			span_copy_text(value, end->socket_type, sizeof(end->socket_type));
		else if (span_is_nocase(name, "Identity") && text_is_plain(value))
			span_copy_text(value, end->identity, sizeof(end->identity));
	}
}

static void note_topic(struct conversation *state, struct span topic)
{
	if (span_left(topic) == 0)
		topic = span_text("*"); /* all that there is */
	if (text_is_plain(topic))
		texts_note(state->topics, sizeof(state->topics), topic);
}

/* RFC 24: the client's name and password; the server's welcome. */
static void read_hello(struct conversation *state, struct parse *parse, struct span s)
{
	const struct span user = span_take(&s, span_u8(&s));

	if (user.failed || state->ends[parse->side].encrypted)
		return;
	span_copy_text(user, state->user, sizeof(state->user));
	parse_weakness(parse, &zeromq_clear_login, "login of user %s", state->user);
}

/* Where a login was asked for, it is refused by this. */
static void read_error(struct conversation *state, struct span s)
{
	const struct span reason = span_take(&s, span_u8(&s));

	if (state->user[0] != '\0' && state->login == NULL)
		state->login = "refused";
	if (!reason.failed)
		span_copy_text(reason, state->error, sizeof(state->error));
}

/* READY of the mechanism NULL is said by both, unasked: whoever connects is heard. */
static void read_ready(struct conversation *state, struct parse *parse, struct span s)
{
	struct end_of_it *const end = &state->ends[parse->side];

	if (end->encrypted)
		return;
	read_properties(end, s);
	state->subscribes[parse->side] = strcmp(end->socket_type, "SUB") == 0 ||
					 strcmp(end->socket_type, "XSUB") == 0;
	if (parse->side == SIDE_SERVER && strcmp(end->mechanism, "NULL") == 0)
		parse_weakness(parse, &zeromq_no_auth, "a socket%s%s was ready without a login",
			       end->socket_type[0] != '\0' ? " of type " : "", end->socket_type);
}

/* libzmq's refusal of PLAIN has one octet "^" for the length of the name and its first letter. */
static bool is_misspelt_error(struct span *s)
{
	static const char error[] = "^RROR";

	if (!span_begins(*s, error))
		return false;
	span_skip(s, strlen(error));
	return true;
}

static void read_command(struct conversation *state, struct parse *parse, struct span s)
{
	struct span name;

	if (is_misspelt_error(&s)) {
		read_error(state, s);
		return;
	}
	name = span_take(&s, span_u8(&s));
	if (name.failed)
		return;
	if (span_is(name, "READY") || span_is(name, "INITIATE"))
		read_ready(state, parse, s);
	else if (span_is(name, "HELLO"))
		read_hello(state, parse, s);
	else if (span_is(name, "WELCOME") && state->user[0] != '\0')
		state->login = "accepted";
	else if (span_is(name, "ERROR"))
		read_error(state, s);
	else if (span_is(name, "SUBSCRIBE"))
		note_topic(state, s);
}

/* ZMTP 3.0 subscribes by messages (RFC 29): a one, and the topic. */
static void read_message(struct conversation *state, const struct parse *parse, struct span s, uint8_t flags,
			 uint64_t length)
{
	struct end_of_it *const end = &state->ends[parse->side];

	if (state->subscribes[parse->side] && span_peek(s, 0) <= 1) {
		if (span_u8(&s) == 1)
			note_topic(state, s);
		return;
	}
	end->messages += (flags & MORE_FRAMES) == 0;
	end->bytes += length;
}

/* Flags, a length in one octet or eight, and so many octets. */
static enum verdict read_frame(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes, frame;
	const uint8_t flags = span_u8(&s);
	const uint64_t length = (flags & LONG) != 0 ? span_u64(&s) : span_u8(&s);
	const size_t head = (size_t)(s.at - bytes->at);

	if ((flags & ~FLAGS) != 0 || (flags & (COMMAND | MORE_FRAMES)) == (COMMAND | MORE_FRAMES))
		return NO;
	if (s.failed)
		return MORE;
	if (length > FRAME_MOST)
		return NO;
	if (message_take(parse, bytes, head + length, &frame) != YES)
		return MORE;
	span_skip(&frame, head);
	if ((flags & COMMAND) != 0)
		read_command(state, parse, frame);
	else
		read_message(state, parse, frame, flags, length);
	return YES;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct end_of_it *const end = &state->ends[parse->side];
	enum verdict whole = end->greeted ? YES : read_greeting(end, bytes);

	while (whole == YES && span_left(*bytes) > 0 && parse->skip == 0)
		whole = read_frame(state, parse, bytes);
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

const struct parser zeromq_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
