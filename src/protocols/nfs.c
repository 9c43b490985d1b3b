/* nfs.c: Network File System, versions 2 (RFC 1094), 3 (RFC 1813) and 4 (RFC 7530, RFC 8881) over ONC RPC:
 * who mounts as whom, which names are looked up, made and removed, how much is read and written. */
#include "protocols/rpc_message.h"

enum {
	NAMES = 1024,
	NAME_MOST = 255,
	HANDLE_MOST = 128,
	OPERATIONS_MOST = 32, /* of a compound that are looked at */
	V4_CREATE = 6,
	V4_LOOKUP = 15,
	V4_OPEN = 18,
	V4_READ = 25,
	V4_REMOVE = 28,
	V4_RENAME = 29,
	V4_WRITE = 38,
	V4_SEQUENCE = 53,
};

static const struct weakness clear_users = {
	.id = "nfs-auth-sys",
	.title = "NFS takes users at the client's word (AUTH_SYS) and sends files in the clear",
	.severity = 3,
	.remedy = "Export with sec=krb5p, or use NFS over TLS (RFC 9289).",
};
static const struct weakness old_version = {
	.id = "nfs-2",
	.title = "NFS version 2 is spoken",
	.severity = 3,
	.remedy = "Allow version 4 alone.",
};
static const struct weakness *const weaknesses[] = { &clear_users, &old_version, NULL };

static const struct code_name v2_names[] = {
	{ 0, "null" },     { 1, "getattr" }, { 2, "setattr" },  { 4, "lookup" },
	{ 5, "readlink" }, { 6, "read" },    { 8, "write" },    { 9, "create" },
	{ 10, "remove" },  { 11, "rename" }, { 12, "link" },    { 13, "symlink" },
	{ 14, "mkdir" },   { 15, "rmdir" },  { 16, "readdir" }, { 17, "statfs" },
};
static const struct code_name v3_names[] = {
	{ 0, "null" },      { 1, "getattr" },  { 2, "setattr" },      { 3, "lookup" },  { 4, "access" },
	{ 5, "readlink" },  { 6, "read" },     { 7, "write" },        { 8, "create" },  { 9, "mkdir" },
	{ 10, "symlink" },  { 11, "mknod" },   { 12, "remove" },      { 13, "rmdir" },  { 14, "rename" },
	{ 15, "link" },     { 16, "readdir" }, { 17, "readdirplus" }, { 18, "fsstat" }, { 19, "fsinfo" },
	{ 20, "pathconf" }, { 21, "commit" },
};
static const struct code_name v4_names[] = {
	{ 0, "null" },
	{ 3, "access" },
	{ 4, "close" },
	{ 5, "commit" },
	{ 6, "create" },
	{ 9, "getattr" },
	{ 10, "getfh" },
	{ 11, "link" },
	{ 12, "lock" },
	{ 15, "lookup" },
	{ 16, "lookupp" },
	{ 18, "open" },
	{ 20, "open_confirm" },
	{ 22, "putfh" },
	{ 23, "putpubfh" },
	{ 24, "putrootfh" },
	{ 25, "read" },
	{ 26, "readdir" },
	{ 27, "readlink" },
	{ 28, "remove" },
	{ 29, "rename" },
	{ 30, "renew" },
	{ 31, "restorefh" },
	{ 32, "savefh" },
	{ 33, "secinfo" },
	{ 34, "setattr" },
	{ 35, "setclientid" },
	{ 36, "setclientid_confirm" },
	{ 38, "write" },
	{ 42, "exchange_id" },
	{ 43, "create_session" },
	{ 44, "destroy_session" },
	{ 52, "secinfo_no_name" },
	{ 53, "sequence" },
	{ 57, "destroy_clientid" },
	{ 58, "reclaim_complete" },
};
static const struct code_name error_names[] = {
	{ 1, "perm" },
	{ 2, "noent" },
	{ 5, "io" },
	{ 6, "nxio" },
	{ 13, "access" },
	{ 17, "exist" },
	{ 20, "notdir" },
	{ 21, "isdir" },
	{ 22, "inval" },
	{ 27, "fbig" },
	{ 28, "nospc" },
	{ 30, "rofs" },
	{ 63, "nametoolong" },
	{ 66, "notempty" },
	{ 69, "dquot" },
	{ 70, "stale" },
	{ 10001, "badhandle" },
	{ 10004, "notsupp" },
	{ 10006, "serverfault" },
	{ 10008, "delay" },
	{ 10013, "grace" },
	{ 10016, "wrongsec" },
	{ 10021, "minor_vers_mismatch" },
	{ 10022, "stale_clientid" },
	{ 10052, "badsession" },
};

