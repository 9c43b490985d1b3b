/* iptables-save and ip6tables-save (iptables-save(8), iptables-extensions(8)), with the sets that 'ipset
 * save' prints, where they stand in the same text. Only the table 'filter' filters. */
#include "policy/moving_chains.h"

#include <string.h>

/* A set of ipset, whose elements are words. */
struct ipset {
	struct ipset *next;
	struct span name;
	bool plain; /* of addresses alone */
	struct buffer elements;
};

struct reader {
	struct moving *m;
	struct moving_chains chains;
	struct ipset *sets;
	size_t set_count;
	unsigned table;  /* how many there were */
	size_t first;    /* the first chain of this table */
	unsigned family; /* as the program says who wrote this */
	bool filters;
};

enum { SETS_MOST = 1024, CHAINS_MOST = 4096, SET_TEXT = 1 << 20 };

/* ---- sets ---- */

static struct ipset *set_named(const struct reader *r, struct span name)
{
	for (struct ipset *set = r->sets; set != NULL; set = set->next) {
		if (span_left(set->name) == span_left(name) &&
		    memcmp(set->name.at, name.at, span_left(name)) == 0)
			return set;
	}
	return NULL;
}

static void read_create(struct reader *r, const struct span *words, size_t count)
{
	struct ipset *const set = count > 2 && r->set_count < SETS_MOST
					  ? arena_alloc(r->m->arena, sizeof(*set))
					  : NULL;

	if (set == NULL) {
		moving_leave(r->m, "not understood");
		return;
	}
	*set = (struct ipset){ .next = r->sets, .name = words[1], .elements = buffer_new(SET_TEXT) };
	set->plain = span_is(words[2], "hash:ip") || span_is(words[2], "hash:net");
	for (size_t i = 3; i < count; i++)
		set->plain &= !span_is(words[i], "timeout");
	r->sets = set;
	r->set_count++;
}

static void read_add(struct reader *r, const struct span *words, size_t count)
{
	struct ipset *const set = count > 2 ? set_named(r, words[1]) : NULL;

	if (set == NULL) {
		moving_leave(r->m, "not understood");
		return;
	}
	for (size_t i = 3; i < count; i++)
		set->plain &= !span_is(words[i], "nomatch");
	buffer_span(&set->elements, words[2]);
	buffer_text(&set->elements, ",");
}

/* ---- rules ---- */

static void take_set(const struct reader *r, struct moving_step *step, struct span name, struct span ends,
		     bool inverted)
{
	const struct ipset *const set = set_named(r, name);
	struct moving_rule *const rule = &step->rule;
	struct span *const list = span_is(ends, "src") ? inverted ? &rule->not_from : &rule->from
				  : inverted           ? &rule->not_to
						       : &rule->to;

	if (set == NULL)
		moving_step_refuse(
			step,
			"what its set holds is not in this file: put what 'ipset save' prints before it");
	else if (!set->plain || set->elements.failed || (!span_is(ends, "src") && !span_is(ends, "dst")))
		moving_step_refuse(step, "its set is not of addresses alone");
	else if (set->elements.length == 0)
		moving_step_refuse(step, "its set is empty");
	else if (span_left(*list) > 0)
		moving_step_refuse(step, "two conditions on the same");
	else
		*list = buffer_read(&set->elements);
}

