/* ndmp_parse.c: conversations of NDMP: who logs in, what is asked of the server, and what is backed up. */
#include "protocols/ndmp.h"

enum {
	HOST_INFO = 0x100,
	SERVER_INFO = 0x108,
	TAPE_OPEN = 0x300,
	START_BACKUP = 0x401,
	START_RECOVER = 0x402,
	LOGIN = 0x901,
	AUTH_NONE = 0,
	AUTH_TEXT = 1,
	ENVIRONMENT_MOST = 256,
};

const struct weakness ndmp_clear_login = {
	"ndmp-clear-login",
	"NDMP takes passwords in the clear",
	2,
	"Demand MD5 of backup programs, and keep NDMP in a network of its own.",
};

const struct weakness ndmp_no_auth = {
	"ndmp-no-auth",
	"NDMP gives all files to whoever asks",
	1,
	"Demand a login with MD5 of backup programs.",
};

static const struct code_name message_names[] = {
	{ 0x100, "config_get_host_info" },
	{ 0x102, "config_get_connection_type" },
	{ 0x103, "config_get_auth_attr" },
	{ 0x104, "config_get_butype_info" },
	{ 0x105, "config_get_fs_info" },
	{ 0x106, "config_get_tape_info" },
	{ 0x107, "config_get_scsi_info" },
	{ 0x108, "config_get_server_info" },
	{ 0x200, "scsi_open" },
	{ 0x201, "scsi_close" },
	{ 0x206, "scsi_execute_cdb" },
	{ 0x300, "tape_open" },
	{ 0x301, "tape_close" },
	{ 0x302, "tape_get_state" },
	{ 0x303, "tape_mtio" },
	{ 0x304, "tape_write" },
	{ 0x305, "tape_read" },
	{ 0x400, "data_get_state" },
	{ 0x401, "data_start_backup" },
	{ 0x402, "data_start_recover" },
	{ 0x403, "data_abort" },
	{ 0x404, "data_get_env" },
	{ 0x407, "data_stop" },
	{ 0x409, "data_listen" },
	{ 0x40a, "data_connect" },
	{ 0x501, "notify_data_halted" },
	{ 0x502, "notify_connected" },
	{ 0x503, "notify_mover_halted" },
	{ 0x504, "notify_mover_paused" },
	{ 0x602, "log_normal" },
	{ 0x603, "log_message" },
	{ 0x604, "log_file" },
	{ 0x703, "file_history_add_file" },
	{ 0x900, "connect_open" },
	{ 0x901, "connect_client_auth" },
	{ 0x902, "connect_close" },
	{ 0xa00, "mover_get_state" },
	{ 0xa01, "mover_listen" },
	{ 0xa02, "mover_continue" },
	{ 0xa03, "mover_abort" },
	{ 0xa04, "mover_stop" },
	{ 0xa05, "mover_set_window" },
	{ 0xa06, "mover_read" },
	{ 0xa07, "mover_close" },
	{ 0xa08, "mover_set_record_size" },
	{ 0xa09, "mover_connect" },
};

struct conversation {
	struct tally messages;
	char user[96], host[96], system[96], vendor[96], product[96], revision[96], backup_type[32];
	char paths[512], tapes[256];
	uint32_t version, auth, errors;
	bool opened, logging_in, logged_in, told;
};

struct span ndmp_take_string(struct span *s)
{
	const uint32_t length = span_u32(s);
	const struct span string = span_take(s, length);

	if (!string.failed)
		span_skip(s, (4 - length % 4) % 4);
	return string;
}

static void emit(const void *record, struct json *json)
{
	static const char *const methods[] = { "none", "text", "md5" };
	const struct conversation *const state = record;

	if (state->opened)
		json_unsigned(json, "version", state->version);
	emit_text(json, "user", state->user);
	if (state->logging_in) {
		json_text(json, "auth_method", state->auth < 3 ? methods[state->auth] : "unknown");
		json_bool(json, "authenticated", state->logged_in);
	}
	emit_text(json, "hostname", state->host);
	emit_text(json, "os", state->system);
	emit_text(json, "vendor_name", state->vendor);
	emit_text(json, "product_name", state->product);
	emit_text(json, "revision", state->revision);
	emit_text(json, "backup_type", state->backup_type);
	emit_texts(json, "paths", state->paths);
	emit_texts(json, "tapes", state->tapes);
	EMIT_TALLY(json, "messages", &state->messages, message_names);
	json_unsigned(json, "errors", state->errors);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told)
		parse_event(parse, state);
	state->told = true;
}

