/* smb2_parse.c: reads messages of SMB 2 and 3. MS-SMB2 sections 2.2.1 (header) and 2.2.3 to 2.2.14. Offsets
 * count from the header. */
#include "protocols/smb_parse.h"
#include "protocols/utf16.h"

#include <stdio.h>

enum command { NEGOTIATE = 0, SESSION_SETUP = 1, TREE_CONNECT = 3, CREATE = 5, WRITE = 9, IOCTL = 11 };
enum { RESPONSE = 1, COMPOUND_MOST = 64, PENDING = 0x103, MORE_PROCESSING = 0xc0000016 };
enum { SIGNING_ENABLED = 1, SIGNING_REQUIRED = 2, GUEST = 1, ANONYMOUS = 2, ENCRYPTED = 4 };

struct header {
	uint32_t status, flags, next, tree_id;
	uint16_t command;
	uint64_t id, session_id;
};

static bool read_header(struct span *s, struct header *h)
{
	uint16_t size;

	span_skip(s, 4);
	size = span_u16_le(s);
	span_skip(s, 2);
	h->status = span_u32_le(s);
	h->command = span_u16_le(s);
	span_skip(s, 2);
	h->flags = span_u32_le(s);
	h->next = span_u32_le(s);
	h->id = span_u64_le(s);
	span_skip(s, 4);
	h->tree_id = span_u32_le(s);
	h->session_id = span_u64_le(s);
	span_skip(s, 16);
	return !s->failed && size == SMB2_HEADER;
}

static struct span part(struct span message, uint32_t offset, uint32_t length)
{
	span_skip(&message, offset);
	return span_take(&message, length);
}

static void write_dialect(char text[static SMB_DIALECT], uint16_t dialect)
{
	(void)snprintf(text, SMB_DIALECT, "%x.%02x", dialect >> 8, dialect & 0xffu);
}

/* ---- requests ---- */

static void hear_negotiate(struct smb_state *state, struct span s)
{
	const uint16_t count = (span_skip(&s, 2), span_u16_le(&s));

	span_skip(&s, 2 + 2 + 4 + 16 + 8);
	state->dialect_count = 0;
	for (unsigned i = 0; i < count && i < SMB_DIALECTS && span_left(s) >= 2; i++)
		write_dialect(state->dialects[state->dialect_count++], span_u16_le(&s));
}

static void hear_setup(struct smb_state *state, struct span message, struct span s)
{
	uint16_t offset, length;

	span_skip(&s, 12);
	offset = span_u16_le(&s);
	length = span_u16_le(&s);
	smb_hear_token(state, SIDE_CLIENT, part(message, offset, length));
}

static void hear_connect(struct smb_request *request, struct span message, struct span s)
{
	uint16_t offset, length;

	span_skip(&s, 4);
	offset = span_u16_le(&s);
	length = span_u16_le(&s);
	utf16_text(part(message, offset, length), request->text, sizeof(request->text));
}

static void hear_create(struct smb_request *request, struct span message, struct span s)
{
	uint16_t offset, length;

	span_skip(&s, 24);
	request->access = span_u32_le(&s);
	span_skip(&s, 8);
	request->disposition = span_u32_le(&s);
	span_skip(&s, 4);
	offset = span_u16_le(&s);
	length = span_u16_le(&s);
	utf16_text(part(message, offset, length), request->text, sizeof(request->text));
}

/* A file's id has a part that lasts and one that does not. */
static uint64_t take_file(struct span *s)
{
	const uint64_t lasting = span_u64_le(s);

	return lasting ^ span_u64_le(s);
}

static void hear_write(struct smb_state *state, const struct header *h, struct span message, struct span s)
{
	uint16_t offset;
	uint32_t length;
	uint64_t file;

	span_skip(&s, 2);
	offset = span_u16_le(&s);
	length = span_u32_le(&s);
	span_skip(&s, 8);
	file = take_file(&s);
	if (!s.failed)
		smb_hear_pipe(state, h->id, h->command, file, part(message, offset, length),
			      "SMB2_COMMAND_WRITE");
}

