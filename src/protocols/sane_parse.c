/* sane_parse.c: what is said to scanners (chapter 5 of the SANE standard): requests of one word and what they
 * are about, each with its answer; an image comes on a connection of its own, in records. */
#include "protocols/sane.h"
#include "protocols/tally.h"

#include <stdio.h>

const struct weakness sane_clear_login = {
	"sane-clear-login",
	"SANE takes a password in the clear",
	2,
	"Let clients prove the password (a resource whose name asks for MD5), or keep saned to a network of "
	"its own.",
};

enum {
	NAME = 64,
	DEVICES = 512,
	STRING_MOST = 4096,
	ACTION_AUTO = 2,
	TYPE_STRING = 3,
	STATUS_END = 5,
	LAST_RECORD = UINT32_MAX,
};

static const struct code_name command_names[] = {
	{ SANE_INIT, "init" },
	{ SANE_GET_DEVICES, "get_devices" },
	{ SANE_OPEN, "open" },
	{ SANE_CLOSE, "close" },
	{ SANE_GET_OPTIONS, "get_options" },
	{ SANE_CONTROL, "control_option" },
	{ SANE_GET_PARAMETERS, "get_parameters" },
	{ SANE_START, "start" },
	{ SANE_CANCEL, "cancel" },
	{ SANE_AUTHORIZE, "authorize" },
	{ SANE_EXIT, "exit" },
};
static const struct code_name status_names[] = {
	{ 1, "unsupported" }, { 2, "cancelled" },  { 3, "busy" },           { 4, "invalid" },
	{ 5, "end" },         { 6, "jammed" },     { 7, "no_documents" },   { 8, "cover_open" },
	{ 9, "io_error" },    { 10, "no_memory" }, { 11, "access_denied" },
};

struct conversation {
	struct tally commands;
	char user[NAME], login[NAME], version[16], device[NAME];
	char devices[DEVICES]; /* texts */
	uint64_t length;       /* of an image */
	uint32_t status;
	uint8_t pending; /* the request that waits for its answer, and whether that is still to be read */
	bool waits, is_image, complete, told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "user", state->user);
	emit_text(json, "login", state->login);
	emit_text(json, "version", state->version);
	emit_text(json, "device", state->device);
	emit_texts(json, "devices", state->devices);
	EMIT_TALLY(json, "commands", &state->commands, command_names);
	json_text(json, "status", CODE_TEXT(status_names, state->status));
	if (!state->is_image)
		return;
	json_unsigned(json, "image_length", state->length);
	json_bool(json, "complete", state->complete);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told)
		parse_event(parse, state);
	state->told = true;
}

/* A text with its length before it; its last octet is NUL. */
static struct span take_string(struct span *s)
{
	const uint32_t length = span_u32(s);
	struct span text = span_take(s, length);

	if (span_left(text) > 0)
		text.end--;
	return text;
}

/* Of NAME octets; what has not come whole is left as it is. */
static void keep_string(struct span *s, char text[static NAME])
{
	const struct span string = take_string(s);

	if (!s->failed)
		span_copy_text(string, text, NAME);
}

/* The value of an option: words, or a text as an array. */
static void skip_value(struct span *s)
{
	span_skip(s, 4 + 4);
	if (span_u32(s) != ACTION_AUTO) {
		const uint32_t type = span_u32(s);
		uint32_t count;

		span_skip(s, 4);
		count = span_u32(s);
		span_skip(s, type == TYPE_STRING ? count : (size_t)count * 4);
	}
}

static void read_secret(struct conversation *state, struct parse *parse, struct span *s)
{
	struct span user, secret;

	(void)take_string(s);
	user = take_string(s);
	secret = take_string(s);
	if (s->failed)
		return;
	span_copy_text(user, state->login, sizeof(state->login));
	if (!span_begins(secret, "$MD5$"))
		parse_weakness(parse, &sane_clear_login, "password of user %s", state->login);
}

static void read_agreement(struct conversation *state, struct span *s)
{
	const uint8_t major = span_u8(s), minor = span_u8(s);

	span_skip(s, 2);
	if (!s->failed)
		(void)snprintf(state->version, sizeof(state->version), "%u.%u", major, minor);
}

