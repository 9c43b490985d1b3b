/* What makes a rule a document: owner, reason, dates; and what its own words make doubtful. */
#include "base/clock.h"
#include "policy/lint.h"

/* Where an option was written, or the rule itself. */
static const struct place *place_of(const struct rule *rule, enum rule_field field)
{
	const bool written = rule->option_places != NULL && rule->option_places[field].file != NULL;

	return written ? &rule->option_places[field] : &rule->place;
}

/* A field that `require` asks for is an error of the parser already. */
static void check_owner(struct linter *l, const struct rule *rule)
{
	if (rule->verdict != VERDICT_ALLOW)
		return;
	if (rule->owner == NULL)
		diagnostics_add(l->diagnostics, SEVERITY_WARNING, "no-owner", &rule->place,
				rule->because == NULL
					? "neither an owner nor a reason is given for what this rule allows"
					: "no owner is named for what this rule allows");
	else if (rule->because == NULL)
		diagnostics_add(l->diagnostics, SEVERITY_WARNING, "no-reason", &rule->place,
				"no reason is given for what this rule allows");
	if (rule->owner != NULL && rule->approved != NULL &&
	    span_is_nocase(span_text(rule->owner), rule->approved))
		diagnostics_add(l->diagnostics, SEVERITY_WARNING, "approver-is-owner",
				place_of(rule, FIELD_APPROVED),
				"the owner approved this rule; that is for somebody else to do");
}

static void check_dates(struct linter *l, const struct rule *rule)
{
	char date[DATE_TEXT];

	if (rule->review != DATE_NONE && rule->review < l->today)
		diagnostics_add(l->diagnostics, SEVERITY_WARNING, "review-due", place_of(rule, FIELD_REVIEW),
				"the review of this rule has been due since %s",
				date_text(rule->review, date));
	if (rule->until != DATE_NONE && rule->until < l->today)
		diagnostics_add(l->diagnostics, SEVERITY_WARNING, "expired", place_of(rule, FIELD_UNTIL),
				"this rule ended on %s and does not match any more; remove it or extend it",
				date_text(rule->until, date));
}

/* Clear text is looked for where it comes in, or passes, from anybody. */
static void check_clear_text(struct linter *l, const struct rule *rule)
{
	if (rule->verdict != VERDICT_ALLOW || rule->direction == DIRECTION_OUT || rule->mitigation != NULL ||
	    !l->decider->ends[rule->number].source->everything)
		return;
	for (size_t i = 0; i < rule->door_count; i++) {
		const struct service *const service = rule->doors[i].service;

		if (service != NULL && service->privacy == PRIVACY_CLEAR)
			diagnostics_add(l->diagnostics, SEVERITY_WARNING, "clear-text", &rule->doors[i].place,
					"%s is clear text and open to any; limit it with 'from', or say with "
					"'mitigation' what makes up for it",
					service->name);
	}
}

void lint_documents(struct linter *l, const struct rule *rule)
{
	check_owner(l, rule);
	check_dates(l, rule);
	check_clear_text(l, rule);
}

static bool is_at(const struct service *service, uint16_t port)
{
	for (size_t i = 0; i < service->door_count; i++) {
		if (service->doors[i].first <= port && port <= service->doors[i].last)
			return true;
	}
	return false;
}

/* Who is registered at a port, on the door's own transports first; NULL if nobody is. */
static const struct service *registered_at(const struct door *door, uint16_t port)
{
	static const uint16_t others[] = { TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_SCTP };
	const struct service *found = NULL;

	for (size_t i = 0; i < door->match_count && found == NULL; i++)
		found = catalog_service_at(door->matches[i].transport, port, 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) && found == NULL; i++)
		found = catalog_service_at(others[i], port, 0);
	return found;
}

static void add_home(struct buffer *text, const struct catalog_door *home)
{
	const struct transport *const transport = catalog_transport(home->transport);

	buffer_text(text, transport != NULL ? transport->name : "?");
	if (transport != NULL && transport->has_ports)
		buffer_format(text, home->first == home->last ? "/%u" : "/%u-%u", home->first, home->last);
}

/* "udp/161" of a service, or "udp/500 and udp/4500": each port once, on the transport that it is known by. */
static void add_homes(struct buffer *text, const struct service *service)
{
	enum { SHOWN = 3 };
	size_t shown = 0;

	for (size_t i = 0; i < service->door_count && shown < SHOWN; i++) {
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again |= service->doors[k].first == service->doors[i].first;
		if (again)
			continue;
		if (shown++ > 0)
			buffer_text(text, " and ");
		add_home(text, &service->doors[i]);
	}
}

