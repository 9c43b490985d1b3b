/* Reachable from more than is documented. A door that rules document is asked about for each of this host's
 * addresses and interfaces that it takes packets on: who can come that way, by the kind of the address, and
 * whom do the rules leave out?
 *
 * Where nobody at all is documented on an address, the service is bound too widely, whatever a firewall may
 * do about it. Where only some are, the others are claimed to reach the door only if nothing on this host
 * filters packets, or if the rule means this host alone. */
#include "audit/ranges.h"
#include "audit/reachable.h"
#include "audit/rooms.h"

enum { SCRATCH_LIMIT = 256 << 20 };

/* One way in: an address of this host, on an interface, and the rules that speak of the door. */
struct way {
	struct arena *scratch; /* for the sets of addresses of one door */
	const struct audit_door *door;
	struct address address;
	const struct host_interface *interface; /* or NULL */
	const struct rule *const *rules;
	size_t rule_count;
};

/* What was found for a door; one finding tells of all. */
struct excess {
	struct way unbound;          /* nobody is documented there; door is NULL if that was not so */
	struct address_range beyond; /* sources that the rules leave out */
	bool has_beyond, host_only;  /* host_only: the rules mean this host alone */
};

static struct question question_of(const struct way *way)
{
	const struct audit_door *const door = way->door;

	return (struct question){
		.direction = DIRECTION_IN,
		.door = { door->transport, door->port, door->port },
		.has_destination = true,
		.destination = way->address,
		.interface = way->interface != NULL ? way->interface->name : NULL,
	};
}

/* What the rules make of those who can come one way. */
struct admitted {
	struct ranges left;    /* not decided yet; in the end those whom no rule speaks of */
	struct ranges refused; /* by a rule */
	bool any;              /* somebody is allowed */
	bool from_outside;     /* and not only this host itself */
};

static bool apply_rule(struct work *work, const struct way *way, const struct rule *rule,
		       struct admitted *admitted)
{
	struct ranges from, shared = { 0 };

	if (!ranges_of_list(way->scratch, &rule->from, work->input->around, &from) ||
	    !ranges_add_shared(way->scratch, &shared, &admitted->left, &from))
		return false;
	if (rule->verdict == VERDICT_ALLOW) {
		admitted->any = true;
		admitted->from_outside |= shared.count > 0;
	} else {
		for (size_t i = 0; i < shared.count; i++) {
			if (!ranges_add(way->scratch, &admitted->refused, &shared.list[i]))
				return false;
		}
	}
	return ranges_subtract(way->scratch, &admitted->left, &shared);
}

static bool try_way(struct work *work, const struct way *way, struct excess *excess)
{
	const struct question question = question_of(way);
	struct admitted admitted = { 0 };

	if (catalog_scope(&way->address) == SCOPE_HOST)
		return true;
	if (!sources_of(way->scratch, work->input->host, &way->address, &admitted.left))
		return false;
	for (size_t r = 0; r < way->rule_count; r++) {
		const enum mismatch mismatch = rule_mismatch(work->decider, way->rules[r], &question);

		if ((mismatch == MATCHES || mismatch_is_open(mismatch)) &&
		    !apply_rule(work, way, way->rules[r], &admitted))
			return false;
	}
	if (!admitted.any) {
		if (excess->unbound.door == NULL)
			excess->unbound = *way;
	} else if (admitted.left.count + admitted.refused.count > 0 && !excess->has_beyond) {
		excess->has_beyond = true;
		excess->host_only = !admitted.from_outside;
		excess->beyond = admitted.refused.count > 0 ? admitted.refused.list[0]
							    : admitted.left.list[0];
	}
	return true;
}

/* Whether a socket takes what is sent to this address. */
static bool takes(const struct host_socket *socket, const struct address *address)
{
	if (!address_is_unspecified(&socket->local))
		return address_compare(&socket->local, address) == 0;
	return address_is_v4(address) ? !socket->v6_socket || !socket->v6_only : socket->v6_socket;
}

