/* p9fs_parse.c: reads conversations of Plan 9's file protocol: intro(5) of Plan 9 (9P2000), its form for Unix
 * (9P2000.u) and for Linux (9P2000.L, protocol.md of diod): who attaches to which tree, which files are
 * walked to, opened, made and removed, how much is read and written. */
#include "protocols/p9fs.h"
#include "protocols/tally.h"

enum {
	LENGTH_MOST = 1 << 24,
	NAMES_MOST = 16, /* of a walk (walk(5)) */
	NOBODY = 0xffffffff,
	LINUX_ERROR = 7,
	CREATES = 14, /* of 9P2000.L */
	MAKES_FOLDER = 72,
	UNLINKS = 76,
	AUTH = 102,
	ATTACH = 104,
	ATTACHED = 105,
	ERROR = 107,
	WALK = 110,
	CREATE = 114,
	READ = 117,
	WRITE = 118,
};

static const struct code_name requests[] = {
	{ P9FS_ASKS_VERSION, "version" },
	{ AUTH, "auth" },
	{ ATTACH, "attach" },
	{ 108, "flush" },
	{ WALK, "walk" },
	{ 112, "open" },
	{ CREATE, "create" },
	{ 116, "read" },
	{ WRITE, "write" },
	{ 120, "clunk" },
	{ 122, "remove" },
	{ 124, "stat" },
	{ 126, "wstat" },
	{ 8, "statfs" },
	{ 12, "lopen" },
	{ CREATES, "lcreate" },
	{ 16, "symlink" },
	{ 18, "mknod" },
	{ 20, "rename" },
	{ 22, "readlink" },
	{ 24, "getattr" },
	{ 26, "setattr" },
	{ 30, "xattrwalk" },
	{ 40, "readdir" },
	{ 50, "fsync" },
	{ 52, "lock" },
	{ 70, "link" },
	{ MAKES_FOLDER, "mkdir" },
	{ 74, "renameat" },
	{ UNLINKS, "unlinkat" },
};

struct conversation {
	struct tally requests;
	uint64_t read, written, errors;
	uint32_t user_id;
	char version[32], user[64], trees[256], files[1024], error[128];
	bool has_user_id, asked_to_prove, claims;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "version", state->version);
	emit_text(json, "user", state->user);
	if (state->has_user_id)
		json_unsigned(json, "user_id", state->user_id);
	emit_texts(json, "trees", state->trees);
	EMIT_TALLY(json, "requests", &state->requests, requests);
	emit_texts(json, "files", state->files);
	json_unsigned(json, "bytes_read", state->read);
	json_unsigned(json, "bytes_written", state->written);
	json_unsigned(json, "errors", state->errors);
	emit_text(json, "last_error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

static struct span take_text(struct span *s)
{
	return span_take(s, span_u16_le(s));
}

/* A number of who is proved to be somebody, or none, then a name and a tree; in the later forms a user's
 * number. Who proves who they are has asked for it before (attach(5)). */
static void read_attach(struct conversation *state, struct span s)
{
	const uint32_t proof = span_u32_le(&s);
	const struct span user = take_text(&s), tree = take_text(&s);

	if (s.failed)
		return;
	span_copy_text(user, state->user, sizeof(state->user));
	texts_note(state->trees, sizeof(state->trees), tree);
	state->claims = proof == NOBODY;
	if (span_left(s) < sizeof(uint32_t))
		return;
	state->user_id = span_u32_le(&s);
	state->has_user_id = state->user_id != NOBODY;
}

/* The names of a walk, as a path. */
static void read_walk(struct conversation *state, struct span s)
{
	char path[256] = "";
	size_t length = 0;
	uint16_t count;

	span_skip(&s, sizeof(uint32_t));
	count = span_u16_le(&s);
	for (uint16_t i = 0; i < count && i < NAMES_MOST && !s.failed; i++) {
		const struct span name = take_text(&s);

		if (span_left(name) + 2 > sizeof(path) - length)
			break;
		if (length > 0)
			path[length++] = '/';
		memcpy(path + length, name.at, span_left(name));
		length += span_left(name);
	}
	if (length > 0)
		texts_note(state->files, sizeof(state->files), span_of(path, length));
}

static void note_name(struct conversation *state, struct span s)
{
	texts_note(state->files, sizeof(state->files), take_text(&s));
}

static void read_request(struct conversation *state, uint8_t type, struct span s)
{
	tally_add(&state->requests, type);
	if (type != P9FS_ASKS_VERSION)
		span_skip(&s, sizeof(uint32_t)); /* the file that it is about */
	switch (type) {
	case AUTH: state->asked_to_prove = true; break;
	case ATTACH: read_attach(state, s); break;
	case WALK: read_walk(state, s); break;
	case CREATES:
	case MAKES_FOLDER:
	case UNLINKS:
	case CREATE: note_name(state, s); break;
	case WRITE:
		span_skip(&s, sizeof(uint64_t));
		state->written += span_u32_le(&s);
		break;
	default: break;
	}
}

static void judge(const struct conversation *state, struct parse *parse)
{
	if (state->claims)
		parse_weakness(parse, &p9fs_no_auth, "user %s (%u) was let in unasked",
			       state->user[0] != '\0' ? state->user : "without a name",
			       state->has_user_id ? (unsigned)state->user_id : 0);
}

static void read_answer(struct conversation *state, struct parse *parse, uint8_t type, struct span s)
{
	switch (type) {
	case P9FS_TELLS_VERSION:
		span_skip(&s, sizeof(uint32_t)); /* the longest message */
		span_copy_text(take_text(&s), state->version, sizeof(state->version));
		break;
	case ATTACHED: judge(state, parse); break;
	case READ: state->read += span_u32_le(&s); break;
	case ERROR:
		span_copy_text(take_text(&s), state->error, sizeof(state->error));
		state->errors++;
		break;
	case LINUX_ERROR: state->errors++; break;
	default: break;
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct span message;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct span head = *bytes;
		const uint32_t length = span_u32_le(&head);
		const uint8_t type = span_u8(&head);

		if (head.failed)
			return PARSE_ON;
		if (length < P9FS_HEAD || length > LENGTH_MOST ||
		    (type & 1) != (parse->side == SIDE_SERVER ? 1 : 0))
			return PARSE_BROKEN;
		if (message_take(parse, bytes, length, &message) != YES)
			return PARSE_ON;
		span_skip(&message, P9FS_HEAD);
		if (parse->side == SIDE_CLIENT)
			read_request(state, type, message);
		else
			read_answer(state, parse, type, message);
	}
	return PARSE_ON;
}

const struct parser p9fs_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
