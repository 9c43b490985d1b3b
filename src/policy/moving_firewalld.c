/* firewalld: the XML of a zone or a policy (firewalld.zone(5), firewalld.policy(5),
 * firewalld.richlanguage(5)). Rules are written in the order in which firewalld asks them: by their priority,
 * and of one priority those that refuse first. What the zone ends with stands behind them. */
#include "base/address.h"
#include "catalog/catalog.h"
#include "policy/moving_xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Priorities are even, so that there is one for those of priority 0 that refuse. */
enum { RULES_MOST = 100000, BEFORE = -1 };

/* A rule that waits until all are known. */
struct entry {
	long priority;
	size_t order;
	struct moving_rule rule;
	struct span service; /* whose ports it is about */
	bool blocks_icmp;
	const char *why;
	struct span line;
	size_t number;
};

struct reader {
	struct moving *m;
	struct moving_rule places[2]; /* from which addresses, by which interfaces */
	struct span target;
	struct span ingress, egress; /* of a policy */
	bool is_policy;              /* and not a zone */
	size_t target_number;
	struct span target_line;
	struct entry *entries;
	size_t count, capacity;
	struct entry rule; /* the <rule> that is being read */
	bool in_rule, decides;
	bool icmp_inverted; /* what the zone blocks is all that it lets pass */
};

static void refuse(struct entry *entry, const char *why)
{
	if (entry->why == NULL)
		entry->why = why;
}

static void add(struct reader *r, const struct entry *entry)
{
	struct entry *const list = r->count < RULES_MOST ? arena_grow(r->m->arena, r->entries, r->count,
								      &r->capacity, sizeof(*list))
							 : NULL;

	if (list == NULL) {
		r->m->failed = true;
		error_set(r->m->err, "more than %d rules", RULES_MOST);
		return;
	}
	r->entries = list;
	list[r->count] = *entry;
	list[r->count].order = r->count;
	r->count++;
}

static struct span joined(struct reader *r, struct span list, struct span word)
{
	const char *const text = arena_format(r->m->arena, "%.*s%s%.*s", (int)span_left(list),
					      span_left(list) > 0 ? (const char *)list.at : "",
					      span_left(list) > 0 ? "," : "", (int)span_left(word),
					      span_left(word) > 0 ? (const char *)word.at : "");

	if (text == NULL)
		moving_no_memory(r->m);
	return span_text(text != NULL ? text : "");
}

/* ---- elements ---- */

/* A type of ICMP, which may be one of IPv4, of IPv6, or of both. */
static void take_icmp(struct entry *entry, struct span name)
{
	static const char *const spelt[][2] = {
		{ "neighbour-solicitation", "neighbor-solicitation" },
		{ "neighbour-advertisement", "neighbor-advertisement" },
	};
	const unsigned family = entry->rule.family;
	bool four, six;

	for (size_t i = 0; i < sizeof(spelt) / sizeof(spelt[0]); i++)
		name = span_is(name, spelt[i][0]) ? span_text(spelt[i][1]) : name;
	four = family != 6 && catalog_icmp_named(1, name) != NULL;
	six = family != 4 && catalog_icmp_named(58, name) != NULL;
	entry->rule.ports = name;
	entry->rule.transport = span_text(four && six ? "icmp,icmpv6" : four ? "icmp" : "icmpv6");
	entry->rule.family = 0; /* the transport says it */
	if (!four && !six)
		refuse(entry, "a type of ICMP that is not known by this name");
}

/* What a zone and a rule both have. False for another element. */
static bool take_door(struct reader *r, struct entry *entry, const struct moving_tag *tag)
{
	if (span_is(tag->name, "service")) {
		entry->service = moving_attribute(tag, "name");
		entry->rule.origin = entry->service;
	} else if (span_is(tag->name, "port")) {
		entry->rule.transport = moving_attribute(tag, "protocol");
		entry->rule.ports = moving_attribute(tag, "port");
	} else if (span_is(tag->name, "protocol")) {
		entry->rule.transport = moving_attribute(tag, "value");
	} else if (span_is(tag->name, "icmp-type")) {
		take_icmp(entry, moving_attribute(tag, "name"));
	} else if (span_is(tag->name, "icmp-block")) {
		entry->rule.verdict = VERDICT_REJECT;
		entry->blocks_icmp = !r->in_rule;
		r->decides |= r->in_rule;
		take_icmp(entry, moving_attribute(tag, "name"));
	} else if (span_is(tag->name, "source-port")) {
		refuse(entry, "a port of the sender");
	} else {
		return false;
	}
	return true;
}

static struct entry here(const struct reader *r)
{
	return (struct entry){ .rule.verdict = VERDICT_ALLOW, .line = r->m->line, .number = r->m->number };
}

/* ---- rich rules ---- */

static long number_of(struct span text)
{
	const bool minus = span_begins(text, "-");
	uint64_t number = 0;

	span_skip(&text, minus);
	if (!span_number(text, 32768, &number))
		return 0;
	return minus ? -(long)number : (long)number;
}