/* ---- recognising ---- */

/* An answer alone does not tell its program. What the server calls are callbacks. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct rpc_message message;
	const enum verdict verdict = rpc_recognise(first, transport, &message);

	if (verdict != YES)
		return verdict;
	if (!message.call)
		return NO;
	return message.program == (side == SIDE_CLIENT ? RPC_NFS : RPC_NFS_CALLBACK) ? YES : NO;
}

/* ---- reading ---- */

struct conversation {
	struct rpc_calls calls;
	struct tally v2, v3, v4, errors;
	uint64_t requests, responses, read, written;
	uint32_t version, minor, flavour, uid, gid;
	char machine[64], names[NAMES], removed[NAMES / 4];
	bool told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_unsigned(json, "version", state->version);
	if (state->version == 4)
		json_unsigned(json, "minor_version", state->minor);
	json_text(json, "auth_type", rpc_flavour_text(state->flavour));
	if (state->flavour == 1) {
		emit_text(json, "machine_name", state->machine);
		json_unsigned(json, "uid", state->uid);
		json_unsigned(json, "gid", state->gid);
	}
	json_unsigned(json, "requests", state->requests);
	json_unsigned(json, "responses", state->responses);
	EMIT_TALLY(json, "procedures_v2", &state->v2, v2_names);
	EMIT_TALLY(json, "procedures", &state->v3, v3_names);
	EMIT_TALLY(json, "operations", &state->v4, v4_names);
	EMIT_TALLY(json, "errors", &state->errors, error_names);
	emit_texts(json, "names", state->names);
	emit_texts(json, "removed", state->removed);
	if (state->read > 0)
		json_unsigned(json, "read_bytes", state->read);
	if (state->written > 0)
		json_unsigned(json, "written_bytes", state->written);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && state->requests > 0)
		parse_event(parse, state);
	state->told = true;
}

static void note_name(struct conversation *state, struct span name, bool removed)
{
	if (removed)
		texts_note(state->removed, sizeof(state->removed), name);
	else
		texts_note(state->names, sizeof(state->names), name);
}

/* Version 2 has handles of 32 octets, version 3 of a told length; a name stands behind the folder's. */
static void read_old(struct conversation *state, const struct rpc_message *m)
{
	const bool two = m->version == 2;
	struct span s = m->body;

	tally_add(two ? &state->v2 : &state->v3, m->procedure);
	if (two)
		span_skip(&s, 32);
	else
		(void)xdr_opaque(&s, 64);
	if (two ? (m->procedure == 4 || (m->procedure >= 9 && m->procedure <= 15 && m->procedure != 12))
		: m->procedure == 3 || (m->procedure >= 8 && m->procedure <= 14))
		note_name(state, xdr_opaque(&s, NAME_MOST),
			  two ? m->procedure == 10 || m->procedure == 15
			      : m->procedure == 12 || m->procedure == 13);
	if (!two && m->procedure == 7) {
		span_skip(&s, 8);
		state->written += span_u32(&s);
	} else if (two && m->procedure == 8) {
		span_skip(&s, 12);
		state->written += span_u32(&s);
	}
}

