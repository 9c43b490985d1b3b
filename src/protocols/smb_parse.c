/* smb_parse.c: reads conversations of SMB: dialect, signing, who logs on from where, shares, files and pipes
 * that are opened. Told in the form that EVE has, a request with its answer. Contents of files are stepped
 * over. */
#include "protocols/smb_parse.h"

#include "protocols/dcerpc.h"
#include "protocols/lines.h"

#include <stdio.h>

const struct weakness smb_guest = {
	"smb-guest",
	"SMB lets guests in",
	2,
	"Turn guests off (Samba: map to guest = never, guest ok = no; Windows: AllowInsecureGuestAuth = 0).",
};

enum { LOOKED_AT = 4096, SESSION_MESSAGE = 0, KEEP_ALIVE = 0x85 };

/* ---- memory ---- */

struct smb_request *smb_request_new(struct smb_state *state, uint64_t id, uint16_t code, enum smb_kind kind,
				    const char *command)
{
	struct smb_request *const request = &state->pending[state->next_request];

	state->next_request = (uint8_t)((state->next_request + 1) % SMB_PENDING);
	*request = (struct smb_request){ .id = id, .code = code, .kind = (uint8_t)kind, .command = command };
	return request;
}

struct smb_request *smb_request_of(struct smb_state *state, uint64_t id, uint16_t code)
{
	for (size_t i = 0; i < SMB_PENDING; i++)
		if (state->pending[i].kind != SMB_NONE && state->pending[i].id == id &&
		    state->pending[i].code == code)
			return &state->pending[i];
	return NULL;
}

void smb_forget(struct smb_state *state, uint64_t id)
{
	for (size_t i = 0; i < SMB_PENDING; i++)
		if (state->pending[i].id == id)
			state->pending[i].kind = SMB_NONE;
}

void smb_forget_negotiation(struct smb_state *state)
{
	for (size_t i = 0; i < SMB_PENDING; i++)
		if (state->pending[i].kind == SMB_NEGOTIATE)
			state->pending[i].kind = SMB_NONE;
}

struct smb_tree *smb_tree_new(struct smb_state *state, uint32_t id, uint8_t type, const char *share)
{
	struct smb_tree *const tree = &state->trees[state->next_tree];

	state->next_tree = (uint8_t)((state->next_tree + 1) % SMB_TREES);
	*tree = (struct smb_tree){ .id = id, .type = type };
	span_copy_text(span_text(share), tree->share, sizeof(tree->share));
	return tree;
}

const struct smb_tree *smb_tree_of(const struct smb_state *state, uint32_t id)
{
	for (size_t i = 0; i < SMB_TREES; i++)
		if (state->trees[i].share[0] != '\0' && state->trees[i].id == id)
			return &state->trees[i];
	return NULL;
}

void smb_pipe_new(struct smb_state *state, uint64_t id, const char *name)
{
	struct smb_pipe *const pipe = &state->pipes[state->next_pipe];

	state->next_pipe = (uint8_t)((state->next_pipe + 1) % SMB_PIPES);
	pipe->id = id;
	span_copy_text(span_text(name), pipe->name, sizeof(pipe->name));
}

void smb_hear_pipe(struct smb_state *state, uint64_t request_id, uint16_t code, uint64_t pipe_id,
		   struct span data, const char *command)
{
	char interfaces[SMB_INTERFACES] = { 0 };
	struct smb_request *request;

	if (!dcerpc_interfaces(data, interfaces, sizeof(interfaces)))
		return;
	request = smb_request_new(state, request_id, code, SMB_BIND, command);
	memcpy(request->interfaces, interfaces, sizeof(interfaces));
	for (size_t i = 0; i < SMB_PIPES; i++)
		if (state->pipes[i].name[0] != '\0' && state->pipes[i].id == pipe_id)
			span_copy_text(span_text(state->pipes[i].name), request->text, sizeof(request->text));
}

void smb_hear_token(struct smb_state *state, enum side side, struct span token)
{
	struct ntlmssp message;

	if (!ntlmssp_read(token, &message))
		return;
	if (side == SIDE_SERVER && message.type == NTLMSSP_CHALLENGE)
		state->server = message;
	else if (side == SIDE_CLIENT && message.type == NTLMSSP_AUTHENTICATE)
		state->client = message;
}

/* ---- the event ---- */

