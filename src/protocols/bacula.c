/* bacula.c: Bacula and Bareos, "Daemon Protocol" and "Director's Network" of Bacula's developer's guide:
 * messages behind a length of four octets, which is negative where it is a signal. Directors, file daemons
 * and storage daemons all greet alike.
 *
 * Servers are not asked: every greeting that no login follows is told to the administrator as an attempt. */
#include "protocols/probes.h"
#include "protocols/tally.h"

enum {
	LENGTH = 4,
	HELLO_MOST = 512,
	MESSAGE_LENGTH_MOST = 1 << 24,
	SIGNALS = 64,         /* bnet signals count down from -1 */
	TLS_RECORD = 0x1603u, /* what begins like this is a handshake of TLS */
};

/* Bits of the length. What is compressed is counted, and no more. */
#define COMPRESSED (1u << 30)
#define FLAGS      (3u << 29)

static const struct weakness no_tls = {
	"bacula-no-tls",
	"Bacula's daemons send backups in the clear",
	2,
	"Set TLS Enable and TLS Require for the director, the storage and the clients.",
};
static const struct weakness *const weaknesses[] = { &no_tls, NULL };

/* Who begins a conversation, by the words of its greeting; the first that fits. */
static const struct {
	const char *words, *role;
} callers[] = {
	{ "Hello SD: Bacula Director ", "director" },
	{ "Hello Director ", "director" },
	{ "Hello FD: Bacula Storage ", "storage" },
	{ "Hello Bacula SD: Start Job ", "client" },
	{ "Hello Start Job ", "client" },
	{ "Hello Storage ", "storage" },
	{ "Hello ", "console" },
};

/* ---- recognising ---- */

static bool is_hello(struct span text)
{
	return span_begins(text, "Hello ") &&
	       (span_find(text, " calling") != SIZE_MAX || span_find(text, "Start Job ") != SIZE_MAX) &&
	       text_is_plain(text);
}

static enum verdict recognise_hello(struct span first)
{
	struct span rest = first, text;
	const uint32_t length = span_u32(&rest);

	if (first.at[0] != 0 || (span_left(first) > 1 && first.at[1] != 0))
		return NO;
	if (rest.failed)
		return MORE;
	if (length < sizeof("Hello ") || length > HELLO_MOST)
		return NO;
	text = span_take(&rest, length);
	if (text.failed)
		return recognise_text(text_first(rest, sizeof("Hello ") - 1), "Hello ") == NO ? NO : MORE;
	return is_hello(text) ? YES : NO;
}

/* "auth cram-md5 <1228464714.1795267680@door-dir> ssl=0", "auth cram-md5c <...". */
static enum verdict recognise_challenge(struct span first)
{
	static const uint8_t zeros[3];
	const size_t come = span_left(first);

	if (memcmp(first.at, zeros, come < 3 ? come : 3) != 0)
		return NO;
	if (come <= LENGTH)
		return MORE;
	span_skip(&first, LENGTH);
	return recognise_text(first, "auth cram-md5");
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_hello(first) : recognise_challenge(first);
}

/* ---- reading ---- */

struct conversation {
	const char *caller, *called;
	char caller_name[128], called_name[128], version[64], jobs[512], paths[1024];
	uint64_t bytes[2]; /* by side */
	uint32_t messages[2];
	bool challenged[2], secured[2]; /* by side: who asks for an answer, and would speak TLS */
	bool accepted, told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_text(json, "client_role", state->caller);
	emit_text(json, "client_name", state->caller_name);
	json_text(json, "server_role", state->called);
	emit_text(json, "server_name", state->called_name);
	emit_text(json, "version", state->version);
	json_bool(json, "authenticated", state->accepted);
	emit_texts(json, "jobs", state->jobs);
	emit_texts(json, "paths", state->paths);
	json_unsigned(json, "messages_toserver", state->messages[SIDE_CLIENT]);
	json_unsigned(json, "messages_toclient", state->messages[SIDE_SERVER]);
	json_unsigned(json, "bytes_toserver", state->bytes[SIDE_CLIENT]);
	json_unsigned(json, "bytes_toclient", state->bytes[SIDE_SERVER]);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told)
		parse_event(parse, state);
	state->told = true;
}

/* What stands behind `sign`, as far as a blank or a comma. */
static struct span behind(struct span text, const char *sign)
{
	const size_t at = span_find(text, sign);
	struct span word;

