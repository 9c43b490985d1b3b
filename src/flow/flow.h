/* flow.h: traffic becomes flows, and flows become what is spoken in them.
 *
 * An engine is given frames in the order of time, and tells a listener what happens: which flows there were,
 * what protocol each spoke and how that is known, the messages that were read in it, and weaknesses. One flow
 * is the packets of one 5-tuple in both directions; the originator is end 0. An engine belongs to one thread;
 * workers.h has several of them side by side.
 *
 * A flow costs at most FLOW_BYTES of the table; while its content is read it holds a conversation beside it
 * (conversation.h), which is given back once nothing more is wanted of it. Everything has a bound, and what a
 * bound cost is counted. */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include "base/digest.h"
#include "base/error.h"
#include "capture/capture.h"
#include "packet/ipsec.h"
#include "packet/packet.h"
#include "protocols/parse.h"

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
struct flow;
const char *conn_state_text(enum conn_state state);
enum conn_state flow_conn_state(const struct flow *flow);

/* What each side of a TCP connection has been seen to do, each a letter of its history: bits of seen. */
enum {
	SEEN_SYN = 1,
	SEEN_SYN_ACK = 2,
	SEEN_FIN = 4,
	SEEN_RST = 8,
	SEEN_DATA = 16,
	SEEN_ACK = 32, /* any acknowledgement; has no letter */
	SEEN_EMPTY_ACK = 64,
	SEEN_GAP = 128,
	SEEN_RETRANSMISSION = 256,
	SEEN_ZERO_WINDOW = 512,
	SEEN_CONTRADICTION = 1024, /* flags that cannot be together */
};

/* One direction of a flow: what this end has sent. */
struct flow_side {
	uint64_t packets : 48;
	uint64_t seen : 16;
	uint64_t bytes;         /* of IP packets on the wire */
	uint32_t next_sequence; /* tcp: the byte that comes next in order */
	uint32_t acknowledged;  /* tcp: highest that this end has acknowledged of the other */
	uint16_t retransmissions, out_of_order, gaps, zero_windows; /* tcp: packets; they stop at 65535 */
};

/* How it is known what a flow speaks. */
enum identified {
	IDENTIFIED_NOT,
	IDENTIFIED_BY_CONTENT,
	IDENTIFIED_EXPECTED,  /* another flow announced it */
	IDENTIFIED_TRANSPORT, /* the IP header names it: icmp, gre, esp */
};
const char *identified_text(enum identified identified); /* "content"; NULL for IDENTIFIED_NOT */

/* Why the content of a flow was not read to its end, although more of it was wanted. */
enum flow_stop {
	STOP_NOT,
	STOP_DAMAGED, /* or it is not what it began as */
	STOP_GAP,     /* bytes were lost, and the protocol's messages are not found again behind them */
	STOP_BOUND,   /* a message is longer than what may wait for its end */
	STOP_MEMORY,
	STOP_MIDDLE, /* the side was not seen from its beginning: what it began with may be half a message */
	STOPS
};
const char *flow_stop_text(enum flow_stop stop); /* "gap"; NULL for STOP_NOT */

/* A packet of a flow whose content is settled touches the first two cache lines. */
struct flow {
	/* What finds it. */
	struct address ends[2];
	uint16_t ports[2]; /* of ICMP: type and code of the originator's first message */
	uint8_t transport;
	uint8_t version;
	uint8_t tunnel; /* enum tunnel: how its packets came */
	uint8_t cast;
	uint32_t context; /* tells apart what different tunnels carry */

	bool in_use : 1, swapped : 1;
	bool begun : 1;   /* its first packet was counted */
	bool settled : 1; /* nothing more is wanted of its content */
	bool closing : 1; /* its connection has closed, and the wheel knows */
	bool hoping : 1;  /* work is a hope (hope.h) and no conversation */
	int64_t last_ns;
	void *work; /* what streams and parsers hold; NULL once the flow is settled */
	struct flow_side sides[2];

