/* attempts.h: what the rules of the loaded table have logged, by its counters: each rule that logs counts all
 * packets that it decides, and those of them that it logged. What lies between was suppressed, so that a
 * flood fills no disk. */
#ifndef FIREWALL_ATTEMPTS_H
#define FIREWALL_ATTEMPTS_H

#include "base/arena.h"
#include "base/error.h"

struct rule_attempts {
	const char *id;
	bool logs;
	uint64_t packets, logged, suppressed;
};

struct attempts {
	struct rule_attempts *rules; /* those that log, in the order of the table */
	size_t count;
	uint64_t packets, logged, suppressed; /* of all */
};

/* False with words where the table cannot be read. Without a table there are no rules. */
bool firewall_attempts(struct arena *arena, struct attempts *ret_attempts, struct error *err);

/* "doorward deny r-3a76d586", as rules write before what they log: the word and the rule's id. False for what
 * others log. */
bool attempt_prefix(struct span prefix, struct span *ret_word, struct span *ret_id);

#endif