/* OPEN (RFC 7530 16.16): the name stands behind the owner and how it is made, where that is simple. */
static bool read_open(struct conversation *state, struct span *s)
{
	uint32_t how;

	span_skip(s, 12 + 8);
	(void)xdr_opaque(s, 1024);
	if (span_u32(s) == 1) {
		how = span_u32(s);
		if (how == 2) {
			span_skip(s, 8);
		} else {
			if (how == 3)
				span_skip(s, 8);
			span_skip(s, 4 * (span_u32(s) & 7));
			(void)xdr_opaque(s, 4096);
		}
	}
	if (span_u32(s) != 0 || s->failed)
		return false;
	note_name(state, xdr_opaque(s, NAME_MOST), false);
	return !s->failed;
}

/* CREATE (RFC 7530 16.4): a folder, a link with what it leads to, a device with its numbers. */
static bool read_create(struct conversation *state, struct span *s)
{
	enum { BLOCK = 3, CHARACTER = 4, LINK = 5 };
	const uint32_t kind = span_u32(s);

	if (kind == LINK)
		(void)xdr_opaque(s, NAMES);
	else if (kind == BLOCK || kind == CHARACTER)
		span_skip(s, 8);
	note_name(state, xdr_opaque(s, NAME_MOST), false);
	span_skip(s, 4 * (span_u32(s) & 7));
	(void)xdr_opaque(s, 4096);
	return !s->failed;
}

/* RENAME (RFC 7530 16.27): the old name, and the new one. */
static bool read_rename(struct conversation *state, struct span *s)
{
	const struct span before = xdr_opaque(s, NAME_MOST), after = xdr_opaque(s, NAME_MOST);

	if (s->failed)
		return false;
	note_name(state, before, true);
	note_name(state, after, false);
	return true;
}

/* Steps over the arguments of one operation; false where they are not known, and then no further one is
 * found. */
static bool read_operation(struct conversation *state, uint32_t operation, struct span *s)
{
	struct span name;

	switch (operation) {
	case 10: /* GETFH, LOOKUPP, PUTROOTFH, READLINK, RESTOREFH, SAVEFH, PUTPUBFH: no arguments */
	case 16:
	case 23:
	case 24:
	case 27:
	case 31:
	case 32: return true;
	case 3: span_skip(s, 4); return !s->failed;
	case 9: span_skip(s, 4 * (span_u32(s) & 7)); return !s->failed;
	case 22: (void)xdr_opaque(s, HANDLE_MOST); return !s->failed;
	case 26:
		span_skip(s, 24);
		span_skip(s, 4 * (span_u32(s) & 7));
		return !s->failed;
	case 4: span_skip(s, 20); return !s->failed;
	case V4_LOOKUP:
	case V4_REMOVE:
		name = xdr_opaque(s, NAME_MOST);
		if (!s->failed)
			note_name(state, name, operation == V4_REMOVE);
		return !s->failed;
	case V4_CREATE: return read_create(state, s);
	case V4_RENAME: return read_rename(state, s);
	case V4_OPEN: return read_open(state, s);
	case V4_READ: span_skip(s, 28); return !s->failed;
	case V4_WRITE:
		span_skip(s, 28);
		state->written += span_u32(s);
		return false;
	case V4_SEQUENCE: span_skip(s, 32); return !s->failed;
	default: return false;
	}
}

static void read_compound(struct conversation *state, struct span s)
{
	uint32_t operations, operation;

	(void)xdr_opaque(&s, 1024); /* the tag */
	state->minor = span_u32(&s);
	operations = span_u32(&s);
	for (uint32_t i = 0; i < operations && i < OPERATIONS_MOST; i++) {
		operation = span_u32(&s);
		if (s.failed)
			break;
		tally_add(&state->v4, operation);
		if (!read_operation(state, operation, &s))
			break;
	}
}