	int64_t first_ns;
	uint64_t first_frame;                 /* number of the frame of its first packet */
	uint32_t number;                      /* its place in the table */
	uint32_t next_due, previous_due, due; /* its neighbours in the wheel, and its place there */
	uint64_t parent;       /* flow id of the tunnel, of the flow that announced this one, or of which this
				* ICMP error speaks; 0 without */
	uint32_t tunnel_key;   /* of the tunnel that its first packet came in; 0 without */
	uint32_t handshake_us; /* SYN to the ACK that ends the handshake; 0: not seen */
	uint64_t stopped_at;   /* what the side had sent up to there was read */
	uint16_t protocol;     /* 1 + place in the registry; 0: not known */
	uint16_t protocol_first; /* the same of what it began with, if it has turned into another */
	uint8_t identified;      /* enum identified */
	uint8_t nth;             /* among the flows that began in its first frame */
	uint8_t icmp_error;      /* 1 + code of an ICMP unreachable that spoke of it; 0: none */
	uint8_t stopped;         /* enum flow_stop */
	bool stopped_side;
	uint8_t history_length;
	uint8_t evidence_length;
	uint8_t unclear;            /* bits of the ends whose first words no recogniser knows */
	char history[FLOW_HISTORY]; /* letters as Zeek writes them; capitals are the originator's */
	uint8_t evidence[FLOW_EVIDENCE];
};

/* Content shows that the responder is the one that calls: exchanges the ends with all that is theirs. Whoever
 * holds a side's number exchanges it too; the table still finds the flow, and its id stays. */
void flow_swap_ends(struct flow *flow);

enum { FLOW_MEMORY = 1 << 30 };

struct flow_limits {
	size_t memory; /* bytes for flows and what is read of them, half for each; 0: FLOW_MEMORY */
	struct flow_timeouts timeouts;
};

struct flow_counts {
	uint64_t flows; /* ever made */
	uint64_t ended[REASONS];
	size_t live, most_live;
	size_t memory;
};

/* The flow's id in events, of 53 bits: made of its ends and of the frame that began it, and so the same on
 * each run over the same capture, with any number of workers. */
uint64_t flow_id(const struct flow *flow);

/* Community ID 1.0 with seed 0 ("1:" and the base64 of SHA-1): text of COMMUNITY_ID bytes. The digester is
 * one of DIGEST_SHA1. */
enum { COMMUNITY_ID = 32 };
char *community_id(struct digester *sha1, const struct address *source, const struct address *destination,
		   uint8_t transport, uint16_t source_port, uint16_t destination_port,
		   char text[static COMMUNITY_ID]);

/* What is spoken: the protocol that the flow began with (the IP header's name for what has no ports),
 * "unknown" for content that nothing recognises, "none" without content. Never NULL. And what it has turned
 * into since; NULL unless it has. */
const char *flow_app_proto(const struct flow *flow);
const char *flow_turned_into(const struct flow *flow);

/* The number of the door that was called: the port, or of ICMP, which has none, the type. */
uint16_t flow_door_number(const struct flow *flow);

/* How its packets were addressed. Anycast is seen from no packet: it is what the catalog knows of the address
 * that was called. */
enum cast flow_cast(const struct flow *flow);

/* ---- listening ---- */

/* One message of a conversation. */
struct flow_message {
	const char *type; /* of the event: "dns" */
	enum side side;   /* who sent what completed it */
	parse_emit *emit;
	const void *record;            /* for emit, and only until the listener returns */
	const struct parse_memo *memo; /* what memory adds to the event; or NULL; likewise */
};

/* Functions that are NULL are not called. `frame` is the number of the frame that brought it, counted from 1
 * over all that was read; with the flow's first_frame it puts what several workers tell into one order. */
struct flow_listener {
	void *context;
	void (*identified)(void *context, const struct flow *flow, int64_t time_ns, uint64_t frame);
	void (*message)(void *context, const struct flow *flow, const struct flow_message *message,
			int64_t time_ns, uint64_t frame);
	/* Of a frame that carries no IP packet the flow has nothing but one address, at both ends, and
	 * TRANSPORT_LINK. */
	void (*weakness)(void *context, const struct flow *flow, const struct weakness *weakness,
			 const char *evidence, int64_t time_ns, uint64_t frame);
	void (*software)(void *context, const struct flow *flow, enum side side, struct span product,
			 struct span version);
	void (*ended)(void *context, const struct flow *flow, enum flow_reason reason, uint64_t frame);

