#include "firewall/attempts.h"
#include "host/chains.h"

#include <errno.h>

/* A rule's counters as they are listed, one after the other: of rule-ID the first has all; the first of
 * rule-ID/over has what the limit refused; all others are of logs. */
struct counting {
	struct arena *arena;
	struct attempts *attempts;
	size_t capacity;
	char chain[128]; /* that the last counter was of */
	bool no_memory;
};

static struct rule_attempts *rule_of(struct counting *c, struct span id)
{
	struct attempts *const a = c->attempts;
	struct rule_attempts *rules;

	for (size_t i = a->count; i > 0; i--) {
		if (span_is(id, a->rules[i - 1].id))
			return &a->rules[i - 1];
	}
	rules = arena_grow(c->arena, a->rules, a->count, &c->capacity, sizeof(*rules));
	if (rules == NULL) {
		c->no_memory = true;
		return NULL;
	}
	a->rules = rules;
	rules[a->count] = (struct rule_attempts){ .id = arena_span_text(c->arena, id) };
	c->no_memory |= rules[a->count].id == NULL;
	return c->no_memory ? NULL : &rules[a->count++];
}

static void take_counter(void *context, const struct chain_counter *counter)
{
	struct counting *const c = context;
	struct span id = span_text(counter->chain), kind = span_of(NULL, 0);
	const bool first = strcmp(c->chain, counter->chain) != 0;
	const size_t slash = span_find(id, "/");
	struct rule_attempts *rule;

	if (!span_begins(id, "rule-") || c->no_memory)
		return;
	memcpy(c->chain, counter->chain, sizeof(c->chain));
	if (slash != SIZE_MAX) {
		kind = span_of(id.at + slash, span_left(id) - slash);
		id.end = id.at + slash;
	}
	span_skip(&id, strlen("rule-"));
	rule = rule_of(c, id);
	if (rule == NULL)
		return;
	if (first && span_left(kind) == 0)
		rule->packets = counter->packets;
	else if (!first || !span_is(kind, "/over"))
		rule->logged += counter->packets, rule->logs = true;
}

/* Rules that do not log have decided packets, and attempted nothing. */
static void keep_those_that_log(struct attempts *a)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->count; i++) {
		struct rule_attempts *const rule = &a->rules[i];

		if (!rule->logs)
			continue;
		rule->suppressed = rule->packets > rule->logged ? rule->packets - rule->logged : 0;
		a->packets += rule->packets;
		a->logged += rule->logged;
		a->suppressed += rule->suppressed;
		a->rules[kept++] = *rule;
	}
	a->count = kept;
}

bool firewall_attempts(struct arena *arena, struct attempts *ret_attempts, struct error *err)
{
	struct counting c = { .arena = arena, .attempts = ret_attempts };
	int error;

	*ret_attempts = (struct attempts){ 0 };
	error = chain_counters_read("doorward", take_counter, &c);
	if (c.no_memory)
		return error_memory(err);
	keep_those_that_log(ret_attempts);
	return error == 0 || error == ENOENT || error == EINVAL || error == EPROTONOSUPPORT ||
	       error_system(err, error, "what the rules have counted");
}

bool attempt_prefix(struct span prefix, struct span *ret_word, struct span *ret_id)
{
	if (!span_begins(prefix, "doorward "))
		return false;
	span_skip(&prefix, strlen("doorward "));
	*ret_word = span_word(&prefix);
	*ret_id = span_word(&prefix);
	return !ret_id->failed;
}
