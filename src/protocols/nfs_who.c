/* nfs_who.c: whether a server of RPC that is no portmapper is one of NFS, and whose: EXCHANGE_ID (RFC 8881
 * 18.35). Where a client never confirms itself, the server forgets it. */
#include "protocols/rpc_message.h"

enum {
	XID = 0x446f6f72,
	NFS_4 = 4,
	COMPOUND = 1,
	MINOR = 1,
	EXCHANGE_ID = 42,
	STATE_PROTECT_NONE = 0,
	TEXT_MOST = 1024,
	REPLY_MOST = 8192,
};

static void write_text(struct buffer *out, const char *text)
{
	const size_t length = strlen(text);

	buffer_u32(out, (uint32_t)length);
	buffer_text(out, text);
	buffer_fill(out, 0, (4 - length % 4) % 4);
}

/* Without credential; the verifier is who we are, so that asking again changes nothing. */
void nfs_ask_who(struct buffer *out)
{
	const size_t mark = out->length;

	buffer_u32(out, 0);
	buffer_u32(out, XID);
	buffer_u32(out, 0);
	buffer_u32(out, 2);
	buffer_u32(out, RPC_NFS);
	buffer_u32(out, NFS_4);
	buffer_u32(out, COMPOUND);
	buffer_fill(out, 0, 16);
	write_text(out, "");
	buffer_u32(out, MINOR);
	buffer_u32(out, 1);
	buffer_u32(out, EXCHANGE_ID);
	buffer_text(out, "doorward");
	write_text(out, "doorward");
	buffer_u32(out, 0);
	buffer_u32(out, STATE_PROTECT_NONE);
	buffer_u32(out, 0);
	buffer_set_u32(out, mark, 0x80000000u | (uint32_t)(out->length - mark - 4));
}

/* "Linux 6.1.0-18-amd64 #1 SMP ...". */
static void tell_linux(struct span name, struct answer *answer)
{
	(void)span_word(&name);
	answer_product(answer, span_text("Linux NFS server"), span_word(&name));
}

/* Programs that are built on it name themselves in their scope, and others as their implementation. */
static void tell_who(struct span s, struct answer *answer)
{
	struct span scope, name;

	span_skip(&s, 8 + 4 + 4);
	if (span_u32(&s) != STATE_PROTECT_NONE)
		return;
	span_skip(&s, 8);
	(void)xdr_opaque(&s, TEXT_MOST);
	scope = xdr_opaque(&s, TEXT_MOST);
	if (!s.failed && span_find(scope, "_NFS-Ganesha") != SIZE_MAX)
		answer_product(answer, span_text("NFS-Ganesha"), span_text(""));
	if (span_u32(&s) != 1)
		return;
	(void)xdr_opaque(&s, TEXT_MOST);
	name = xdr_opaque(&s, TEXT_MOST);
	if (!s.failed && span_begins(name, "Linux "))
		tell_linux(name, answer);
}

enum probe_step nfs_hear_who(struct span *heard, bool ended, struct answer *answer)
{
	struct span s = *heard;
	const uint32_t mark = span_u32(&s);
	struct rpc_message message;
	uint32_t count, operation, status;

	if (s.failed || span_left(s) < (mark & 0x7fffffff))
		return ended || (mark & 0x7fffffff) > REPLY_MOST ? PROBE_NOT : PROBE_WAIT;
	if (rpc_message_read(s, &message) != YES || message.call || message.xid != XID)
		return PROBE_NOT;
	heard->at = heard->end;
	if (message.denied || message.status != 0 || span_u32(&message.body) != 0)
		return PROBE_DONE;
	answer_fact(answer, "programs", span_text("nfs 4"));
	(void)xdr_opaque(&message.body, TEXT_MOST);
	count = span_u32(&message.body);
	operation = span_u32(&message.body);
	status = span_u32(&message.body);
	if (count == 1 && operation == EXCHANGE_ID && status == 0)
		tell_who(message.body, answer);
	return PROBE_DONE;
}