	if (at == SIZE_MAX)
		return span_of(NULL, 0);
	span_skip(&text, at + strlen(sign));
	word = text_word(&text);
	for (const uint8_t *end = word.at; end < word.end; end++)
		if (*end == ',' || *end == ';')
			word.end = end;
	return word;
}

static void note_job(struct conversation *state, struct span name)
{
	if (span_left(name) > 0)
		texts_note(state->jobs, sizeof(state->jobs), name);
}

static void read_hello(struct conversation *state, struct span text)
{
	size_t i = 0;

	while (!span_begins(text, callers[i].words)) /* the last one always fits */
		i++;
	state->caller = callers[i].role;
	note_job(state, behind(text, "Start Job "));
	span_skip(&text, strlen(callers[i].words));
	if (span_find(text, " calling") != SIZE_MAX)
		span_copy_text(text_word(&text), state->caller_name, sizeof(state->caller_name));
}

/* Each side challenges the other, with its own name behind the "@". */
static void read_challenge(struct conversation *state, enum side side, struct span text)
{
	struct span name = behind(text, "@");
	char *const room = side == SIDE_CLIENT ? state->caller_name : state->called_name;

	if (span_left(name) > 0 && name.end[-1] == '>')
		name.end--;
	if (room[0] == '\0')
		span_copy_text(name, room, sizeof(state->called_name));
	state->challenged[side] = true;
	state->secured[side] = !span_is(behind(text, " ssl="), "0");
}

/* "1000 OK: 103 door-dir Version: 9.6.7 (10 December 2020)", "2000 OK Hello 214", "3000 OK Hello 306". */
static void read_welcome(struct conversation *state, struct parse *parse, struct span text)
{
	const struct span version = behind(text, "Version: ");

	state->called = *text.at == '1' ? "director" : *text.at == '2' ? "client" : "storage";
	if (*text.at == '1')
		span_copy_text(version, state->version, sizeof(state->version));
	if (span_left(version) > 0)
		parse_software(parse, SIDE_SERVER, span_text("Bacula"), version);
	if (state->challenged[SIDE_CLIENT] && !state->secured[SIDE_CLIENT] && !state->secured[SIDE_SERVER])
		parse_weakness(parse, &no_tls, "%s %s calls %s",
			       state->caller != NULL ? state->caller : "somebody", state->caller_name,
			       state->called_name);
}

static void read_text(struct conversation *state, struct parse *parse, struct span text)
{
	const bool server = parse->side == SIDE_SERVER;

	if (span_begins(text, "auth cram-md5")) {
		read_challenge(state, parse->side, text);
	} else if (server && span_begins(text, "1000 OK auth")) {
		state->accepted = true;
	} else if (server && state->called == NULL &&
		   (span_begins(text, "1000 OK: ") || span_begins(text, "2000 OK Hello") ||
		    span_begins(text, "3000 OK Hello"))) {
		read_welcome(state, parse, text);
	} else if (!server && state->caller == NULL && is_hello(text)) {
		read_hello(state, text);
	} else if (!server && state->caller != NULL && strcmp(state->caller, "director") == 0) {
		note_job(state, behind(text, " Job="));
		note_job(state, behind(text, " job="));
		if (span_begins(text, "F /"))
			texts_note(state->paths, sizeof(state->paths),
				   text_trim(span_of(text.at + 2, span_left(text) - 2)));
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct span rest = *bytes, text;
		uint32_t length = span_u32(&rest);
		const bool compressed = length & COMPRESSED;

		if (rest.failed) {
			parse_want(parse, LENGTH);
			break;
		}
		if (length >> 16 == TLS_RECORD) {
			parse_upgrade(parse, NULL);
			break;
		}
		if (length >= (uint32_t)-SIGNALS) {
			*bytes = rest;
			continue;
		}
		length &= ~FLAGS;
		if (length > MESSAGE_LENGTH_MOST)
			return PARSE_BROKEN;
		if (message_take(parse, bytes, LENGTH + (uint64_t)length, &text) != YES)
			break;
		span_skip(&text, LENGTH);
		state->messages[parse->side]++;
		state->bytes[parse->side] += length;
		if (span_left(text) > 0 && !compressed)
			read_text(state, parse, text);
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
	.leads = true,
};

const struct protocol protocol_bacula = {
	.name = "bacula",
	.title = "Bacula and Bareos",
	DOORS(TCP(9101), TCP(9102), TCP(9103)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.parser = &parser,
	.probe = &bacula_probe,
	.weaknesses = weaknesses,
};
