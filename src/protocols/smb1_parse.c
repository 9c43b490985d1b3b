/* smb1_parse.c: reads messages of SMB 1. MS-CIFS sections 2.2.3 (header; 2.2.3.4: chains of commands),
 * 2.2.4.52, 53, 55; MS-SMB section 2.2.4 (extended security). */
#include "protocols/smb1.h"
#include "protocols/utf16.h"

enum { REPLY = 0x80, UNICODE = 0x8000, EXTENDED = 0x80000000, NO_DIALECT = 0xffff, GUEST = 1 };
enum { MORE_PROCESSING = 0xc0000016 };

/* Reads the words and bytes of a command, which begin with how many there are. */
static bool read_block(struct span s, struct smb1_command_of *c)
{
	c->word_count = span_u8(&s);
	c->words = span_take(&s, 2u * c->word_count);
	(void)span_u16_le(&s);
	c->bytes = s;
	return !s.failed;
}

static bool read_header(struct span message, struct smb1_command_of *c)
{
	struct span s = message;
	uint16_t process, multiplex;

	c->message = message;
	span_skip(&s, 4);
	c->command = span_u8(&s);
	c->status = span_u32_le(&s);
	c->reply = (span_u8(&s) & REPLY) != 0;
	c->unicode = (span_u16_le(&s) & UNICODE) != 0;
	span_skip(&s, 12);
	c->tree_id = span_u16_le(&s);
	process = span_u16_le(&s);
	c->user_id = span_u16_le(&s);
	multiplex = span_u16_le(&s);
	c->id = (uint64_t)process << 16 | multiplex;
	return read_block(s, c);
}

/* Goes on to the command that is chained to this one; false behind the last. */
static bool next_command(struct smb1_command_of *c)
{
	enum { LOCKING = 0x24, READ = 0x2e, LOGOFF = 0x74, NONE = 0xff };
	struct span s = c->words;
	const uint8_t next = span_u8(&s);
	const size_t at = (span_skip(&s, 1), span_u16_le(&s));

	switch (c->command) {
	case LOCKING:
	case READ:
	case LOGOFF:
	case SMB1_OPEN:
	case SMB1_WRITE:
	case SMB1_SESSION_SETUP:
	case SMB1_TREE_CONNECT:
	case SMB1_CREATE: break;
	default: return false; /* it is no link of a chain */
	}
	if (s.failed || next == NONE || at <= (size_t)(c->words.at - c->message.at))
		return false;
	s = c->message;
	span_skip(&s, at);
	c->command = next;
	return read_block(s, c);
}

void smb1_take_text(const struct smb1_command_of *c, struct span *s, char *text, size_t size)
{
	if (!c->unicode) {
		span_copy_text(span_until(s, 0), text, size);
		return;
	}
	if ((s->at - c->message.at) % 2 != 0)
		span_skip(s, 1);
	utf16_text(*s, text, size);
	while (span_left(*s) >= 2 && span_u16_le(s) != 0)
		;
}

struct span smb1_part(const struct smb1_command_of *c, size_t offset, size_t length)
{
	struct span s = c->message;

