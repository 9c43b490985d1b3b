/* qemu_monitor_parse.c: reads what is said to QEMU's monitors. Of QMP ("QEMU Machine Protocol Specification",
 * JSON as of RFC 8259) which commands are run, what is refused and what happens; of the monitor for people
 * the first words of their lines. Arguments are not kept, as passwords are among them, nor what is typed
 * where a password is asked for. */
#include "protocols/qemu_monitor.h"
#include "protocols/tally.h"

#include <stdio.h>

enum {
	DEPTH_MOST = 64,
	KEYS = 4, /* so deep stands what is wanted: QMP, version, qemu, major */
	KEY = 24,
	TOKEN = 128,
};

enum monitor { UNKNOWN, QMP, PEOPLE };

/* Where reading stands within the values of one side; answers may be long, and are never kept whole. */
struct place {
	unsigned depth;
	size_t length; /* of the token, of which no more than fits is kept */
	char token[TOKEN], keys[KEYS][KEY];
	bool in_text, escaped, returns, fails, greets;
	enum monitor monitor;
};

struct conversation {
	struct place places[2]; /* by side */
	char version[3][8], package[64], commands[1024], events[512], error[128], first[64];
	uint64_t requests, responses, errors, first_at;
	bool hides; /* the next line that is typed is a password */
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;
	const enum monitor monitor = state->places[SIDE_SERVER].monitor != UNKNOWN
					     ? state->places[SIDE_SERVER].monitor
					     : state->places[SIDE_CLIENT].monitor;

