/* rpc_message.c: reads messages of ONC RPC. RFC 5531 8 and 9 (messages), 11 (record marking); RFC 2695 and
 * RFC 5531 appendix A (credentials). */
#include "protocols/rpc_message.h"

#define LAST_FRAGMENT 0x80000000u

enum { CALL = 0, REPLY = 1, RPC_VERSION = 2, HEADER = 8, PROCEDURES = 512, VERSIONS = 32 };

struct span xdr_opaque(struct span *s, uint32_t most)
{
	const uint32_t length = span_u32(s);
	struct span part;

	if (length > most) {
		s->failed = true;
		return span_take(s, 1);
	}
	part = span_take(s, length);
	span_skip(s, (4 - length % 4) % 4);
	return part;
}

/* AUTH_NONE, SYS, SHORT, DH, KERB4, RSA, GSS, GSS of old, MLS ... Those that prove something hold something:
 * all but AUTH_NONE and AUTH_TLS. */
static bool is_flavour(uint32_t flavour, bool empty)
{
	if (empty && flavour != 0 && flavour != 7)
		return false;
	return flavour <= 7 || flavour == 13 || (flavour >= 390000 && flavour < 391000) ||
	       (flavour >= 300000 && flavour < 300010);
}

/* NO: none can stand here. MORE: it has not come whole. */
static enum verdict read_auth(struct span *s, uint32_t *ret_flavour, struct span *ret_body)
{
	*ret_flavour = span_u32(s);
	if (!s->failed && !is_flavour(*ret_flavour, span_left(*s) >= 4 && load_u32(s->at) == 0))
		return NO;
	if (!s->failed && span_left(*s) >= 4 && load_u32(s->at) > RPC_OPAQUE_MOST)
		return NO;
	*ret_body = xdr_opaque(s, RPC_OPAQUE_MOST);
	return s->failed ? MORE : YES;
}

/* RFC 5531 13: what was given out begins at 100000; everybody may take the upper ranges. */
static bool is_program(uint32_t program)
{
	return (program >= 100000 && program < 500000) || (program >= 0x20000000 && program < 0x60000000);
}

static enum verdict read_call(struct span s, struct rpc_message *m)
{
	struct span body;
	uint32_t verifier;
	enum verdict verdict;
	const uint32_t version = span_u32(&s);

	if (!s.failed && version != RPC_VERSION)
		return NO;
	m->program = span_u32(&s);
	m->version = span_u32(&s);
	m->procedure = span_u32(&s);
	if (m->version > VERSIONS || m->procedure > PROCEDURES || (!s.failed && !is_program(m->program)))
		return NO;
	verdict = read_auth(&s, &m->flavour, &body);
	if (verdict != YES)
		return verdict;
	if (m->flavour == 1) {
		span_skip(&body, 4);
		m->machine = xdr_opaque(&body, 255);
		m->uid = span_u32(&body);
		m->gid = span_u32(&body);
		if (body.failed)
			return NO;
	} else if (m->flavour == 0 && span_left(body) != 0) {
		return NO;
	}
	verdict = read_auth(&s, &verifier, &body);
	m->body = s;
	return verdict;
}

static enum verdict read_reply(struct span s, struct rpc_message *m)
{
	struct span body;
	uint32_t flavour;
	const uint32_t denied = span_u32(&s);
	enum verdict verdict;

	if (denied > 1)
		return NO;
	m->denied = denied == 1;
	if (m->denied) {
		m->status = span_u32(&s);
		m->body = s;
		return m->status > 1 ? NO : s.failed ? MORE : YES;
	}
	verdict = read_auth(&s, &flavour, &body);
	if (verdict != YES)
		return verdict;
	m->status = span_u32(&s);
	m->body = s;
	if (flavour == 0 && span_left(body) != 0)
		return NO;
	return m->status > 5 ? NO : s.failed ? MORE : YES;
}

enum verdict rpc_message_read(struct span s, struct rpc_message *ret_message)
{
	uint32_t kind;

	*ret_message = (struct rpc_message){ .xid = span_u32(&s) };
	kind = span_u32(&s);
	if (s.failed)
		return MORE;
	ret_message->call = kind == CALL;
	if (kind > REPLY)
		return NO;
	return kind == CALL ? read_call(s, ret_message) : read_reply(s, ret_message);
}

