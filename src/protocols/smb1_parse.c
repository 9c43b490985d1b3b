/* smb1_parse.c: reads messages of SMB 1. MS-CIFS section 2.2.3 (header), 2.2.4.52, 53, 55, 64; MS-SMB
 * section 2.2.4 (extended security). */
#include "protocols/smb_parse.h"
#include "protocols/utf16.h"

enum command {
	TRANSACTION = 0x25,
	WRITE = 0x2f,
	NEGOTIATE = 0x72,
	SESSION_SETUP = 0x73,
	TREE_CONNECT = 0x75,
	CREATE = 0xa2,
};
enum { REPLY = 0x80, UNICODE = 0x8000, EXTENDED = 0x80000000, NO_DIALECT = 0xffff, GUEST = 1 };
enum { MORE_PROCESSING = 0xc0000016 };

struct header {
	uint8_t command;
	uint32_t status;
	bool reply, unicode;
	uint16_t tree_id, user_id;
	uint64_t id; /* of process and message */
	struct span message, words, bytes;
	uint8_t word_count;
};

static bool read_header(struct span message, struct header *h)
{
	struct span s = message;
	uint16_t process, multiplex;

	h->message = message;
	span_skip(&s, 4);
	h->command = span_u8(&s);
	h->status = span_u32_le(&s);
	h->reply = (span_u8(&s) & REPLY) != 0;
	h->unicode = (span_u16_le(&s) & UNICODE) != 0;
	span_skip(&s, 12);
	h->tree_id = span_u16_le(&s);
	process = span_u16_le(&s);
	h->user_id = span_u16_le(&s);
	multiplex = span_u16_le(&s);
	h->id = (uint64_t)process << 16 | multiplex;
	h->word_count = span_u8(&s);
	h->words = span_take(&s, 2u * h->word_count);
	(void)span_u16_le(&s);
	h->bytes = s;
	return !s.failed;
}

/* The next text, which begins at an even octet of the message if it is Unicode. */
static void take_text(const struct header *h, struct span *s, char *text, size_t size)
{
	if (!h->unicode) {
		span_copy_text(span_until(s, 0), text, size);
		return;
	}
	if ((s->at - h->message.at) % 2 != 0)
		span_skip(s, 1);
	utf16_text(*s, text, size);
	while (span_left(*s) >= 2 && span_u16_le(s) != 0)
		;
}

/* ---- requests ---- */

static void hear_negotiate(struct smb_state *state, struct span s)
{
	state->dialect_count = 0;
	while (span_left(s) > 1 && state->dialect_count < SMB_DIALECTS && span_u8(&s) == 2) {
		const struct span name = span_until(&s, 0);

		if (name.failed)
			break;
		span_copy_text(name, state->dialects[state->dialect_count++], SMB_DIALECT);
	}
}

static void hear_setup(struct smb_state *state, const struct header *h)
{
	enum { WORDS_EXTENDED = 12, WORDS_PLAIN = 13 };
	struct span words = h->words, bytes = h->bytes;

	span_skip(&words, 14);
	if (h->word_count == WORDS_EXTENDED) {
		smb_hear_token(state, SIDE_CLIENT, span_take(&bytes, span_u16_le(&words)));
	} else if (h->word_count == WORDS_PLAIN) {
		const uint16_t plain = span_u16_le(&words), unicode = span_u16_le(&words);

		span_skip(&bytes, (size_t)plain + unicode); /* what proves the password */
		state->client = (struct ntlmssp){ .type = NTLMSSP_AUTHENTICATE };
		take_text(h, &bytes, state->client.user, sizeof(state->client.user));
		take_text(h, &bytes, state->client.domain, sizeof(state->client.domain));
	}
}

static void hear_connect(struct smb_request *request, const struct header *h)
{
	struct span words = h->words, bytes = h->bytes;

	span_skip(&words, 6);
	span_skip(&bytes, span_u16_le(&words)); /* password */
	take_text(h, &bytes, request->text, sizeof(request->text));
}

