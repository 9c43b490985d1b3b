/* scan_judge.h: what `scan` makes of the doors that it finds. With a policy they are kept, and judged
 * together when all are found; without one each is judged by itself as it comes, and only counts are kept. */
#ifndef CMD_SCAN_JUDGE_H
#define CMD_SCAN_JUDGE_H

#include "output/scan.h"
#include "scan/ports.h"
#include "scan/targets.h"

enum {
	JUDGE_ADDRESSES = 64, /* that one host may have */
	JUDGE_ANSWERS = 4096, /* that are kept; of further doors it is only known that they are open */
	JUDGE_TALLIES = 256,
	JUDGE_REASONS = 2,
};

struct judge {
	struct arena *arena;         /* owned: the policy, and the audit at the end */
	struct arena *door_arena;    /* owned: of the last door */
	const struct policy *policy; /* NULL without one */
	const char *name;            /* of the host, for people */
	const struct targets *targets;
	const struct ports *ports;
	unsigned transport;
	bool complete; /* set before judge_all(): all doors were asked */
	struct address *addresses, *sources;
	size_t address_count;
	struct audit_found *found; /* owned, and so are the results */
	size_t found_count, found_capacity;
	uint8_t refused[65536 / 8]; /* over UDP: ports that somebody said are closed */
	struct scan_tally tallies[JUDGE_TALLIES];
	size_t tally_count;
};

/* Reads the policy, unless the path is NULL. All but the path is borrowed; targets and ports are filled
 * already. False with words; judge_close() in any case. */
bool judge_open(struct judge *judge, const char *policy_path, struct error *err);
void judge_close(struct judge *judge);

/* A door that is open. Without a policy its own audit, until the next call; else, or without memory, NULL. */
const struct audit *judge_door(struct judge *judge, const struct knock_door *door,
			       const struct knock_result *result);

/* A door over UDP that is closed. */
void judge_refused(struct judge *judge, const struct knock_door *door);

/* The audit of all, with a policy alone. NULL with words. */
const struct audit *judge_all(struct judge *judge, struct error *err);

/* Without a policy: puts the tallies in order, the worst first. Whether any of them counts. */
bool judge_tallies(struct judge *judge);

#endif
