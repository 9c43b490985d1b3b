/* flow.h: the flow table. One flow is the packets of one 5-tuple in both directions; the originator is end 0.
 *
 * A table belongs to one worker and is not locked. Time is the caller's: of packets when reading, of the
 * clock when watching. A flow costs at most FLOW_BYTES of table until a parser needs state for it; nothing is
 * allocated per packet. The table has a bound that the user sets: past it the idlest flow is ended early, and
 * counted. Every timeout is explicit. */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include "base/error.h"
#include "packet/packet.h"

enum { FLOW_BYTES = 256, FLOW_HISTORY = 16, FLOW_EVIDENCE = 16 };

/* Seconds without a packet after which a flow has ended, by what it is. */
struct flow_timeouts {
	uint32_t tcp_opening; /* no answer to a SYN yet */
	uint32_t tcp_established;
	uint32_t tcp_closed; /* both sides have closed, or one has reset */
	uint32_t udp_unanswered, udp, icmp, other;
};
extern const struct flow_timeouts flow_timeouts_usual;

/* Why a flow ended. */
enum flow_reason {
	REASON_TIMEOUT,
	REASON_CLOSED,
	REASON_END_OF_INPUT,
	REASON_MEMORY,
	REASON_REPLACED,
	REASONS
};
const char *flow_reason_text(enum flow_reason reason);

/* The state of a connection, as Zeek names it in conn_state. */
enum conn_state {
	CONN_S0,     /* an attempt that nobody answered */
	CONN_S1,     /* established, not closed */
	CONN_SF,     /* established and closed by both */
	CONN_REJ,    /* an attempt that was refused */
	CONN_S2,     /* established, closed by the originator alone */
	CONN_S3,     /* established, closed by the responder alone */
	CONN_RSTO,   /* established, then reset by the originator */
	CONN_RSTR,   /* established, then reset by the responder */
	CONN_RSTOS0, /* a SYN and a RST of the originator, and no SYN ACK seen */
	CONN_RSTRH,  /* a SYN ACK and a RST of the responder, and no SYN seen */
	CONN_SH,     /* a SYN and a FIN of the originator, and no SYN ACK seen */
	CONN_SHR,    /* a SYN ACK and a FIN of the responder, and no SYN seen */
	CONN_OTH,    /* seen from the middle */
	CONN_STATES
};
const char *conn_state_text(enum conn_state state);

/* What each side of a TCP connection has been seen to do: bits of struct flow_side. */
enum { SEEN_SYN = 1, SEEN_SYN_ACK = 2, SEEN_FIN = 4, SEEN_RST = 8, SEEN_DATA = 16, SEEN_ACK = 32 };

/* One direction of a flow: what this end has sent. */
struct flow_side {
	uint64_t packets, bytes; /* bytes of IP packets on the wire */
	uint32_t next_sequence;  /* tcp: the byte that comes next in order */
	uint32_t acknowledged;   /* tcp: highest that this end has acknowledged of the other */
	uint16_t retransmissions, out_of_order, gaps, zero_windows; /* tcp: packets; they stop at 65535 */
	uint8_t seen;
	uint8_t window_scale;
};

struct flow {
	/* What finds it. */
	struct address ends[2];
	uint16_t ports[2]; /* of ICMP: type and code of the originator's first message */
	uint8_t transport;
	uint8_t version;
	uint8_t tunnel; /* enum tunnel: how its packets came */
	uint8_t cast;
	uint32_t context; /* tells apart what different tunnels carry */

	uint32_t number;                      /* its place in the table */
	uint32_t next_due, previous_due, due; /* its neighbours in the wheel, and its place there */
	int64_t first_ns, last_ns;
	struct flow_side sides[2];
	uint64_t parent;       /* flow id of the tunnel, or of the flow that announced this one; 0 without */
	uint32_t handshake_us; /* SYN to the ACK that ends the handshake; 0: not seen */
	uint32_t handshake_start_us; /* while it lasts: since first_ns */

	uint16_t protocol;  /* 1 + place in the registry; 0: not known */
	uint8_t identified; /* how: see identify.h */
	uint8_t history_length;
	char history[FLOW_HISTORY]; /* letters as Zeek writes them; capitals are the originator's */
	uint8_t evidence[FLOW_EVIDENCE];
	uint8_t evidence_length;
	uint8_t icmp_error; /* 1 + code of an ICMP unreachable that spoke of it; 0: none */
	bool in_use, reassembling, swapped;
	void *work; /* what streams and parsers hold; NULL once the flow is settled */
};

struct flow_limits {
	size_t memory; /* bytes for the table and its flows; 0: 1 GiB */
	struct flow_timeouts timeouts;
};

/* Told of each flow as it ends, before its place is used again. */
struct flow_ending {
	void (*on_end)(void *context, struct flow *flow, enum flow_reason reason);
	void *context;
};

struct flow_counts {
	uint64_t flows; /* ever made */
	uint64_t ended[REASONS];
	size_t live, most_live;
	size_t memory;
};

struct flow_table;

/* NULL, with words, if not even a few flows fit into limits->memory. The caller owns it. */
struct flow_table *flow_table_new(const struct flow_limits *limits, const struct flow_ending *ending,
				  struct error *err);
void flow_table_free(struct flow_table *table);

/* A number that is the same for both directions of a packet's flow: look-ups begin with it, and it chooses
 * the worker. flow_prefetch() asks the processor for what flow_table_touch() will read. */
uint64_t flow_hash(const struct packet *packet, uint32_t context);
void flow_prefetch_slot(const struct flow_table *table, uint64_t hash);
void flow_prefetch(const struct flow_table *table, uint64_t hash);

/* Finds the flow of this packet or makes it, and counts the packet; *ret_side is the end that sent it. A SYN
 * on a closed connection's ports begins a new flow. Never NULL. The pointer is good until the next call. */
struct flow *flow_table_touch(struct flow_table *table, const struct packet *packet, uint64_t hash,
			      uint32_t context, int64_t now_ns, unsigned *ret_side);

/* Finds a flow without making or counting: for packets that ICMP errors quote. NULL if there is none. */
struct flow *flow_table_find(const struct flow_table *table, const struct packet *packet, uint64_t hash,
			     uint32_t context);

/* Ends flows whose time is over; call it as time goes on. And all that are left. */
void flow_table_expire(struct flow_table *table, int64_t now_ns);
void flow_table_end_all(struct flow_table *table, enum flow_reason reason);

const struct flow_counts *flow_table_counts(struct flow_table *table);

/* Follows a TCP connection: sequence numbers, state, history. Part of flow_table_touch(). */
void flow_track_tcp(struct flow *flow, unsigned side, const struct packet *packet, int64_t now_ns);
enum conn_state flow_conn_state(const struct flow *flow);

/* The flow's id in events: the same on each run over the same capture. */
uint64_t flow_id(const struct flow *flow);

/* Community ID 1.0 with seed 0 ("1:" and the base64 of SHA-1): text of COMMUNITY_ID bytes. */
enum { COMMUNITY_ID = 32 };
char *community_id(const struct address *source, const struct address *destination, uint8_t transport,
		   uint16_t source_port, uint16_t destination_port, char text[static COMMUNITY_ID]);

#endif
