/* socks_parse.c: conversations of SOCKS, up to the agreement, and the relay that some agree on. RFC 1929 for
 * names and passwords. */
#include "protocols/lines.h"
#include "protocols/socks.h"

enum { GRANTED_4 = 90, SOCKS_CONNECT = 1, SOCKS_RELAY = 4 /* our own number */ };

enum stage { GREETING, PASSWORD, REQUEST, AGREED };

struct conversation {
	struct socks_target target, bound, peer; /* asked for; where the server waits; who called it */
	struct socks_relay relay;
	char user[SOCKS_NAME_MOST];
	uint8_t version, method, reply;
	uint8_t stages[2]; /* enum stage: what each side says next */
	const char *login;
	bool has_method, has_reply, over, told;
};

static void emit_place(struct json *json, const char *host_key, const char *port_key,
		       const struct socks_target *place)
{
	emit_text(json, host_key, place->host);
	if (place->port > 0)
		json_unsigned(json, port_key, place->port);
}

static void emit(const void *record, struct json *json)
{
	static const char *const commands[] = { NULL, "connect", "bind", "udp-associate", "udp-relay" };
	const struct conversation *const state = record;

	json_unsigned(json, "version", state->version);
	if (state->has_method)
		json_unsigned(json, "method", state->method);
	emit_text(json, "user", state->user);
	if (state->login != NULL)
		json_text(json, "login", state->login);
	json_text(json, "command", state->target.command <= 4 ? commands[state->target.command] : NULL);
	emit_place(json, "host", "port", &state->target);
	if (state->has_reply)
		json_unsigned(json, "reply", state->reply);
	if (state->target.command != SOCKS_CONNECT)
		emit_place(json, "bound_host", "bound_port", &state->bound);
	emit_place(json, "peer_host", "peer_port", &state->peer);
	socks_relay_emit(&state->relay, json);
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

/* Who waits at the server to be called is told when somebody has called, in a second reply. */
static struct socks_target *place_of_reply(struct conversation *state)
{
	return state->has_reply ? &state->peer : &state->bound;
}

/* A refusal ends it, as does the second reply to BIND, and the first to anything else. */
static void note_reply(struct conversation *state, uint8_t reply)
{
	const bool granted = reply == (state->version == SOCKS_VERSION_4 ? GRANTED_4 : 0);

	state->over = !granted || state->has_reply || state->target.command != SOCKS_BIND;
	state->reply = reply;
	state->has_reply = true;
}

static enum verdict read_reply_4(struct conversation *state, struct span *bytes)
{
	struct socks_target *const place = place_of_reply(state);
	struct span rest = *bytes;
	const uint8_t zero = span_u8(&rest), code = span_u8(&rest);
	const uint16_t port = span_u16(&rest);
	const struct address address = address_v4(span_u32(&rest));

	if (rest.failed)
		return MORE;
	if (zero != 0)
		return NO;
	*bytes = rest;
	place->port = port;
	(void)address_text(&address, place->host);
	note_reply(state, code);
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
	struct socks_target place = { 0 };
	enum verdict whole;

	if (state->version == SOCKS_VERSION_4)
		return read_reply_4(state, bytes);
	switch ((enum stage)state->stages[SIDE_SERVER]) {
	case GREETING: return read_method(state, parse, bytes);
	case PASSWORD: /* version and status */
		if (span_left(*bytes) < 2)
			return MORE;
		span_skip(bytes, 1);
		state->login = span_u8(bytes) == 0 ? "accepted" : "refused";
		state->stages[SIDE_SERVER] = REQUEST;
		return YES;
	default:
		whole = socks_take_request(bytes, 8, &place);
		if (whole != YES)
			return whole;
		*place_of_reply(state) = place;
		note_reply(state, place.command);
		return YES;
	}
}

/* RFC 1928 6: the relay waits where the reply says; all zeros are the server's own address. */
static void expect_relay(const struct conversation *state, struct parse *parse)
{
	enum { WAIT_SECONDS = 300 };
	struct expectation relay = {
		.transport = TRANSPORT_UDP,
		.address = parse->addresses[SIDE_SERVER],
		.port = state->bound.port,
		.other = parse->addresses[SIDE_CLIENT],
		.protocol = parse->protocol,
		.waiting = SIDE_SERVER,
		.seconds = WAIT_SECONDS,
		.many = true,
	};
	struct address told;

	if (relay.port == 0)
		return;
	if (address_parse(span_text(state->bound.host), &told) && !address_is_unspecified(&told))
		relay.address = told;
	parse_expect(parse, &relay);
}

static enum parse_step read_datagram(struct conversation *state, struct parse *parse, struct span *bytes)
{
	if (socks_relay_read(&state->relay, parse, *bytes) != YES)
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	state->version = SOCKS_VERSION_5;
	state->target.command = SOCKS_RELAY;
	bytes->at = bytes->end;
	return PARSE_ON;
}

/* Behind the agreement the two ends speak; who has a relay says no more in this connection. */
static enum parse_step agree(struct conversation *state, struct parse *parse)
{
	end(state, parse);
	if (state->reply != (state->version == SOCKS_VERSION_4 ? GRANTED_4 : 0))
		return PARSE_DONE;
	if (state->target.command == SOCKS_ASSOCIATE) {
		expect_relay(state, parse);
		return PARSE_DONE;
	}
	parse_upgrade(parse, NULL);
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole = YES;

	if (parse->transport == TRANSPORT_UDP)
		return read_datagram(state, parse, bytes);
	while (whole == YES && span_left(*bytes) > 0 && !state->over)
		whole = parse->side == SIDE_CLIENT ? read_client(state, parse, bytes)
						   : read_server(state, parse, bytes);
	if (whole == NO)
		return PARSE_BROKEN;
	return state->over ? agree(state, parse) : PARSE_ON;
}

const struct parser socks_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
	.leads = true,
};
