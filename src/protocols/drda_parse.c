/* drda_parse.c: reads conversations with Db2 and Derby: Open Group C911 (DDM Architecture) and C112 (DRDA):
 * who both sides are, who logs in how to which database, what is asked. Passwords and statements are not
 * kept. */
#include "protocols/drda.h"
#include "protocols/tally.h"

enum {
	CONTINUES = 0x8000, /* of a length: more of the structure follows */
	CHAIN_MOST = 16,    /* objects of one structure that are looked at */
	ACCESS_SECURITY = 0x106d,
	SECURITY_CHECK = 0x106e,
	SECURITY_ANSWER = 0x1219,
	OPEN_DATABASE = 0x2001,
	NOT_FOUND = 0x2211, /* of the database */
	MECHANISM = 0x11a2,
	USER = 0x11a0,
	PASSWORD = 0x11a1,
	CHECK_CODE = 0x11a4,
	DATABASE = 0x2110,
	PRODUCT = 0x112e,
	SQL_ANSWER = 0x2408,
	SQL_NULL = 0xff,
	USER_PASSWORD = 3, /* of mechanisms */
};

static const struct code_name commands[] = {
	{ DRDA_EXCHANGE, "exchange_attributes" },
	{ ACCESS_SECURITY, "access_security" },
	{ SECURITY_CHECK, "security_check" },
	{ OPEN_DATABASE, "access_database" },
	{ 0x2002, "begin_bind" },
	{ 0x2005, "close_query" },
	{ 0x2006, "continue_query" },
	{ 0x2008, "describe_statement" },
	{ 0x200a, "execute_immediate" },
	{ 0x200b, "execute" },
	{ 0x200c, "open_query" },
	{ 0x200d, "prepare" },
	{ 0x200e, "commit" },
	{ 0x200f, "rollback" },
	{ 0x2014, "set_environment" },
};

static const struct code_name mechanisms[] = {
	{ 1, "distributed_computing" },
	{ USER_PASSWORD, "user_password" },
	{ 4, "user_only" },
	{ 5, "change_password" },
	{ 6, "substituted_password" },
	{ 7, "user_encrypted_password" },
	{ 8, "strong_substituted_password" },
	{ 9, "encrypted_user_password" },
	{ 10, "encrypted_change_password" },
	{ 11, "kerberos" },
	{ 12, "encrypted_user_password_data" },
	{ 13, "encrypted_user_data" },
	{ 15, "plugin" },
	{ 16, "encrypted_user_password_new_password" },
};

struct conversation {
	struct tally commands;
	char client[DRDA_TEXT], client_class[DRDA_TEXT], client_release[DRDA_TEXT];
	char server_class[DRDA_TEXT], server_release[DRDA_TEXT];
	char databases[256], user[DRDA_TEXT];
	uint64_t replies, errors;
	uint16_t mechanism;
	const char *login;
	bool told_software;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "client", state->client);
	emit_text(json, "client_class", state->client_class);
	emit_text(json, "client_release", state->client_release);
	emit_text(json, "server_class", state->server_class);
	emit_text(json, "server_release", state->server_release);
	emit_texts(json, "databases", state->databases);
	emit_text(json, "user", state->user);
	json_text(json, "mechanism", CODE_TEXT(mechanisms, state->mechanism));
	json_text(json, "login", state->login);
	EMIT_TALLY(json, "commands", &state->commands, commands);
	json_unsigned(json, "replies", state->replies);
	json_unsigned(json, "errors", state->errors);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

static void copy(struct span value, char text[static DRDA_TEXT])
{
	char room[DRDA_TEXT];

	span_copy_text(drda_text(value, room), text, DRDA_TEXT);
}

/* Derby's clients send what is wanted of it behind the name: "doors;create=true", or a key. */
static void note_database(struct conversation *state, struct span value)
{
	char room[DRDA_TEXT];
	struct span text = drda_text(value, room), rest = text;
	const struct span name = span_until(&rest, ';');

	texts_note(state->databases, sizeof(state->databases), name.failed ? text : name);
}

