/* mysql_parse.c: reads conversations of MySQL and MariaDB: who logs in where, and how that ends; then
 * commands are counted, and errors told. Of rows nothing is read but the head of each packet. */
#include "protocols/mysql.h"
#include "protocols/parse.h"
#include "protocols/tls.h"

const struct weakness mysql_clear_login = {
	"mysql-clear-login",
	"MySQL takes passwords in the clear",
	2,
	"Turn mysql_clear_password and dialog off, or demand TLS: \"require_secure_transport = ON\".",
};

enum { VERSION_TEXT = 64, NAME = 96, PLUGIN = 48, PACKET_LOOKED_AT = 1024, MESSAGE = 256 };

enum command {
	QUIT = 1,
	USE = 2,
	QUERY = 3,
	PING = 14,
	CHANGE_USER = 17,
	DUMP = 18,
	PREPARE = 22,
	EXECUTE = 23
};

struct state {
	enum { GREETING, LOGIN, COMMANDS } phase;
	char version[VERSION_TEXT], user[NAME], database[NAME], plugin[PLUGIN];
	uint32_t server_can, client_can;
	bool logged_in, refused, answer_next; /* answer_next: the first packet of an answer comes next */
	bool told;
	uint32_t queries, prepared, executed, others, errors;
	uint16_t error;
	char message[MESSAGE];
};

/* ---- the event ---- */

static void write_counts(struct json *json, const struct state *state)
{
	if (state->queries + state->executed > 0)
		json_unsigned(json, "statements", state->queries + state->executed);
	if (state->prepared > 0)
		json_unsigned(json, "prepared", state->prepared);
	if (state->others > 0)
		json_unsigned(json, "other_commands", state->others);
	if (state->errors > 0)
		json_unsigned(json, "errors", state->errors);
}

static void emit(const void *memory, struct json *json)
{
	const struct state *const state = memory;

	if (state->version[0] != '\0')
		json_text(json, "version", state->version);
	if (state->user[0] != '\0')
		json_text(json, "user", state->user);
	if (state->database[0] != '\0')
		json_text(json, "database", state->database);
	if (state->plugin[0] != '\0')
		json_text(json, "auth_plugin", state->plugin);
	json_bool(json, "tls", (state->client_can & MYSQL_CAN_TLS) != 0 && state->user[0] == '\0');
	if (state->logged_in || state->refused)
		json_text(json, "login", state->logged_in ? "accepted" : "refused");
	write_counts(json, state);
	if (state->error != 0) {
		json_unsigned(json, "error_code", state->error);
		json_text(json, "error_message", state->message);
	}
}

static void tell(struct state *state, struct parse *parse)
{
	parse_event(parse, state);
	state->told = true;
}

/* ---- the login ---- */

static void hear_error(struct state *state, struct span payload)
{
	span_skip(&payload, 1);
	state->error = span_u16_le(&payload);
	if (span_peek(payload, 0) == '#')
		span_skip(&payload, 6);
	span_copy_text(payload, state->message, sizeof(state->message));
	state->errors++;
}

static enum parse_step hear_greeting(struct state *state, struct parse *parse, struct span payload)
{
	struct mysql_greeting greeting;
	struct span version;
	const char *product;

	if (span_peek(payload, 0) == MYSQL_ERROR) {
		hear_error(state, payload);
		state->refused = true;
		tell(state, parse);
		return PARSE_DONE;
	}
	if (!mysql_read_greeting(&payload, &greeting))
		return PARSE_BROKEN;
	span_copy_text(greeting.version, state->version, sizeof(state->version));
	span_copy_text(greeting.plugin, state->plugin, sizeof(state->plugin));
	state->server_can = greeting.capabilities;
	product = mysql_product(&greeting, &version);
	parse_software(parse, SIDE_SERVER, span_text(product), version);
	if ((greeting.capabilities & MYSQL_SECURE_CONNECTION) == 0 ||
	    span_is(greeting.plugin, "mysql_old_password"))
		parse_weakness(parse, &mysql_old_password, "the greeting asks for it");
	state->phase = LOGIN;
	return PARSE_ON;
}

/* HandshakeResponse41; what answers the scramble is stepped over. */
static void hear_login(struct state *state, struct span payload)
{
	uint64_t secret;

	state->client_can = span_u32_le(&payload);
	span_skip(&payload, MYSQL_TLS_REQUEST - 4);
	span_copy_text(span_until(&payload, 0), state->user, sizeof(state->user));
	secret = span_u8(&payload);
	if (state->client_can & MYSQL_LONG_AUTH && secret == 0xfc)
		secret = span_u16_le(&payload);
	else if (!(state->client_can & (MYSQL_SECURE_CONNECTION | MYSQL_LONG_AUTH)) && secret != 0)
		(void)span_until(&payload, 0), secret = 0;
	span_skip(&payload, secret);
	if (state->client_can & MYSQL_WITH_DATABASE)
		span_copy_text(span_until(&payload, 0), state->database, sizeof(state->database));
	if (state->client_can & MYSQL_PLUGIN_AUTH && !payload.failed)
		span_copy_text(span_until(&payload, 0), state->plugin, sizeof(state->plugin));
}