static const char *status_text(uint32_t status)
{
	static const struct {
		uint32_t status;
		const char *name;
	} names[] = {
		{ 0, "STATUS_SUCCESS" },
		{ 0x80000005, "STATUS_BUFFER_OVERFLOW" },
		{ 0xc0000016, "STATUS_MORE_PROCESSING_REQUIRED" },
		{ 0xc0000022, "STATUS_ACCESS_DENIED" },
		{ 0xc0000033, "STATUS_OBJECT_NAME_INVALID" },
		{ 0xc0000034, "STATUS_OBJECT_NAME_NOT_FOUND" },
		{ 0xc0000035, "STATUS_OBJECT_NAME_COLLISION" },
		{ 0xc000003a, "STATUS_OBJECT_PATH_NOT_FOUND" },
		{ 0xc0000043, "STATUS_SHARING_VIOLATION" },
		{ 0xc0000064, "STATUS_NO_SUCH_USER" },
		{ 0xc000006a, "STATUS_WRONG_PASSWORD" },
		{ 0xc000006d, "STATUS_LOGON_FAILURE" },
		{ 0xc0000072, "STATUS_ACCOUNT_DISABLED" },
		{ 0xc00000ba, "STATUS_FILE_IS_A_DIRECTORY" },
		{ 0xc00000bb, "STATUS_NOT_SUPPORTED" },
		{ 0xc00000cc, "STATUS_BAD_NETWORK_NAME" },
		{ 0xc0000103, "STATUS_NOT_A_DIRECTORY" },
		{ 0xc0000203, "STATUS_USER_SESSION_DELETED" },
		{ 0xc0000234, "STATUS_ACCOUNT_LOCKED_OUT" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			return names[i].name;
	return NULL;
}

static void write_number(struct json *json, const char *key, uint32_t number)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "0x%x", number);
	json_text(json, key, text);
}

static void write_negotiation(const struct smb_record *record, struct json *json)
{
	json_open_array(json, "client_dialects");
	for (size_t i = 0; i < record->state->dialect_count; i++)
		json_text(json, NULL, record->state->dialects[i]);
	json_end(json);
	if (record->state->called[0] != '\0') {
		json_open_object(json, "netbios");
		json_text(json, "called_name", record->state->called);
		json_text(json, "calling_name", record->state->calling);
		json_end(json);
	}
	if (record->unanswered)
		return;
	json_text(json, "signing",
		  record->signing_required ? "required"
		  : record->signing        ? "enabled"
					   : "off");
	json_text(json, "encryption", record->cipher);
}

static void write_session(const struct smb_record *record, struct json *json)
{
	const struct smb_state *const state = record->state;

	if (state->client.type == NTLMSSP_AUTHENTICATE)
		ntlmssp_write(json, &state->client);
	if (state->server.type == NTLMSSP_CHALLENGE) {
		json_open_object(json, "server");
		json_text(json, "domain", state->server.domain);
		json_text(json, "host", state->server.host);
		if (state->server.version[0] != '\0')
			json_text(json, "version", state->server.version);
		json_end(json);
	}
	if (state->native_os[0] != '\0') {
		json_open_object(json, "response");
		json_text(json, "native_os", state->native_os);
		json_text(json, "native_lm", state->native_lm);
		json_end(json);
	}
	if (record->guest)
		json_bool(json, "guest", true);
	if (record->anonymous)
		json_bool(json, "anonymous", true);
	if (record->encrypted)
		json_bool(json, "encrypted", true);
}

static void write_share(const struct smb_tree *tree, const char *share, struct json *json)
{
	static const char *const types[] = { NULL, "FILE", "PIPE", "PRINT" };

	json_text(json, "share", tree != NULL ? tree->share : share);
	if (tree != NULL && tree->type > 0 && tree->type <= 3)
		json_text(json, "share_type", types[tree->type]);
}

static void write_file(const struct smb_record *record, struct json *json)
{
	static const char *const dispositions[] = { "FILE_SUPERSEDE", "FILE_OPEN",      "FILE_CREATE",
						    "FILE_OPEN_IF",   "FILE_OVERWRITE", "FILE_OVERWRITE_IF" };
	const struct smb_request *const request = record->request;

	if (record->tree != NULL)
		write_share(record->tree, NULL, json);
	if (record->tree != NULL && record->tree->type == 2)
		json_text(json, "named_pipe", request->text);
	else
		json_text(json, "filename", request->text);
	if (request->disposition < sizeof(dispositions) / sizeof(dispositions[0]))
		json_text(json, "disposition", dispositions[request->disposition]);
	write_number(json, "access", request->access);
}

static void emit(const void *memory, struct json *json)
{
	const struct smb_record *const record = memory;

	json_unsigned(json, "id", record->number);
	if (record->state->dialect[0] != '\0')
		json_text(json, "dialect", record->state->dialect);
	json_text(json, "command", record->request->command);
	if (record->request->kind == SMB_SEALED) {
		json_unsigned(json, "session_id", record->session_id);
		json_bool(json, "encrypted", true);
		return;
	}
	if (record->unanswered) {
		json_bool(json, "unanswered", true);
	} else {
		json_text(json, "status", status_text(record->status));
		write_number(json, "status_code", record->status);
	}
	json_unsigned(json, "session_id", record->session_id);
	json_unsigned(json, "tree_id", record->tree_id);
	switch (record->request->kind) {
	case SMB_NEGOTIATE: write_negotiation(record, json); break;
	case SMB_SESSION_SETUP: write_session(record, json); break;
	case SMB_TREE_CONNECT:
		write_share(record->tree, record->request->text, json);
		if (record->encrypted)
			json_bool(json, "encrypted", true);
		break;
	case SMB_CREATE: write_file(record, json); break;
	case SMB_BIND:
		emit_text(json, "named_pipe", record->request->text);
		emit_texts(json, "interfaces", record->request->interfaces);
		break;
	default: break;
	}
}

