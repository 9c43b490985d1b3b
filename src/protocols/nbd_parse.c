/* nbd_parse.c: reads conversations about network block devices: how they agree, on which export, and how much
 * is then read and written; or the change to TLS. What goes to and from the device is not kept. */
#include "protocols/local.h"
#include "protocols/nbd.h"
#include "protocols/tally.h"
#include "protocols/tls.h"

enum {
	GREETING = 18,     /* of the new style: two marks and the flags */
	OLD_GREETING = 28, /* two marks, the size, and flags; then zeros */
	OPTION_HEAD = 16,
	REPLY_HEAD = 20,
	REQUEST_HEAD = 28,
	EXTENDED_HEAD = 32,    /* where extended headers are agreed on: the length has eight octets */
	OPTION_MOST = 1 << 20, /* octets of an option or of a reply */
	READ_ONLY = 2,         /* of the flags of an export */
};
enum { REQUEST_READ, REQUEST_WRITE };
enum { REPLY_ACK = 1, REPLY_SERVER = 2, REPLY_INFO = 3, INFO_EXPORT = 0 };

static const uint32_t request_mark = 0x25609513, extended_mark = 0x21e41c71;
static const uint64_t reply_mark = 0x0003e889045565a9, error_bit = 0x80000000;

const struct weakness nbd_clear = {
	"nbd-clear",
	"A block device is read and written in the clear",
	2,
	"Ask for TLS with certificates of clients (nbd-server: force_tls; qemu-nbd: --tls-creds), or carry "
	"it "
	"through a tunnel.",
};

static const struct code_name option_names[] = {
	{ NBD_EXPORT_NAME, "export_name" },
	{ NBD_ABORT, "abort" },
	{ NBD_LIST, "list" },
	{ NBD_START_TLS, "starttls" },
	{ NBD_INFO, "info" },
	{ NBD_GO, "go" },
	{ NBD_STRUCTURED_REPLY, "structured_reply" },
	{ NBD_LIST_META, "list_meta_context" },
	{ NBD_SET_META, "set_meta_context" },
	{ NBD_EXTENDED_HEADERS, "extended_headers" },
};
static const struct code_name request_names[] = {
	{ REQUEST_READ, "read" },
	{ REQUEST_WRITE, "write" },
	{ 2, "disconnect" },
	{ 3, "flush" },
	{ 4, "trim" },
	{ 5, "cache" },
	{ 6, "write_zeroes" },
	{ 7, "block_status" },
	{ 8, "resize" },
};
static const struct code_name error_names[] = {
	{ 1, "unsupported" },  { 2, "policy" },  { 3, "invalid" },  { 4, "platform" },
	{ 5, "tls_required" }, { 6, "unknown" }, { 7, "shutdown" }, { 8, "block_size_required" },
	{ 9, "too_big" },
};

struct conversation {
	struct tally options, requests;
	uint64_t size, bytes_read, bytes_written;
	char export[256], exports[512], error[24];
	bool greeted, old, fixed;
	bool has_size, read_only, starttls;
	bool named;    /* EXPORT_NAME was said: what the server sends next has no head */
	bool attached; /* what follows is the device's content */
	bool told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	if (state->greeted)
		json_text(json, "style", state->old ? "old" : state->fixed ? "fixed_new" : "new");
	EMIT_TALLY(json, "options", &state->options, option_names);
	emit_text(json, "export", state->export);
	emit_texts(json, "exports", state->exports);
	if (state->has_size) {
		json_unsigned(json, "size", state->size);
		json_bool(json, "read_only", state->read_only);
	}
	json_bool(json, "starttls", state->starttls);
	EMIT_TALLY(json, "requests", &state->requests, request_names);
	json_unsigned(json, "bytes_read", state->bytes_read);
	json_unsigned(json, "bytes_written", state->bytes_written);
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told)
		parse_event(parse, state);
	state->told = true;
}

/* From here on the server sends the device's content alone. */
static void attach(struct conversation *state, struct parse *parse)
{
	state->attached = true;
	if (is_local(parse))
		return;
	if (state->export[0] != '\0')
		parse_weakness(parse, &nbd_clear, "export %s", state->export);
	else
		parse_weakness(parse, &nbd_clear, "the %s export", state->old ? "only" : "usual");
}

static void read_size(struct conversation *state, struct span s)
{
	const uint64_t size = span_u64(&s);
	const uint16_t flags = span_u16(&s);

	if (s.failed)
		return;
	state->has_size = true;
	state->size = size;
	state->read_only = (flags & READ_ONLY) != 0;
}

/* ---- the client ---- */

/* INFO and GO begin with the name behind its length. */
static void read_option(struct conversation *state, uint32_t option, struct span s)
{
	tally_add(&state->options, option);
	if (option == NBD_INFO || option == NBD_GO) {
		const uint32_t length = span_u32(&s);

		span_copy_text(span_take(&s, length), state->export, sizeof(state->export));
	} else if (option == NBD_EXPORT_NAME) {
		span_copy_text(s, state->export, sizeof(state->export));
		state->named = true;
	}
}

