/* attempts.h: packets that rules of the policy have logged, as lines for people and as `attempt` events. */
#ifndef OUTPUT_ATTEMPTS_H
#define OUTPUT_ATTEMPTS_H

#include "firewall/attempts.h"
#include "host/host.h"
#include "netfilter/packet_log.h"
#include "output/output.h"
#include "packet/packet.h"
#include "policy/policy.h"
#include "protocols/protocols.h"

struct attempt {
	const struct log_record *record;
	const struct packet *packet;
	struct span word, rule; /* "deny", "would-reject"; the rule's id */
	enum direction direction;
	const char *in, *out;             /* names of interfaces, or NULL */
	const struct protocol *protocol;  /* of its first words, or NULL */
	const struct host_process *local; /* the process at this host's end, or NULL */
	const char *user, *unit;          /* of it, or NULL */
};

/* One line, without its end. */
void attempt_line(struct buffer *out, const struct attempt *attempt);
void attempt_event(struct buffer *out, const struct attempt *attempt);

/* What rules have counted. With `lost`, the packets that were logged and not handed over, and `failed`,
 * events that could not be delivered: the end of following. */
struct attempts_view {
	const struct attempts *attempts;
	bool followed;
	uint64_t told, lost, failed, others; /* others: of the group, but not of our rules */
	uint64_t suppressed;                 /* while it was followed */
};
void attempts_text(struct out *out, const struct attempts_view *view);
void attempts_json(struct out *out, const struct attempts_view *view);

#endif