static bool try_socket(struct work *work, const struct host_socket *socket, struct way *way,
		       struct excess *excess)
{
	const struct host *const host = work->input->host;

	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *const interface = &host->interfaces[i];

		if (interface->space != socket->space || !interface->up ||
		    (socket->interface != 0 && socket->interface != interface->index))
			continue;
		for (size_t a = 0; a < interface->address_count; a++) {
			if (!takes(socket, &interface->addresses[a]))
				continue;
			way->address = interface->addresses[a];
			way->interface = interface;
			if (!try_way(work, way, excess))
				return false;
		}
	}
	return true;
}

/* The rules that speak of the door, in their order. */
static bool candidates(struct work *work, struct way *way)
{
	const struct policy *const policy = work->input->policy;
	const struct rule **rules = NULL;
	size_t capacity = 0;

	for (size_t r = 0; r < policy->rule_count; r++) {
		const struct rule *const rule = &policy->rules[r];

		if (rule->direction != DIRECTION_IN ||
		    rule_door_at(rule, way->door->transport, way->door->port) == NULL)
			continue;
		rules = arena_grow(way->scratch, rules, way->rule_count, &capacity, sizeof(struct rule *));
		if (rules == NULL)
			return false;
		rules[way->rule_count++] = rule;
	}
	way->rules = rules;
	return true;
}

static const char *unbound_words(struct work *work, const struct excess *excess)
{
	char text[ADDRESS_TEXT];

	return keep(work, arena_format(work->arena, "it also listens at %s on %s, which the rule leaves out",
				       address_text(&excess->unbound.address, text),
				       excess->unbound.interface->name));
}

static const char *beyond_words(struct work *work, const struct excess *excess, bool unfiltered)
{
	char text[ADDRESS_RANGE_TEXT];

	return keep(work, arena_format(work->arena,
				       "%s%s can be reached from %s, among others, which the rules leave out",
				       unfiltered ? "nothing on this host filters packets, and " : "",
				       unfiltered ? "it" : "the rule means this host alone, but the door",
				       address_range_text(&excess->beyond, text)));
}

static void report(struct work *work, const struct audit_door *door, const struct excess *excess)
{
	const bool unfiltered = work->input->host->filtering == FILTERING_NONE;
	const bool beyond = excess->has_beyond && (unfiltered || excess->host_only);
	struct finding *finding;

	if (excess->unbound.door == NULL && !beyond)
		return;
	finding = finding_add(work, FINDING_WIDER, door, door->rule, "%s%s%s; documented by '%s' (%s:%u)",
			      excess->unbound.door != NULL ? unbound_words(work, excess) : "",
			      excess->unbound.door != NULL && beyond ? "; " : "",
			      beyond ? beyond_words(work, excess, unfiltered) : "",
			      rule_words(work, door->rule), door->rule->place.file, door->rule->place.line);
	if (finding != NULL && !unfiltered)
		finding->severity = AUDIT_MEDIUM;
}

static void compare_with_rules(struct work *work, const struct audit_door *door)
{
	struct way way = { .scratch = arena_new(SCRATCH_LIMIT), .door = door };
	struct excess excess = { 0 };

	if (way.scratch == NULL || !candidates(work, &way))
		work->no_memory = true;
	for (size_t s = 0; s < door->socket_count && !work->no_memory; s++)
		work->no_memory |= !try_socket(work, door->sockets[s], &way, &excess);
	if (!work->no_memory)
		report(work, door, &excess);
	arena_free(way.scratch);
}

void find_wider(struct work *work)
{
	for (size_t i = 0; i < work->audit->door_count && !work->no_memory; i++) {
		const struct audit_door *const door = &work->audit->doors[i];

		if (door->documented == DOCUMENTED_YES && door->exposure > EXPOSED_HOST)
			compare_with_rules(work, door);
	}
}
