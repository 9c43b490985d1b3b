#include "host/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>

/* The kernel fills at most 32 KiB at a time when the reader offers as much. */
enum { RECEIVE_SIZE = 1 << 16, HEADER = 16, ATTRIBUTE_HEADER = 4 };

/* Lengths count without the padding to four bytes that follows, which the last one may lack. */
static void skip_padding(struct span *in, size_t length)
{
	const size_t padding = -length & 3;

	span_skip(in, padding < span_left(*in) ? padding : span_left(*in));
}

bool netlink_next(struct span *in, struct netlink_message *ret_message)
{
	const uint32_t length = native_u32(in);

	ret_message->type = native_u16(in);
	ret_message->flags = native_u16(in);
	ret_message->sequence = native_u32(in);
	span_skip(in, 4); /* sender */
	if (in->failed || length < HEADER)
		return false;
	ret_message->body = span_take(in, length - HEADER);
	skip_padding(in, length);
	return !ret_message->body.failed;
}

bool netlink_attribute(struct span *in, uint16_t *ret_type, struct span *ret_value)
{
	const uint16_t length = native_u16(in);

	*ret_type = native_u16(in) & NLA_TYPE_MASK;
	if (in->failed || length < ATTRIBUTE_HEADER)
		return false;
	*ret_value = span_take(in, length - ATTRIBUTE_HEADER);
	skip_padding(in, length);
	return !ret_value->failed;
}

/* One receive's worth. True when the answer has ended; *ret_error is then how. */
static bool read_part(struct span in, uint32_t sequence, netlink_reader *reader, void *context,
		      int *ret_error)
{
	struct netlink_message message;

	while (netlink_next(&in, &message)) {
		if (message.sequence != sequence)
			continue;
		if (message.type == NLMSG_DONE || message.type == NLMSG_ERROR) {
			const int32_t code = (int32_t)native_u32(&message.body);

			*ret_error = code < 0 ? -code : 0;
			return true;
		}
		if (message.type >= NLMSG_MIN_TYPE && reader != NULL)
			reader(context, &message);
	}
	return false;
}

int netlink_dump(struct mnl_socket *socket, const struct nlmsghdr *request, netlink_reader *reader,
		 void *context)
{
	static _Thread_local uint8_t bytes[RECEIVE_SIZE];
	int error = 0;

	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return errno;
	for (;;) {
		const ssize_t got = mnl_socket_recvfrom(socket, bytes, sizeof(bytes));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? errno : EPROTO;
		if (read_part(span_of(bytes, (size_t)got), request->nlmsg_seq, reader, context, &error))
			return error;
	}
}

int netlink_ask(int bus, const struct nlmsghdr *request, netlink_reader *reader, void *context)
{
	struct mnl_socket *const netlink = mnl_socket_open2(bus, SOCK_CLOEXEC);
	int error;

	if (netlink == NULL || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) != 0)
		error = errno;
	else
		error = netlink_dump(netlink, request, reader, context);
	if (netlink != NULL)
		mnl_socket_close(netlink);
	return error;
}

struct nlmsghdr *netlink_request(uint8_t *bytes, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *const request = mnl_nlmsg_put_header(bytes);

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | flags;
	request->nlmsg_seq = 1; /* what groups hear has none */
	return request;
}

struct nlmsghdr *netlink_filter_request(uint8_t *bytes, uint16_t type, uint16_t flags, uint8_t family)
{
	struct nlmsghdr *const request = netlink_request(bytes, type, flags);
	struct nfgenmsg *about;

	about = mnl_nlmsg_put_extra_header(request, sizeof(*about));
	about->nfgen_family = family;
	about->version = NFNETLINK_V0;
	return request;
}