/* Parameters that mean the same wherever they stand. */
static void note(struct conversation *state, struct parse *parse, uint16_t code, struct span value)
{
	const bool client = parse->side == SIDE_CLIENT;

	switch (code) {
	case DRDA_CLIENT_NAME:
		if (client)
			copy(value, state->client);
		break;
	case DRDA_SERVER_CLASS: copy(value, client ? state->client_class : state->server_class); break;
	case DRDA_SERVER_RELEASE: copy(value, client ? state->client_release : state->server_release); break;
	case MECHANISM: state->mechanism = span_left(value) >= 2 ? span_u16(&value) : 0; break;
	case USER: copy(value, state->user); break;
	case DATABASE: note_database(state, value); break;
	default: break;
	}
}

/* What the check of a login says: zero, it was taken (C911, SECCHKCD). */
static void judge_login(struct conversation *state, uint16_t object, uint16_t code, struct span value)
{
	if (object != SECURITY_ANSWER || code != CHECK_CODE || span_left(value) == 0)
		return;
	state->login = *value.at == 0 ? "accepted" : "refused";
	state->errors += *value.at != 0;
}

static void tell_server(struct conversation *state, struct parse *parse)
{
	struct span product;
	char version[16];

	if (state->told_software || !drda_product(span_text(state->server_class),
						  span_text(state->server_release), version, &product))
		return;
	state->told_software = true;
	parse_software(parse, SIDE_SERVER, product, span_text(version));
}

/* The code of an answer's SQLCARD: below zero is an error. Its octets are in the order of the server's
 * machine; none is further from zero than three of them tell. */
static bool is_sql_error(struct span value)
{
	enum { SIGN = 0xff };

	return span_left(value) > 4 && *value.at != SQL_NULL &&
	       (value.at[1] == SIGN || (value.at[4] == SIGN && value.at[3] == SIGN));
}

static void read_object(struct conversation *state, struct parse *parse, uint16_t object, struct span content)
{
	bool password = false;
	struct span value;
	uint16_t code;

	if (object == SQL_ANSWER) {
		state->errors += is_sql_error(content);
		return;
	}
	while (drda_take(&content, &code, &value)) {
		note(state, parse, code, value);
		judge_login(state, object, code, value);
		password |= object == SECURITY_CHECK && code == PASSWORD && span_left(value) > 0;
	}
	if (password && state->mechanism == USER_PASSWORD)
		parse_weakness(parse, &drda_clear_login, "a password was sent in the clear for user %s",
			       state->user);
	if (object == DRDA_EXCHANGED)
		tell_server(state, parse);
	state->errors += object == NOT_FOUND;
}

/* Objects whose content is a list of parameters, and those that are counted. */
static void read_structure(struct conversation *state, struct parse *parse, uint8_t kind, struct span s)
{
	struct span content;
	uint16_t code;

	for (size_t i = 0; i < CHAIN_MOST && drda_take(&s, &code, &content); i++) {
		if (parse->side == SIDE_CLIENT && kind == DRDA_REQUEST)
			tally_add(&state->commands, code);
		else if (parse->side == SIDE_SERVER)
			state->replies++;
		if (kind == DRDA_REQUEST || kind == DRDA_REPLY || code == SQL_ANSWER)
			read_object(state, parse, code, content);
	}
}

/* Of one that goes on behind its first part the others come with lengths of their own and no head: they are
 * passed over like that. */
static enum verdict read_next(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes, structure;
	const uint16_t length = span_u16(&s);
	const uint8_t magic = span_u8(&s), kind = span_u8(&s) & DRDA_KIND;

	if (s.failed)
		return MORE;
	if (magic != DRDA_MAGIC || (length & (CONTINUES - 1)) < DRDA_HEAD)
		return NO;
	if (message_take(parse, bytes, length & (CONTINUES - 1), &structure) != YES)
		return MORE;
	span_skip(&structure, DRDA_HEAD);
	read_structure(state, parse, kind, structure);
	return YES;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole = YES;

	while (span_left(*bytes) > 0 && whole == YES && parse->skip == 0) {
		const bool continues = (span_peek(*bytes, 0) & 0x80) != 0;

		whole = read_next(state, parse, bytes);
		if (whole == YES && continues)
			return PARSE_DONE; /* a large one: rows, which say nothing here */
	}
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

const struct parser drda_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
