/* smb1_open.c: how SMB 1 opens files: MS-CIFS sections 2.2.4.64 (NT_CREATE_ANDX), 2.2.4.41 (OPEN_ANDX) and
 * 2.2.6.1 (TRANS2_OPEN2). */
#include "protocols/smb1.h"

enum { TRANS2_OPEN2 = 0 };
enum { SUPERSEDE, OPEN, CREATE, OPEN_IF, OVERWRITE, OVERWRITE_IF, NO_DISPOSITION };

/* What OpenMode says (2.2.4.41.1), as newer requests have it. */
static uint32_t disposition_of(uint16_t mode)
{
	enum { EXISTS = 3, EXISTS_OPEN = 1, EXISTS_TRUNCATE = 2, MAY_CREATE = 0x10 };
	const bool creates = mode & MAY_CREATE;

	switch (mode & EXISTS) {
	case EXISTS_OPEN: return creates ? OPEN_IF : OPEN;
	case EXISTS_TRUNCATE: return creates ? OVERWRITE_IF : OVERWRITE;
	case 0: return creates ? CREATE : NO_DISPOSITION;
	default: return NO_DISPOSITION;
	}
}

static struct smb_request *opening(struct smb_state *state, const struct smb1_command_of *c,
				   const char *command)
{
	return smb_request_new(state, c->id, c->command, SMB_CREATE, command);
}

static void hear_create(struct smb_state *state, const struct smb1_command_of *c)
{
	struct smb_request *const request = opening(state, c, "SMB1_COMMAND_NT_CREATE_ANDX");
	struct span words = c->words, bytes = c->bytes;

	span_skip(&words, 4 + 1 + 2 + 4 + 4);
	request->access = span_u32_le(&words);
	span_skip(&words, 8 + 4 + 4);
	request->disposition = span_u32_le(&words);
	smb1_take_text(c, &bytes, request->text, sizeof(request->text));
}

static void hear_open(struct smb_state *state, const struct smb1_command_of *c)
{
	struct smb_request *const request = opening(state, c, "SMB1_COMMAND_OPEN_ANDX");
	struct span words = c->words, bytes = c->bytes;

	span_skip(&words, 4 + 2);
	request->access = span_u16_le(&words);
	span_skip(&words, 2 + 2 + 4);
	request->disposition = disposition_of(span_u16_le(&words));
	smb1_take_text(c, &bytes, request->text, sizeof(request->text));
}

static bool hear_open2(struct smb_state *state, const struct smb1_command_of *c)
{
	struct span words = c->words, parameters;
	struct smb_request *request;
	uint16_t length, offset, function;

	span_skip(&words, 18);
	length = span_u16_le(&words);
	offset = span_u16_le(&words);
	span_skip(&words, 6);
	function = span_u16_le(&words);
	if (words.failed || function != TRANS2_OPEN2)
		return false;
	request = opening(state, c, "SMB1_COMMAND_TRANS2_OPEN2");
	parameters = smb1_part(c, offset, length);
	span_skip(&parameters, 2);
	request->access = span_u16_le(&parameters);
	span_skip(&parameters, 2 + 2 + 4);
	request->disposition = disposition_of(span_u16_le(&parameters));
	span_skip(&parameters, 4 + 10);
	smb1_take_text(c, &parameters, request->text, sizeof(request->text));
	return true;
}

bool smb1_hear_open(struct smb_state *state, const struct smb1_command_of *c)
{
	switch (c->command) {
	case SMB1_CREATE: hear_create(state, c); return true;
	case SMB1_OPEN: hear_open(state, c); return true;
	case SMB1_TRANSACTION_2: return hear_open2(state, c);
	default: return false;
	}
}

bool smb1_opened_file(const struct smb1_command_of *c, uint16_t *ret_file)
{
	struct span words = c->words, parameters;
	uint16_t length, offset;

	switch (c->command) {
	case SMB1_CREATE: span_skip(&words, 4 + 1); break;
	case SMB1_OPEN: span_skip(&words, 4); break;
	default:
		span_skip(&words, 6);
		length = span_u16_le(&words);
		offset = span_u16_le(&words);
		if (words.failed)
			return false;
		parameters = smb1_part(c, offset, length);
		*ret_file = span_u16_le(&parameters);
		return !parameters.failed;
	}
	*ret_file = span_u16_le(&words);
	return !words.failed;
}
