/* socks_parse.c: conversations of SOCKS, up to the agreement. RFC 1929 for names and passwords. */
#include "protocols/lines.h"
#include "protocols/socks.h"

enum { GRANTED_4 = 90 };

enum stage { GREETING, PASSWORD, REQUEST, AGREED };

struct conversation {
	struct socks_target target;
	char user[SOCKS_NAME_MOST];
	uint8_t version, method, reply;
	uint8_t stages[2]; /* enum stage: what each side says next */
	bool has_method, has_reply, told;
};

static void emit(const void *record, struct json *json)
{
	static const char *const commands[] = { NULL, "connect", "bind", "udp-associate" };
	const struct conversation *const state = record;

	json_unsigned(json, "version", state->version);
	if (state->has_method)
		json_unsigned(json, "method", state->method);
	emit_text(json, "user", state->user);
	json_text(json, "command", state->target.command <= 3 ? commands[state->target.command] : NULL);
	emit_text(json, "host", state->target.host);
	if (state->target.port > 0)
		json_unsigned(json, "port", state->target.port);
	if (state->has_reply)
		json_unsigned(json, "reply", state->reply);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && state->version > 0)
		parse_event(parse, state);
	state->told = true;
}

/* RFC 1929: 1, length, name, length, password. */
static enum verdict read_password(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes, user;

	if (span_u8(&rest) != 1)
		return NO;
	user = span_take(&rest, span_u8(&rest));
	(void)span_take(&rest, span_u8(&rest));
	if (rest.failed)
		return MORE;
	*bytes = rest;
	span_copy_text(user, state->user, sizeof(state->user));
	parse_weakness(parse, &socks_clear_login, "a password was sent in the clear for user %s",
		       state->user);
	return YES;
}

static enum verdict read_client(struct conversation *state, struct parse *parse, struct span *bytes)
{
	uint8_t *const stage = &state->stages[SIDE_CLIENT];
	enum verdict whole;
	struct span user;

	if (*stage == GREETING && span_peek(*bytes, 0) == SOCKS_VERSION_4) {
		whole = socks_take_request_4(bytes, &state->target, &user);
		if (whole != YES)
			return whole;
		span_copy_text(user, state->user, sizeof(state->user));
		state->version = SOCKS_VERSION_4;
		*stage = AGREED;
		return YES;
	}
	if (*stage == GREETING) {
		whole = socks_take_methods(bytes);
		state->version = whole == YES ? SOCKS_VERSION_5 : 0;
		*stage = whole == YES ? REQUEST : GREETING;
		return whole;
	}
	if (*stage == REQUEST && span_peek(*bytes, 0) == 1)
		return read_password(state, parse, bytes);
	if (*stage == REQUEST) {
		whole = socks_take_request(bytes, 3, &state->target);
		*stage = whole == YES ? AGREED : REQUEST;
		return whole;
	}
	return MORE; /* what is sent ahead waits for the answer */
}

static enum verdict read_reply_4(struct conversation *state, struct span *bytes)
{
	struct span rest = *bytes;
	const uint8_t zero = span_u8(&rest), code = span_u8(&rest);

	span_skip(&rest, 6);
	if (rest.failed)
		return MORE;
	if (zero != 0)
		return NO;
	*bytes = rest;
	state->reply = code;
	state->has_reply = true;
	return YES;
}

static enum verdict read_method(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes;
	const uint8_t version = span_u8(&rest), method = span_u8(&rest);

	if (rest.failed)
		return MORE;
	if (version != SOCKS_VERSION_5)
		return NO;
	*bytes = rest;
	state->version = version;
	state->method = method;
	state->has_method = true;
	state->stages[SIDE_SERVER] = method == SOCKS_METHOD_PASSWORD ? PASSWORD : REQUEST;
	if (method == SOCKS_METHOD_NONE)
		parse_weakness(parse, &socks_no_auth, "the server chose no authentication");
	return YES;
}

static enum verdict read_server(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct socks_target bound = { 0 };
	enum verdict whole;

	if (state->version == SOCKS_VERSION_4)
		return read_reply_4(state, bytes);
	switch ((enum stage)state->stages[SIDE_SERVER]) {
	case GREETING: return read_method(state, parse, bytes);
	case PASSWORD: /* version and status */
		if (span_left(*bytes) < 2)
			return MORE;
		span_skip(bytes, 2);
		state->stages[SIDE_SERVER] = REQUEST;
		return YES;
	default:
		whole = socks_take_request(bytes, 8, &bound);
		state->reply = bound.command;
		state->has_reply = whole == YES;
		return whole;
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole = YES;

	while (whole == YES && span_left(*bytes) > 0 && !state->has_reply)
		whole = parse->side == SIDE_CLIENT ? read_client(state, parse, bytes)
						   : read_server(state, parse, bytes);
	if (whole == NO)
		return PARSE_BROKEN;
	if (!state->has_reply)
		return PARSE_ON;
	end(state, parse);
	if (state->reply != (state->version == SOCKS_VERSION_4 ? GRANTED_4 : 0))
		return PARSE_DONE;
	parse_upgrade(parse, NULL);
	return PARSE_ON;
}

const struct parser socks_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
	.leads = true,
};
