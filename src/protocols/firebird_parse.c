/* firebird_parse.c: reads conversations with Firebird, "Wire protocol" of its documentation,
 * remote/protocol.cpp and consts_pub.h of its sources: who logs in how to which database, and what is asked.
 * Rows have forms that messages do not show, and a side that has sent some is read no further. Passwords and
 * statements are not kept. */
#include "protocols/firebird.h"
#include "protocols/tally.h"

enum {
	VERSION = 0x7fff,         /* of a protocol's number: above it is a mark */
	LOGIN_FAILED = 335544472, /* isc_login */
	ID_LOGIN = 9,             /* parts of what a client says of itself when it connects */
	ID_PLUGIN = 8,
	ID_USER = 1,
	ID_HOST = 4,
	OPTION_USER = 28, /* of a database */
	OPTION_PASSWORD = 29,
	OPTION_HASH = 30,
	OPTION_PROGRAM = 74,
	OPTION_CLIENT = 80,
	LONG_OPTIONS = 2, /* the second form, with lengths of four octets */
};

static const struct code_name operations[] = {
	{ FIREBIRD_CONNECT, "connect" },
	{ FIREBIRD_ATTACH, "attach" },
	{ FIREBIRD_CREATE, "create_database" },
	{ 21, "detach" },
	{ 29, "transaction" },
	{ 30, "commit" },
	{ 31, "rollback" },
	{ 40, "info_database" },
	{ 50, "commit_retaining" },
	{ 62, "allocate_statement" },
	{ 63, "execute" },
	{ FIREBIRD_EXECUTE_IMMEDIATE, "execute_immediate" },
	{ 65, "fetch" },
	{ 67, "free_statement" },
	{ FIREBIRD_PREPARE, "prepare" },
	{ 70, "info_statement" },
	{ 81, "drop_database" },
	{ FIREBIRD_SERVICE_ATTACH, "service_attach" },
	{ 83, "service_detach" },
	{ 84, "service_info" },
	{ 85, "service_start" },
	{ 91, "cancel" },
	{ FIREBIRD_CONTINUE, "login_step" },
	{ FIREBIRD_CRYPT, "encrypt" },
	{ 6, "disconnect" },
};

struct conversation {
	struct tally requests;
	uint64_t statements, errors;
	uint32_t version;
	char databases[512], user[128], plugin[32], client_user[64], client_host[64], program[128],
		client_version[64];
	const char *login;
	bool awaits_login, encrypted, is_service, blind[2];
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	if (state->version > 0)
		json_unsigned(json, "version", state->version);
	emit_texts(json, state->is_service ? "services" : "databases", state->databases);
	emit_text(json, "user", state->user);
	emit_text(json, "plugin", state->plugin);
	json_text(json, "login", state->login);
	json_bool(json, "encrypted", state->encrypted);
	emit_text(json, "client_user", state->client_user);
	emit_text(json, "client_host", state->client_host);
	emit_text(json, "program", state->program);
	emit_text(json, "client_version", state->client_version);
	EMIT_TALLY(json, "requests", &state->requests, operations);
	json_unsigned(json, "statements", state->statements);
	json_unsigned(json, "errors", state->errors);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

/* A kind, a length and so many octets, one behind the other. */
static bool take_part(struct span *s, bool is_long, uint8_t *ret_kind, struct span *ret_value)
{
	*ret_kind = span_u8(s);
	*ret_value = span_take(s, is_long ? span_u32_le(s) : span_u8(s));
	return !s->failed;
}

static void read_identity(struct conversation *state, struct span s)
{
	struct span value;
	uint8_t kind;

	while (take_part(&s, false, &kind, &value)) {
		if (kind == ID_LOGIN)
			span_copy_text(value, state->user, sizeof(state->user));
		else if (kind == ID_PLUGIN)
			span_copy_text(value, state->plugin, sizeof(state->plugin));
		else if (kind == ID_USER)
			span_copy_text(value, state->client_user, sizeof(state->client_user));
		else if (kind == ID_HOST)
			span_copy_text(value, state->client_host, sizeof(state->client_host));
	}
}

/* The hash of old clients is always made the same way, and opens the door as the password does. */
static void read_options(struct conversation *state, struct parse *parse, struct span s)
{
	const bool is_long = span_u8(&s) == LONG_OPTIONS;
	const char *secret = NULL;
	struct span value;
	uint8_t kind;

	while (take_part(&s, is_long, &kind, &value)) {
		if (kind == OPTION_USER)
			span_copy_text(value, state->user, sizeof(state->user));
		else if (kind == OPTION_PROGRAM)
			span_copy_text(value, state->program, sizeof(state->program));
		else if (kind == OPTION_CLIENT)
			span_copy_text(value, state->client_version, sizeof(state->client_version));
		else if (kind == OPTION_PASSWORD || kind == OPTION_HASH)
			secret = kind == OPTION_HASH ? "a hash that serves as the password" : "a password";
	}
	if (secret != NULL)
		parse_weakness(parse, &firebird_clear_login, "%s was sent in the clear for user %s", secret,
			       state->user);
}

static void read_request(struct conversation *state, struct parse *parse,
			 const struct firebird_message *message)
{
	tally_add(&state->requests, message->operation);
	switch (message->operation) {
	case FIREBIRD_CONNECT:
		texts_note(state->databases, sizeof(state->databases), message->texts[0]);
		read_identity(state, message->texts[1]);
		break;
	case FIREBIRD_SERVICE_ATTACH: state->is_service = true; /* fall through */
	case FIREBIRD_ATTACH:
	case FIREBIRD_CREATE:
		texts_note(state->databases, sizeof(state->databases), message->texts[0]);
		read_options(state, parse, message->texts[1]);
		state->awaits_login = true;
		break;
	case FIREBIRD_CONTINUE:
		state->awaits_login = true;
		if (span_left(message->texts[1]) > 0)
			span_copy_text(message->texts[1], state->plugin, sizeof(state->plugin));
		break;
	case FIREBIRD_PREPARE:
	case FIREBIRD_EXECUTE_IMMEDIATE: state->statements++; break;
	case FIREBIRD_CRYPT: state->encrypted = true; break;
	default: break;
	}
}

/* The number of a response's error stands behind its other three. */
static void read_answer(struct conversation *state, const struct firebird_message *message)
{
	const uint32_t error = message->numbers[3];

	switch (message->operation) {
	case FIREBIRD_ACCEPT:
	case FIREBIRD_ACCEPT_DATA:
	case FIREBIRD_ACCEPT_IF: state->version = message->numbers[0] & VERSION; break;
	case FIREBIRD_REJECT: state->login = "refused"; break;
	case FIREBIRD_RESPONSE:
		state->errors += error != 0;
		if (error == LOGIN_FAILED)
			state->login = "refused";
		else if (state->awaits_login && error == 0)
			state->login = "accepted";
		state->awaits_login = false;
		break;
	default: break;
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct firebird_message message;
	enum verdict whole;

	while (span_left(*bytes) > 0 && !state->blind[parse->side] && !state->encrypted) {
		whole = firebird_take(bytes, parse->side, &message);
		if (whole != YES)
			return whole == NO ? PARSE_BROKEN : PARSE_ON;
		state->blind[parse->side] = message.hidden;
		if (parse->side == SIDE_CLIENT)
			read_request(state, parse, &message);
		else
			read_answer(state, &message);
	}
	bytes->at = bytes->end;
	return state->encrypted || (state->blind[SIDE_CLIENT] && state->blind[SIDE_SERVER]) ? PARSE_DONE
											    : PARSE_ON;
}

const struct parser firebird_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
