#include "firewall/batch.h"
#include "host/netlink.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

enum {
	COMMENT_MOST = 128,
	REPLY_SIZE = 1 << 13,
};

/* ---- messages ---- */

static void end_message(struct batch *batch)
{
	if (batch->message != NULL)
		batch->used += MNL_ALIGN(batch->message->nlmsg_len);
	batch->message = NULL;
}

/* False where there is no room, and from then on. */
static bool begin_message(struct batch *batch, uint16_t type, uint16_t flags, uint8_t family)
{
	end_message(batch);
	batch->failed |= BATCH_LIMIT - batch->used < MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct nfgenmsg));
	if (batch->failed)
		return false;
	batch->message = netlink_filter_request(batch->bytes + batch->used, type, flags, family);
	batch->message->nlmsg_seq = ++batch->count;
	return true;
}

/* The first message and the last are about the batch. */
static void frame_message(struct batch *batch, uint16_t type)
{
	if (begin_message(batch, type, 0, AF_UNSPEC)) {
		struct nfgenmsg *const about = mnl_nlmsg_get_payload(batch->message);

		about->res_id = htons(NFNL_SUBSYS_NFTABLES);
	}
}

void batch_message(struct batch *batch, uint16_t type, uint16_t flags)
{
	(void)begin_message(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), NLM_F_ACK | flags,
			    NFPROTO_INET);
}

/* What the message that is written may grow to. */
static size_t room(const struct batch *batch)
{
	return BATCH_LIMIT - batch->used;
}

struct nlattr *batch_nest(struct batch *batch, uint16_t type)
{
	struct nlattr *const nest = batch->failed
					    ? NULL
					    : mnl_attr_nest_start_check(batch->message, room(batch), type);

	batch->failed |= nest == NULL;
	return nest;
}

void batch_close(struct batch *batch, struct nlattr *nest)
{
	if (nest != NULL)
		mnl_attr_nest_end(batch->message, nest);
}

void batch_put(struct batch *batch, uint16_t type, const void *bytes, size_t length)
{
	batch->failed = batch->failed ||
			!mnl_attr_put_check(batch->message, room(batch), type, length, bytes);
}

void batch_u32(struct batch *batch, uint16_t type, uint32_t value)
{
	const uint32_t ordered = htonl(value);

	batch_put(batch, type, &ordered, sizeof(ordered));
}

void batch_u64(struct batch *batch, uint16_t type, uint64_t value)
{
	const uint64_t ordered = htobe64(value);

	batch_put(batch, type, &ordered, sizeof(ordered));
}

void batch_name(struct batch *batch, uint16_t type, struct span name)
{
	char text[NFT_NAME_MAXLEN];

	batch->failed |= span_left(name) >= sizeof(text);
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
	batch->used = batch->count = 0;
	batch->message = NULL;
	batch->failed = false;
	frame_message(batch, NFNL_MSG_BATCH_BEGIN);
	batch_u32(batch, NFNL_BATCH_GENID, generation);
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
	frame_message(batch, NFNL_MSG_BATCH_END);
	end_message(batch);
	if (batch->failed)
		error = ENOMEM;
	else if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
		 mnl_socket_sendto(socket, batch->bytes, batch->used) < 0)
		error = errno;
	else
		error = read_answers(mnl_socket_get_fd(socket), &answers);
	if (error == 0 && answers != wanted)
		error = EPROTO;
	(void)mnl_socket_close(socket);
	return error;
}