	/* This flow brings something to be remembered that is no event; the memo is good until this returns.
	 */
	void (*remembered)(void *context, const struct flow *flow, const struct parse_memo *memo);

	/* This flow announces one between other addresses than its own, which the engine does not expect: it
	 * may be read by another one. */
	void (*announced)(void *context, const struct flow *flow, const struct expectation *what,
			  int64_t time_ns);

	/* A message in a frame that carries no IP packet, and so belongs to no flow: ARP and the like. The
	 * packets hold what is known of the frame. */
	void (*frame_message)(void *context, const struct packets *packets,
			      const struct flow_message *message, int64_t time_ns, uint64_t frame);
};

/* ---- the engine ---- */

/* The transports whose checksums are verified where that is asked for, by their numbers. */
enum { VERIFIED_TRANSPORTS = 6 };
extern const uint8_t verified_transports[VERIFIED_TRANSPORTS];

struct engine_options {
	bool checksums; /* verify those of the transports */
	bool handed;    /* frames come from another thread, whose processor has their bytes */
	struct flow_limits limits;
	const char *keys_path; /* a file of IPsec keys (packet/ipsec.h), for what is said of it; or NULL */
	struct span keys;      /* what it holds; read by engine_new() */
	ipsec_told *key_error; /* told of each line that cannot be used; NULL: the last one alone is said */
	void *key_error_context;
};

struct engine_counts {
	struct flow_counts flows;
	uint64_t frames, packets,
		bytes; /* packets: with those that tunnels carry; bytes of frames on the wire */
	uint64_t problems[PACKET_PROBLEMS];
	uint64_t bad_checksums;                        /* of IPv4's header */
	uint64_t checksums_verified;                   /* of transports; and those that were wrong */
	uint64_t checksums_wrong[VERIFIED_TRANSPORTS]; /* as verified_transports has them */
	uint64_t not_ip;                               /* frames that carry no IP packet */
	uint64_t fragments, reassembled, fragments_overlapping, fragments_dropped;
	uint64_t fragments_in_flows; /* pieces that their flows count as packets */
	uint64_t icmp_errors, icmp_errors_joined;
	uint64_t tunnelled; /* packets that came inside others */
	uint64_t stream_gaps, stream_gap_bytes, stream_overlaps;
	uint64_t stream_conflicts; /* segments that said other words in the place of those that came first */
	uint64_t given_up;         /* flows that were not read for want of memory */
	uint64_t unread_dropped;   /* bytes that waited longer than their bounds allow */
	uint64_t stopped[STOPS];   /* flows that were not read to their end */
	uint64_t parse_errors;     /* stopped by damage, and frames that are damaged */
	uint64_t expected, expectations, expectations_dropped;
	uint64_t ipsec_good, ipsec_bad, ipsec_replayed;
};

struct engine;

/* NULL with words without memory, or for limits that are too narrow. The listener is copied. */
struct engine *engine_new(const struct engine_options *options, const struct flow_listener *listener,
			  struct error *err);
void engine_free(struct engine *engine);

/* Reads frames in the order of time; `numbers` are theirs, rising. The more at once, the less of its line
 * stands empty. */
void engine_read(struct engine *engine, const struct frame *frames, const uint64_t *numbers, size_t count);

/* Ends the flows whose time is over, in the order of their first frames. The caller decides how often:
 * workers do it at the same frames, so that they agree. At most so many at once: called again, and nothing
 * else, until it returns false, because none are left. */
bool engine_expire(struct engine *engine, int64_t now_ns, uint64_t frame, uint64_t most);

/* At the end of the input: ends all flows, in the order of their first frames; called again in the same way.
 */
bool engine_finish(struct engine *engine, uint64_t most);

/* Counts of now; good until the next call. engine_counts_add() is for several workers. */
const struct engine_counts *engine_counts(struct engine *engine);
void engine_counts_add(struct engine_counts *sum, const struct engine_counts *counts);

#endif