static void read_login(struct conversation *state, struct parse *parse, struct span body)
{
	state->logging_in = true;
	state->auth = span_u32(&body);
	if (state->auth != AUTH_NONE)
		span_copy_text(ndmp_take_string(&body), state->user, sizeof(state->user));
	if (state->auth == AUTH_TEXT)
		parse_weakness(parse, &ndmp_clear_login, "login of user %s", state->user);
}

/* The names of the file systems stand among pairs of names and values. */
static void read_start(struct conversation *state, struct span body)
{
	uint32_t count;

	span_copy_text(ndmp_take_string(&body), state->backup_type, sizeof(state->backup_type));
	count = span_u32(&body);
	for (uint32_t i = 0; i < count && i < ENVIRONMENT_MOST && !body.failed; i++) {
		const struct span name = ndmp_take_string(&body), value = ndmp_take_string(&body);

		if (!body.failed && (span_is(name, "FILESYSTEM") || span_is(name, "PREFIX")))
			texts_note(state->paths, sizeof(state->paths), value);
	}
}

static void read_request(struct conversation *state, struct parse *parse, const struct ndmp_message *message,
			 struct span body)
{
	switch (message->code) {
	case NDMP_CONNECTED:
		span_skip(&body, 4);
		state->version = span_u32(&body);
		state->opened = !body.failed;
		break;
	case NDMP_OPEN:
		state->version = span_u32(&body);
		state->opened = !body.failed;
		break;
	case LOGIN: read_login(state, parse, body); break;
	case TAPE_OPEN: texts_note(state->tapes, sizeof(state->tapes), ndmp_take_string(&body)); break;
	case START_BACKUP:
	case START_RECOVER: read_start(state, body); break;
	default: break;
	}
}

static void read_answer(struct conversation *state, struct parse *parse, const struct ndmp_message *message,
			struct span body)
{
	const uint32_t error = span_u32(&body);

	state->errors += error != 0 || message->error != 0;
	if (error != 0 || message->error != 0 || body.failed)
		return;
	switch (message->code) {
	case LOGIN:
		state->logged_in = true;
		if (state->logging_in && state->auth == AUTH_NONE)
			parse_weakness(parse, &ndmp_no_auth, "a login without a user was taken");
		break;
	case HOST_INFO:
		span_copy_text(ndmp_take_string(&body), state->host, sizeof(state->host));
		span_copy_text(ndmp_take_string(&body), state->system, sizeof(state->system));
		break;
	case SERVER_INFO:
		span_copy_text(ndmp_take_string(&body), state->vendor, sizeof(state->vendor));
		span_copy_text(ndmp_take_string(&body), state->product, sizeof(state->product));
		span_copy_text(ndmp_take_string(&body), state->revision, sizeof(state->revision));
		parse_software(parse, SIDE_SERVER, span_text(state->product), span_text(state->revision));
		break;
	default: break;
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct ndmp_message message;
		struct span body;
		const enum verdict verdict = ndmp_read_header(*bytes, &message);

		if (verdict == MORE)
			parse_want(parse, NDMP_MARK + NDMP_HEADER);
		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		if (message_take(parse, bytes, NDMP_MARK + (uint64_t)message.length, &body) != YES)
			break;
		span_skip(&body, NDMP_MARK + NDMP_HEADER);
		if (message.answer) {
			read_answer(state, parse, &message, body);
		} else {
			tally_add(&state->messages, message.code);
			read_request(state, parse, &message, body);
		}
	}
	return PARSE_ON;
}

const struct parser ndmp_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
