#include "firewall/batch.h"
#include "host/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

enum {
	BATCH_LIMIT = 1 << 14, /* bytes: all answers must find room on their way back */
	COMMENT_MOST = 128,
	REPLY_SIZE = 1 << 13,
};

/* ---- messages ---- */

static void native(struct buffer *out, const void *number, size_t size)
{
	buffer_add(out, number, size);
}

/* Lengths are known behind what they are of, and stand before it. */
static void set_length(struct batch *batch, size_t at, size_t size)
{
	const uint32_t length = (uint32_t)(batch->bytes.length - at);
	const uint16_t short_length = (uint16_t)length;

	if (batch->bytes.failed)
		return;
	memcpy(batch->bytes.bytes + at, size == sizeof(length) ? (const void *)&length : &short_length, size);
}

static void end_message(struct batch *batch)
{
	if (batch->count > 0)
		set_length(batch, batch->message, sizeof(uint32_t));
}

/* linux/netlink.h: struct nlmsghdr; linux/netfilter/nfnetlink.h: struct nfgenmsg. */
static void begin_message(struct batch *batch, uint16_t type, uint16_t flags, uint8_t family,
			  uint16_t resource)
{
	const uint32_t length = 0, sender = 0;

	end_message(batch);
	batch->message = batch->bytes.length;
	batch->count++;
	native(&batch->bytes, &length, sizeof(length));
	native(&batch->bytes, &type, sizeof(type));
	native(&batch->bytes, &flags, sizeof(flags));
	native(&batch->bytes, &batch->count, sizeof(batch->count));
	native(&batch->bytes, &sender, sizeof(sender));
	buffer_u8(&batch->bytes, family);
	buffer_u8(&batch->bytes, NFNETLINK_V0);
	buffer_u16(&batch->bytes, resource);
}

void batch_message(struct batch *batch, uint16_t type, uint16_t flags)
{
	begin_message(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
		      (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags), NFPROTO_INET, 0);
}

size_t batch_nest(struct batch *batch, uint16_t type)
{
	const size_t at = batch->bytes.length;
	const uint16_t length = 0, nested = type | NLA_F_NESTED;

	native(&batch->bytes, &length, sizeof(length));
	native(&batch->bytes, &nested, sizeof(nested));
	return at;
}

void batch_close(struct batch *batch, size_t nest)
{
	set_length(batch, nest, sizeof(uint16_t));
}

void batch_put(struct batch *batch, uint16_t type, const void *bytes, size_t length)
{
	const size_t at = batch->bytes.length;
	const uint16_t whole = 0;

	native(&batch->bytes, &whole, sizeof(whole));
	native(&batch->bytes, &type, sizeof(type));
	buffer_add(&batch->bytes, bytes, length);
	set_length(batch, at, sizeof(uint16_t));
	buffer_fill(&batch->bytes, 0, -length & 3);
}

void batch_u32(struct batch *batch, uint16_t type, uint32_t value)
{
	const uint32_t ordered = htonl(value);

	batch_put(batch, type, &ordered, sizeof(ordered));
}

void batch_u64(struct batch *batch, uint16_t type, uint64_t value)
{
	const uint32_t ordered[] = { htonl((uint32_t)(value >> 32)), htonl((uint32_t)value) };

	batch_put(batch, type, ordered, sizeof(ordered));
}

void batch_name(struct batch *batch, uint16_t type, struct span name)
{
	char text[NFT_NAME_MAXLEN];

	batch->bytes.failed |= span_left(name) >= sizeof(text);
	span_copy_text(name, text, sizeof(text));
	batch_put(batch, type, text, strlen(text) + 1);
}

/* Type, length, value: NFTNL_UDATA_RULE_COMMENT and NFTNL_UDATA_CHAIN_COMMENT are both the first. */
bool batch_comment(struct batch *batch, uint16_t type, struct span comment)
{
	uint8_t bytes[2 + COMMENT_MOST] = { 0 };
	const size_t length = span_left(comment);

	if (length >= COMMENT_MOST)
		return false;
	bytes[1] = (uint8_t)(length + 1);
	memcpy(bytes + 2, comment.at, length);
	batch_put(batch, type, bytes, 2 + length + 1);
	return true;
}

void batch_begin(struct batch *batch, uint32_t generation)
{
	*batch = (struct batch){ .bytes = buffer_new(BATCH_LIMIT) };
	begin_message(batch, NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	batch_u32(batch, NFNL_BATCH_GENID, generation);
}

void batch_free(struct batch *batch)
{
	buffer_free(&batch->bytes);
}

/* ---- sending ---- */

/* The kernel has answered each message by the time that sending comes back. *ret_answers: how many. */
static int read_answers(int fd, uint32_t *ret_answers)
{
	uint8_t bytes[REPLY_SIZE];
	int error = 0;

	for (*ret_answers = 0;;) {
		const ssize_t length = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		struct span in = span_of(bytes, length > 0 ? (size_t)length : 0);
		struct netlink_message message;

		if (length <= 0)
			return length < 0 && errno != EAGAIN ? errno : error;
		while (netlink_next(&in, &message)) {
			const int32_t code = (int32_t)native_u32(&message.body);

			*ret_answers += message.type == NLMSG_ERROR && code == 0;
			if (message.type == NLMSG_ERROR && code < 0)
				error = -code;
		}
	}
}

int batch_send(struct batch *batch)
{
	struct mnl_socket *const socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	const uint32_t wanted = batch->count - 1; /* the first is not answered, and neither is the last */
	uint32_t answers = 0;
	int error;

	if (socket == NULL)
		return errno;
	begin_message(batch, NFNL_MSG_BATCH_END, NLM_F_REQUEST, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end_message(batch);
	if (batch->bytes.failed)
		error = ENOMEM;
	else if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
		 mnl_socket_sendto(socket, batch->bytes.bytes, batch->bytes.length) < 0)
		error = errno;
	else
		error = read_answers(mnl_socket_get_fd(socket), &answers);
	if (error == 0 && answers != wanted)
		error = EPROTO;
	(void)mnl_socket_close(socket);
	return error;
}
