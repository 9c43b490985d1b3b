/* redis_parse.c: Redis between two others. A conversation may hold millions of commands, so that they are
 * counted by name, and told at its end. */
#include "protocols/lines.h"
#include "protocols/redis.h"

#include <ctype.h>
#include <strings.h>

enum {
	NAMES = 32, /* different commands that are counted by name */
	NAME = 24,
	DEPTH = 8,   /* of values in values */
	AWAITED = 8, /* commands whose replies are looked at */
	WORDS = 7,   /* of a command that are read: HELLO 3 AUTH name password SETNAME name */
	WORD_MOST = 64,
	INFO_MOST = 8192,
};

/* What a reply is looked at for. */
enum awaited { NOTHING, FIRST, LOGIN, INFO };

struct counted {
	char name[NAME];
	uint64_t count;
};

struct conversation {
	struct counted commands[NAMES];
	uint64_t other, sent, answered, errors;
	char first[NAME], user[64], client_name[64], error[128];
	char words[WORDS][WORD_MOST]; /* of the command that comes in */
	uint32_t words_left, words_read;
	struct {
		uint64_t number; /* of the command, from 1 */
		enum awaited what;
	} awaited[AWAITED];
	uint32_t left[DEPTH]; /* values that are still to come at each depth of the reply */
	uint8_t depth;
	uint32_t database;
	bool told, logged_in, refused, end_of_commands;
	char version[32], mode[16];
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_unsigned(json, "requests", state->sent);
	json_unsigned(json, "responses", state->answered);
	json_unsigned(json, "errors", state->errors);
	emit_text(json, "last_error", state->error);
	json_open_object(json, "commands");
	for (size_t i = 0; i < NAMES && state->commands[i].count > 0; i++)
		json_unsigned(json, state->commands[i].name, state->commands[i].count);
	if (state->other > 0)
		json_unsigned(json, "other", state->other);
	json_end(json);
	emit_text(json, "user", state->user);
	emit_text(json, "client_name", state->client_name);
	if (state->logged_in || state->refused)
		json_bool(json, "authenticated", state->logged_in);
	json_unsigned(json, "database", state->database);
	emit_text(json, "redis_version", state->version);
	emit_text(json, "mode", state->mode);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && state->sent + state->answered > 0)
		parse_event(parse, state);
	state->told = true;
}

/* ---- commands ---- */

static void await_reply(struct conversation *state, enum awaited what)
{
	const size_t place = state->sent % AWAITED;

	state->awaited[place].number = state->sent;
	state->awaited[place].what = what;
}

static void count(struct conversation *state, const char *name)
{
	size_t i = 0;

	while (i < NAMES && state->commands[i].count > 0 && strcmp(state->commands[i].name, name) != 0)
		i++;
	if (i == NAMES) {
		state->other++;
		return;
	}
	span_copy_text(span_text(name), state->commands[i].name, NAME);
	state->commands[i].count++;
}

static void read_login(struct conversation *state, struct parse *parse, const char *user)
{
	(void)span_copy_text(span_text(user), state->user, sizeof(state->user));
	parse_weakness(parse, &redis_clear_login, "AUTH for user %s", user);
	await_reply(state, LOGIN);
}

/* HELLO version, and then "AUTH name password" and "SETNAME name" in any order. */
static void read_hello(struct conversation *state, struct parse *parse)
{
	bool login = false;

	for (size_t i = 2; i + 1 < WORDS; i++) {
		if (strcasecmp(state->words[i], "AUTH") == 0) {
			read_login(state, parse, state->words[i + 1]);
			login = true;
			i += 2;
		} else if (strcasecmp(state->words[i], "SETNAME") == 0) {
			span_copy_text(span_text(state->words[++i]), state->client_name,
				       sizeof(state->client_name));
		}
	}
	if (!login)
		await_reply(state, state->sent == 1 ? FIRST : NOTHING);
}

/* Passwords: the last word of AUTH, and in HELLO the second behind AUTH. */
static bool is_password(const struct conversation *state, uint32_t nth, bool last)
{
	if (strcasecmp(state->words[0], "AUTH") == 0)
		return nth > 0 && (last || nth > 1);
	return nth >= 4 && strcasecmp(state->words[0], "HELLO") == 0 &&
	       strcasecmp(state->words[nth - 2], "AUTH") == 0;
}

