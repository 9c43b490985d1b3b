/* socks.c: SOCKS. RFC 1928 and RFC 1929 (version 5, names and passwords), "SOCKS 4" and "4A" of the NEC and
 * Permeo papers. Behind an agreement everything is somebody else's protocol. */
#include "protocols/lines.h"

enum { VERSION_4 = 4, VERSION_5 = 5, METHODS_MOST = 9, NAME_MOST = 256 };
enum { METHOD_NONE = 0, METHOD_PASSWORD = 2, METHOD_REFUSED = 0xff };
enum { TYPE_V4 = 1, TYPE_NAME = 3, TYPE_V6 = 4 };
enum { GRANTED_4 = 90 };

static const struct weakness clear_login = {
	"socks-clear-login",
	"SOCKS takes passwords in the clear",
	2,
	"Let clients come through TLS or a tunnel of SSH.",
};
static const struct weakness no_auth = {
	"socks-no-auth",
	"SOCKS lets everybody through without a password",
	2,
	"Ask for a name and a password, or bind it to the addresses that need it.",
};
static const struct weakness *const weaknesses[] = { &clear_login, &no_auth, NULL };

/* Where the client would go. */
struct target {
	uint8_t command;
	char host[NAME_MOST];
	uint16_t port;
};

/* ---- messages ---- */

/* RFC 1928 3: the methods that a client offers. */
static enum verdict take_methods(struct span *s)
{
	struct span rest = *s;
	const uint8_t version = span_u8(&rest), count = span_u8(&rest);

	if (version != VERSION_5 || (!rest.failed && (count == 0 || count > METHODS_MOST)))
		return NO;
	for (uint8_t i = 0; i < count && !rest.failed; i++) {
		const uint8_t method = span_u8(&rest);

		if ((method > 9 && method < 0x80) || method == METHOD_REFUSED)
			return NO;
	}
	if (rest.failed)
		return MORE;
	*s = rest;
	return YES;
}

/* RFC 1928 4: an address of one of three kinds, and a port. */
static enum verdict take_address(struct span *s, struct target *target)
{
	const uint8_t type = span_u8(s);
	struct span bytes;
	struct address address;

	switch (s->failed ? 0 : type) {
	case 0: return s->failed ? MORE : NO;
	case TYPE_V4:
		address = address_v4(span_u32(s));
		(void)address_text(&address, target->host);
		break;
	case TYPE_V6:
		bytes = span_take(s, 16);
		if (!bytes.failed) {
			address = address_v6(bytes.at);
			(void)address_text(&address, target->host);
		}
		break;
	case TYPE_NAME:
		bytes = span_take(s, span_u8(s));
		if (!bytes.failed && (span_left(bytes) == 0 || !text_is_plain(bytes)))
			return NO;
		span_copy_text(bytes, target->host, sizeof(target->host));
		break;
	default: return NO;
	}
	target->port = span_u16(s);
	return s->failed ? MORE : YES;
}

/* "05 01 00" and an address; of an answer the second octet says how it went. */
static enum verdict take_request(struct span *s, uint8_t most, struct target *target)
{
	struct span rest = *s;
	const uint8_t version = span_u8(&rest), code = span_u8(&rest), zero = span_u8(&rest);
	enum verdict whole;

	if (version != VERSION_5 || code > most || zero != 0)
		return NO;
	if (rest.failed)
		return MORE;
	target->command = code;
	whole = take_address(&rest, target);
	if (whole == YES)
		*s = rest;
	return whole;
}

/* Version 4: a command, port, address and name; the address 0.0.0.x of 4A has the host's name behind it. */
static enum verdict take_request_4(struct span *s, struct target *target, struct span *ret_user)
{
	struct span rest = *s, name;
	const uint8_t version = span_u8(&rest), command = span_u8(&rest);
	const uint16_t port = span_u16(&rest);
	const uint32_t number = span_u32(&rest);
	struct address address;