static const struct {
	const char *option;
	size_t offset, inverted; /* SIZE_MAX: it cannot be */
} values[] = {
	{ "-p", offsetof(struct moving_rule, transport), SIZE_MAX },
	{ "--dport", offsetof(struct moving_rule, ports), SIZE_MAX },
	{ "--dports", offsetof(struct moving_rule, ports), SIZE_MAX },
	{ "--destination-port", offsetof(struct moving_rule, ports), SIZE_MAX },
	{ "--icmp-type", offsetof(struct moving_rule, ports), SIZE_MAX },
	{ "--icmpv6-type", offsetof(struct moving_rule, ports), SIZE_MAX },
	{ "-s", offsetof(struct moving_rule, from), offsetof(struct moving_rule, not_from) },
	{ "-d", offsetof(struct moving_rule, to), offsetof(struct moving_rule, not_to) },
	{ "--src-range", offsetof(struct moving_rule, from), offsetof(struct moving_rule, not_from) },
	{ "--dst-range", offsetof(struct moving_rule, to), offsetof(struct moving_rule, not_to) },
	{ "--comment", offsetof(struct moving_rule, comment), SIZE_MAX },
};

static bool take_value(struct reader *r, struct moving_step *step, struct span option, struct span value,
		       bool inverted)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const size_t offset = inverted ? values[i].inverted : values[i].offset;
		struct span *list;

		if (!span_is(option, values[i].option))
			continue;
		if (inverted && values[i].offset == offsetof(struct moving_rule, ports)) {
			if (!moving_other_ports(r->m->arena, value, &step->rule.ports))
				moving_step_refuse(step, "it is inverted");
			return true;
		}
		if (offset == SIZE_MAX) {
			moving_step_refuse(step, "it is inverted");
			return true;
		}
		list = (struct span *)(void *)((char *)&step->rule + offset);
		if (span_left(*list) > 0)
			moving_step_refuse(step, "two conditions on the same");
		*list = value;
		return true;
	}
	return false;
}

/* A policy lets pass what is established; its rules are about what is new. */
static void take_state(struct moving_step *step, struct span states, bool inverted)
{
	step->implied |= (span_find(states, "NEW") == SIZE_MAX) != inverted;
}

static void take_interface(struct moving_step *step, struct span option, struct span value, bool inverted)
{
	if (!inverted && span_is(value, "lo"))
		step->implied = true;
	else if (inverted)
		moving_step_refuse(step, "it is inverted");
	else if (span_is(option, "-o"))
		step->rule.leaves = value;
	else
		step->rule.on = value;
}

static void take_target(struct moving_step *step, struct span option, struct span value)
{
	if (span_is(option, "-g"))
		step->end = MOVING_GOES;
	else if (moving_verdict(value, &step->rule.verdict))
		step->end = MOVING_DECIDES;
	else if (span_is(value, "RETURN"))
		step->end = MOVING_RETURNS;
	else
		step->end = MOVING_JUMPS;
	step->target = value;
}

static void take_match(struct moving_step *step, struct span name)
{
	static const char *const matches[] = { "tcp",       "udp",   "sctp",      "dccp", "comment",
					       "conntrack", "state", "multiport", "icmp", "icmp6",
					       "iprange",   "set",   "addrtype" };

	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		if (span_is(name, matches[i]))
			return;
	}
	moving_step_refuse(step, "a match that a policy does not have");
}

/* Takes the option at words[i], with its value; returns where the next one begins. */
static size_t take_option(struct reader *r, struct moving_step *step, const struct span *words, size_t i,
			  size_t count, bool inverted)
{
	const struct span option = words[i], value = i + 1 < count ? words[i + 1] : span_of(NULL, 0);

	if (i + 1 == count)
		moving_step_refuse(step, "an option without a value");
	else if (take_value(r, step, option, value, inverted))
		return i + 2;
	else if (span_is(option, "-i") || span_is(option, "-o"))
		take_interface(step, option, value, inverted);
	else if (span_is(option, "-j") || span_is(option, "-g"))
		take_target(step, option, value);
	else if (span_is(option, "--ctstate") || span_is(option, "--state"))
		take_state(step, value, inverted);
	else if (span_is(option, "-m"))
		take_match(step, value);
	else if (span_is(option, "--match-set") && i + 2 < count)
		take_set(r, step, value, words[i + 2], inverted);
	else if (span_is(option, "--dst-type") && span_is(value, "LOCAL") && !inverted)
		step->rule.local = true;
	else if (!span_is(option, "--reject-with"))
		moving_step_refuse(step, step->end == MOVING_JUMPS ? "its target has no verdict"
								   : "an option that a policy does not have");
	return i + (span_is(option, "--match-set") ? 3 : 2);
}