/* Octets to write follow their request. */
static void read_request(struct conversation *state, struct parse *parse, struct span s)
{
	const bool extended = span_left(s) == EXTENDED_HEAD;
	uint16_t type;
	uint64_t length;

	span_skip(&s, sizeof(request_mark) + sizeof(uint16_t));
	type = span_u16(&s);
	span_skip(&s, 2 * sizeof(uint64_t));
	length = extended ? span_u64(&s) : span_u32(&s);
	tally_add(&state->requests, type);
	if (type == REQUEST_READ)
		state->bytes_read += length;
	if (type != REQUEST_WRITE)
		return;
	state->bytes_written += length;
	parse_skip(parse, length);
}

static enum verdict take_option(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span head = *bytes, message;
	uint32_t option, length;

	if (span_left(head) < OPTION_HEAD)
		return MORE;
	span_skip(&head, strlen(NBD_OPTION_MARK));
	option = span_u32(&head);
	length = span_u32(&head);
	if (length > OPTION_MOST)
		return NO;
	if (message_take(parse, bytes, (uint64_t)length + OPTION_HEAD, &message) != YES)
		return MORE;
	span_skip(&message, OPTION_HEAD);
	read_option(state, option, message);
	return YES;
}

static enum verdict read_client(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span head = *bytes;
	uint32_t mark;

	if (span_left(head) < sizeof(mark))
		return MORE;
	mark = span_u32(&head);
	if (mark == request_mark || mark == extended_mark) {
		const size_t length = mark == extended_mark ? EXTENDED_HEAD : REQUEST_HEAD;

		if (span_left(*bytes) < length)
			return MORE;
		read_request(state, parse, span_take(bytes, length));
		return YES;
	}
	if (mark <= NBD_FLAGS_MOST) {
		*bytes = head;
		return YES;
	}
	if (span_left(*bytes) < strlen(NBD_OPTION_MARK))
		return MORE;
	return span_begins(*bytes, NBD_OPTION_MARK) ? take_option(state, parse, bytes) : NO;
}

/* ---- the server ---- */

static enum verdict read_greeting(struct conversation *state, struct parse *parse, struct span *bytes)
{
	if (span_left(*bytes) < GREETING)
		return MORE;
	state->old = !span_begins(*bytes, NBD_NEW_STYLE);
	if (state->old && span_left(*bytes) < OLD_GREETING)
		return MORE;
	state->greeted = true;
	span_skip(bytes, strlen(NBD_NEW_STYLE));
	if (!state->old) {
		state->fixed = (span_u16(bytes) & NBD_FIXED_NEW_STYLE) != 0;
		return YES;
	}
	state->has_size = true;
	state->size = span_u64(bytes);
	state->read_only = (span_u32(bytes) & READ_ONLY) != 0;
	attach(state, parse);
	return YES;
}

/* What answers EXPORT_NAME: size and flags; the zeros behind them are skipped with what follows. */
static enum verdict read_export(struct conversation *state, struct parse *parse, struct span *bytes)
{
	enum { EXPORT = 10 };

	if (span_left(*bytes) < EXPORT)
		return MORE;
	read_size(state, span_take(bytes, EXPORT));
	attach(state, parse);
	return YES;
}

static void read_reply(struct conversation *state, struct parse *parse, uint32_t option, uint32_t type,
		       struct span s)
{
	const char *error;

	if (type & error_bit) {
		error = CODE_TEXT(error_names, (uint32_t)(type & ~error_bit));
		span_copy_text(span_text(error != NULL ? error : "other"), state->error,
			       sizeof(state->error));
	} else if (type == REPLY_SERVER) {
		const uint32_t length = span_u32(&s);

		texts_note(state->exports, sizeof(state->exports), span_take(&s, length));
	} else if (type == REPLY_INFO && span_u16(&s) == INFO_EXPORT) {
		read_size(state, s);
	} else if (type == REPLY_ACK && option == NBD_GO) {
		attach(state, parse);
	} else if (type == REPLY_ACK && option == NBD_START_TLS) {
		state->starttls = true;
		end(state, parse);
		parse_upgrade(parse, &protocol_tls);
	}
}

static enum verdict read_server(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span head = *bytes, message;
	uint32_t option, type, length;

	if (!state->greeted && parse->from_start[SIDE_SERVER])
		return read_greeting(state, parse, bytes);
	if (span_left(head) < sizeof(reply_mark))
		return MORE;
	if (span_u64(&head) != reply_mark)
		return state->named ? read_export(state, parse, bytes) : NO;
	if (span_left(*bytes) < REPLY_HEAD)
		return MORE;
	option = span_u32(&head);
	type = span_u32(&head);
	length = span_u32(&head);
	if (length > OPTION_MOST)
		return NO;
	if (message_take(parse, bytes, (uint64_t)length + REPLY_HEAD, &message) != YES)
		return MORE;
	span_skip(&message, REPLY_HEAD);
	read_reply(state, parse, option, type, message);
	return YES;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole = YES;

	while (span_left(*bytes) > 0 && whole == YES && parse->skip == 0 && !parse->upgraded) {
		if (parse->side == SIDE_CLIENT)
			whole = read_client(state, parse, bytes);
		else if (!state->attached)
			whole = read_server(state, parse, bytes);
		else
			parse_skip(parse, UINT32_MAX); /* and again, for as long as it lasts */
	}
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

const struct parser nbd_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