static unsigned zeros_in(uint32_t number)
{
	unsigned count = 0;

	for (unsigned shift = 0; shift < 32; shift += 8)
		count += (number >> shift & 0xff) == 0;
	return count;
}

/* RFC 5531 9: what stands behind the status of a reply that is no success has one length. A success may hold
 * anything: without its call it is known where that is short, or a list as of the portmapper's. */
static bool reply_ends(const struct rpc_message *m)
{
	enum { MISMATCH = 0, PROGRAM_MISMATCH = 2, VERSIONS_LENGTH = 8, REASON_LENGTH = 4, SHORT = 32 };
	const size_t left = span_left(m->body);

	if (m->denied)
		return left == (m->status == MISMATCH ? VERSIONS_LENGTH : REASON_LENGTH);
	if (m->status == 0)
		return left <= SHORT || (load_u32(m->body.at) == 1 && load_u32(m->body.end - 4) == 0);
	return left == (m->status == PROGRAM_MISMATCH ? VERSIONS_LENGTH : 0);
}

/* A record in several fragments, of which the first may hold less than a header: what they hold, put
 * together. More of the same only ever adds to it. */
static enum verdict recognise_fragments(struct span first, struct rpc_message *ret_message)
{
	enum { FRAGMENTS = 64, HEADER_MOST = 40 + 2 * RPC_OPAQUE_MOST };
	uint8_t room[HEADER_MOST];
	size_t length = 0;
	bool goes_on = true;
	enum verdict verdict;

	for (unsigned n = 0; n < FRAGMENTS && goes_on && length < sizeof(room); n++) {
		const uint32_t mark = span_u32(&first), fragment = mark & ~LAST_FRAGMENT;
		const size_t space = sizeof(room) - length, come = span_left(first);
		size_t taken = fragment < space ? fragment : space;

		if (first.failed)
			break;
		if (fragment > RPC_RECORD_MOST || fragment == 0 || fragment % 4 != 0)
			return NO;
		goes_on = (mark & LAST_FRAGMENT) == 0 && come >= fragment;
		taken = taken < come ? taken : come;
		memcpy(room + length, span_take(&first, taken).at, taken);
		length += taken;
	}
	verdict = length > 0 ? rpc_message_read(span_of(room, length), ret_message) : MORE;
	ret_message->machine = ret_message->body = span_of(NULL, 0);
	if (verdict == YES)
		return ret_message->call ? YES : NO;
	return verdict == MORE && length < sizeof(room) ? MORE : NO;
}

enum verdict rpc_recognise(struct span first, unsigned transport, struct rpc_message *ret_message)
{
	enum verdict verdict;
	uint32_t mark;

	if (transport == TRANSPORT_UDP) {
		if (span_left(first) % 4 != 0)
			return NO;
		verdict = rpc_message_read(first, ret_message);
		/* A reply is small numbers, but for its id, which callers begin with a number of their own.
		 */
		return verdict == YES && (ret_message->call ||
					  (zeros_in(ret_message->xid) < 2 && reply_ends(ret_message)))
			       ? YES
			       : NO;
	}
	if (transport != TRANSPORT_TCP || (span_peek(first, 0) & 0x7f) != 0)
		return NO;
	if ((span_peek(first, 0) & 0x80) == 0)
		return recognise_fragments(first, ret_message);
	mark = span_u32(&first);
	if (first.failed)
		return MORE;
	if ((mark & ~LAST_FRAGMENT) < 16 || (mark & ~LAST_FRAGMENT) > RPC_RECORD_MOST || mark % 4 != 0)
		return NO;
	/* Replies are told from other things by their length as well: some say no more than that all is well.
	 */
	return rpc_message_read(first, ret_message);
}

/* Steps over the rest of a record of which nothing more is read. */
static enum verdict skip_fragments(struct rpc_calls *calls, struct parse *parse, struct span *bytes)
{
	while (calls->goes_on[parse->side] && parse->skip == 0) {
		struct span s = *bytes;
		const uint32_t mark = span_u32(&s);

		if (s.failed)
			return MORE;
		if ((mark & ~LAST_FRAGMENT) > RPC_RECORD_MOST)
			return NO;
		calls->goes_on[parse->side] = (mark & LAST_FRAGMENT) == 0;
		parse_skip(parse, mark & ~LAST_FRAGMENT);
		*bytes = s;
	}
	return parse->skip == 0 ? YES : MORE;
}