static struct moving_chain *chain_named(struct reader *r, struct span name)
{
	for (size_t i = r->chains.count; i > r->first; i--) {
		struct moving_chain *const chain = &r->chains.list[i - 1];

		if (span_left(chain->name) == span_left(name) &&
		    memcmp(chain->name.at, name.at, span_left(name)) == 0)
			return chain;
	}
	return NULL;
}

/* ":INPUT DROP [0:0]", or a rule of a chain that was not announced. */
static struct moving_chain *add_chain(struct reader *r, struct span name, struct span policy)
{
	struct moving_chain *const chain = r->chains.count - r->first < CHAINS_MOST
						   ? moving_chain_add(r->m, &r->chains, r->table, name)
						   : NULL;

	if (chain == NULL)
		return NULL;
	chain->family = r->family;
	chain->entered = r->filters && moving_direction(name, &chain->direction);
	chain->lets_pass = span_is(policy, "ACCEPT");
	chain->apart = r->filters ? NULL : "a table that does not filter";
	return chain;
}

static void read_rule(struct reader *r, const struct span *words, size_t count)
{
	struct moving_chain *chain = chain_named(r, words[1]);
	struct moving_step step = { 0 };
	bool inverted = false;

	if (chain == NULL)
		chain = add_chain(r, words[1], span_of(NULL, 0));
	if (chain == NULL) {
		moving_leave(r->m, "too many chains");
		return;
	}
	if (count == WORDS_MOST)
		step.why = "it is too long";
	for (size_t i = 2; i < count;) {
		if (span_is(words[i], "!") && !inverted) {
			inverted = true;
			i++;
		} else {
			i = take_option(r, &step, words, i, count, inverted);
			inverted = false;
		}
	}
	if (step.end == MOVING_JUMPS && step.why == NULL && chain_named(r, step.target) == NULL)
		step.why = "its target has no verdict";
	moving_step_add(r->m, chain, &step);
}

static void begin_table(struct reader *r, struct span name)
{
	r->table++;
	r->first = r->chains.count;
	r->filters = span_is(name, "filter");
}

static void read_line(struct reader *r)
{
	struct span words[WORDS_MOST], *word = words;
	size_t count = moving_words(r->m->line, words);

	if (count > 1 && span_begins(word[0], "[")) { /* the counters of 'iptables-save -c' */
		word++;
		count--;
	}
	if (count == 0 || span_is(word[0], "COMMIT"))
		return;
	if (word[0].at[0] == '#') {
		if (count > 3 && span_is(word[1], "Generated"))
			r->family = span_begins(word[3], "ip6tables") ? 6 : 4;
	} else if (word[0].at[0] == '*') {
		span_skip(&word[0], 1);
		begin_table(r, word[0]);
	} else if (word[0].at[0] == ':' && count > 1) {
		span_skip(&word[0], 1);
		if (add_chain(r, word[0], word[1]) == NULL)
			moving_leave(r->m, "too many chains");
	} else if (span_is(word[0], "-A") && count > 1) {
		read_rule(r, word, count);
	} else if (span_is(word[0], "create")) {
		read_create(r, word, count);
	} else if (span_is(word[0], "add")) {
		read_add(r, word, count);
	} else {
		moving_leave(r->m, "not understood");
	}
}

void moving_iptables(struct moving *m, struct span text)
{
	struct reader r = { .m = m };

	while (moving_line(m, &text))
		read_line(&r);
	moving_chains_write(m, &r.chains);
	for (struct ipset *set = r.sets; set != NULL; set = set->next)
		buffer_free(&set->elements);
}
