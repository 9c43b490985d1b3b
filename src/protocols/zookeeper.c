/* zookeeper.c: ZooKeeper, the words of four letters of its administrator's guide, and the records of
 * "zookeeper.jute" in its sources: each has its length before it, a session begins with ConnectRequest. */
#include "protocols/tally.h"

enum {
	NAME = 64,
	PATH = 256,
	PATHS = 1024,
	TEXT = 4096,
	WORD = 4,
	PASSWORD = 16,
	REQUEST = 44, /* octets of ConnectRequest; one more tells whether it may only read */
	RESPONSE = 36,
	RECORD_MOST = 1 << 24,
	WANTED = 1024,
	OPERATION_AUTH = 100,
};

static const struct weakness clear_login = {
	"zookeeper-clear-login",
	"ZooKeeper takes passwords in the clear",
	2,
	"Let clients use TLS (secureClientPort), or authenticate with SASL.",
};
static const struct weakness open_words = {
	"zookeeper-open",
	"ZooKeeper tells its state to everybody",
	3,
	"Allow only the words that are needed (4lw.commands.whitelist), and from where they are needed.",
};
static const struct weakness *const weaknesses[] = { &clear_login, &open_words, NULL };

/* ---- recognising ---- */

/* Those that begin no longer word of others come first. */
static const char *const words[] = { "ruok", "srvr", "mntr", "isro", "wchs", "wchc", "wchp", "crst",
				     "srst", "stat", "conf", "cons", "dump", "envi", "dirs" };
enum { WORDS = sizeof(words) / sizeof(*words), WORDS_ALONE = 9 };

static enum verdict recognise_word(struct span first)
{
	const uint8_t letter = span_peek(first, 0);

	if (letter < 'c' || letter > 'w')
		return NO;
	for (size_t i = 0; i < WORDS; i++) {
		const enum verdict verdict = recognise_text(first, words[i]);

		if (verdict == MORE)
			return MORE;
		if (verdict != YES)
			continue;
		if (i < WORDS_ALONE)
			return YES;
		return span_left(first) == WORD ? MORE : span_peek(first, WORD) == '\n' ? YES : NO;
	}
	return NO;
}

/* ConnectRequest: version 0, last zxid, timeout, session, 16 octets; ConnectResponse: version 0, timeout,
 * session, 16 octets. */
static enum verdict recognise_connect(struct span first, enum side side)
{
	const uint32_t least = side == SIDE_CLIENT ? REQUEST : RESPONSE;
	struct span rest = first;
	uint32_t length = span_u32(&rest), timeout, password;

	if (span_left(first) < 4)
		return MORE;
	if (length != least && length != least + 1)
		return NO;
	if (span_left(rest) < least)
		return span_left(rest) < 4 || span_u32(&rest) == 0 ? MORE : NO;
	if (span_u32(&rest) != 0)
		return NO;
	span_skip(&rest, side == SIDE_CLIENT ? 8 : 0);
	timeout = span_u32(&rest);
	span_skip(&rest, 8);
	password = span_u32(&rest);
	return timeout <= INT32_MAX && password == PASSWORD ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const server[] = { "imok", "Zookeeper version: ", "zk_version\t",
					      "Environment:\nzookeeper.version=",
					      "This ZooKeeper instance is not currently serving requests" };

	if (transport != TRANSPORT_TCP)
		return NO;
	if (span_peek(first, 0) == 0)
		return recognise_connect(first, side);
	return side == SIDE_CLIENT ? recognise_word(first)
				   : recognise_texts(first, server, sizeof(server) / sizeof(*server));
}

/* ---- reading ---- */

enum manner { UNKNOWN, WORDS_OF_FOUR, RECORDS };

struct conversation {
	enum manner manner;
	char command[WORD + 1], version[NAME], mode[16], scheme[16], user[NAME];
	char paths[PATHS]; /* texts */
	uint32_t timeout, requests;
	uint64_t session;
	bool connected[2], told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "command", state->command);
	emit_text(json, "version", state->version);
	emit_text(json, "mode", state->mode);
	if (state->manner != RECORDS)
		return;
	if (state->session != 0) {
		json_open_object(json, "session");
		json_unsigned(json, "id", state->session);
		json_unsigned(json, "timeout_ms", state->timeout);
		json_end(json);
	}
	emit_text(json, "auth_scheme", state->scheme);
	emit_text(json, "user", state->user);
	json_unsigned(json, "requests", state->requests);
	emit_texts(json, "paths", state->paths);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	const bool begun = state->command[0] != '\0' || state->version[0] != '\0' ||
			   state->connected[SIDE_CLIENT] || state->connected[SIDE_SERVER] ||
			   state->requests > 0;

	if (!state->told && begun)
		parse_event(parse, state);
	state->told = true;
}

/* A text or octets with their length before them. */
static struct span take_buffer(struct span *s)
{
	const uint32_t length = span_u32(s);

	return span_take(s, length);
}