	json_text(json, "monitor", monitor == QMP ? "qmp" : monitor == PEOPLE ? "human" : NULL);
	emit_text(json, "package", state->package);
	emit_texts(json, "commands", state->commands);
	emit_texts(json, "events", state->events);
	json_unsigned(json, "requests", state->requests);
	if (monitor == QMP) {
		json_unsigned(json, "responses", state->responses);
		json_unsigned(json, "errors", state->errors);
	}
	emit_text(json, "last_error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	parse_event_as(parse, "qemu_monitor", emit, memory);
}

/* ---- QMP ---- */

static bool is_at(const struct place *place, unsigned depth, const char *key)
{
	return place->depth == depth && strcmp(place->keys[depth - 1], key) == 0;
}

/* The first command behind the agreement about abilities, which the server answers in order. */
static void note_command(struct conversation *state, struct span name)
{
	state->requests++;
	texts_note(state->commands, sizeof(state->commands), name);
	if (state->first_at > 0 || span_is(name, "qmp_capabilities"))
		return;
	state->first_at = state->requests;
	span_copy_text(name, state->first, sizeof(state->first));
}

static void note_version(struct conversation *state, const struct place *place, struct span value)
{
	static const char *const parts[] = { "major", "minor", "micro" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (is_at(place, KEYS, parts[i]))
			span_copy_text(value, state->version[i], sizeof(state->version[i]));
	if (is_at(place, KEYS - 1, "package"))
		span_copy_text(value, state->package, sizeof(state->package));
}

/* A value that is no object and no list. */
static void read_value(struct conversation *state, struct place *place, enum side side)
{
	const struct span value = span_of(place->token, place->length);

	if (side == SIDE_CLIENT) {
		if (is_at(place, 1, "execute") || is_at(place, 1, "exec-oob"))
			note_command(state, value);
	} else if (is_at(place, 1, "event")) {
		texts_note(state->events, sizeof(state->events), value);
	} else if (is_at(place, 2, "desc") && place->fails) {
		span_copy_text(value, state->error, sizeof(state->error));
	} else if (place->greets) {
		note_version(state, place, value);
	}
}

/* Keys are known by the colon behind them. */
static void read_key(struct place *place)
{
	if (place->depth == 0 || place->depth > KEYS)
		return;
	span_copy_text(span_of(place->token, place->length), place->keys[place->depth - 1], KEY);
	if (place->depth > 1)
		return;
	place->returns |= strcmp(place->keys[0], "return") == 0;
	place->fails |= strcmp(place->keys[0], "error") == 0;
	place->greets |= strcmp(place->keys[0], "QMP") == 0;
}

/* A whole object has come. */
static void read_end(struct conversation *state, struct place *place, struct parse *parse)
{
	char version[32];

	if (parse->side == SIDE_SERVER && place->greets) {
		(void)snprintf(version, sizeof(version), "%s.%s.%s", state->version[0], state->version[1],
			       state->version[2]);
		parse_software(parse, SIDE_SERVER, span_text("QEMU"), span_text(version));
	} else if (parse->side == SIDE_SERVER && (place->returns || place->fails)) {
		state->responses++;
		state->errors += place->fails;
		if (place->returns && state->first_at > 0 && state->responses == state->first_at)
			parse_weakness(parse, &qemu_monitor_no_auth, "%s was run without a login",
				       state->first);
	}
	place->returns = place->fails = place->greets = false;
}

static void add_octet(struct place *place, uint8_t octet)
{
	if (place->length < TOKEN)
		place->token[place->length++] = (char)octet;
}

/* Of what is escaped but a mark itself, as the ends of lines are, a blank remains. */
static void read_in_text(struct place *place, uint8_t octet)
{
	if (place->escaped) {
		place->escaped = false;
		add_octet(place, octet == '"' || octet == '\\' || octet == '/' ? octet : ' ');
		return;
	}
	place->in_text = octet != '"';
	place->escaped = octet == '\\';
	if (place->in_text && !place->escaped)
		add_octet(place, octet);
}

static void open_value(struct place *place)
{
	place->depth++;
	place->length = 0;
	if (place->depth <= KEYS)
		place->keys[place->depth - 1][0] = '\0';
}

static void close_value(struct conversation *state, struct place *place, struct parse *parse)
{
	if (place->length > 0 && place->depth <= KEYS)
		read_value(state, place, parse->side);
	place->length = 0;
	if (--place->depth == 0)
		read_end(state, place, parse);
}

/* False where no JSON can go on so. */
static bool read_octet(struct conversation *state, struct place *place, struct parse *parse, uint8_t octet)
{
	if (place->in_text) {
		read_in_text(place, octet);
		return true;
	}
	if (octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n')
		return true;
	if (octet == '{' || octet == '[') {
		open_value(place);
		return place->depth < DEPTH_MOST && (place->depth > 1 || octet == '{');
	}
	if (place->depth == 0)
		return false;
	if (octet == '}' || octet == ']') {
		close_value(state, place, parse);
	} else if (octet == ',' || octet == ':') {
		if (octet == ':')
			read_key(place);
		else if (place->length > 0 && place->depth <= KEYS)
			read_value(state, place, parse->side);
		place->length = 0;
	} else if (octet == '"') {
		place->in_text = true;
	} else {
		add_octet(place, octet);
	}
	return octet >= ' ' && octet < 0x7f;
}

static enum parse_step read_qmp(struct conversation *state, struct place *place, struct parse *parse,
				struct span *bytes)
{
	while (span_left(*bytes) > 0) {
		if (!read_octet(state, place, parse, span_peek(*bytes, 0)))
			return PARSE_BROKEN;
		span_skip(bytes, 1);
	}
	return PARSE_ON;
}

/* ---- for people ---- */

/* The command, and of "info" what about. */
static void read_line(struct conversation *state, struct place *place, struct parse *parse)
{
	struct span line = span_of(place->token, place->length), command = text_word(&line), about;

	place->length = 0;
	if (state->hides || span_left(command) == 0 || !text_is_plain(command)) {
		state->hides = false;
		return;
	}
	about = text_word(&line);
	if (span_is(command, "info") && text_is_plain(about) && span_left(about) > 0)
		command.end = about.end;
	state->requests++;
	texts_note(state->commands, sizeof(state->commands), command);
	parse_weakness(parse, &qemu_monitor_no_auth, "%.*s was run without a login", (int)span_left(command),
		       (const char *)command.at);
}

/* Lines end with either octet: what is typed goes by as it is. */
static enum parse_step read_typed(struct conversation *state, struct place *place, struct parse *parse,
				  struct span *bytes)
{
	while (span_left(*bytes) > 0) {
		const uint8_t octet = span_u8(bytes);

		if (octet == '\r' || octet == '\n')
			read_line(state, place, parse);
		else
			add_octet(place, octet);
	}
	return PARSE_ON;
}

/* What is answered is for people to read; but as "change vnc password" does, it may ask for a secret. */
static void read_answer(struct conversation *state, struct place *place, struct span bytes)
{
	static const char prompt[] = "Password: ";
	enum { LENGTH = sizeof(prompt) - 1 };

	while (span_left(bytes) > 0) {
		const size_t come = place->length < LENGTH ? place->length : 0;
		const char octet = (char)span_u8(&bytes);

		place->length = octet == prompt[come] ? come + 1 : octet == prompt[0];
		state->hides |= place->length == LENGTH;
	}
}

/* "QEMU 7.2.22 monitor - type 'help' for more information" */
static enum parse_step read_shown(struct conversation *state, struct place *place, struct parse *parse,
				  struct span *bytes)
{
	while (span_left(*bytes) > 0 && !place->greets) {
		const uint8_t octet = span_u8(bytes);
		struct span line;

		if (octet != '\n') {
			add_octet(place, octet);
			continue;
		}
		line = span_of(place->token, place->length);
		if (!span_begins(line, "QEMU "))
			return PARSE_BROKEN;
		(void)text_word(&line);
		parse_software(parse, SIDE_SERVER, span_text("QEMU"), text_word(&line));
		place->greets = true;
		place->length = 0;
	}
	read_answer(state, place, *bytes);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct place *const place = &state->places[parse->side];

	if (place->monitor == UNKNOWN)
		place->monitor = span_peek(*bytes, 0) == '{' ? QMP : PEOPLE;
	if (place->monitor == QMP)
		return read_qmp(state, place, parse, bytes);
	return parse->side == SIDE_CLIENT ? read_typed(state, place, parse, bytes)
					  : read_shown(state, place, parse, bytes);
}

const struct parser qemu_monitor_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