static bool is_true(struct span value)
{
	return span_is_nocase(value, "true") || span_is_nocase(value, "yes") || span_is(value, "1");
}

static void take_end(struct entry *entry, const struct moving_tag *tag, struct span *list,
		     struct span *except)
{
	const struct span address = moving_attribute(tag, "address");

	if (!moving_attribute(tag, "ipset").failed)
		refuse(entry, "what its ipset holds is not in this file");
	else if (address.failed || span_left(address) == 0)
		refuse(entry, "a sender by its hardware address");
	else if (is_true(moving_attribute(tag, "invert")))
		*except = address;
	else
		*list = address;
}

static void begin_rule(struct reader *r, const struct moving_tag *tag)
{
	const struct span family = moving_attribute(tag, "family");

	r->rule = here(r);
	r->rule.priority = 2 * number_of(moving_attribute(tag, "priority"));
	r->rule.rule.family = span_is(family, "ipv4") ? 4 : span_is(family, "ipv6") ? 6 : 0;
	r->in_rule = true;
	r->decides = false;
}

static void take_verdict(struct reader *r, enum policy_verdict verdict)
{
	r->rule.rule.verdict = verdict;
	r->decides = true;
}

static void take_in_rule(struct reader *r, const struct moving_tag *tag)
{
	struct moving_rule *const rule = &r->rule.rule;

	if (take_door(r, &r->rule, tag))
		return;
	if (span_is(tag->name, "source"))
		take_end(&r->rule, tag, &rule->from, &rule->not_from);
	else if (span_is(tag->name, "destination"))
		take_end(&r->rule, tag, &rule->to, &rule->not_to);
	else if (span_is(tag->name, "log") || span_is(tag->name, "nflog") || span_is(tag->name, "audit"))
		rule->log = true;
	else if (span_is(tag->name, "accept"))
		take_verdict(r, VERDICT_ALLOW);
	else if (span_is(tag->name, "reject"))
		take_verdict(r, VERDICT_REJECT);
	else if (span_is(tag->name, "drop"))
		take_verdict(r, VERDICT_DENY);
	else if (!span_is(tag->name, "limit"))
		refuse(&r->rule, "an element that a policy does not have");
	else if (r->decides)
		refuse(&r->rule, "a rate");
}

static void end_rule(struct reader *r)
{
	r->in_rule = false;
	if (!r->decides)
		refuse(&r->rule, "it decides nothing");
	if (r->rule.priority == 0 && r->rule.rule.verdict != VERDICT_ALLOW)
		r->rule.priority = BEFORE;
	add(r, &r->rule);
}

/* ---- zones ---- */

static void begin_zone(struct reader *r, const struct moving_tag *tag)
{
	r->target = moving_attribute(tag, "target");
	r->target_line = r->m->line;
	r->target_number = r->m->number;
}

/* A hardware address stands as an address here. */
static void take_source(struct reader *r, const struct moving_tag *tag)
{
	const struct span address = moving_attribute(tag, "address");
	struct address_range range;

	if (address.failed)
		moving_leave(r->m, moving_attribute(tag, "ipset").failed
					   ? "a sender by its hardware address"
					   : "what its ipset holds is not in this file");
	else if (!address_range_parse(address, &range, NULL))
		moving_leave(r->m, "a sender that is no address");
	else
		r->places[0].from = joined(r, r->places[0].from, address);
}

static void take_in_zone(struct reader *r, const struct moving_tag *tag)
{
	static const char *const nothing[] = { "short", "description", "version" };
	struct entry entry = here(r);

	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		if (span_is(tag->name, nothing[i]))
			return;
	}
	if (span_is(tag->name, "interface")) {
		r->places[1].on = joined(r, r->places[1].on, moving_attribute(tag, "name"));
	} else if (span_is(tag->name, "source")) {
		take_source(r, tag);
	} else if (span_is(tag->name, "icmp-block-inversion")) {
		r->icmp_inverted = true;
	} else if (span_is(tag->name, "ingress-zone")) {
		r->ingress = moving_attribute(tag, "name");
		r->is_policy = true;
	} else if (span_is(tag->name, "egress-zone")) {
		r->egress = moving_attribute(tag, "name");
		r->is_policy = true;
	} else if (take_door(r, &entry, tag)) {
		entry.priority = entry.rule.verdict == VERDICT_ALLOW ? 0 : BEFORE;
		add(r, &entry);
	} else {
		moving_leave(r->m, "an element that a policy does not have");
	}
}

static void take_tag(void *context, const struct moving_tag *tag)
{
	struct reader *const r = context;
	const bool rule = span_is(tag->name, "rule");

	if (tag->closes && rule && r->in_rule)
		end_rule(r);
	else if (tag->closes)
		return;
	else if (span_is(tag->name, "zone") || span_is(tag->name, "policy"))
		begin_zone(r, tag);
	else if (rule && !r->in_rule)
		begin_rule(r, tag);
	else if (r->in_rule)
		take_in_rule(r, tag);
	else
		take_in_zone(r, tag);
}