	span_skip(&s, offset);
	return span_take(&s, length);
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

static void hear_setup(struct smb_state *state, const struct smb1_command_of *c)
{
	enum { WORDS_OLD = 10, WORDS_EXTENDED = 12, WORDS_PLAIN = 13 };
	struct span words = c->words, bytes = c->bytes;

	span_skip(&words, 14);
	if (c->word_count == WORDS_EXTENDED) {
		smb_hear_token(state, SIDE_CLIENT, span_take(&bytes, span_u16_le(&words)));
	} else if (c->word_count == WORDS_PLAIN || c->word_count == WORDS_OLD) {
		const uint16_t plain = span_u16_le(&words);
		const uint16_t unicode = c->word_count == WORDS_PLAIN ? span_u16_le(&words) : 0;

		span_skip(&bytes, (size_t)plain + unicode); /* what proves the password */
		state->client = (struct ntlmssp){ .type = NTLMSSP_AUTHENTICATE };
		smb1_take_text(c, &bytes, state->client.user, sizeof(state->client.user));
		smb1_take_text(c, &bytes, state->client.domain, sizeof(state->client.domain));
	}
}

static void hear_connect(struct smb_request *request, const struct smb1_command_of *c)
{
	struct span words = c->words, bytes = c->bytes;

	span_skip(&words, 6);
	span_skip(&bytes, span_u16_le(&words)); /* password */
	smb1_take_text(c, &bytes, request->text, sizeof(request->text));
}

static void hear_write(struct smb_state *state, const struct smb1_command_of *c)
{
	struct span words = c->words;
	uint16_t file, length, offset;

	span_skip(&words, 4);
	file = span_u16_le(&words);
	span_skip(&words, 4 + 4 + 2 + 2 + 2);
	length = span_u16_le(&words);
	offset = span_u16_le(&words);
	if (!words.failed)
		smb_hear_pipe(state, c->id, c->command, file, smb1_part(c, offset, length),
			      "SMB1_COMMAND_WRITE_ANDX");
}

/* MS-CIFS 2.2.4.33 and 2.2.5.6: TRANS_TRANSACT_NMPIPE. */
static void hear_transaction(struct smb_state *state, const struct smb1_command_of *c)
{
	enum { TRANSACT_PIPE = 0x26 };
	struct span words = c->words;
	uint16_t length, offset, function, file;

	span_skip(&words, 22);
	length = span_u16_le(&words);
	offset = span_u16_le(&words);
	span_skip(&words, 2);
	function = span_u16_le(&words);
	file = span_u16_le(&words);
	if (!words.failed && function == TRANSACT_PIPE)
		smb_hear_pipe(state, c->id, c->command, file, smb1_part(c, offset, length),
			      "SMB1_COMMAND_TRANSACTION");
}

static struct smb_request *request_new(struct smb_state *state, const struct smb1_command_of *c,
				       enum smb_kind kind)
{
	static const char *const names[] = {
		[SMB_NEGOTIATE] = "SMB1_COMMAND_NEGOTIATE_PROTOCOL",
		[SMB_SESSION_SETUP] = "SMB1_COMMAND_SESSION_SETUP_ANDX",
		[SMB_TREE_CONNECT] = "SMB1_COMMAND_TREE_CONNECT_ANDX",
	};

	return smb_request_new(state, c->id, c->command, kind, names[kind]);
}

static void hear_request(struct smb_state *state, const struct smb1_command_of *c)
{
	switch (c->command) {
	case SMB1_NEGOTIATE:
		(void)request_new(state, c, SMB_NEGOTIATE);
		hear_negotiate(state, c->bytes);
		break;
	case SMB1_SESSION_SETUP:
		(void)request_new(state, c, SMB_SESSION_SETUP);
		hear_setup(state, c);
		break;
	case SMB1_TREE_CONNECT: hear_connect(request_new(state, c, SMB_TREE_CONNECT), c); break;
	case SMB1_WRITE: hear_write(state, c); break;
	case SMB1_TRANSACTION: hear_transaction(state, c); break;
	default: (void)smb1_hear_open(state, c); break;
	}
}

/* ---- answers ---- */

static void hear_negotiated(struct smb_state *state, struct parse *parse, const struct smb1_command_of *c,
			    struct smb_record *record)
{
	enum { WORDS = 17, SIGNING_ENABLED = 4, SIGNING_REQUIRED = 8, GUID = 16 };
	struct span words = c->words, bytes = c->bytes;
	const uint16_t dialect = span_u16_le(&words);
	uint8_t security, challenge;
	uint32_t can;

