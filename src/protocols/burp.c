/* burp.c: Burp, as its source tells: behind a letter and four hexadecimal digits a text; the client says
 * "hello" with its version, the server asks who it is, and for a password. Inside TLS: it is read where TLS
 * ends before the server. */
#include "protocols/tally.h"

enum { HEAD = 5, NAME = 64, COMMANDS = 384, FILES = 512 };

static const struct weakness clear_login = {
	"burp-clear-login",
	"Burp's password goes without TLS",
	2,
	"Let burp itself speak TLS up to the server, and no program before it.",
};
static const struct weakness *const weaknesses[] = { &clear_login, NULL };

/* "c0005hello", "c000Fwhoareyou:3.1.4". */
static enum verdict recognise_words(struct span first, const char *words)
{
	static const char form[] = "c00##";
	struct span text;

	for (size_t i = 0; i < HEAD && i < span_left(first); i++)
		if (form[i] == '#'
			    ? strchr("0123456789ABCDEFabcdef", first.at[i]) == NULL || first.at[i] == '\0'
			    : first.at[i] != (uint8_t)form[i])
			return NO;
	if (span_left(first) <= HEAD)
		return MORE;
	text = first;
	span_skip(&text, HEAD);
	return recognise_text(text, words);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return recognise_words(first, side == SIDE_CLIENT ? "hello" : "whoareyou");
}

/* ---- reading ---- */

enum { COMMAND = 'c', FAILED = 'e', FILE_PATH = 'f' };
enum stage { HELLO, WHO, SECRET, DECISION, INSIDE };

struct conversation {
	char client[NAME], client_version[NAME], server_version[NAME], error[NAME];
	char commands[COMMANDS], files[FILES]; /* texts */
	uint64_t bytes;
	uint32_t messages;
	enum stage stage;
	bool accepted, refused;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "client", state->client);
	emit_text(json, "client_version", state->client_version);
	emit_text(json, "server_version", state->server_version);
	if (state->accepted || state->refused)
		json_text(json, "login", state->accepted ? "accepted" : "refused");
	emit_texts(json, "commands", state->commands);
	emit_texts(json, "files", state->files);
	json_unsigned(json, "messages", state->messages);
	json_unsigned(json, "bytes", state->bytes);
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	const struct conversation *const state = memory;

	if (state->messages > 0)
		parse_event(parse, state);
}

/* The length behind the letter; NO where those are no hexadecimal digits. */
static enum verdict read_length(struct span s, uint16_t *ret_length)
{
	*ret_length = 0;
	if (span_left(s) < HEAD)
		return MORE;
	for (size_t i = 1; i < HEAD; i++) {
		const uint8_t c = s.at[i], letter = c | 0x20;
		const bool is_digit = c >= '0' && c <= '9';

		if (!is_digit && (letter < 'a' || letter > 'f'))
			return NO;
		*ret_length = (uint16_t)(*ret_length << 4 | (is_digit ? c - '0' : letter - 'a' + 10));
	}
	return YES;
}

/* "whoareyou:3.1.4": what stands behind the colon. */
static void read_version(struct parse *parse, struct span text, char version[static NAME])
{
	(void)span_until(&text, ':');
	if (text.failed || version[0] != '\0')
		return;
	span_copy_text(text_version(text), version, NAME);
	parse_software(parse, parse->side, span_text("Burp"), text_version(text));
}

/* Hello, the client's name, its password; and then what it wants: "list", "include = /home". */
static void read_client(struct conversation *state, struct parse *parse, struct span text)
{
	switch (state->stage) {
	case HELLO:
		read_version(parse, text, state->client_version);
		state->stage = WHO;
		break;
	case WHO:
		span_copy_text(text, state->client, sizeof(state->client));
		state->stage = SECRET;
		break;
	case SECRET:
		parse_weakness(parse, &clear_login, "password of client %s", state->client);
		state->stage = DECISION;
		break;
	default: {
		struct span word = text_word(&text);

		for (const uint8_t *at = word.at; at < word.end; at++)
			if (*at == ':' || *at == '=')
				word.end = at;
		texts_note(state->commands, sizeof(state->commands), text_first(word, NAME));
		break;
	}
	}
}

static void read_server(struct conversation *state, struct parse *parse, struct span text)
{
	if (span_begins(text, "whoareyou"))
		read_version(parse, text, state->server_version);
	else if (state->stage == DECISION && span_is(text, "ok"))
		state->accepted = true;
	if (state->stage == DECISION)
		state->stage = INSIDE;
}

static void read_message(struct conversation *state, struct parse *parse, uint8_t kind, struct span text)
{
	state->messages++;
	state->bytes += span_left(text);
	if (kind == FAILED) {
		state->refused |= state->stage < INSIDE && parse->side == SIDE_SERVER;
		span_copy_text(text, state->error, sizeof(state->error));
	} else if (kind == FILE_PATH && parse->side == SIDE_CLIENT) {
		texts_note(state->files, sizeof(state->files), text_first(text, 256));
	} else if (kind == COMMAND) {
		if (parse->side == SIDE_CLIENT)
			read_client(state, parse, text);
		else
			read_server(state, parse, text);
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	while (span_left(*bytes) > 0) {
		struct span rest = *bytes, text;
		const uint8_t kind = span_u8(&rest);
		uint16_t length;
		const enum verdict verdict = read_length(*bytes, &length);

		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		span_skip(&rest, HEAD - 1);
		text = span_take(&rest, length);
		if (text.failed) {
			parse_want(parse, (size_t)HEAD + length);
			break;
		}
		*bytes = rest;
		read_message(memory, parse, kind, text);
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

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "c000Bhello:2.2.4");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span s = *heard, text;
	uint16_t length;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (read_length(s, &length) != YES)
		return PROBE_NOT;
	span_skip(&s, HEAD);
	text = span_take(&s, length);
	if (text.failed)
		return ended ? PROBE_DONE : PROBE_WAIT;
	(void)span_until(&text, ':');
	answer_product(answer, span_text("Burp"), text.failed ? span_text("") : text_version(text));
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_burp = {
	.name = "burp",
	.title = "Burp backup",
	DOORS(TCP(4971)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