static void keep_word(struct conversation *state, uint32_t nth, bool last, struct span word)
{
	if (nth < WORDS && !is_password(state, nth, last))
		span_copy_text(word, state->words[nth], WORD_MOST);
}

/* Names become keys of the event. */
static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
}

/* A whole command has come: its first words are read. */
static void read_command(struct conversation *state, struct parse *parse, uint32_t words)
{
	char name[NAME] = "";
	uint64_t number;

	state->sent++;
	for (size_t i = 0; i + 1 < sizeof(name) && is_name(state->words[0][i]); i++)
		name[i] = (char)toupper((unsigned char)state->words[0][i]);
	count(state, name[0] != '\0' ? name : "other");
	if (strcmp(name, "AUTH") == 0)
		read_login(state, parse, words > 2 ? state->words[1] : "default");
	else if (strcmp(name, "HELLO") == 0)
		read_hello(state, parse);
	else if (strcmp(name, "INFO") == 0)
		await_reply(state, INFO);
	else if (state->sent == 1 && strcmp(name, "QUIT") != 0)
		await_reply(state, FIRST);
	if (state->sent == 1)
		memcpy(state->first, name, sizeof(state->first));
	if (strcmp(name, "SELECT") == 0 && span_number(span_text(state->words[1]), UINT32_MAX, &number))
		state->database = (uint32_t)number;
	else if (strcmp(name, "CLIENT") == 0 && strcasecmp(state->words[1], "SETNAME") == 0)
		memcpy(state->client_name, state->words[2], sizeof(state->client_name));
	/* From here on the server speaks unasked. */
	if (strcmp(name, "MONITOR") == 0 || strcmp(name, "SYNC") == 0 || strcmp(name, "PSYNC") == 0)
		state->end_of_commands = true;
	memset(state->words, 0, sizeof(state->words));
}

/* One word of an array: a length, the octets and CR LF. Passwords are not copied. */
static enum verdict read_word(struct conversation *state, struct parse *parse, struct span *bytes)
{
	const uint32_t nth = state->words_read;
	struct span rest = *bytes;
	uint64_t length;
	enum verdict whole = redis_read_number(&rest, '$', REDIS_BULK_MOST, &length);

	if (whole != YES)
		return whole;
	if (nth >= WORDS || length >= WORD_MOST) {
		*bytes = rest;
		parse_skip(parse, length + 2);
	} else {
		const struct span word = span_take(&rest, length);

		if (word.failed || !span_begins(rest, "\r\n"))
			return word.failed || span_left(rest) < 2 ? MORE : NO;
		span_skip(&rest, 2);
		*bytes = rest;
		keep_word(state, nth, state->words_left == 1, word);
	}
	state->words_read++;
	if (--state->words_left == 0)
		read_command(state, parse, state->words_read);
	return YES;
}

/* A line of words, as people type it. */
static enum verdict read_inline(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes, line, word;
	uint32_t words = 0;
	const enum verdict whole = line_take(&rest, &line);

	if (whole != YES)
		return whole;
	if (!text_is_plain(line))
		return NO;
	*bytes = rest;
	for (; span_left(word = text_word(&line)) > 0; words++)
		keep_word(state, words, span_left(text_trim(line)) == 0, word);
	if (words > 0)
		read_command(state, parse, words);
	return YES;
}

static enum verdict read_request(struct conversation *state, struct parse *parse, struct span *bytes)
{
	uint64_t words;
	enum verdict whole;

	if (state->words_left > 0)
		return read_word(state, parse, bytes);
	if (span_peek(*bytes, 0) != '*')
		return read_inline(state, parse, bytes);
	whole = redis_read_number(bytes, '*', REDIS_COUNT_MOST, &words);
	if (whole == YES) {
		state->words_left = (uint32_t)words;
		state->words_read = 0;
	}
	return whole;
}

/* ---- replies ---- */

static enum awaited awaited_now(const struct conversation *state)
{
	const uint64_t number = state->answered + 1;
	const size_t place = number % AWAITED;

	return state->awaited[place].number == number ? state->awaited[place].what : NOTHING;
}