static void hear_control(struct smb_state *state, const struct header *h, struct span message, struct span s)
{
	enum { PIPE_TRANSCEIVE = 0x0011c017 };
	uint32_t code, offset, length;
	uint64_t file;

	span_skip(&s, 4);
	code = span_u32_le(&s);
	file = take_file(&s);
	offset = span_u32_le(&s);
	length = span_u32_le(&s);
	if (!s.failed && code == PIPE_TRANSCEIVE)
		smb_hear_pipe(state, h->id, h->command, file, part(message, offset, length),
			      "SMB2_COMMAND_IOCTL");
}

static struct smb_request *request_new(struct smb_state *state, const struct header *h, enum smb_kind kind)
{
	static const char *const names[] = {
		[SMB_NEGOTIATE] = "SMB2_COMMAND_NEGOTIATE_PROTOCOL",
		[SMB_SESSION_SETUP] = "SMB2_COMMAND_SESSION_SETUP",
		[SMB_TREE_CONNECT] = "SMB2_COMMAND_TREE_CONNECT",
		[SMB_CREATE] = "SMB2_COMMAND_CREATE",
	};

	return smb_request_new(state, h->id, h->command, kind, names[kind]);
}

static void hear_request(struct smb_state *state, const struct header *h, struct span message,
			 struct span body)
{
	switch (h->command) {
	case NEGOTIATE:
		(void)request_new(state, h, SMB_NEGOTIATE);
		hear_negotiate(state, body);
		break;
	case SESSION_SETUP:
		(void)request_new(state, h, SMB_SESSION_SETUP);
		hear_setup(state, message, body);
		break;
	case TREE_CONNECT: hear_connect(request_new(state, h, SMB_TREE_CONNECT), message, body); break;
	case CREATE: hear_create(request_new(state, h, SMB_CREATE), message, body); break;
	case WRITE: hear_write(state, h, message, body); break;
	case IOCTL: hear_control(state, h, message, body); break;
	default: break;
	}
}

/* ---- answers ---- */

/* Of the contexts of 3.1.1, the cipher that was chosen. */
static const char *chosen_cipher(struct span message, uint32_t offset, unsigned count)
{
	enum { ENCRYPTION = 2, CONTEXTS_MOST = 16 };
	static const char *const names[] = { NULL, "AES-128-CCM", "AES-128-GCM", "AES-256-CCM",
					     "AES-256-GCM" };

	span_skip(&message, offset);
	for (unsigned i = 0; i < count && i < CONTEXTS_MOST && !message.failed; i++) {
		const uint16_t type = span_u16_le(&message), length = span_u16_le(&message);
		struct span data;
		uint16_t cipher;

		span_skip(&message, 4);
		data = span_take(&message, length);
		if (type == ENCRYPTION && span_u16_le(&data) == 1) {
			cipher = span_u16_le(&data);
			return cipher < sizeof(names) / sizeof(names[0]) ? names[cipher] : NULL;
		}
		if (span_left(message) > 0)
			span_skip(&message, (8 - length % 8) % 8);
	}
	return NULL;
}

static void hear_negotiated(struct smb_state *state, struct parse *parse, struct span message, struct span s,
			    struct smb_record *record)
{
	enum { DIALECT_3 = 0x0300, DIALECT_3_1_1 = 0x0311, CAN_ENCRYPT = 0x40 };
	uint16_t security, dialect, contexts, offset, length;
	uint32_t contexts_at, can;

	span_skip(&s, 2);
	security = span_u16_le(&s);
	dialect = span_u16_le(&s);
	contexts = span_u16_le(&s);
	span_skip(&s, 16);
	can = span_u32_le(&s);
	span_skip(&s, 12 + 16);
	offset = span_u16_le(&s);
	length = span_u16_le(&s);
	contexts_at = span_u32_le(&s);
	if (s.failed)
		return;
	write_dialect(state->dialect, dialect);
	record->signing = (security & SIGNING_ENABLED) != 0;
	record->signing_required = (security & SIGNING_REQUIRED) != 0;
	smb_judge_signing(parse, record->signing, record->signing_required);
	smb_hear_token(state, SIDE_SERVER, part(message, offset, length));
	if (dialect == DIALECT_3_1_1)
		record->cipher = chosen_cipher(message, contexts_at, contexts);
	else if (dialect >= DIALECT_3 && can & CAN_ENCRYPT)
		record->cipher = "AES-128-CCM"; /* 3.0 and 3.0.2 have no other (3.3.5.4) */
}

/* True if it is the last answer of a session's opening. */
static bool hear_session(struct smb_state *state, struct parse *parse, struct span message, struct span s,
			 struct smb_record *record)
{
	uint16_t flags, offset, length;

