/* packet_log.h: packets that rules log, as the kernel hands them over (NFLOG,
 * linux/netfilter/nfnetlink_log.h).
 *
 * The kernel numbers what it logs for a group. A gap in the numbers is what it could not hand over, so that
 * every lost packet is counted, whether the socket's room or the reader's speed was to blame. */
#ifndef NETFILTER_PACKET_LOG_H
#define NETFILTER_PACKET_LOG_H

#include "base/error.h"
#include "base/span.h"

struct log_record {
	struct span prefix;  /* what the rule says: "doorward deny r-3a76d586" */
	struct span payload; /* the IP packet, as far as it is copied */
	uint32_t in, out;    /* indices of interfaces; 0: none */
	int64_t time_us;     /* wall time; 0: the kernel did not tell */
	bool has_uid, has_sequence;
	uint32_t uid; /* of the process that sends it */
	uint32_t sequence;
	uint8_t hook; /* NF_INET_PRE_ROUTING ... */
};

/* Reads the payload of one NFULNL_MSG_PACKET message. False if it is cut short. */
bool log_record_read(struct span message, struct log_record *ret_record);

struct packet_log;

/* Binds to a group. NULL with words: without CAP_NET_ADMIN, or where another program has the group. */
struct packet_log *packet_log_open(uint16_t group, struct error *err);
void packet_log_close(struct packet_log *log);

/* Waits at most so long, and shows what has come, a bounded number of records. False with words when nothing
 * will come any more; a signal is no trouble. */
typedef void log_reader(void *context, const struct log_record *record);
bool packet_log_read(struct packet_log *log, int timeout_ms, log_reader *reader, void *context,
		     struct error *err);

/* How many the kernel logged and did not hand over, so far. */
uint64_t packet_log_lost(const struct packet_log *log);

/* Whether it could not hand over some behind the last record as well: how many, only a further one would
 * tell. */
bool packet_log_lost_more(const struct packet_log *log);

#endif
