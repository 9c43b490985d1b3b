/* traffic_rooms.h: what the files of traffic.h share.
 *
 *     traffic.c          hears flows                 traffic_rows.c      keeps them, within bounds
 *     traffic_judge.c    asks the policy             traffic_parties.c   counts distinct addresses
 *     traffic_summary.c  makes doors of rows         traffic_findings.c  makes findings of them */
#ifndef AUDIT_TRAFFIC_ROOMS_H
#define AUDIT_TRAFFIC_ROOMS_H

#include "audit/rooms.h"
#include "audit/traffic.h"

/* ---- traffic_parties.c ---- */

/* Distinct addresses, exact while there are few: the least of their hashes are kept, and how dense they lie
 * tells how many there are. */
enum { PARTIES_KEPT = 128 };
struct parties {
	uint64_t *hashes; /* owned; rising */
	uint16_t count, capacity;
	struct address some[TRAFFIC_PARTIES_SHOWN]; /* of the first hashes */
};

bool parties_add(struct parties *parties, const struct address *address);
bool parties_merge(struct parties *into, const struct parties *from);
struct traffic_parties parties_count(const struct parties *parties);
void parties_free(struct parties *parties);

/* ---- traffic_rows.c ---- */

/* What the policy says of a flow. */
enum judged {
	JUDGED_NOT,      /* no policy, or not of its host */
	JUDGED_ALLOWED,  /* or a follower of what is allowed */
	JUDGED_PROTOCOL, /* allowed, and another protocol is spoken than the rule documents */
	JUDGED_DENIED,   /* denied, and yet it passed */
	JUDGED_KEPT_OUT  /* denied, and nobody answered */
};

/* Rows of a kind have a bound of their own, so that a scan does not push out what matters. The last two are
 * what was told beside flows. */
enum row_kind { ROW_FINDING, ROW_ANSWERED, ROW_UNANSWERED, ROW_WEAKNESS, ROW_SOFTWARE, ROW_KINDS };

struct row_key {
	struct address server;
	uint64_t word; /* hash of the protocol's name, the weakness's id, the software */
	uint32_t rule; /* 1 + number of the rule that decided; 0: none */
	uint16_t port;
	uint8_t transport, judged, direction;
};

struct row {
	uint64_t hash;
	struct row_key key;
	const char *protocol;
	const char *turned_into;
	uint8_t cast;
	uint64_t flows, packets, bytes[2];
	uint64_t unanswered, refused, turned, expected, tunnelled, parse_errors, one_sided;
	int64_t first_ns, last_ns;
	struct parties parties;
	const struct weakness *weakness;
	char *text;     /* owned, or NULL: evidence of the weakness as first told; software */
	uint64_t frame; /* that brought it */
};

/* The rows with the least hashes, at most `bound` of them once rows_settle() was called. */
struct rows {
	struct row *list; /* owned */
	size_t count, capacity, bound;
	uint32_t *index; /* owned; 1 + place in the list */
	size_t index_size;
	uint64_t threshold; /* rows with a greater hash are not taken any more */
	bool no_memory;
};

/* The row of this key, made if need be; NULL if it is beyond the bound. */
struct row *rows_touch(struct rows *rows, const struct row_key *key);
void rows_settle(struct rows *rows);
void rows_free(struct rows *rows);

/* Adds what `from` has counted; false without memory. */
bool row_merge(struct row *into, const struct row *from);

/* ---- traffic.c ---- */

enum { TRAFFIC_PROTOCOLS = 1024 };

struct traffic {
	struct traffic_options options;
	struct rows rows[ROW_KINDS];
	struct traffic_protocol protocols[TRAFFIC_PROTOCOLS]; /* by hash of the name */
	uint64_t flows, packets, bytes, unanswered, judged, allowed, kept_out;
	int64_t first_ns, last_ns;
};

/* ---- traffic_judge.c ---- */

bool traffic_of_host(const struct traffic *traffic, const struct address *address);

/* Whether the other end answered, or the kind of traffic needs no answer. */
bool flow_passed(const struct flow *flow);

void judge_flow(const struct traffic *traffic, const struct flow *flow, const char *protocol,
		struct row_key *key);

/* ---- traffic_findings.c ---- */

/* The rows of ROW_FINDING and the notes as an audit. NULL without memory. */
struct audit *traffic_audit(const struct traffic *traffic, struct arena *arena);

#endif
