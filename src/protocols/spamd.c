/* spamd.c: SpamAssassin's daemon, "spamd/PROTOCOL" of its sources: a request with headers and perhaps a mail,
 * and an answer with headers and perhaps the same mail. */
#include "protocols/lines.h"

enum { NAME = 64, VERB = 16 };

static const char *const verbs[] = { "PROCESS", "CHECK", "SYMBOLS", "REPORT", "REPORT_IFSPAM",
				     "PING",    "SKIP",  "TELL",    "HEADERS" };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict best = NO;

	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_SERVER)
		return recognise_text(first, "SPAMD/1.");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs) && best != YES; i++) {
		struct span rest = first;
		enum verdict verdict = recognise_text(first, verbs[i]);

		if (verdict == YES) {
			span_skip(&rest, strlen(verbs[i]));
			verdict = span_left(rest) == 0 ? MORE : recognise_text(rest, " SPAMC/1.");
		}
		best = verdict == NO ? best : verdict;
	}
	return best;
}

struct conversation {
	char verb[VERB], user[NAME], client_version[8], server_version[8], response[NAME], spam[8], score[16],
		threshold[16];
	uint64_t length[2]; /* of the mail */
	bool begun[2], told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "command", state->verb);
	emit_text(json, "user", state->user);
	emit_text(json, "client_version", state->client_version);
	if (state->length[SIDE_CLIENT] > 0)
		json_unsigned(json, "length", state->length[SIDE_CLIENT]);
	emit_text(json, "server_version", state->server_version);
	emit_text(json, "response", state->response);
	if (state->spam[0] != '\0')
		json_bool(json, "spam", state->spam[0] == 'T' || state->spam[0] == 'Y');
	emit_text(json, "score", state->score);
	emit_text(json, "threshold", state->threshold);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && (state->verb[0] != '\0' || state->response[0] != '\0'))
		parse_event(parse, state);
	state->told = true;
}

static enum parse_step read_first(struct conversation *state, enum side side, struct span line)
{
	struct span word = text_word(&line), version = side == SIDE_CLIENT ? text_word(&line) : word;

	if (!span_begins(version, side == SIDE_CLIENT ? "SPAMC/1." : "SPAMD/1."))
		return PARSE_BROKEN;
	span_skip(&version, strlen("SPAMC/"));
	if (side == SIDE_CLIENT) {
		span_copy_text(word, state->verb, sizeof(state->verb));
		span_copy_text(version, state->client_version, sizeof(state->client_version));
		return PARSE_ON;
	}
	span_copy_text(version, state->server_version, sizeof(state->server_version));
	(void)text_word(&line); /* the code's number, the name follows */
	span_copy_text(text_trim(line), state->response, sizeof(state->response));
	return PARSE_ON;
}

/* "Spam: False ; 4.2 / 5.0" */
static void read_result(struct conversation *state, struct span text)
{
	span_copy_text(text_word(&text), state->spam, sizeof(state->spam));
	(void)text_word(&text);
	span_copy_text(text_word(&text), state->score, sizeof(state->score));
	(void)text_word(&text);
	span_copy_text(text_word(&text), state->threshold, sizeof(state->threshold));
}

/* SpamAssassin tells its version in the mail's new headers alone; only the protocol's is told here. */
static enum parse_step read_line(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	const enum side side = parse->side;
	struct span name;

	if (!state->begun[side]) {
		state->begun[side] = true;
		return read_first(state, side, line);
	}
	if (span_left(line) == 0) {
		if (side == SIDE_SERVER) {
			end(state, parse);
			return PARSE_DONE;
		}
		parse_skip(parse, UINT32_MAX); /* the mail, to the end */
		return PARSE_ON;
	}
	name = span_until(&line, ':');
	if (span_is_nocase(name, "Content-length"))
		(void)span_number(text_trim(line), UINT32_MAX, &state->length[side]);
	else if (span_is_nocase(name, "User"))
		span_copy_text(text_trim(line), state->user, sizeof(state->user));
	else if (span_is_nocase(name, "Spam"))
		read_result(state, line);
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	return lines_read(memory, parse, bytes, read_line);
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
	buffer_text(out, "PING SPAMC/1.5\r\n\r\n");
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span line;
	const enum verdict whole = line_hear(heard, ended, &line);

	(void)memory;
	(void)out;
	if (whole != YES)
		return whole == MORE ? PROBE_WAIT : PROBE_NOT;
	if (!span_begins(line, "SPAMD/1."))
		return PROBE_NOT;
	answer_product(answer, span_text("SpamAssassin spamd"), span_of(NULL, 0));
	span_skip(&line, strlen("SPAMD/"));
	answer_fact(answer, "protocol_version", text_word(&line));
	answer_fact(answer, "response", text_trim(line));
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_spamd = {
	.name = "spamd",
	.title = "SpamAssassin",
	DOORS(TCP(783)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
};
