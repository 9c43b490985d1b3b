#include "netfilter/packet_log.h"
#include "host/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	RECEIVE_SIZE = 1 << 17,
	RECEIVES_MOST = 64, /* before the caller is heard again */
	ROOM = 32 << 20,    /* of the socket, for bursts */
	COPIED = 512,       /* octets of each packet: headers, and first words */
	GATHERED = 64,      /* packets that the kernel puts into one message ... */
	PATIENCE = 5,       /* ... within so many hundredths of a second */
	REQUEST_SIZE = 256,
};

struct packet_log {
	struct mnl_socket *socket;
	uint64_t lost;
	uint64_t overruns, gaps; /* each overrun is a gap once a further record comes */
	uint32_t next;           /* number that comes next */
	bool begun;
	uint8_t bytes[RECEIVE_SIZE];
};

/* ---- reading ---- */

static uint32_t number_of(struct span value)
{
	return span_u32(&value);
}

static int64_t time_of(struct span value)
{
	const int64_t seconds = (int64_t)span_u64(&value), micros = (int64_t)span_u64(&value);

	return value.failed ? 0 : seconds * 1000000 + micros;
}

bool log_record_read(struct span message, struct log_record *ret_record)
{
	struct span value;
	uint16_t type;

	*ret_record = (struct log_record){ .prefix = span_of(NULL, 0), .payload = span_of(NULL, 0) };
	span_skip(&message, 4); /* family, version, group */
	if (message.failed)
		return false;
	while (netlink_attribute(&message, &type, &value)) {
		switch (type) {
		case NFULA_PACKET_HDR:
			span_skip(&value, 2);
			ret_record->hook = span_u8(&value);
			break;
		case NFULA_TIMESTAMP: ret_record->time_us = time_of(value); break;
		case NFULA_IFINDEX_INDEV: ret_record->in = number_of(value); break;
		case NFULA_IFINDEX_OUTDEV: ret_record->out = number_of(value); break;
		case NFULA_PAYLOAD: ret_record->payload = value; break;
		case NFULA_PREFIX:
			if (span_left(value) > 0 && value.end[-1] == '\0')
				value.end--;
			ret_record->prefix = value;
			break;
		case NFULA_UID:
			ret_record->has_uid = true;
			ret_record->uid = number_of(value);
			break;
		case NFULA_SEQ:
			ret_record->has_sequence = true;
			ret_record->sequence = number_of(value);
			break;
		}
	}
	return true;
}

static void count_gap(struct packet_log *log, const struct log_record *record)
{
	if (!record->has_sequence)
		return;
	if (log->begun || record->sequence > 0) {
		log->lost += (uint32_t)(record->sequence - log->next);
		log->gaps += record->sequence != log->next;
	}
	log->begun = true;
	log->next = record->sequence + 1;
}

static void read_messages(struct packet_log *log, struct span in, log_reader *reader, void *context)
{
	struct netlink_message message;
	struct log_record record;

	while (netlink_next(&in, &message)) {
		if (message.type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET) ||
		    !log_record_read(message.body, &record))
			continue;
		count_gap(log, &record);
		reader(context, &record);
	}
}

/* ENOBUFS says that some did not fit; their numbers tell how many. */
bool packet_log_read(struct packet_log *log, int timeout_ms, log_reader *reader, void *context,
		     struct error *err)
{
	struct pollfd wait = { .fd = mnl_socket_get_fd(log->socket), .events = POLLIN };

	if (poll(&wait, 1, timeout_ms) < 0)
		return errno == EINTR || error_system(err, errno, "the kernel's log of packets");
	for (unsigned i = 0; i < RECEIVES_MOST; i++) {
		const ssize_t got = recv(wait.fd, log->bytes, sizeof(log->bytes), MSG_DONTWAIT);

		if (got > 0)
			read_messages(log, span_of(log->bytes, (size_t)got), reader, context);
		else if (got == 0 || errno == EAGAIN || errno == EINTR)
			return true;
		else if (errno == ENOBUFS)
			log->overruns++;
		else
			return error_system(err, errno, "the kernel's log of packets");
	}
	return true;
}

uint64_t packet_log_lost(const struct packet_log *log)
{
	return log->lost;
}

bool packet_log_lost_more(const struct packet_log *log)
{
	return log->overruns > log->gaps;
}

/* ---- binding ---- */

/* Sends one request about the group and waits for what comes of it: zero or an errno. */
static int configure(struct packet_log *log, uint16_t group, uint16_t type, const void *value, size_t size)
{
	uint8_t bytes[REQUEST_SIZE];
	struct nlmsghdr *const request = netlink_filter_request(
		bytes, NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, NLM_F_ACK, AF_UNSPEC);
	struct nfgenmsg *const about = mnl_nlmsg_get_payload(request);

	about->res_id = (uint16_t)(group << 8 | group >> 8);
	mnl_attr_put(request, type, size, value);
	return netlink_dump(log->socket, request, NULL, NULL);
}

static int bind_group(struct packet_log *log, uint16_t group)
{
	const struct nfulnl_msg_config_cmd bind = { .command = NFULNL_CFG_CMD_BIND };
	struct nfulnl_msg_config_mode mode = { .copy_mode = NFULNL_COPY_PACKET };
	struct span number;
	uint8_t word[4] = { 0, 0, 0, GATHERED }, patience[4] = { 0, 0, 0, PATIENCE };
	uint8_t numbered[2] = { 0, NFULNL_CFG_F_SEQ }, range[4] = { 0, 0, COPIED >> 8, COPIED & 0xff };
	int error = configure(log, group, NFULA_CFG_CMD, &bind, sizeof(bind));

	number = span_of(range, sizeof(range));
	memcpy(&mode.copy_range, number.at, sizeof(range));
	if (error == 0)
		error = configure(log, group, NFULA_CFG_MODE, &mode, sizeof(mode));
	if (error == 0)
		error = configure(log, group, NFULA_CFG_FLAGS, numbered, sizeof(numbered));
	if (error == 0)
		error = configure(log, group, NFULA_CFG_QTHRESH, word, sizeof(word));
	if (error == 0)
		error = configure(log, group, NFULA_CFG_TIMEOUT, patience, sizeof(patience));
	return error;
}

struct packet_log *packet_log_open(uint16_t group, struct error *err)
{
	struct packet_log *const log = calloc(1, sizeof(*log));
	const int room = ROOM;
	int error;

	if (log == NULL) {
		error_memory(err);
		return NULL;
	}
	log->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (log->socket == NULL || mnl_socket_bind(log->socket, 0, MNL_SOCKET_AUTOPID) != 0) {
		error = errno;
	} else {
		(void)setsockopt(mnl_socket_get_fd(log->socket), SOL_SOCKET, SO_RCVBUFFORCE, &room,
				 sizeof(room));
		error = bind_group(log, group);
	}
	if (error == 0)
		return log;
	if (error == EBUSY)
		error_set(err, "another program reads what group %u of NFLOG logs", group);
	else
		error_system(err, error, "the kernel's log of packets (NFLOG, group %u)", group);
	packet_log_close(log);
	return NULL;
}

void packet_log_close(struct packet_log *log)
{
	if (log == NULL)
		return;
	if (log->socket != NULL)
		mnl_socket_close(log->socket);
	free(log);
}