static void check_door(struct linter *l, const struct door *door)
{
	struct buffer text = buffer_new(PLACE_TEXT);
	const struct service *registered;

	if (door->service == NULL || door->own_ports || door->first != door->last ||
	    door->service->door_count == 0 || is_at(door->service, door->first))
		return;
	registered = registered_at(door, door->first);
	if (registered == NULL || speak_alike(registered, door->service))
		return;
	buffer_format(&text, "port %u is registered for %s; %s is registered for ", door->first,
		      registered->name, door->service->name);
	add_homes(&text, door->service);
	buffer_u8(&text, '\0');
	if (!text.failed)
		diagnostics_add(l->diagnostics, SEVERITY_REMARK, "registered-port", &door->place, "%s",
				(const char *)text.bytes);
	buffer_free(&text);
}

void lint_doors(struct linter *l, const struct rule *rule)
{
	for (size_t i = 0; i < rule->door_count; i++)
		check_door(l, &rule->doors[i]);
}

static void check_list(struct linter *l, const struct rule *rule, const struct address_list *list,
		       const struct address_set *set, const char *what)
{
	if (list->except_count > 0 && set->count == 0)
		diagnostics_add(l->diagnostics, SEVERITY_WARNING, "empty-addresses", &rule->place,
				"'except' leaves no address behind '%s', so this rule never matches", what);
}

static bool has_family(const struct address_set *set, bool v4)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct number first = set->ranges[i].first, last = set->ranges[i].last;
		const bool meets_v4 = number_less(first, NUMBER_BEHIND) && !number_less(last, MAPPED_FIRST);
		const bool meets_v6 = number_less(first, MAPPED_FIRST) || !number_less(last, NUMBER_BEHIND);

		if (v4 ? meets_v4 : meets_v6)
			return true;
	}
	return false;
}

/* ICMP goes between addresses of IPv4, RFC 792, and ICMPv6 between those of IPv6, RFC 4443. */
static void check_family(struct linter *l, const struct door *door, const struct ends *ends)
{
	const bool icmp = door->matches[0].transport == TRANSPORT_ICMP;
	struct diagnostic *d;

	if (!icmp && door->matches[0].transport != TRANSPORT_ICMPV6)
		return;
	if (door->match_count > 1 || ends->source->count == 0 || ends->destination->count == 0 ||
	    (has_family(ends->source, icmp) && has_family(ends->destination, icmp)))
		return;
	d = diagnostics_add(l->diagnostics, SEVERITY_WARNING, "wrong-family", &door->place,
			    "%s is spoken in IPv%c alone, and the rule names only addresses of IPv%c at one "
			    "end: this never matches",
			    icmp ? "icmp" : "icmpv6", icmp ? '4' : '6', icmp ? '6' : '4');
	if (d != NULL)
		d->fix = icmp ? "write icmpv6 in place of icmp" : "write icmp in place of icmpv6";
}

void lint_addresses(struct linter *l, const struct rule *rule)
{
	const struct ends *const ends = &l->decider->ends[rule->number];

	check_list(l, rule, &rule->from, ends->source, "from");
	check_list(l, rule, &rule->to, ends->destination, "to");
	for (size_t i = 0; i < rule->door_count; i++)
		check_family(l, &rule->doors[i], ends);
}

static void mark(const struct linter *l, const struct address_term *terms, size_t count, bool *used)
{
	for (size_t i = 0; i < count; i++) {
		if (terms[i].kind == ADDRESS_NAMED && terms[i].name != NULL)
			used[terms[i].name - l->policy->names] = true;
	}
}

static void mark_list(const struct linter *l, const struct address_list *list, bool *used)
{
	mark(l, list->terms, list->count, used);
	mark(l, list->except, list->except_count, used);
}

bool lint_names(struct linter *l)
{
	const struct policy *const policy = l->policy;
	bool *const used = arena_array(l->scratch, policy->name_count + 1, sizeof(*used));

	if (used == NULL)
		return false;
	for (size_t i = 0; i < policy->rule_count; i++) {
		mark_list(l, &policy->rules[i].from, used);
		mark_list(l, &policy->rules[i].to, used);
	}
	for (size_t i = 0; i < policy->name_count; i++)
		mark_list(l, &policy->names[i].addresses, used);
	for (size_t i = 0; i < policy->name_count; i++) {
		if (!used[i])
			diagnostics_add(l->diagnostics, SEVERITY_REMARK, "unused-name",
					&policy->names[i].place, "nothing uses the name '%s'",
					policy->names[i].name);
	}
	return true;
}
