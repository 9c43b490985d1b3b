/* Rules of nft (nft(8)): their conditions, lookups, statements and verdicts. */
#include "policy/moving_nft.h"

#include <string.h>

enum { FIELDS_MOST = 6, ELEMENTS_MOST = 20000 };

/* ---- what is asked about ---- */

enum field { UNKNOWN, TRANSPORT, PORTS, TYPES, FROM, TO, ON, LEAVES, FAMILY, STATE };

static const struct selector {
	const char *first, *second; /* second: NULL for one word */
	enum field field;
	const char *transport;
	unsigned family;
} selectors[] = {
	{ "tcp", "dport", PORTS, "tcp", 0 },
	{ "udp", "dport", PORTS, "udp", 0 },
	{ "sctp", "dport", PORTS, "sctp", 0 },
	{ "dccp", "dport", PORTS, "dccp", 0 },
	{ "udplite", "dport", PORTS, "udplite", 0 },
	{ "th", "dport", PORTS, NULL, 0 },
	{ "ip", "saddr", FROM, NULL, 4 },
	{ "ip6", "saddr", FROM, NULL, 6 },
	{ "ip", "daddr", TO, NULL, 4 },
	{ "ip6", "daddr", TO, NULL, 6 },
	{ "ip", "protocol", TRANSPORT, NULL, 4 },
	{ "ip6", "nexthdr", TRANSPORT, NULL, 6 },
	{ "meta", "l4proto", TRANSPORT, NULL, 0 },
	{ "meta", "nfproto", FAMILY, NULL, 0 },
	{ "icmp", "type", TYPES, "icmp", 0 },
	{ "icmpv6", "type", TYPES, "icmpv6", 0 },
	{ "ct", "state", STATE, NULL, 0 },
	{ "iifname", NULL, ON, NULL, 0 },
	{ "iif", NULL, ON, NULL, 0 },
	{ "oifname", NULL, LEAVES, NULL, 0 },
	{ "oif", NULL, LEAVES, NULL, 0 },
};

static const struct selector *selector_at(const struct span *words, size_t i, size_t count, size_t *ret_next)
{
	for (size_t s = 0; s < sizeof(selectors) / sizeof(selectors[0]); s++) {
		const struct selector *const selector = &selectors[s];

		if (!span_is(words[i], selector->first))
			continue;
		*ret_next = i + (selector->second == NULL ? 1 : 2);
		if (selector->second == NULL || (i + 1 < count && span_is(words[i + 1], selector->second)))
			return selector;
	}
	return NULL;
}

static struct span types_of_neighbours(struct moving *m, struct span list)
{
	static const struct {
		const char *nft, *number;
	} names[] = {
		{ "mld-listener-query", "130" },  { "mld-listener-report", "131" },
		{ "mld-listener-done", "132" },   { "mld-listener-reduction", "132" },
		{ "nd-router-solicit", "133" },   { "nd-router-advert", "134" },
		{ "nd-neighbor-solicit", "135" }, { "nd-neighbor-advert", "136" },
		{ "nd-redirect", "137" },         { "mld2-listener-report", "143" },
	};
	struct buffer text = buffer_new(1 << 16);
	const char *copy;
	struct span term;

	while (moving_next_term(&list, &term)) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (span_is(term, names[i].nft))
				term = span_text(names[i].number);
		}
		buffer_span(&text, term);
		buffer_text(&text, ",");
	}
	copy = text.failed ? NULL : arena_span_text(m->arena, buffer_read(&text));
	buffer_free(&text);
	if (copy == NULL)
		moving_no_memory(m);
	return span_text(copy != NULL ? copy : "");
}

/* Adds one condition. */
static void set_field(struct moving_step *step, struct span *field, struct span value)
{
	if (span_left(*field) > 0)
		moving_step_refuse(step, "two conditions on the same");
	*field = value;
}

static void take_family(struct moving_step *step, unsigned family)
{
	if (step->rule.family != 0 && step->rule.family != family)
		moving_step_refuse(step, "two families of addresses");
	step->rule.family = family;
}

static void take_inverted(struct nft_reader *r, struct moving_step *step, const struct selector *what,
			  struct span value)
{
	struct span others;

	if (what->family != 0)
		take_family(step, what->family);
	if (what->field == FROM)
		set_field(step, &step->rule.not_from, value);
	else if (what->field == TO)
		set_field(step, &step->rule.not_to, value);
	else if (what->field == PORTS && moving_other_ports(r->m->arena, value, &others))
		set_field(step, &step->rule.ports, others);
	else if (what->field == STATE)
		step->implied |= span_find(value, "new") != SIZE_MAX;
	else
		moving_step_refuse(step, "it is inverted");
	if (what->transport != NULL && span_left(step->rule.transport) == 0)
		step->rule.transport = span_text(what->transport);
}

static void take_value(struct nft_reader *r, struct moving_step *step, const struct selector *what,
		       struct span value)
{
	struct moving_rule *const rule = &step->rule;

