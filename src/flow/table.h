/* table.h: the flow table.
 *
 * A table belongs to one worker and is not locked. Time is the caller's: of packets when reading, of the
 * clock when watching. Nothing is allocated per packet. The table has a bound that the user sets: past it the
 * idlest flow is ended early, and counted. Every timeout is explicit. */
#ifndef FLOW_TABLE_H
#define FLOW_TABLE_H

#include "flow/flow.h"

/* Told of each flow as it ends, before its place is used again. */
struct flow_ending {
	void (*on_end)(void *context, struct flow *flow, enum flow_reason reason);
	void *context;
};

struct flow_table;

enum { FLOW_TABLE_LEAST = 4 << 20 }; /* bytes */

/* NULL, with words, if not even a few flows fit into limits->memory. The caller owns it. */
struct flow_table *flow_table_new(const struct flow_limits *limits, const struct flow_ending *ending,
				  struct error *err);
void flow_table_free(struct flow_table *table);

/* A number that is the same for both directions of a packet's flow: look-ups begin with it. It is keyed anew
 * in each run, so that nobody can write packets that all meet in one place. flow_prefetch_slot(), and a few
 * packets later flow_prefetch(), ask the processor for what flow_table_touch() will read; the latter returns
 * the flow that it will probably be, or NULL. */
uint64_t flow_hash(const struct packet *packet, uint32_t context);
void flow_prefetch_slot(const struct flow_table *table, uint64_t hash);
struct flow *flow_prefetch(const struct flow_table *table, uint64_t hash);

/* Finds the flow of this packet or makes it, and counts the packet; *ret_side is the end that sent it.
 * `frame` is the running number of the packet's frame. A SYN on a closed connection's ports begins a new
 * flow. Never NULL. The pointer is good until the next call. */
struct flow *flow_table_touch(struct flow_table *table, const struct packet *packet, uint64_t hash,
			      uint32_t context, int64_t now_ns, uint64_t frame, unsigned *ret_side);

/* Follows a TCP connection: sequence numbers, state, history. flow->last_ns is
 * still that of the packet before. */
void flow_track_tcp(struct flow *flow, unsigned side, const struct packet *packet, int64_t now_ns);

/* Counts a packet in the flow that flow_prefetch() gave for it: one of TCP without SYN, FIN and RST, or of
 * another transport. The end that sent it comes from flow_has(). */
static inline void flow_count_packet(struct flow *flow, const struct packet *packet, int64_t now_ns,
				     unsigned side)
{
	flow->sides[side].packets++;
	flow->sides[side].bytes += packet->length;
	if (packet->transport == TRANSPORT_TCP && !packet->fragment)
		flow_track_tcp(flow, side, packet, now_ns);
	if (now_ns > flow->last_ns)
		flow->last_ns = now_ns;
}

/* Finds a flow without making or counting: for packets that ICMP errors quote. NULL if there is none. */
struct flow *flow_table_find(const struct flow_table *table, const struct packet *packet, uint64_t hash,
			     uint32_t context);

/* Ends flows whose time is over, in the order of their first frames; call it as time goes on. Which ones
 * depends on their packets and on the times of the calls alone. At most so many at once: called again until
 * it returns false, because none are left; the table must not be touched in between. */
bool flow_table_expire(struct flow_table *table, int64_t now_ns, uint64_t most);

/* Ends all flows, in the order of their first frames; called again in the same way. */
bool flow_table_end_some(struct flow_table *table, enum flow_reason reason, uint64_t most);
void flow_table_end_all(struct flow_table *table, enum flow_reason reason);

const struct flow_counts *flow_table_counts(struct flow_table *table);

#endif