static void read_info(struct conversation *state, struct parse *parse, struct span text)
{
	const struct redis_info info = redis_read_info(text);
	struct span version;
	const char *product;

	span_copy_text(info.redis_version, state->version, sizeof(state->version));
	span_copy_text(info.mode, state->mode, sizeof(state->mode));
	if (redis_product(&info, &product, &version))
		parse_software(parse, SIDE_SERVER, span_text(product), version);
}

static void judge_first(struct conversation *state, struct parse *parse, bool error)
{
	if (!error && parse->from_start[SIDE_CLIENT] && parse->from_start[SIDE_SERVER])
		parse_weakness(parse, &redis_no_auth, "%s was answered without authentication", state->first);
}

/* A reply at the top was read: `line` is its first. */
static void end_reply(struct conversation *state, struct parse *parse, struct span line)
{
	const enum awaited what = awaited_now(state);
	const bool error = span_peek(line, 0) == '-';

	if (error) {
		state->errors++;
		span_skip(&line, 1);
		span_copy_text(line, state->error, sizeof(state->error));
	}
	if (what == LOGIN) {
		state->logged_in = !error;
		state->refused = error;
	} else if (what == FIRST || (what == INFO && state->answered == 0)) {
		judge_first(state, parse, error);
	}
	state->answered++;
}

/* One value less at this depth, and perhaps the last of it. `line`: of the value. */
static void end_value(struct conversation *state, struct parse *parse, struct span line)
{
	while (state->depth > 0 && --state->left[state->depth - 1] == 0)
		state->depth--;
	if (state->depth == 0)
		end_reply(state, parse, line);
}

/* "*3", "%2" (pairs), "~1": so many values follow. Pushed ones (">") answer nothing. */
static enum verdict begin_values(struct conversation *state, struct parse *parse, struct span line)
{
	const uint8_t letter = span_u8(&line);
	uint64_t values;

	if (span_begins(line, "-1"))
		values = 0;
	else if (!span_number(line, REDIS_COUNT_MOST, &values))
		return NO;
	values *= letter == '%' || letter == '|' ? 2 : 1;
	if (values == 0) {
		end_value(state, parse, span_text(""));
		return YES;
	}
	if (state->depth == DEPTH)
		return NO;
	state->left[state->depth++] = (uint32_t)values;
	if ((letter == '>' || letter == '|') && state->depth == 1 && state->answered > 0)
		state->answered--;
	return YES;
}

/* "$5", "=15" (with its kind), "!21" (an error): octets and CR LF. INFO alone is read, and its end stepped
 * over. */
static enum verdict read_bulk(struct conversation *state, struct parse *parse, struct span line,
			      struct span *bytes)
{
	const uint8_t letter = span_u8(&line);
	uint64_t length;
	size_t wanted;

	if (span_is(line, "-1")) {
		end_value(state, parse, span_text("")); /* nothing is there: no error */
		return YES;
	}
	if (!span_number(line, REDIS_BULK_MOST, &length))
		return NO;
	wanted = length < INFO_MOST ? (size_t)length : INFO_MOST;
	if (state->depth == 0 && letter != '!' && awaited_now(state) == INFO) {
		if (span_left(*bytes) < wanted)
			return MORE;
		read_info(state, parse, span_of(bytes->at, wanted));
	}
	parse_skip(parse, length + 2);
	end_value(state, parse, letter == '!' ? span_text("-") : line);
	return YES;
}

static enum verdict read_reply(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes, line;
	enum verdict whole = line_take(&rest, &line);

	if (whole != YES)
		return whole;
	switch (span_peek(line, 0)) {
	case '+':
	case '-':
	case ':':
	case ',':
	case '(':
	case '_':
	case '#': end_value(state, parse, line); break;
	case '*':
	case '%':
	case '~':
	case '>':
	case '|': whole = begin_values(state, parse, line); break;
	case '$':
	case '=':
	case '!': whole = read_bulk(state, parse, line, &rest); break;
	default: return NO;
	}
	if (whole == YES)
		*bytes = rest;
	return whole;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole = YES;

	while (span_left(*bytes) > 0 && whole == YES && parse->skip == 0 && !state->end_of_commands)
		whole = parse->side == SIDE_CLIENT ? read_request(state, parse, bytes)
						   : read_reply(state, parse, bytes);
	if (state->end_of_commands) {
		end(state, parse);
		return PARSE_DONE;
	}
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

/* Where the next value begins is no longer known: what was counted is told at the end. */
const struct parser redis_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