	if (what->family != 0)
		take_family(step, what->family);
	if (what->transport != NULL && !span_is(rule->transport, what->transport))
		set_field(step, &rule->transport, span_text(what->transport));
	switch (what->field) {
	case TRANSPORT: set_field(step, &rule->transport, value); break;
	case PORTS: set_field(step, &rule->ports, value); break;
	case TYPES: set_field(step, &rule->ports, types_of_neighbours(r->m, value)); break;
	case FROM: set_field(step, &rule->from, value); break;
	case TO: set_field(step, &rule->to, value); break;
	case ON:
	case LEAVES:
		step->implied |= span_is(value, "lo");
		set_field(step, what->field == ON ? &rule->on : &rule->leaves, value);
		break;
	case FAMILY: take_family(step, span_is(value, "ipv4") ? 4 : 6); break;
	case STATE: step->implied |= span_find(value, "new") == SIZE_MAX; break;
	case UNKNOWN: break;
	}
}

/* ---- sets ---- */

static const struct nft_set *set_named(const struct nft_reader *r, struct span name)
{
	for (const struct nft_set *set = r->sets; set != NULL; set = set->next) {
		if (set->table == r->table && span_left(set->name) == span_left(name) &&
		    memcmp(set->name.at, name.at, span_left(name)) == 0)
			return set;
	}
	return NULL;
}

/* The elements: in braces, or of the set "@name". Empty, with a reason in the step, where they are not known.
 */
static struct span elements_of(const struct nft_reader *r, struct moving_step *step, struct span value)
{
	const struct nft_set *set;

	if (!span_begins(value, "@"))
		return value;
	span_skip(&value, 1);
	set = set_named(r, value);
	if (set == NULL)
		moving_step_refuse(step, "its set is not in this file");
	else if (set->changes)
		moving_step_refuse(step, "packets or time change its set");
	else if (span_left(set->elements) == 0)
		moving_step_refuse(step, "its set is empty");
	else
		return set->elements;
	return span_of(NULL, 0);
}

/* Takes the next element of "{ a, b : accept }", up to its comma. */
static bool next_element(struct span *list, struct span *ret_element)
{
	bool quoted = false;

	while (span_left(*list) > 0 && strchr("{ ,}\t\n\r", list->at[0]) != NULL && list->at[0] != '\0')
		list->at++;
	*ret_element = *list;
	while (span_left(*list) > 0 && (quoted || (list->at[0] != ',' && list->at[0] != '}'))) {
		quoted ^= list->at[0] == '"';
		list->at++;
	}
	ret_element->end = list->at;
	return span_left(*ret_element) > 0;
}

/* The elements without what stands beside them, as their counters and comments. */
static struct span bare(struct nft_reader *r, struct moving_step *step, struct span value)
{
	struct buffer text = buffer_new(1 << 22);
	struct span words[WORDS_MOST], element, elements = elements_of(r, step, value);
	const char *copy;

	if (!span_begins(value, "@")) {
		buffer_free(&text);
		return value;
	}
	while (next_element(&elements, &element)) {
		if (moving_words(element, words) > 0) {
			buffer_span(&text, words[0]);
			buffer_text(&text, ",");
		}
	}
	copy = text.failed ? NULL : arena_span_text(r->m->arena, buffer_read(&text));
	buffer_free(&text);
	if (copy == NULL)
		moving_step_refuse(step, "its set is too large");
	return span_text(copy != NULL ? copy : "");
}

/* ---- statements ---- */

/* What a rule looks up at once: "iifname . tcp dport vmap @doors". */
struct lookup {
	const struct selector *fields[FIELDS_MOST];
	size_t count;
	struct span elements;
	bool map;
};

static void take_verdict(struct moving_step *step, struct span word, struct span target)
{
	if (moving_verdict(word, &step->rule.verdict)) {
		step->end = MOVING_DECIDES;
		return;
	}
	step->target = target;
	step->end = span_is(word, "jump")     ? MOVING_JUMPS
		    : span_is(word, "goto")   ? MOVING_GOES
		    : span_is(word, "return") ? MOVING_RETURNS
					      : MOVING_NOTHING;
}

static bool is_verdict(struct span word)
{
	static const char *const words[] = { "accept", "drop", "reject", "jump", "goto", "return" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (span_is(word, words[i]))
			return true;
	}
	return false;
}