/* One request; it fails where it has not come whole. */
static void read_request(struct conversation *state, struct parse *parse, uint32_t command, struct span *s)
{
	switch (command) {
	case SANE_INIT:
		span_skip(s, 4);
		keep_string(s, state->user);
		break;
	case SANE_OPEN: keep_string(s, state->device); break;
	case SANE_CONTROL: skip_value(s); break;
	case SANE_AUTHORIZE: read_secret(state, parse, s); break;
	case SANE_GET_DEVICES:
	case SANE_EXIT: break;
	default: /* about a handle */ span_skip(s, 4); break;
	}
}

static enum parse_step read_requests(struct conversation *state, struct parse *parse, struct span *bytes)
{
	while (span_left(*bytes) > 0) {
		struct span rest = *bytes;
		const uint32_t command = span_u32(&rest);

		if (!rest.failed && command > SANE_EXIT)
			return PARSE_BROKEN;
		read_request(state, parse, command, &rest);
		if (rest.failed)
			return span_left(*bytes) < STRING_MOST ? PARSE_ON : PARSE_BROKEN;
		tally_add(&state->commands, command);
		state->pending = (uint8_t)command;
		state->waits = true;
		*bytes = rest;
	}
	return PARSE_ON;
}

/* Each device is name, maker, model and kind, behind a word that says whether there is none. */
static void read_devices(struct conversation *state, struct span *s)
{
	const uint32_t count = span_u32(s);

	for (uint32_t i = 0; i < count && i < SANE_DEVICES_MOST && !s->failed; i++) {
		struct span name;

		if (span_u32(s) != 0)
			continue;
		name = take_string(s);
		for (unsigned text = 0; text < 3; text++)
			(void)take_string(s);
		if (!s->failed)
			texts_note(state->devices, sizeof(state->devices), name);
	}
}

/* The image comes on a connection of its own. */
static void read_start(struct parse *parse, struct span *s)
{
	const uint32_t port = span_u32(s);

	span_skip(s, 4);
	if (s->failed || port == 0 || port > UINT16_MAX)
		return;
	parse_expect(parse, &(struct expectation){
				    .transport = TRANSPORT_TCP,
				    .address = parse->addresses[SIDE_SERVER],
				    .port = (uint16_t)port,
				    .other = parse->addresses[SIDE_CLIENT],
				    .protocol = parse->protocol,
				    .waiting = SIDE_SERVER,
				    .about = "image",
			    });
}

/* What is of no interest, such as the options of a scanner, is left out up to the next request. */
static enum parse_step read_answer(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes;
	uint32_t status;

	if (!state->waits || state->pending == SANE_GET_OPTIONS || state->pending == SANE_GET_PARAMETERS) {
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	status = span_u32(&rest);
	if (!rest.failed && status > SANE_STATUS_MOST)
		return PARSE_BROKEN;
	if (state->pending == SANE_INIT)
		read_agreement(state, &rest);
	else if (status == 0 && state->pending == SANE_GET_DEVICES)
		read_devices(state, &rest);
	else if (status == 0 && state->pending == SANE_START)
		read_start(parse, &rest);
	if (rest.failed)
		return span_left(*bytes) < PARSE_UNREAD_LIMIT / 2 ? PARSE_ON : PARSE_BROKEN;
	if (status != 0)
		state->status = status;
	state->waits = false;
	bytes->at = bytes->end;
	return PARSE_ON;
}

/* Records, each behind its length, and at the end a status. */
static enum parse_step read_image(struct conversation *state, struct parse *parse, struct span *bytes)
{
	state->is_image = true;
	while (span_left(*bytes) >= 4 && parse->skip == 0) {
		struct span rest = *bytes;
		const uint32_t length = span_u32(&rest);

		if (length == LAST_RECORD) {
			const uint8_t status = span_u8(&rest);

			if (rest.failed)
				return PARSE_ON;
			state->complete = status == STATUS_END;
			bytes->at = bytes->end;
			end(state, parse);
			return PARSE_DONE;
		}
		*bytes = rest;
		state->length += length;
		parse_skip(parse, length);
	}
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	if (parse->about == NULL)
		return parse->side == SIDE_CLIENT ? read_requests(state, parse, bytes)
						  : read_answer(state, parse, bytes);
	if (parse->side == SIDE_SERVER)
		return read_image(state, parse, bytes);
	bytes->at = bytes->end;
	return PARSE_ON;
}

const struct parser sane_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
	.leads = true,
};
