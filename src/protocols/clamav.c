/* clamav.c: ClamAV's daemon, clamd(8) "COMMANDS": a command has the letter n before it and a line's end
 * behind it, or z and a NUL; its answer ends alike. What INSTREAM carries are chunks with their length before
 * them. */
#include "protocols/lines.h"

#include <ctype.h>
#include <stdio.h>

enum { NAME = 64, PATH = 256, QUEUE = 16, UNKNOWN = UINT8_MAX };

static const char *const names[] = { "VERSIONCOMMANDS", "VERSION",    "PING",          "SCAN ",
				     "CONTSCAN ",       "MULTISCAN ", "ALLMATCHSCAN ", "INSTREAM",
				     "STATS",           "IDSESSION",  "END",           "RELOAD",
				     "SHUTDOWN",        "FILDES",     "DETSTATSCLEAR", "DETSTATS" };

static const struct weakness no_auth = {
	"clamav-no-auth",
	"ClamAV takes commands from everybody, SHUTDOWN and SCAN of any path among them",
	2,
	"Let clamd listen on a local socket (LocalSocket), or only on addresses that need it (TCPAddr).",
};
static const struct weakness *const weaknesses[] = { &no_auth, NULL };

static enum verdict recognise_client(struct span first)
{
	const uint8_t letter = span_peek(first, 0);
	const char stop = letter == 'z' ? '\0' : '\n';
	enum verdict best = NO;

	if (letter != 'z' && letter != 'n')
		return NO;
	span_skip(&first, 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && best != YES; i++) {
		const size_t length = strlen(names[i]);
		enum verdict verdict = recognise_text(first, names[i]);

		if (verdict == YES && names[i][length - 1] != ' ')
			verdict = span_left(first) == length                  ? MORE
				  : span_peek(first, length) == (uint8_t)stop ? YES
									      : NO;
		else if (verdict == YES)
			verdict = span_left(first) == length        ? MORE
				  : span_peek(first, length) == '/' ? YES
								    : NO;
		best = verdict == NO ? best : verdict;
	}
	return best;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const server[] = { "ClamAV 0",
					      "ClamAV 1",
					      "ClamAV 2",
					      "stream: OK",
					      "1: stream: OK",
					      "1: ClamAV ",
					      "INSTREAM size limit exceeded." };

	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_client(first)
				   : recognise_texts(first, server, sizeof(server) / sizeof(*server));
}

/* ---- reading ---- */

struct conversation {
	uint8_t queue[QUEUE]; /* commands that wait for their answers, by their name's number */
	uint32_t asked, answered;
	char path[PATH]; /* of the last command */
	bool in_stream;
	uint64_t length; /* octets of it */
};

struct result {
	const struct conversation *state;
	const char *command;
	struct span text, signature;
	bool found;
};

static void emit(const void *record, struct json *json)
{
	const struct result *const reply = record;

	if (reply->command != NULL)
		json_span(json, "command", text_trim(span_text(reply->command)));
	if (reply->command != NULL && span_ends(span_text(reply->command), " "))
		emit_text(json, "path", reply->state->path);
	if (reply->state->length > 0)
		json_unsigned(json, "length", reply->state->length);
	emit_span(json, "reply", reply->text);
	if (reply->found)
		json_span(json, "signature", reply->signature);
}

/* "stream: Eicar-Test-Signature FOUND" */
static bool split_found(struct span text, struct span *ret_signature)
{
	static const char found[] = " FOUND";
	size_t blank;

	if (span_left(text) < sizeof(found) || !span_ends(text, found))
		return false;
	*ret_signature = span_take(&text, span_left(text) - strlen(found));
	blank = span_find_last(*ret_signature, ' ');
	if (blank != SIZE_MAX)
		span_skip(ret_signature, blank + 1);
	return true;
}

static void tell(struct conversation *state, struct parse *parse, struct span text)
{
	struct result reply = { .state = state, .text = text };
	const uint8_t number = state->answered < state->asked ? state->queue[state->answered++ % QUEUE]
							      : UNKNOWN;

	reply.command = number != UNKNOWN ? names[number] : NULL;
	reply.found = split_found(text, &reply.signature);
	parse_event(parse, &reply);
	state->length = 0;
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	while (state->answered < state->asked)
		tell(state, parse, span_of(NULL, 0));
}