/* Takes a condition from `i` on; returns where what follows begins. */
static size_t take_condition(struct nft_reader *r, struct moving_step *step, struct lookup *lookup,
			     const struct span *words, size_t i, size_t count)
{
	struct lookup here = { 0 };
	bool inverted;

	do {
		const struct selector *const what = selector_at(words, i, count, &i);

		if (what == NULL || here.count == FIELDS_MOST) {
			moving_step_refuse(step, "it looks up what a policy does not have");
			return count;
		}
		here.fields[here.count++] = what;
	} while (i < count && span_is(words[i], ".") && ++i < count);
	inverted = i < count && span_is(words[i], "!=");
	here.map = i < count && span_is(words[i], "vmap");
	i += inverted || here.map || (i < count && span_is(words[i], "=="));
	if (i >= count) {
		moving_step_refuse(step, "not understood");
		return count;
	}
	if (here.count == 1 && !here.map) {
		if (inverted)
			take_inverted(r, step, here.fields[0], bare(r, step, words[i]));
		else
			take_value(r, step, here.fields[0], bare(r, step, words[i]));
	} else if (lookup->count > 0 || inverted) {
		moving_step_refuse(step, "two lookups of several things");
	} else {
		*lookup = here;
		lookup->elements = elements_of(r, step, words[i]);
	}
	return i + 1;
}

static size_t skip_log(const struct span *words, size_t i, size_t count)
{
	static const char *const options[] = { "prefix", "level",   "flags",
					       "group",  "snaplen", "queue-threshold" };
	bool known = true;

	while (i < count && known) {
		known = false;
		for (size_t o = 0; o < sizeof(options) / sizeof(options[0]); o++)
			known |= span_is(words[i], options[o]);
		i += known ? 2 : 0;
	}
	return i < count ? i : count;
}

/* Takes one condition or statement from `i` on; returns where the next one begins. */
static size_t take_statement(struct nft_reader *r, struct moving_step *step, struct lookup *lookup,
			     const struct span *words, size_t i, size_t count)
{
	size_t next;

	if (is_verdict(words[i])) {
		take_verdict(step, words[i], i + 1 < count ? words[i + 1] : span_of(NULL, 0));
		if (span_is(words[i], "jump") || span_is(words[i], "goto"))
			return i + 2;
		if (i + 1 < count && span_is(words[i + 1], "with")) /* how it is rejected */
			for (i++; i + 1 < count && !span_is(words[i + 1], "comment"); i++)
				;
		return i + 1;
	}
	if (selector_at(words, i, count, &next) != NULL)
		return take_condition(r, step, lookup, words, i, count);
	if (i + 3 < count && span_is(words[i], "fib") && span_is(words[i + 1], "daddr") &&
	    span_is(words[i + 2], "type") && span_is(words[i + 3], "local")) {
		step->rule.local = true;
		return i + 4;
	}
	if (span_is(words[i], "counter"))
		return i + (i + 1 < count && span_is(words[i + 1], "packets") ? 5 : 1);
	if (span_is(words[i], "comment")) {
		step->rule.comment = i + 1 < count ? words[i + 1] : span_of(NULL, 0);
		return i + 2;
	}
	if (span_is(words[i], "log")) {
		step->rule.log = true;
		return skip_log(words, i + 1, count);
	}
	if (span_is(words[i], "#") && i + 1 < count && span_is(words[i + 1], "handle"))
		return count;
	moving_step_refuse(step, i + 1 < count && span_is(words[i + 1], "sport") ? "a port of the sender"
				 : span_is(words[i], "limit")                    ? "a rate"
							      : "a statement that a policy does not have");
	/* What it is was not understood, and so not where it ends; what it would decide is of no use. */
	return count;
}

/* ---- rules ---- */

static void add(struct nft_reader *r, const struct moving_step *step)
{
	moving_step_add(r->m, r->chain, step);
}

/* One element: "192.0.2.7 . 22 : accept". */
static void add_element(struct nft_reader *r, const struct moving_step *step, const struct lookup *lookup,
			struct span element)
{
	struct span words[WORDS_MOST];
	const size_t count = moving_words(element, words);
	struct moving_step one = *step;
	size_t i = 0;

	for (size_t f = 0; f < lookup->count && i < count; f++) {
		take_value(r, &one, lookup->fields[f], words[i++]);
		if (f + 1 < lookup->count && (i >= count || !span_is(words[i++], ".")))
			moving_step_refuse(&one, "an element of another form");
	}
	while (lookup->map && i < count && !span_is(words[i], ":"))
		i++;
	if (lookup->map && i + 1 < count)
		take_verdict(&one, words[i + 1], i + 2 < count ? words[i + 2] : span_of(NULL, 0));
	add(r, &one);
}

void nft_rule_read(struct nft_reader *r, const struct span *words, size_t count)
{
	struct span element;
	struct moving_step step = { 0 };
	struct lookup lookup = { 0 };

	if (count == WORDS_MOST)
		step.why = "it is too long";
	for (size_t i = 0; i < count;)
		i = take_statement(r, &step, &lookup, words, i, count);
	if (lookup.count == 0 || step.why != NULL) {
		add(r, &step);
		return;
	}
	while (next_element(&lookup.elements, &element)) {
		if (++r->elements > ELEMENTS_MOST) {
			moving_step_refuse(&step, "sets of more elements than are written out");
			add(r, &step);
			return;
		}
		add_element(r, &step, &lookup, element);
	}
}