static void hear_create(struct smb_request *request, const struct header *h)
{
	struct span words = h->words, bytes = h->bytes;

	span_skip(&words, 4 + 1 + 2 + 4 + 4);
	request->access = span_u32_le(&words);
	span_skip(&words, 8 + 4 + 4);
	request->disposition = span_u32_le(&words);
	take_text(h, &bytes, request->text, sizeof(request->text));
}

static struct span part(struct span message, size_t offset, size_t length)
{
	span_skip(&message, offset);
	return span_take(&message, length);
}

static void hear_write(struct smb_state *state, const struct header *h)
{
	struct span words = h->words;
	uint16_t file, length, offset;

	span_skip(&words, 4);
	file = span_u16_le(&words);
	span_skip(&words, 4 + 4 + 2 + 2 + 2);
	length = span_u16_le(&words);
	offset = span_u16_le(&words);
	if (!words.failed)
		smb_hear_pipe(state, h->id, file, part(h->message, offset, length),
			      "SMB1_COMMAND_WRITE_ANDX");
}

/* MS-CIFS 2.2.4.33 and 2.2.5.6: TRANS_TRANSACT_NMPIPE. */
static void hear_transaction(struct smb_state *state, const struct header *h)
{
	enum { TRANSACT_PIPE = 0x26 };
	struct span words = h->words;
	uint16_t length, offset, function, file;

	span_skip(&words, 22);
	length = span_u16_le(&words);
	offset = span_u16_le(&words);
	span_skip(&words, 2);
	function = span_u16_le(&words);
	file = span_u16_le(&words);
	if (!words.failed && function == TRANSACT_PIPE)
		smb_hear_pipe(state, h->id, file, part(h->message, offset, length),
			      "SMB1_COMMAND_TRANSACTION");
}

static void hear_request(struct smb_state *state, const struct header *h)
{
	switch (h->command) {
	case NEGOTIATE:
		(void)smb_request_new(state, h->id, SMB_NEGOTIATE);
		hear_negotiate(state, h->bytes);
		break;
	case SESSION_SETUP:
		(void)smb_request_new(state, h->id, SMB_SESSION_SETUP);
		hear_setup(state, h);
		break;
	case TREE_CONNECT: hear_connect(smb_request_new(state, h->id, SMB_TREE_CONNECT), h); break;
	case CREATE: hear_create(smb_request_new(state, h->id, SMB_CREATE), h); break;
	case WRITE: hear_write(state, h); break;
	case TRANSACTION: hear_transaction(state, h); break;
	default: break;
	}
}

/* ---- answers ---- */

static void hear_negotiated(struct smb_state *state, struct parse *parse, const struct header *h,
			    struct smb_record *record)
{
	enum { WORDS = 17, SIGNING_ENABLED = 4, SIGNING_REQUIRED = 8, GUID = 16 };
	struct span words = h->words, bytes = h->bytes;
	const uint16_t dialect = span_u16_le(&words);
	uint8_t security, challenge;
	uint32_t can;

	if (words.failed || dialect == NO_DIALECT)
		return;
	if (dialect < state->dialect_count)
		memcpy(state->dialect, state->dialects[dialect], sizeof(state->dialect));
	parse_weakness(parse, &smb_1, "the server chose the dialect %s", state->dialect);
	if (h->word_count != WORDS)
		return;
	security = span_u8(&words);
	span_skip(&words, 16);
	can = span_u32_le(&words);
	span_skip(&words, 10);
	challenge = span_u8(&words);
	record->signing = (security & SIGNING_ENABLED) != 0;
	record->signing_required = (security & SIGNING_REQUIRED) != 0;
	smb_judge_signing(parse, record->signing, record->signing_required);
	if (can & EXTENDED)
		return;
	span_skip(&bytes, challenge);
	state->server.type = NTLMSSP_CHALLENGE;
	take_text(h, &bytes, state->server.domain, sizeof(state->server.domain));
	take_text(h, &bytes, state->server.host, sizeof(state->server.host));
}