/* AuthPacket: type, scheme, and what it needs: "joe:password" of digest. */
static void read_auth(struct conversation *state, struct parse *parse, struct span record)
{
	struct span scheme, secret;

	span_skip(&record, 4);
	scheme = take_buffer(&record);
	secret = take_buffer(&record);
	if (record.failed)
		return;
	span_copy_text(scheme, state->scheme, sizeof(state->scheme));
	if (!span_is(scheme, "digest"))
		return;
	span_copy_text(span_until(&secret, ':'), state->user, sizeof(state->user));
	parse_weakness(parse, &clear_login, "digest authentication of user %s", state->user);
}

/* create, delete, exists, getData, setData, getACL, setACL, getChildren, sync and others of theirs. */
static bool has_path(uint32_t operation)
{
	return (operation >= 1 && operation <= 9) || operation == 12 || operation == 15 || operation == 19;
}

static void read_request(struct conversation *state, struct parse *parse, struct span record)
{
	uint32_t operation;
	struct span path;

	span_skip(&record, 4); /* its number */
	operation = span_u32(&record);
	if (operation == OPERATION_AUTH) {
		read_auth(state, parse, record);
		return;
	}
	if (!has_path(operation))
		return;
	state->requests++;
	path = take_buffer(&record);
	if (!record.failed && span_peek(path, 0) == '/' && span_left(path) < PATH)
		texts_note(state->paths, sizeof(state->paths), path);
}

static void read_connect(struct conversation *state, enum side side, struct span record)
{
	span_skip(&record, side == SIDE_CLIENT ? 12 : 4);
	if (side == SIDE_SERVER) {
		state->timeout = span_u32(&record);
		state->session = span_u64(&record);
	}
	state->connected[side] = true;
}

static enum parse_step read_records(struct conversation *state, struct parse *parse, struct span *bytes)
{
	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct span rest = *bytes, record;
		const uint32_t length = span_u32(&rest);
		const uint32_t wanted = length < WANTED ? length : WANTED;

		if (rest.failed)
			return PARSE_ON;
		if (length > RECORD_MOST)
			return PARSE_BROKEN;
		record = span_take(&rest, wanted);
		if (rest.failed) {
			parse_want(parse, 4 + wanted);
			return PARSE_ON;
		}
		if (!state->connected[parse->side] && parse->from_start[parse->side])
			read_connect(state, parse->side, record);
		else if (parse->side == SIDE_CLIENT)
			read_request(state, parse, record);
		*bytes = rest;
		if (length > wanted)
			parse_skip(parse, length - wanted);
	}
	return PARSE_ON;
}

/* "Zookeeper version: 3.8.0-1, built on ..." and "Mode: standalone" */
static struct span value_behind(struct span text, const char *key)
{
	const size_t at = span_find(text, key);
	struct span value;

	if (at == SIZE_MAX)
		return span_of(NULL, 0);
	span_skip(&text, at + strlen(key));
	value = text_word(&text);
	return span_ends(value, ",") ? span_take(&value, span_left(value) - 1) : value;
}

static enum parse_step read_words(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span line;

	if (parse->side == SIDE_CLIENT) {
		if (span_left(*bytes) < WORD)
			return PARSE_ON;
		if (state->command[0] == '\0')
			span_copy_text(span_take(bytes, WORD), state->command, sizeof(state->command));
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	while (span_left(*bytes) > 0 && line_take(bytes, &line) == YES) {
		const struct span version = value_behind(line, "Zookeeper version: ");

		if (span_left(version) > 0 && state->version[0] == '\0') {
			span_copy_text(version, state->version, sizeof(state->version));
			parse_software(parse, SIDE_SERVER, span_text("ZooKeeper"), version);
			parse_weakness(parse, &open_words, "%s was answered", state->command);
		}
		if (span_left(value_behind(line, "Mode: ")) > 0)
			span_copy_text(value_behind(line, "Mode: "), state->mode, sizeof(state->mode));
	}
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	if (state->manner == UNKNOWN)
		state->manner = span_peek(*bytes, 0) == 0 ? RECORDS : WORDS_OF_FOUR;
	return state->manner == RECORDS ? read_records(state, parse, bytes) : read_words(state, parse, bytes);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

static void greet(void *memory, unsigned transport, struct buffer *out)
{
	(void)memory;
	(void)transport;
	buffer_text(out, "srvr");
}

/* The server closes behind its answer; one that allows no words says so. */
static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const struct span version = value_behind(*heard, "Zookeeper version: ");

	(void)memory;
	(void)out;
	if (!ended && span_left(*heard) < TEXT)
		return PROBE_WAIT;
	if (span_begins(*heard, "srvr is not executed because it is not in the whitelist.")) {
		answer_product(answer, span_text("ZooKeeper"), span_of(NULL, 0));
		return PROBE_DONE;
	}
	if (!span_begins(*heard, "Zookeeper version: "))
		return span_begins(*heard, "This ZooKeeper instance is not") ? PROBE_DONE : PROBE_NOT;
	answer_product(answer, span_text("ZooKeeper"), version);
	answer_fact(answer, "mode", value_behind(*heard, "Mode: "));
	answer_weakness(answer, &open_words, "srvr was answered");
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_zookeeper = {
	.name = "zookeeper",
	.title = "ZooKeeper",
	DOORS(TCP(2181)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