	span_skip(&s, 2);
	flags = span_u16_le(&s);
	offset = span_u16_le(&s);
	length = span_u16_le(&s);
	if (!s.failed)
		smb_hear_token(state, SIDE_SERVER, part(message, offset, length));
	if (record->status == MORE_PROCESSING)
		return false;
	record->guest = !s.failed && flags & GUEST;
	record->anonymous = (!s.failed && flags & ANONYMOUS) || state->client.anonymous;
	record->encrypted = !s.failed && flags & ENCRYPTED;
	if (record->status == 0 && record->guest)
		smb_judge_guest(parse, state);
	return true;
}

static void hear_created(struct smb_state *state, const struct smb_record *record, struct span s)
{
	enum { FILE_AT = 64, PIPES = 2 };

	span_skip(&s, FILE_AT);
	if (record->status == 0 && (record->tree == NULL || record->tree->type == PIPES)) {
		const uint64_t file = take_file(&s);

		if (!s.failed)
			smb_pipe_new(state, file, record->request->text);
	}
}

static void hear_answer(struct smb_state *state, struct parse *parse, const struct header *h,
			struct span message, struct span body)
{
	enum { SHARE_FLAGS_AT = 4, SHARE_ENCRYPTED_HIGH = 0x80 }; /* 0x8000, low octet first */
	struct smb_request *request = smb_request_of(state, h->id, h->command);
	struct smb_record record = { .status = h->status,
				     .tree_id = h->tree_id,
				     .session_id = h->session_id };

	if (h->status == PENDING)
		return;
	/* An SMB 1 request for negotiation may be answered in version 2; and where the client was not seen,
	 * what the server chose is worth telling. */
	if (h->command == NEGOTIATE && request == NULL) {
		smb_forget_negotiation(state);
		request = request_new(state, h, SMB_NEGOTIATE);
	}
	if (request == NULL)
		return;
	record.request = request;
	if (request->kind == SMB_NEGOTIATE)
		hear_negotiated(state, parse, message, body, &record);
	if (request->kind == SMB_SESSION_SETUP && !hear_session(state, parse, message, body, &record)) {
		request->kind = SMB_NONE;
		return;
	}
	if (request->kind == SMB_TREE_CONNECT && h->status == 0) {
		record.tree = smb_tree_new(state, h->tree_id, span_peek(body, 2), request->text);
		record.encrypted = span_peek(body, SHARE_FLAGS_AT + 1) & SHARE_ENCRYPTED_HIGH;
	}
	if (request->kind == SMB_CREATE) {
		record.tree = smb_tree_of(state, h->tree_id);
		hear_created(state, &record, body);
	}
	smb_tell(state, parse, &record);
}

bool smb2_message(struct smb_state *state, struct parse *parse, struct span message)
{
	for (int i = 0; i < COMPOUND_MOST; i++) {
		struct span s = message;
		struct header h;

		if (!read_header(&s, &h))
			return i > 0; /* of a long compound only the beginning is looked at */
		if (((h.flags & RESPONSE) != 0) != (parse->side == SIDE_SERVER))
			return false;
		if (parse->side == SIDE_CLIENT)
			hear_request(state, &h, message, s);
		else
			hear_answer(state, parse, &h, message, s);
		if (h.next < SMB2_HEADER || h.next >= span_left(message))
			break;
		span_skip(&message, h.next);
	}
	return true;
}

/* MS-SMB2 2.2.41: one share may be encrypted and others be read on. */
bool smb2_sealed_message(struct smb_state *state, struct parse *parse, struct span message)
{
	enum { SESSION_AT = 44 };
	const struct smb_request sealed = { .kind = SMB_SEALED, .command = "SMB2_TRANSFORM_HEADER" };
	struct smb_record record = { .request = &sealed };

	span_skip(&message, SESSION_AT);
	record.session_id = span_u64_le(&message);
	if (message.failed)
		return false;
	for (size_t i = 0; i < SMB_SEALED_SESSIONS; i++)
		if (state->sealed[i] == record.session_id)
			return true;
	state->sealed[state->next_sealed] = record.session_id;
	state->next_sealed = (uint8_t)((state->next_sealed + 1) % SMB_SEALED_SESSIONS);
	smb_tell(state, parse, &record);
	return true;
}
