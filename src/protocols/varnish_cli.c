/* varnish_cli.c: Varnish Cache's command line interface, varnish-cli(7): each answer begins with thirteen
 * octets, a status and the length of what follows. The server greets with a challenge, or with what it is.
 * Clients' words are like those of many others. */
#include "protocols/tally.h"

enum {
	HEAD = 13,
	STATUS = 3,
	GREETED = 200,
	CHALLENGED = 107,
	LENGTH_MOST = 4096,
	BLANKS_FROM = 4,
	COMMANDS = 256,
	NAME = 64,
	BANNER_MOST = 1024
};

static const struct weakness no_auth = {
	"varnish-cli-no-auth",
	"Varnish is administered by whoever connects",
	1,
	"Give varnishd a secret (-S FILE) and bind its administration (-T) to loopback.",
};
static const struct weakness *const weaknesses[] = { &no_auth, NULL };
static const struct text_product products[] = { { "varnish-", "Varnish" } };

/* "107 59      " and the line's end. */
static enum verdict read_head(struct span first, unsigned *ret_status, unsigned *ret_length)
{
	bool blank = false;

	*ret_status = *ret_length = 0;
	for (size_t i = 0; i < HEAD && i < span_left(first); i++) {
		const uint8_t c = first.at[i];
		const bool digit = c >= '0' && c <= '9';

		blank = blank || (i > BLANKS_FROM && c == ' ');
		if (i == STATUS ? c != ' ' : i == HEAD - 1 ? c != '\n' : blank ? c != ' ' : !digit)
			return NO;
		if (i < STATUS)
			*ret_status = *ret_status * 10 + c - '0';
		else if (digit)
			*ret_length = *ret_length * 10 + c - '0';
	}
	return span_left(first) < HEAD ? MORE : YES;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const words[] = { "Authentication required", "Varnish Cache CLI" };
	unsigned status, length;
	const enum verdict verdict = transport == TRANSPORT_TCP && side == SIDE_SERVER
					     ? read_head(first, &status, &length)
					     : NO;

	if (verdict != YES)
		return verdict;
	if ((status != GREETED && status != CHALLENGED) || length >= LENGTH_MOST)
		return NO;
	span_skip(&first, HEAD);
	if (span_find(text_first(first, length), words[0]) != SIZE_MAX ||
	    span_find(text_first(first, length), words[1]) != SIZE_MAX)
		return YES;
	return span_left(first) < length ? MORE : NO;
}

/* ---- reading ---- */

struct conversation {
	char commands[COMMANDS]; /* texts */
	char version[NAME], error[NAME], document[NAME];
	uint32_t asked, errors;
	bool greeted, challenged, authenticated, in_document;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "version", state->version);
	if (state->greeted)
		json_text(json, "authentication", state->challenged ? "required" : "none");
	if (state->challenged)
		json_bool(json, "authenticated", state->authenticated);
	emit_texts(json, "commands", state->commands);
	json_unsigned(json, "command_count", state->asked);
	json_unsigned(json, "errors", state->errors);
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	const struct conversation *const state = memory;

	if (state->greeted || state->asked > 0)
		parse_event_as(parse, "varnish_cli", emit, state);
}

/* "vcl.inline door << END": what follows, up to a line of that word alone, belongs to the command. */
static enum parse_step read_command(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	struct span rest = line, verb = text_word(&rest);
	const size_t document = span_find(line, " << ");

	(void)parse;
	if (state->in_document) {
		state->in_document = !span_is(line, state->document);
		return PARSE_ON;
	}
	if (span_left(verb) == 0)
		return PARSE_ON;
	state->asked++;
	texts_note(state->commands, sizeof(state->commands), verb);
	if (document == SIZE_MAX)
		return PARSE_ON;
	span_skip(&line, document + strlen(" << "));
	span_copy_text(text_trim(line), state->document, sizeof(state->document));
	state->in_document = state->document[0] != '\0';
	return PARSE_ON;
}

static void read_answer(struct conversation *state, struct parse *parse, unsigned status, struct span text)
{
	struct span product, version;

	if (!state->greeted) {
		state->challenged = status == CHALLENGED;
		if (!state->challenged && parse->from_start[SIDE_SERVER])
			parse_weakness(parse, &no_auth, "it greeted without a challenge");
	} else if (status != GREETED) {
		state->errors += status != CHALLENGED;
		span_copy_text(span_line(&text), state->error, sizeof(state->error));
	}
	state->greeted = true;
	state->authenticated |= state->challenged && status == GREETED;
	if (state->version[0] != '\0' || !text_product(text, products, 1, &product, &version))
		return;
	span_copy_text(version, state->version, sizeof(state->version));
	parse_software(parse, SIDE_SERVER, product, version);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	if (parse->side == SIDE_CLIENT)
		return lines_read(memory, parse, bytes, read_command);
	while (span_left(*bytes) >= HEAD && parse->skip == 0) {
		struct span message;
		unsigned status, length;

		if (read_head(*bytes, &status, &length) != YES)
			return PARSE_BROKEN;
		if (message_take(parse, bytes, (uint64_t)HEAD + length + 1, &message) != YES)
			break;
		span_skip(&message, HEAD);
		read_answer(memory, parse, status, text_first(message, BANNER_MOST));
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

/* "varnish-7.1.1 revision 7cee1c581b": told to whom needs no secret. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	unsigned status = 0, length = 0;
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	(void)read_head(*heard, &status, &length);
	if (span_left(*heard) < HEAD + length && !ended)
		return PROBE_WAIT;
	answer_product(answer, span_text("Varnish"), span_text(""));
	if (status == GREETED)
		(void)text_tell_product(answer, *heard, products, 1);
	answer_fact(answer, "authentication", span_text(status == CHALLENGED ? "required" : "none"));
	if (status == GREETED)
		answer_weakness(answer, &no_auth, "it greeted without a challenge");
	buffer_text(out, "quit\n");
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_varnish_cli = {
	.name = "varnish-cli",
	.title = "Varnish administration",
	DOORS(TCP(6082)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