/* One fragment, which may be the whole record. Of one that is longer than what is read, or followed by
 * others, the rest is stepped over. */
static enum verdict take_fragment(struct parse *parse, struct span *bytes, uint32_t length,
				  struct span *ret_record)
{
	struct span s = *bytes;
	enum verdict whole;

	span_skip(&s, 4);
	whole = message_take(parse, &s, length, ret_record);
	if (whole == YES)
		*bytes = s;
	else
		parse_want(parse, parse->want + 4);
	return whole;
}

/* RFC 5531 11: several that are short are put together. Nobody sends many of those. */
static enum verdict take_fragments(struct rpc_calls *calls, struct parse *parse, struct span *bytes,
				   struct rpc_record *ret_record)
{
	enum { FRAGMENTS = 64 };
	struct span s = *bytes;
	size_t length = 0;
	bool last = false;

	for (unsigned n = 0; !last && length < MESSAGE_MOST && parse->skip == 0; n++) {
		const uint32_t mark = span_u32(&s), more = mark & ~LAST_FRAGMENT;
		const size_t wanted = more < MESSAGE_MOST - length ? more : MESSAGE_MOST - length;

		if (n == FRAGMENTS || more > RPC_RECORD_MOST)
			return NO;
		if (s.failed || span_left(s) < wanted) {
			parse_want(parse, (size_t)(s.at - bytes->at) + (s.failed ? 4 : wanted));
			return MORE;
		}
		memcpy(ret_record->room + length, span_take(&s, wanted).at, wanted);
		length += wanted;
		last = (mark & LAST_FRAGMENT) != 0;
		parse_skip(parse, more - wanted);
	}
	calls->goes_on[parse->side] = !last;
	ret_record->bytes = span_of(ret_record->room, length);
	*bytes = s;
	return YES;
}

enum verdict rpc_take(struct rpc_calls *calls, struct parse *parse, struct span *bytes,
		      struct rpc_record *ret_record)
{
	enum verdict verdict;
	uint32_t mark;
	struct span s;

	if (parse->transport != TRANSPORT_TCP) {
		ret_record->bytes = *bytes;
		bytes->at = bytes->end;
		return YES;
	}
	verdict = skip_fragments(calls, parse, bytes);
	if (verdict != YES)
		return verdict;
	s = *bytes;
	mark = span_u32(&s);
	if (s.failed)
		return MORE;
	if ((mark & ~LAST_FRAGMENT) > RPC_RECORD_MOST)
		return NO;
	return (mark & LAST_FRAGMENT) != 0
		       ? take_fragment(parse, bytes, mark & ~LAST_FRAGMENT, &ret_record->bytes)
		       : take_fragments(calls, parse, bytes, ret_record);
}

struct rpc_call *rpc_remember(struct rpc_calls *calls, const struct rpc_message *message)
{
	struct rpc_call *const call = &calls->calls[calls->next++ % RPC_AWAITED];

	*call = (struct rpc_call){
		.xid = message->xid,
		.program = message->program,
		.version = message->version,
		.procedure = message->procedure,
		.waits = true,
	};
	return call;
}

bool rpc_recall(struct rpc_calls *calls, uint32_t xid, struct rpc_call *ret_call)
{
	for (size_t i = 0; i < RPC_AWAITED; i++) {
		if (!calls->calls[i].waits || calls->calls[i].xid != xid)
			continue;
		*ret_call = calls->calls[i];
		calls->calls[i].waits = false;
		return true;
	}
	return false;
}

const char *rpc_flavour_text(uint32_t flavour)
{
	static const struct code_name names[] = {
		{ 0, "none" }, { 1, "sys" }, { 2, "short" }, { 3, "dh" }, { 6, "gss" }, { 7, "tls" },
	};
	const char *const name = CODE_TEXT(names, flavour);

	return name != NULL ? name : "other";
}

const char *rpc_status_text(const struct rpc_message *message)
{
	static const char *const accepted[] = { "success",      "prog_unavail", "prog_mismatch",
						"proc_unavail", "garbage_args", "system_err" };

	if (message->denied)
		return message->status == 0 ? "rpc_mismatch" : "auth_error";
	return message->status < 6 ? accepted[message->status] : "unknown";
}