/* True if it is the last answer of a session's opening. */
static bool hear_session(struct smb_state *state, struct parse *parse, const struct header *h,
			 struct smb_record *record)
{
	enum { WORDS_EXTENDED = 4 };
	struct span words = h->words, bytes = h->bytes;
	uint16_t action, length;

	span_skip(&words, 4);
	action = span_u16_le(&words);
	length = h->word_count == WORDS_EXTENDED ? span_u16_le(&words) : 0;
	if (!words.failed) {
		smb_hear_token(state, SIDE_SERVER, span_take(&bytes, length));
		take_text(h, &bytes, state->native_os, sizeof(state->native_os));
		take_text(h, &bytes, state->native_lm, sizeof(state->native_lm));
	}
	if (h->status == MORE_PROCESSING)
		return false;
	if (state->native_lm[0] != '\0')
		parse_software(parse, SIDE_SERVER, span_text(state->native_lm), span_of(NULL, 0));
	record->guest = !words.failed && action & GUEST;
	record->anonymous = state->client.anonymous;
	if (record->guest && h->status == 0)
		smb_judge_guest(parse, state);
	return true;
}

static uint8_t tree_type(struct span service)
{
	if (span_begins(service, "IPC"))
		return 2;
	return span_begins(service, "LPT") ? 3 : 1;
}

static void hear_created(struct smb_state *state, const struct header *h, const struct smb_record *record)
{
	enum { PIPES = 2 };
	struct span words = h->words;
	uint16_t file;

	span_skip(&words, 5);
	file = span_u16_le(&words);
	if (!words.failed && h->status == 0 && (record->tree == NULL || record->tree->type == PIPES))
		smb_pipe_new(state, file, record->request->text);
}

static void hear_answer(struct smb_state *state, struct parse *parse, const struct header *h)
{
	static const char *const names[] = {
		[SMB_NEGOTIATE] = "SMB1_COMMAND_NEGOTIATE_PROTOCOL",
		[SMB_SESSION_SETUP] = "SMB1_COMMAND_SESSION_SETUP_ANDX",
		[SMB_TREE_CONNECT] = "SMB1_COMMAND_TREE_CONNECT_ANDX",
		[SMB_CREATE] = "SMB1_COMMAND_NT_CREATE_ANDX",
		[SMB_BIND] = NULL, /* as what carried it */
	};
	struct smb_request *request = smb_request_of(state, h->id);
	struct smb_record record = { .status = h->status, .tree_id = h->tree_id, .session_id = h->user_id };

	if (h->command == NEGOTIATE && request == NULL)
		request = smb_request_new(state, h->id, SMB_NEGOTIATE);
	if (request == NULL)
		return;
	record.request = request;
	record.command = names[request->kind];
	if (request->kind == SMB_NEGOTIATE)
		hear_negotiated(state, parse, h, &record);
	if (request->kind == SMB_SESSION_SETUP && !hear_session(state, parse, h, &record)) {
		request->kind = SMB_NONE;
		return;
	}
	if (request->kind == SMB_TREE_CONNECT && h->status == 0)
		record.tree = smb_tree_new(state, h->tree_id, tree_type(h->bytes), request->text);
	if (request->kind == SMB_BIND)
		record.command = request->command;
	if (request->kind == SMB_CREATE) {
		record.tree = smb_tree_of(state, h->tree_id);
		hear_created(state, h, &record);
	}
	smb_tell(state, parse, &record);
}

/* Of messages that are not looked at only the header is asked for. */
bool smb1_message(struct smb_state *state, struct parse *parse, struct span message)
{
	struct header h;

	if (!read_header(message, &h))
		return span_left(message) >= SMB1_HEADER;
	if (h.reply != (parse->side == SIDE_SERVER))
		return false;
	if (parse->side == SIDE_CLIENT)
		hear_request(state, &h);
	else
		hear_answer(state, parse, &h);
	return true;
}