/* What stands before a line's end or a NUL. */
static enum verdict take_message(struct span *bytes, struct span *ret_message)
{
	struct span message = *bytes;

	for (; message.at < message.end && *message.at != '\n' && *message.at != '\0'; message.at++)
		;
	if (message.at == message.end)
		return span_left(*bytes) < LINES_LIMIT ? MORE : NO;
	message.end = message.at;
	message.at = bytes->at;
	bytes->at = message.end + 1;
	*ret_message = text_trim(message);
	return text_is_plain(message) ? YES : NO;
}

static enum parse_step read_chunk(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes;
	const uint32_t length = span_u32(&rest);

	if (rest.failed)
		return PARSE_ON;
	*bytes = rest;
	state->in_stream = length > 0;
	state->length += length;
	if (length > 0)
		parse_skip(parse, length);
	return PARSE_ON;
}

static enum parse_step read_command(struct conversation *state, struct span command)
{
	uint8_t number = 0;

	if (span_peek(command, 0) == 'n' || span_peek(command, 0) == 'z')
		span_skip(&command, 1);
	while (number < sizeof(names) / sizeof(*names) && !span_begins(command, names[number]))
		number++;
	if (number == sizeof(names) / sizeof(*names) || state->asked - state->answered == QUEUE)
		return PARSE_BROKEN;
	span_skip(&command, strlen(names[number]));
	if (span_left(command) > 0)
		span_copy_text(command, state->path, sizeof(state->path));
	state->in_stream = strcmp(names[number], "INSTREAM") == 0;
	if (strcmp(names[number], "IDSESSION") != 0 && strcmp(names[number], "END") != 0)
		state->queue[state->asked++ % QUEUE] = number;
	return PARSE_ON;
}

/* "ClamAV 1.4.3/27500/Fri Mar 1 09:24:09 2026" */
static void tell_version(struct parse *parse, struct span text)
{
	if (!span_begins(text, "ClamAV "))
		return;
	span_skip(&text, strlen("ClamAV"));
	parse_software(parse, SIDE_SERVER, span_text("ClamAV"), text_version(text));
}

/* In a session each answer has the command's number before it: "1: PONG". */
static struct span without_number(struct span text)
{
	struct span rest = text;

	while (isdigit(span_peek(rest, 0)))
		span_skip(&rest, 1);
	if (rest.at == text.at || !span_begins(rest, ": "))
		return text;
	span_skip(&rest, strlen(": "));
	return rest;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum parse_step step = PARSE_ON;
	struct span message;

	while (step == PARSE_ON && span_left(*bytes) > 0 && parse->skip == 0) {
		enum verdict whole;

		if (parse->side == SIDE_CLIENT && state->in_stream) {
			if (span_left(*bytes) < 4)
				return PARSE_ON;
			step = read_chunk(state, parse, bytes);
			continue;
		}
		whole = take_message(bytes, &message);
		if (whole != YES)
			return whole == NO ? PARSE_BROKEN : PARSE_ON;
		if (span_left(message) == 0)
			continue;
		if (parse->side == SIDE_CLIENT) {
			step = read_command(state, message);
			continue;
		}
		message = without_number(message);
		tell_version(parse, message);
		tell(state, parse, message);
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

static void greet(void *memory, unsigned transport, struct buffer *out)
{
	(void)memory;
	(void)transport;
	buffer_text(out, "nVERSION\n");
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span line, text;
	const enum verdict whole = line_hear(heard, ended, &line);

	(void)memory;
	(void)out;
	if (whole != YES)
		return whole == MORE ? PROBE_WAIT : PROBE_NOT;
	if (!span_begins(line, "ClamAV "))
		return PROBE_NOT;
	text = line;
	span_skip(&text, strlen("ClamAV"));
	answer_product(answer, span_text("ClamAV"), text_version(text));
	(void)span_until(&text, '/');
	answer_fact(answer, "database", text_trim(text));
	answer_weakness(answer, &no_auth, "VERSION was answered");
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_clamav = {
	.name = "clamav",
	.title = "ClamAV",
	DOORS(TCP(3310)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
