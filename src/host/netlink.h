/* netlink.h: reading netlink messages (linux/netlink.h) through spans: a message, then its attributes.
 * Numbers are in the order of this machine. libmnl opens, sends and receives; what comes in is read here,
 * because a dump that the kernel refuses shows only in the payload of its last message. */
#ifndef HOST_NETLINK_H
#define HOST_NETLINK_H

#include "base/span.h"

struct netlink_message {
	uint16_t type, flags;
	uint32_t sequence; /* of the question that it answers; 0: of none, as what a group of NFLOG hears */
	struct span body;
};

/* Cuts the next message off what one receive brought. False at the end, and where the rest is no whole one.
 */
bool netlink_next(struct span *in, struct netlink_message *ret_message);

/* Cuts the next attribute off; the flags of its type are taken away. False at the end or where it is cut. */
bool netlink_attribute(struct span *in, uint16_t *ret_type, struct span *ret_value);

static inline uint16_t native_u16(struct span *s)
{
	const struct span b = span_take(s, sizeof(uint16_t));
	uint16_t value = 0;

	if (!b.failed)
		memcpy(&value, b.at, sizeof(value));
	return value;
}

static inline uint32_t native_u32(struct span *s)
{
	const struct span b = span_take(s, sizeof(uint32_t));
	uint32_t value = 0;

	if (!b.failed)
		memcpy(&value, b.at, sizeof(value));
	return value;
}

static inline uint64_t native_u64(struct span *s)
{
	const struct span b = span_take(s, sizeof(uint64_t));
	uint64_t value = 0;

	if (!b.failed)
		memcpy(&value, b.at, sizeof(value));
	return value;
}

/* Is handed each message of an answer. */
typedef void netlink_reader(void *context, const struct netlink_message *message);

/* Sends one dump request, which libmnl put together, on a socket that has nothing else on its way, and reads
 * the answer to its end. Zero, or the errno that the kernel refused with. */
struct mnl_socket;
struct nlmsghdr;
int netlink_dump(struct mnl_socket *socket, const struct nlmsghdr *request, netlink_reader *reader,
		 void *context);

/* The same on a socket of its own, opened for this one question; `reader` may be NULL where only the errno
 * counts. */
int netlink_ask(int bus, const struct nlmsghdr *request, netlink_reader *reader, void *context);

/* Begins a request: flags beside NLM_F_REQUEST. */
struct nlmsghdr *netlink_request(uint8_t *bytes, uint16_t type, uint16_t flags);

/* The same to a part of netfilter: type is SUBSYSTEM << 8 | MESSAGE. */
struct nlmsghdr *netlink_filter_request(uint8_t *bytes, uint16_t type, uint16_t flags, uint8_t family);

#endif