void smb_tell(struct smb_state *state, struct parse *parse, struct smb_record *record)
{
	record->state = state;
	record->number = ++state->told;
	parse_event(parse, record);
	for (size_t i = 0; i < SMB_PENDING; i++)
		if (&state->pending[i] == record->request)
			state->pending[i].kind = SMB_NONE;
}

void smb_judge_signing(struct parse *parse, bool enabled, bool required)
{
	if (!required)
		parse_weakness(parse, &smb_signing_not_required, "signing is %s",
			       enabled ? "optional" : "off");
}

void smb_judge_guest(struct parse *parse, const struct smb_state *state)
{
	parse_weakness(parse, &smb_guest, "%s is let in as a guest",
		       state->client.user[0] != '\0' ? state->client.user : "somebody");
}

/* ---- reading ---- */

/* The beginning of a session message; the rest of a long one is stepped over. */
static enum parse_step read_message(struct smb_state *state, struct parse *parse, struct span message)
{
	if (span_begins(message, "\xfdSMB"))
		return smb2_sealed_message(state, parse, message) ? PARSE_ON : PARSE_BROKEN;
	if (span_begins(message, "\xfcSMB"))
		return PARSE_ON; /* compressed */
	if (span_begins(message, SMB1_BEGINS))
		return smb1_message(state, parse, message) ? PARSE_ON : PARSE_BROKEN;
	if (span_begins(message, SMB2_BEGINS))
		return smb2_message(state, parse, message) ? PARSE_ON : PARSE_BROKEN;
	return PARSE_BROKEN;
}

/* RFC 1002 4.3.2: whom the client calls, and as whom. A name is one label of 32 letters here, and may have a
 * scope behind it. */
static void hear_session_request(struct smb_state *state, struct span message)
{
	enum { LABEL_MOST = 63 };
	char *const names[] = { state->called, state->calling };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char letters[NETBIOS_LETTERS + 1] = { 0 };
		uint8_t length = span_u8(&message);

		if (length != NETBIOS_LETTERS)
			return;
		span_copy_text(span_take(&message, length), letters, sizeof(letters));
		if (!netbios_name_text(letters, names[i]))
			return;
		for (length = span_u8(&message); length > 0 && length <= LABEL_MOST && !message.failed;
		     length = span_u8(&message))
			span_skip(&message, length);
	}
}

static enum parse_step read_smb(void *memory, struct parse *parse, struct span *bytes)
{
	enum parse_step step = PARSE_ON;

	while (step == PARSE_ON && span_left(*bytes) > 0) {
		struct span s = *bytes, message;
		const uint8_t type = span_u8(&s);
		const uint32_t length = span_u24(&s), looked_at = length < LOOKED_AT ? length : LOOKED_AT;

		if (s.failed)
			return PARSE_ON;
		if (type != SESSION_MESSAGE && (type < SMB_SESSION_REQUEST || type > KEEP_ALIVE))
			return PARSE_BROKEN;
		message = span_take(&s, looked_at);
		if (s.failed) {
			parse_want(parse, SMB_SESSION_HEADER + looked_at);
			return PARSE_ON;
		}
		*bytes = s;
		if (type == SESSION_MESSAGE && length > 0)
			step = read_message(memory, parse, message);
		else if (type == SMB_SESSION_REQUEST && parse->side == SIDE_CLIENT)
			hear_session_request(memory, message);
		if (length > looked_at) {
			const uint32_t rest = length - looked_at;
			const size_t here = span_left(*bytes) < rest ? span_left(*bytes) : rest;

			span_skip(bytes, here);
			parse_skip(parse, rest - here);
		}
	}
	return step;
}

static void tell_unanswered(void *memory, struct parse *parse)
{
	struct smb_state *const state = memory;

	for (size_t i = 0; i < SMB_PENDING; i++) {
		const size_t place = (state->next_request + i) % SMB_PENDING; /* the oldest first */
		struct smb_record record = { .request = &state->pending[place], .unanswered = true };

		if (record.request->kind != SMB_NONE)
			smb_tell(state, parse, &record);
	}
}

const struct parser smb_parser = {
	.state_size = PARSE_STATE(struct smb_state),
	.read = read_smb,
	.end = tell_unanswered,
	.emit = emit,
};