	if (version != VERSION_4 || (span_left(*s) > 1 && (command < 1 || command > 2)))
		return NO;
	if (rest.failed)
		return MORE;
	if (port == 0 || number == 0 || number >> 24 >= 224 || (number >> 24 == 0 && number >= 256))
		return NO;
	*ret_user = span_until(&rest, '\0');
	if (rest.failed)
		return span_left(rest) < NAME_MOST && text_is_plain(rest) ? MORE : NO;
	address = address_v4(number);
	(void)address_text(&address, target->host);
	if (number < 256) {
		name = span_until(&rest, '\0');
		if (rest.failed)
			return span_left(rest) < NAME_MOST && text_is_plain(rest) ? MORE : NO;
		span_copy_text(name, target->host, sizeof(target->host));
	}
	target->command = command;
	target->port = port;
	*s = rest;
	return text_is_plain(*ret_user) ? YES : NO;
}

/* ---- recognising ---- */

/* The first message is short: the second has to follow. */
static enum verdict recognise_client(struct span first)
{
	struct target target;
	enum verdict whole;
	struct span user;

	if (span_peek(first, 0) == VERSION_4)
		return take_request_4(&first, &target, &user);
	whole = take_methods(&first);
	if (whole != YES)
		return whole;
	if (span_left(first) == 0)
		return MORE;
	if (span_peek(first, 0) == 1) { /* a name and a password, which are never looked at here */
		span_skip(&first, 1);
		return span_left(first) == 0     ? MORE
		       : span_peek(first, 0) > 0 ? span_left(first) > 1 ? YES : MORE
						 : NO;
	}
	whole = take_request(&first, 3, &target);
	return whole == YES && target.command == 0 ? NO : whole;
}

static enum verdict recognise_server(struct span first)
{
	const uint8_t method = span_peek(first, 1);
	struct target target;

	if (span_peek(first, 0) != VERSION_5)
		return NO;
	if (span_left(first) < 2)
		return MORE;
	if (method > 9 && method != METHOD_REFUSED)
		return NO;
	span_skip(&first, 2);
	if (method == METHOD_PASSWORD && span_left(first) > 0) {
		if (span_u8(&first) != 1)
			return NO;
		if (span_left(first) == 0)
			return MORE;
		if (span_u8(&first) != 0)
			return NO;
	}
	if (span_left(first) == 0)
		return MORE;
	return take_request(&first, 8, &target);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_client(first) : recognise_server(first);
}

/* ---- reading ---- */

enum stage { GREETING, PASSWORD, REQUEST, AGREED };

struct conversation {
	struct target target;
	char user[NAME_MOST];
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
	parse_weakness(parse, &clear_login, "a password was sent in the clear for user %s", state->user);
	return YES;
}

static enum verdict read_client(struct conversation *state, struct parse *parse, struct span *bytes)
{
	uint8_t *const stage = &state->stages[SIDE_CLIENT];
	enum verdict whole;
	struct span user;

	if (*stage == GREETING && span_peek(*bytes, 0) == VERSION_4) {
		whole = take_request_4(bytes, &state->target, &user);
		if (whole != YES)
			return whole;
		span_copy_text(user, state->user, sizeof(state->user));
		state->version = VERSION_4;
		*stage = AGREED;
		return YES;
	}
	if (*stage == GREETING) {
		whole = take_methods(bytes);
		state->version = whole == YES ? VERSION_5 : 0;
		*stage = whole == YES ? REQUEST : GREETING;
		return whole;
	}
	if (*stage == REQUEST && span_peek(*bytes, 0) == 1)
		return read_password(state, parse, bytes);
	if (*stage == REQUEST) {
		whole = take_request(bytes, 3, &state->target);
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
	if (version != VERSION_5)
		return NO;
	*bytes = rest;
	state->version = version;
	state->method = method;
	state->has_method = true;
	state->stages[SIDE_SERVER] = method == METHOD_PASSWORD ? PASSWORD : REQUEST;
	if (method == METHOD_NONE)
		parse_weakness(parse, &no_auth, "the server chose no authentication");
	return YES;
}

static enum verdict read_server(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct target bound = { 0 };
	enum verdict whole;

	if (state->version == VERSION_4)
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
		whole = take_request(bytes, 8, &bound);
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
	if (state->reply != (state->version == VERSION_4 ? GRANTED_4 : 0))
		return PARSE_DONE;
	parse_upgrade(parse, NULL);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = sizeof(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
	.leads = true,
};

const struct protocol protocol_socks = {
	.name = "socks",
	.title = "SOCKS",
	DOORS(TCP(1080)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.weaknesses = weaknesses,
};