static void read_call(struct conversation *state, struct parse *parse, const struct rpc_message *m)
{
	if (m->program != RPC_NFS)
		return;
	(void)rpc_remember(&state->calls, m);
	state->requests++;
	state->version = m->version;
	if (m->procedure != 0)
		state->flavour = m->flavour;
	if (m->flavour == 1 && m->procedure != 0) {
		if (state->machine[0] == '\0')
			span_copy_text(m->machine, state->machine, sizeof(state->machine));
		state->uid = m->uid;
		state->gid = m->gid;
		parse_weakness(parse, &clear_users, "version %u as uid %u of %s", m->version, m->uid,
			       state->machine);
	}
	if (m->version == 2)
		parse_weakness(parse, &old_version, "procedure %u was called", m->procedure);
	if (m->version == 4) {
		if (m->procedure == 1)
			read_compound(state, m->body);
		else
			tally_add(&state->v4, 0); /* there is no third */
	} else {
		read_old(state, m);
	}
}

/* Steps over the results of one operation that went well; false where they are not known. */
static bool read_result(struct conversation *state, uint32_t operation, struct span *s)
{
	enum { CHANGE = 20, STATE = 16 };
	uint32_t length;

	switch (operation) {
	case 15: /* LOOKUP, LOOKUPP, PUTFH, PUTPUBFH, PUTROOTFH, RENEW, RESTOREFH, SAVEFH: nothing */
	case 16:
	case 22:
	case 23:
	case 24:
	case 30:
	case 31:
	case 32: return true;
	case 3: span_skip(s, 8); return !s->failed;
	case 4: span_skip(s, STATE); return !s->failed;
	case 9:
		span_skip(s, 4 * (span_u32(s) & 7));
		(void)xdr_opaque(s, MESSAGE_MOST);
		return !s->failed;
	case 10: (void)xdr_opaque(s, HANDLE_MOST); return !s->failed;
	case V4_REMOVE: span_skip(s, CHANGE); return !s->failed;
	case V4_SEQUENCE: span_skip(s, 16 + 20); return !s->failed;
	case V4_READ:
		span_skip(s, 4); /* whether the file ends there */
		length = span_u32(s);
		if (!s->failed)
			state->read += length;
		return false; /* the rest may not be looked at */
	default: return false;
	}
}

/* The results of a compound, up to the first that is not known (RFC 7530 15.2.3). */
static void read_results(struct conversation *state, struct span s)
{
	uint32_t count;

	(void)xdr_opaque(&s, 1024); /* the tag */
	count = span_u32(&s);
	for (uint32_t i = 0; i < count && i < OPERATIONS_MOST && !s.failed; i++) {
		const uint32_t operation = span_u32(&s);

		if (span_u32(&s) != 0 || s.failed || !read_result(state, operation, &s))
			return;
	}
}

static void read_reply(struct conversation *state, const struct rpc_message *m)
{
	struct span s = m->body;
	struct rpc_call call;
	uint32_t status;

	if (!rpc_recall(&state->calls, m->xid, &call))
		return;
	state->responses++;
	if (m->denied || m->status != 0 || call.procedure == 0)
		return;
	status = span_u32(&s);
	if (s.failed)
		return;
	if (status != 0)
		tally_add(&state->errors, status);
	if (call.version == 4) {
		read_results(state, s);
	} else if (status != 0) {
		return;
	} else if (call.version == 3 && call.procedure == 6) {
		span_skip(&s, span_u32(&s) == 1 ? 84 : 0);
		state->read += span_u32(&s);
	} else if (call.version == 2 && call.procedure == 6) {
		span_skip(&s, 68);
		state->read += span_u32(&s);
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct rpc_message message;
	struct rpc_record record;
	enum verdict whole = YES;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		whole = rpc_take(&state->calls, parse, bytes, &record);
		if (whole != YES)
			break;
		if (rpc_message_read(record.bytes, &message) == YES && message.call)
			read_call(state, parse, &message);
		else if (rpc_message_read(record.bytes, &message) == YES)
			read_reply(state, &message);
		else if (!parse->cut)
			return PARSE_BROKEN;
	}
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_nfs = {
	.name = "nfs",
	.title = "Network File System",
	DOORS(TCP(2049), UDP(2049)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.datagram_least = 40,
	MARKS(OCTET(4, 0), OCTET(5, 0), OCTET(6, 0), OCTET(7, 0)),
	.parser = &parser,
	.weaknesses = weaknesses,
};