/* The response of a client from before 4.1: capabilities (16 bits), greatest packet, name. */
static void hear_old_login(struct state *state, struct span payload)
{
	state->client_can = span_u16_le(&payload);
	span_skip(&payload, 3);
	span_copy_text(span_until(&payload, 0), state->user, sizeof(state->user));
}

static void hear_client_login(struct state *state, struct parse *parse, const struct mysql_packet *packet)
{
	struct span payload = packet->payload;
	const uint32_t capabilities = span_u16_le(&payload);

	if (packet->sequence != 1)
		return; /* what follows answers to the server's wishes: secrets */
	if (packet->length == MYSQL_TLS_REQUEST && capabilities & MYSQL_CAN_TLS) {
		state->client_can = capabilities;
		tell(state, parse);
		parse_upgrade(parse, &protocol_tls);
		return;
	}
	if (capabilities & MYSQL_PROTOCOL_41)
		hear_login(state, packet->payload);
	else
		hear_old_login(state, packet->payload);
}

static void end_login(struct state *state, struct parse *parse, bool accepted)
{
	state->logged_in = accepted;
	state->refused = !accepted;
	state->phase = COMMANDS;
	tell(state, parse);
}

/* 0xfe asks for another method by name, 1 carries more of the one in use. */
static void hear_verdict(struct state *state, struct parse *parse, struct span payload)
{
	struct span rest = payload;

	switch (span_u8(&rest)) {
	case 0: end_login(state, parse, true); break;
	case MYSQL_ERROR:
		hear_error(state, payload);
		end_login(state, parse, false);
		break;
	case 0xfe: {
		const struct span plugin = span_until(&rest, 0);

		if (!plugin.failed)
			span_copy_text(plugin, state->plugin, sizeof(state->plugin));
		if (span_is(plugin, "mysql_clear_password"))
			parse_weakness(parse, &mysql_clear_login, "%s is asked for the password itself",
				       state->user);
		break;
	}
	default: break;
	}
}

/* ---- commands ---- */

static void hear_command(struct state *state, const struct mysql_packet *packet)
{
	struct span payload = packet->payload;

	if (packet->sequence != 0)
		return;
	state->answer_next = true;
	switch (span_u8(&payload)) {
	case QUERY: state->queries++; break;
	case PREPARE: state->prepared++; break;
	case EXECUTE: state->executed++; break;
	case USE:
		span_copy_text(payload, state->database, sizeof(state->database));
		state->others++;
		break;
	case CHANGE_USER:
		span_copy_text(span_until(&payload, 0), state->user, sizeof(state->user));
		state->others++;
		break;
	default: state->others++; break;
	}
}

static void hear_answer(struct state *state, struct parse *parse, const struct mysql_packet *packet)
{
	if (!state->answer_next)
		return;
	state->answer_next = false;
	if (span_peek(packet->payload, 0) == MYSQL_ERROR && packet->length > 3) {
		hear_error(state, packet->payload);
		tell(state, parse);
	}
}

/* ---- reading ---- */

static enum parse_step hear_packet(struct state *state, struct parse *parse,
				   const struct mysql_packet *packet)
{
	const bool server = parse->side == SIDE_SERVER;

	if (state->phase == GREETING && server)
		return hear_greeting(state, parse, packet->payload);
	if (state->phase != COMMANDS && server)
		hear_verdict(state, parse, packet->payload);
	else if (state->phase != COMMANDS)
		hear_client_login(state, parse, packet);
	else if (server)
		hear_answer(state, parse, packet);
	else
		hear_command(state, packet);
	if (state->refused)
		return PARSE_DONE;
	/* Compressed packets have other headers. */
	return state->phase == COMMANDS && state->client_can & state->server_can & MYSQL_COMPRESS ? PARSE_DONE
												  : PARSE_ON;
}

static enum parse_step read_mysql(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;
	enum parse_step step = PARSE_ON;

	while (step == PARSE_ON && !parse->upgraded && span_left(*bytes) > 0) {
		struct mysql_packet packet;

		if (!mysql_read_packet(*bytes, &packet))
			return PARSE_ON;
		if (packet.cut && span_left(packet.payload) < PACKET_LOOKED_AT) {
			parse_want(parse, MYSQL_HEADER + (packet.length < PACKET_LOOKED_AT
								  ? packet.length
								  : (size_t)PACKET_LOOKED_AT));
			return PARSE_ON;
		}
		span_skip(bytes, MYSQL_HEADER + span_left(packet.payload));
		parse_skip(parse, packet.length - span_left(packet.payload));
		step = hear_packet(state, parse, &packet);
	}
	return step;
}

static void end(void *memory, struct parse *parse)
{
	struct state *const state = memory;

	if (!state->told || state->queries + state->executed + state->prepared + state->others > 0)
		parse_event(parse, state);
}

const struct parser mysql_parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_mysql,
	.end = end,
	.emit = emit,
	.leads = true, /* to TLS */
};