/* ---- writing ---- */

static int compare(const void *a, const void *b)
{
	const struct entry *const one = a, *const other = b;

	if (one->priority != other->priority)
		return one->priority < other->priority ? -1 : 1;
	return one->order < other->order ? -1 : 1;
}

static void write_service(struct moving *m, struct moving_rule *rule, struct span name)
{
	const struct service *const service = catalog_service(name);

	if (service == NULL) {
		moving_leave(m, "a service that is not known by this name");
		return;
	}
	for (size_t i = 0; i < service->door_count; i++) {
		const struct transport *const transport = catalog_transport(service->doors[i].transport);
		char ports[PORTS_TEXT];

		snprintf(ports, sizeof(ports), "%u-%u", service->doors[i].first, service->doors[i].last);
		rule->transport = span_text(transport->name);
		rule->ports = transport->has_ports ? span_text(ports) : span_of(NULL, 0);
		moving_write(m, rule);
	}
}

static void write_entry(struct reader *r, const struct entry *entry, const struct moving_rule *place,
			bool again)
{
	struct moving_rule rule = entry->rule;
	enum moving_fit fit;

	if (entry->blocks_icmp && r->icmp_inverted)
		rule.verdict = VERDICT_ALLOW;
	r->m->line = entry->line;
	r->m->number = entry->number;
	if (entry->why != NULL) {
		if (!again)
			moving_leave(r->m, entry->why);
		return;
	}
	fit = moving_narrow(r->m->arena, place, &rule);
	if (fit == MOVING_CANNOT)
		moving_leave(r->m, "its conditions and those of its zone cannot be said in one rule");
	else if (fit == MOVING_FITS && entry->service.at != NULL)
		write_service(r->m, &rule, entry->service);
	else if (fit == MOVING_FITS)
		moving_write(r->m, &rule);
}

/* All ICMP, where the zone says something of all of it: other types than those listed are refused where that
 * is inverted, and let pass by a zone without a target. */
static void write_icmp(struct reader *r, const struct moving_rule *target)
{
	struct moving_rule icmp = *target;

	if (!r->icmp_inverted && (!r->target.failed || r->is_policy))
		return;
	icmp.verdict = r->icmp_inverted ? VERDICT_REJECT : VERDICT_ALLOW;
	icmp.transport = span_text("icmp,icmpv6");
	moving_write(r->m, &icmp);
}

/* What no rule of the zone has decided. A zone without a target refuses. */
static void write_target(struct reader *r, const struct moving_rule *place)
{
	struct moving_rule rule = *place;

	r->m->line = r->target_line;
	r->m->number = r->target_number;
	rule.verdict = span_is(r->target, "ACCEPT") ? VERDICT_ALLOW
		       : span_is(r->target, "DROP") ? VERDICT_DENY
						    : VERDICT_REJECT;
	rule.origin = span_text("what the zone ends with");
	if (r->target_number > 0)
		write_icmp(r, &rule);
	if (r->target_number > 0 && !span_is(r->target, "CONTINUE"))
		moving_write(r->m, &rule);
}

/* Which way a policy is about: false, and nothing is written, where its zones are not in this file. */
static bool take_way(struct reader *r, enum direction *ret_direction)
{
	bool from_any, to_any;

	*ret_direction = DIRECTION_IN;
	if (!r->is_policy)
		return true;
	from_any = span_is(r->ingress, "ANY");
	to_any = span_is(r->egress, "ANY");
	if (span_is(r->ingress, "HOST") && to_any)
		*ret_direction = DIRECTION_OUT;
	else if (from_any && to_any)
		*ret_direction = DIRECTION_THROUGH;
	else if (!from_any || !span_is(r->egress, "HOST"))
		return false;
	return true;
}

static void write_all(struct reader *r)
{
	enum direction direction;
	const bool sources = span_left(r->places[0].from) > 0, interfaces = span_left(r->places[1].on) > 0;
	const bool known = take_way(r, &direction);

	for (size_t i = 0; i < r->count && !known; i++)
		refuse(&r->entries[i], "the zones between which it holds are not in this file");
	if (r->count > 0)
		qsort(r->entries, r->count, sizeof(*r->entries), compare);
	for (size_t p = 0; p < 2 && !r->m->failed; p++) {
		if (p == 0 ? !sources && interfaces : !interfaces)
			continue;
		r->places[p].direction = direction;
		for (size_t i = 0; i < r->count; i++)
			write_entry(r, &r->entries[i], &r->places[p], p > 0 && sources);
		if (known)
			write_target(r, &r->places[p]);
	}
}

void moving_firewalld(struct moving *m, struct span text)
{
	struct reader r = { .m = m,
			    .places = { { .direction = DIRECTION_IN }, { .direction = DIRECTION_IN } } };

	moving_xml(m, text, take_tag, &r);
	if (!m->failed)
		write_all(&r);
}
