/* telnet_parse.c: Telnet between two others, up to the login: options of both sides, what they agree on
 * (telnet_terms.c), and who logs in. What is typed behind that, or encrypted, is not read. */
#include "protocols/lines.h"
#include "protocols/telnet.h"

enum {
	LOGINS_MOST = 3,
	TEXT_BEHIND_LOGIN = 1024, /* octets of the server: then the login has succeeded */
	TAIL = 48,
};

struct conversation {
	uint64_t does[2], wants[2]; /* by side: options of WILL and of DO, by their number */
	char banner[TELNET_BANNER], tail[TAIL];
	uint16_t banner_length, tail_length, since_login;
	struct telnet_terms terms;
	char typed[64];
	uint8_t typed_length, logins;
	uint8_t answers; /* enum telnet_question: what the line that is typed answers */
	bool typing, typed_any, told, logged_in;
};

/* ---- telling ---- */

static void emit_options(struct json *json, const char *key, uint64_t options)
{
	if (options == 0)
		return;
	json_open_array(json, key);
	for (unsigned i = 0; i < TELNET_OPTIONS; i++)
		if (options >> i & 1)
			json_text(json, NULL, telnet_options[i]);
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	static const char *const keys[] = { [SIDE_CLIENT] = "client", [SIDE_SERVER] = "server" };
	const struct conversation *const state = record;

	for (size_t side = 0; side < 2; side++) {
		json_open_object(json, keys[side]);
		emit_options(json, "will", state->does[side]);
		emit_options(json, "do", state->wants[side]);
		json_end(json);
	}
	telnet_emit_terms(&state->terms, json);
	json_bool(json, "login", state->logged_in);
	emit_span(json, "banner", text_trim(span_of(state->banner, state->banner_length)));
}

static void tell(struct conversation *state, struct parse *parse)
{
	if (!state->told)
		parse_product(parse, SIDE_SERVER, span_of(state->banner, state->banner_length),
			      telnet_products, telnet_product_count);
	state->told = true;
	parse_event(parse, state);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told)
		tell(state, parse);
}

/* ---- options ---- */

static void read_telnet_command(struct conversation *state, enum side side,
				const struct telnet_command *command)
{
	if (command->verb == SB)
		telnet_read_terms(&state->terms, side, command);
	if (command->option >= TELNET_OPTIONS)
		return;
	if (command->verb == WILL)
		state->does[side] |= (uint64_t)1 << command->option;
	else if (command->verb == DO)
		state->wants[side] |= (uint64_t)1 << command->option;
}

/* ---- text ---- */

/* True when enough came behind a login to know that no other follows. */
static bool read_shown(struct conversation *state, uint8_t byte)
{
	if (byte == '\0')
		return false;
	if (state->banner_length < sizeof(state->banner) && !state->typed_any)
		state->banner[state->banner_length++] = (char)byte;
	if (state->tail_length == sizeof(state->tail)) {
		state->tail_length--;
		memmove(state->tail, state->tail + 1, state->tail_length);
	}
	state->tail[state->tail_length++] = (char)byte;
	return state->logins > 0 && ++state->since_login >= TEXT_BEHIND_LOGIN;
}

/* The line is whole: the answer to what the server had asked. True when no further login is waited for. */
static bool read_line(struct conversation *state, struct parse *parse)
{
	const enum telnet_question answers = state->answers;

	if (answers == ASKS_USER)
		span_copy_text(text_trim(span_of(state->typed, state->typed_length)), state->terms.user,
			       sizeof(state->terms.user));
	memset(state->typed, 0, sizeof(state->typed));
	state->typed_length = 0;
	state->typing = false;
	state->tail_length = 0;
	if (answers != ASKS_PASSWORD)
		return false;
	state->logged_in = true;
	state->since_login = 0;
	parse_weakness(parse, &telnet_clear_login, "a password was typed in the clear%s%s",
		       state->terms.user[0] != '\0' ? " for user " : "", state->terms.user);
	tell(state, parse);
	return ++state->logins == LOGINS_MOST;
}

/* What a line answers is decided with its first octet, before the server's echo. A password is never kept. */
static bool read_typed(struct conversation *state, struct parse *parse, uint8_t byte)
{
	if (byte == '\r' || byte == '\n')
		return state->typing && read_line(state, parse);
	if (byte == '\0')
		return false;
	if (!state->typing)
		state->answers = (uint8_t)telnet_asks(span_of(state->tail, state->tail_length));
	state->typing = state->typed_any = true;
	if (state->answers != ASKS_USER)
		return false;
	if ((byte == 8 || byte == 127) && state->typed_length > 0)
		state->typed_length--;
	else if (byte >= ' ' && byte != 127 && state->typed_length < sizeof(state->typed))
		state->typed[state->typed_length++] = (char)byte;
	return false;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	bool enough = false;

	while (span_left(*bytes) > 0 && !enough) {
		struct telnet_command command;
		enum verdict whole;

		if (span_peek(*bytes, 0) != IAC) {
			const uint8_t byte = span_u8(bytes);

			enough = parse->side == SIDE_SERVER ? read_shown(state, byte)
							    : read_typed(state, parse, byte);
			continue;
		}
		if (span_peek(*bytes, 1) == IAC) { /* one octet of text that is 255 */
			span_skip(bytes, 2);
			continue;
		}
		whole = telnet_take(bytes, &command);
		if (whole != YES)
			return whole == NO ? PARSE_BROKEN : PARSE_ON;
		read_telnet_command(state, parse->side, &command);
		enough = state->terms.encrypted;
	}
	return enough ? PARSE_DONE : PARSE_ON;
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	(void)length;
	if (parse->side == SIDE_CLIENT)
		state->answers = ASKS_NOTHING;
	else
		state->tail_length = 0;
	return PARSE_ON;
}

const struct parser telnet_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
};
