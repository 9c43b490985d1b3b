/* icmp.h: what ICMP and ICMPv6 have in common: echoes, errors, and how messages are counted. ICMPv6 also has
 * neighbour discovery and multicast listener discovery, which are events of their own. */
#ifndef PROTOCOLS_ICMP_H
#define PROTOCOLS_ICMP_H

#include "protocols/tally.h"
#include "protocols/told.h"

enum {
	ICMP_ECHOES_OPEN = 32, /* requests that an answer is waited for */
	ICMP_ECHO_IDS = 8,     /* identifiers that are told */
	ICMP_ERRORS = 8,       /* different errors that are told */
};

/* A request, and what its answer must carry. */
struct icmp_request {
	int64_t time_ns;
	uint32_t data;     /* hash of what it carried, as far as captured */
	uint32_t length;   /* octets of that, on the wire */
	uint16_t captured; /* octets of that */
	uint16_t id, sequence;
	uint8_t side;
	bool is_used, is_answered;
};

/* All zero at first. */
struct icmp_echo {
	struct icmp_request requests_seen[ICMP_ECHOES_OPEN]; /* a ring */
	uint32_t next;
	uint32_t requests, replies, answered, duplicates, differing, opaque;
	uint64_t bytes, opaque_bytes;
	uint32_t largest;
	uint32_t round_trips; /* of which the next three are made */
	int64_t shortest_ns, longest_ns, sum_ns;
	uint32_t last_opaque[2]; /* by side: hash of the last data without a pattern */
	uint16_t ids[ICMP_ECHO_IDS];
	uint8_t id_count;
};

/* Of the error's own header, and of the packet that it quotes. */
struct icmp_error {
	uint8_t type, code, transport;
	bool has_quoted;
	uint16_t ports[2];
	uint32_t value; /* MTU, pointer or gateway */
	struct address source, destination;
	uint32_t count;
};

struct icmp_errors {
	struct icmp_error list[ICMP_ERRORS];
	uint8_t count;
	uint32_t others; /* that found no place */
};

extern const struct weakness icmp_weakness_tunnel, icmp_weakness_redirect;

/* An echo request or reply; s is what stands behind the checksum. False: too short. */
bool icmp_echo_read(struct icmp_echo *echo, struct parse *parse, bool is_reply, struct span s);
void icmp_echo_emit(struct json *json, const struct icmp_echo *echo);

/* An error, of parse->packet. False: too short. */
bool icmp_error_read(struct icmp_errors *errors, struct parse *parse);
void icmp_errors_emit(struct json *json, const struct icmp_errors *errors, unsigned transport);

/* How often each type came, by the catalogue's names. */
void icmp_messages_emit(struct json *json, const struct tally *messages, unsigned transport);

/* ---- ICMPv6 ---- */

/* Each reads one message of its kind, and tells it unless it was told before. False: it cannot be. */
bool icmpv6_read_discovery(struct told *told, struct parse *parse, struct span s);
bool icmpv6_read_listener(struct told *told, struct parse *parse, struct span s);

extern const struct weakness icmpv6_weakness_from_afar;

#endif