	if (words.failed || dialect == NO_DIALECT)
		return;
	if (dialect < state->dialect_count)
		memcpy(state->dialect, state->dialects[dialect], sizeof(state->dialect));
	parse_weakness(parse, &smb_1, "the server chose the dialect %s", state->dialect);
	if (c->word_count != WORDS)
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
	smb1_take_text(c, &bytes, state->server.domain, sizeof(state->server.domain));
	smb1_take_text(c, &bytes, state->server.host, sizeof(state->server.host));
}

/* True if it is the last answer of a session's opening. */
static bool hear_session(struct smb_state *state, struct parse *parse, const struct smb1_command_of *c,
			 struct smb_record *record)
{
	enum { WORDS_EXTENDED = 4 };
	struct span words = c->words, bytes = c->bytes;
	uint16_t action, length;

	span_skip(&words, 4);
	action = span_u16_le(&words);
	length = c->word_count == WORDS_EXTENDED ? span_u16_le(&words) : 0;
	if (!words.failed) {
		smb_hear_token(state, SIDE_SERVER, span_take(&bytes, length));
		smb1_take_text(c, &bytes, state->native_os, sizeof(state->native_os));
		smb1_take_text(c, &bytes, state->native_lm, sizeof(state->native_lm));
	}
	if (c->status == MORE_PROCESSING)
		return false;
	if (state->native_lm[0] != '\0')
		parse_software(parse, SIDE_SERVER, span_text(state->native_lm), span_of(NULL, 0));
	record->guest = !words.failed && action & GUEST;
	record->anonymous = state->client.anonymous;
	if (record->guest && c->status == 0)
		smb_judge_guest(parse, state);
	return true;
}

static uint8_t tree_type(struct span service)
{
	if (span_begins(service, "IPC"))
		return 2;
	return span_begins(service, "LPT") ? 3 : 1;
}

static void hear_created(struct smb_state *state, const struct smb1_command_of *c,
			 const struct smb_record *record)
{
	enum { PIPES = 2 };
	uint16_t file;

	if (c->status == 0 && (record->tree == NULL || record->tree->type == PIPES) &&
	    smb1_opened_file(c, &file))
		smb_pipe_new(state, file, record->request->text);
}

static void hear_answer(struct smb_state *state, struct parse *parse, const struct smb1_command_of *c)
{
	struct smb_request *request = smb_request_of(state, c->id, c->command);
	struct smb_record record = { .status = c->status, .tree_id = c->tree_id, .session_id = c->user_id };

	if (c->command == SMB1_NEGOTIATE && request == NULL)
		request = request_new(state, c, SMB_NEGOTIATE);
	if (request == NULL)
		return;
	record.request = request;
	if (request->kind == SMB_NEGOTIATE)
		hear_negotiated(state, parse, c, &record);
	if (request->kind == SMB_SESSION_SETUP && !hear_session(state, parse, c, &record)) {
		request->kind = SMB_NONE;
		return;
	}
	if (request->kind == SMB_TREE_CONNECT && c->status == 0)
		record.tree = smb_tree_new(state, c->tree_id, tree_type(c->bytes), request->text);
	if (request->kind == SMB_CREATE) {
		record.tree = smb_tree_of(state, c->tree_id);
		hear_created(state, c, &record);
	}
	smb_tell(state, parse, &record);
}

/* Of messages that are not looked at only the header is asked for. */
bool smb1_message(struct smb_state *state, struct parse *parse, struct span message)
{
	enum { CHAIN_MOST = 4 };
	struct smb1_command_of c;

	if (!read_header(message, &c))
		return span_left(message) >= SMB1_HEADER;
	if (c.reply != (parse->side == SIDE_SERVER))
		return false;
	for (int i = 0; i == 0 || (i < CHAIN_MOST && next_command(&c)); i++) {
		if (parse->side == SIDE_CLIENT)
			hear_request(state, &c);
		else
			hear_answer(state, parse, &c);
	}
	if (parse->side == SIDE_SERVER)
		smb_forget(state, c.id); /* where one of a chain fails, those behind it have no answer */
	return true;
}
