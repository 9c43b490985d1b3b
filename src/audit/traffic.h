/* traffic.h: the doors seen in traffic, and what a policy does not expect there.
 *
 * Each flow that ends is added to the door that it went to: the server's address, transport and port, and the
 * protocol that was spoken. With a policy and the addresses of the host that it is about, each flow to or
 * from that host is put to policy_decide() as well. What comes of it is a list of doors, and an audit with
 * findings, one for each cause however many flows show it.
 *
 * Memory is bounded. Past the bound doors are left out, chosen by a hash of what they are: so which ones stay
 * does not depend on the order of flows, nor on how many workers share them. Of a door with many parties the
 * number is an estimate. What is left out is counted. */
#ifndef AUDIT_TRAFFIC_H
#define AUDIT_TRAFFIC_H

#include "audit/audit.h"
#include "flow/flow.h"

struct traffic_options {
	const struct policy *policy;       /* borrowed, as all; NULL: nothing is judged */
	const struct decider *decider;     /* of the policy; workers may share it */
	const struct surroundings *around; /* self is the host that the policy is about */
	size_t doors;                      /* kept of each kind; 0: 16384 */
	bool only_totals; /* of doors, their number is all that is wanted: nothing is said of them */
};

struct traffic;

/* NULL without memory. One for each engine. */
struct traffic *traffic_new(const struct traffic_options *options);
void traffic_free(struct traffic *traffic);

/* What a listener of the engine hears. */
void traffic_flow(struct traffic *traffic, const struct flow *flow);
void traffic_weakness(struct traffic *traffic, const struct flow *flow, const struct weakness *weakness,
		      const char *evidence, int64_t time_ns, uint64_t frame);
void traffic_software(struct traffic *traffic, const struct flow *flow, enum side side, struct span product,
		      struct span version);

/* Adds what another worker has seen. */
void traffic_merge(struct traffic *into, const struct traffic *from);

/* ---- what came of it ---- */

enum { TRAFFIC_PARTIES_SHOWN = 4, TRAFFIC_WEAKNESSES = 8, TRAFFIC_SOFTWARE = 128 };

/* Distinct addresses. */
struct traffic_parties {
	uint64_t count;
	bool estimated; /* within some ten per cent */
	struct address some[TRAFFIC_PARTIES_SHOWN];
	size_t some_count;
};

struct traffic_door {
	struct address server;
	uint16_t port; /* of ICMP the type; 0 without ports */
	uint8_t transport;
	uint8_t cast;
	const char *protocol;           /* as flow_app_proto(): "ssh", "unknown", "none" */
	const char *turned_into;        /* or NULL: some of its flows have */
	struct traffic_parties parties; /* the other ends */
	uint64_t flows, packets, bytes_to_server, bytes_to_client;
	uint64_t unanswered, refused; /* of the flows */
	uint64_t turned, expected, tunnelled, parse_errors, one_sided;
	int64_t first_ns, last_ns;
	const struct service
		*registered; /* what the port is registered for, where that is something else; or NULL
			      */
	bool clear_text;     /* others on the way can read it */
	char software[TRAFFIC_SOFTWARE]; /* of the server; "" unknown */
	size_t software_more;            /* other software that was seen there */
	const struct weakness *weaknesses[TRAFFIC_WEAKNESSES];
	size_t weakness_count;
};

struct traffic_protocol {
	const char *name;
	uint64_t flows, packets, bytes;
};

struct traffic_summary {
	struct traffic_door *doors; /* sorted: server, transport, port; the busiest protocol first; NULL with
				       only_totals */
	size_t door_count;
	struct traffic_protocol *protocols; /* by flows, the most first */
	size_t protocol_count;
	uint64_t flows, packets, bytes, unanswered;
	uint64_t left_out_flows, left_out_bytes; /* of doors beyond the bound */
	int64_t first_ns, last_ns;
	/* With a policy. */
	uint64_t judged, allowed,
		kept_out;    /* flows of the host; that a rule allows; denied and not answered */
	struct audit *audit; /* its findings; without a policy the weaknesses */
};

/* Everything lives in the arena. NULL without memory. */
struct traffic_summary *traffic_summary(struct traffic *traffic, struct arena *arena);

#endif
