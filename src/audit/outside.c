/* The doors of a host that was looked at from elsewhere, told as sockets, so that the same rooms judge them.
 * Who holds them nobody can see from there. */
#include "audit/rooms.h"
#include "base/clock.h"
#include "protocols/protocols.h"

#include <stdlib.h>

static int compare(const void *first, const void *second)
{
	const struct audit_found *const a = first, *const b = second;

	return knock_door_compare(&a->door, &b->door);
}

/* ---- the host, as far as it is known ---- */

static void fill_host(struct host *host, const struct audit_outside *outside)
{
	for (size_t i = 0; i < outside->found_count; i++) {
		const struct knock_door *const door = &outside->found[i].door;

		host->sockets[host->socket_count++] = (struct host_socket){
			.local = door->address,
			.interface = door->interface,
			.transport = door->transport,
			.local_port = door->port,
			.kind = SOCKET_PASSIVE,
			.family = SOCKET_INET,
			.state = door->transport == TRANSPORT_TCP ? STATE_LISTEN : STATE_CLOSE,
			.door = NO_SOCKET,
			.v6_socket = !address_is_v4(&door->address),
		};
	}
	for (size_t i = 0; i < outside->incomplete_count; i++)
		host->unseen[host->unseen_count++] = outside->incomplete[i];
}

/* No port is the ephemeral one of a client: who answers serves. NULL without memory. */
static struct host *make_host(struct arena *arena, const struct audit_outside *outside)
{
	struct host *const host = arena_alloc(arena, sizeof(*host));

	if (host == NULL)
		return NULL;
	*host = (struct host){
		.arena = arena,
		.sockets = arena_array(arena, outside->found_count + 1, sizeof(*host->sockets)),
		.spaces = arena_alloc(arena, sizeof(*host->spaces)),
		.unseen = arena_array(arena, outside->incomplete_count + 1, sizeof(*host->unseen)),
		.space_count = 1,
		.filtering = FILTERING_UNKNOWN,
		.name = outside->name,
	};
	if (host->sockets == NULL || host->spaces == NULL || host->unseen == NULL)
		return NULL;
	host->spaces[0] = (struct host_space){
		.name = outside->name, .visible = true, .ephemeral_first = 1, .ephemeral_last = 0
	};
	fill_host(host, outside);
	return host;
}

static bool set_surroundings(struct surroundings *around, struct arena *arena,
			     const struct audit_outside *outside)
{
	struct address_range *const self = arena_array(arena, outside->address_count + 1, sizeof(*self));

	for (size_t i = 0; self != NULL && i < outside->address_count; i++)
		self[i] = (struct address_range){ outside->addresses[i], outside->addresses[i] };
	*around = (struct surroundings){ .self = self,
					 .self_count = outside->address_count,
					 .today = clock_today() };
	return self != NULL;
}

struct audit *audit_outside(struct arena *arena, const struct policy *policy,
			    const struct audit_outside *outside, struct error *err)
{
	struct audit_found *const found = arena_array(arena, outside->found_count + 1, sizeof(*found));
	struct knock_door *const knocked = arena_array(arena, outside->found_count + 1, sizeof(*knocked));
	struct audit_outside *const sorted = arena_alloc(arena, sizeof(*sorted));
	struct host *const host = make_host(arena, outside);
	struct surroundings around;
	struct audit_input input;

	if (found == NULL || knocked == NULL || sorted == NULL || host == NULL ||
	    !set_surroundings(&around, arena, outside)) {
		error_memory(err);
		return NULL;
	}
	if (outside->found_count > 0)
		memcpy(found, outside->found, outside->found_count * sizeof(*found));
	qsort(found, outside->found_count, sizeof(*found), compare);
	for (size_t i = 0; i < outside->found_count; i++)
		knocked[i] = found[i].door;
	*sorted = *outside;
	sorted->found = found;
	input = (struct audit_input){ .policy = policy,
				      .host = host,
				      .around = &around,
				      .knocked = knocked,
				      .knock_count = outside->found_count,
				      .outside = sorted };
	return audit_run(arena, &input, err);
}

/* ---- what is expected from where we look ---- */

/* NULL where it is not known. */
static const struct address *source_to(const struct audit_outside *outside, const struct address *address)
{
	for (size_t i = 0; i < outside->address_count; i++)
		if (address_compare(&outside->addresses[i], address) == 0)
			return address_is_unspecified(&outside->sources[i]) ? NULL : &outside->sources[i];
	return NULL;
}

/* What the policy says to us; false where it depends on what nobody knows from outside. */
static bool ask(const struct work *work, const struct match *match, const struct address *address,
		enum policy_verdict *ret_verdict)
{
	const struct address *const source = source_to(work->input->outside, address);
	struct question question = { .direction = DIRECTION_IN,
				     .door = *match,
				     .has_source = source != NULL,
				     .has_destination = true,
				     .destination = *address };
	struct decision decision;

	if (source == NULL)
		return false;
	question.source = *source;
	decision = policy_decide(work->decider, &question);
	*ret_verdict = decision.verdict;
	return decision.undecided == NULL;
}

static bool lets_us_in(const struct work *work, const struct match *match)
{
	const struct audit_outside *const outside = work->input->outside;
	enum policy_verdict verdict;

	for (size_t i = 0; i < outside->address_count; i++)
		if (ask(work, match, &outside->addresses[i], &verdict) && verdict == VERDICT_ALLOW)
			return true;
	return false;
}

bool outside_would_answer(const struct work *work, const struct door *door)
{
	const struct audit_outside *const outside = work->input->outside;
	bool all = true;

	if (outside == NULL)
		return true;
	for (size_t m = 0; m < door->match_count; m++)
		all = all && outside->absent != NULL &&
		      outside->absent(outside->context, door->matches[m].transport, door->matches[m].first) &&
		      lets_us_in(work, &door->matches[m]);
	return all;
}

const char *outside_words(struct work *work, const struct audit_door *door)
{
	const struct address *const source = source_to(work->input->outside, &door->sockets[0]->local);
	char text[ADDRESS_TEXT];

	if (source == NULL)
		return "it answers";
	return keep(work, arena_format(work->arena, "it answered %s", address_text(source, text)));
}

/* ---- what is found ---- */

static bool answers_too_many(const struct work *work, const struct audit_door *door)
{
	const struct match match = { door->transport, door->port, door->port };
	enum policy_verdict verdict;

	for (size_t s = 0; s < door->socket_count; s++)
		if (ask(work, &match, &door->sockets[s]->local, &verdict) && verdict != VERDICT_ALLOW)
			return true;
	return false;
}

void find_answered(struct work *work)
{
	for (size_t i = 0; i < work->audit->door_count; i++) {
		const struct audit_door *const door = &work->audit->doors[i];

		if (door->documented == DOCUMENTED_YES && answers_too_many(work, door))
			finding_add(work, FINDING_WIDER, door, door->rule,
				    "%s, whom the rules leave out; documented by '%s' (%s:%u)",
				    outside_words(work, door), rule_words(work, door->rule),
				    door->rule->place.file, door->rule->place.line);
	}
}

/* What such a service is for, in words; NULL for one that may be meant for many. */
static const char *purpose_of(const struct service *service)
{
	static const struct {
		const char *group, *words;
	} groups[] = {
		{ "backup", "for backups" },
		{ "database", "a database" },
		{ "remote-administration", "for remote administration" },
	};

	for (size_t i = 0; service != NULL && i < sizeof(groups) / sizeof(*groups); i++)
		if (strcmp(service->group, groups[i].group) == 0)
			return groups[i].words;
	return NULL;
}

void find_reachable(struct work *work)
{
	for (size_t i = 0; i < work->audit->door_count; i++) {
		const struct audit_door *const door = &work->audit->doors[i];
		const struct protocol *spoken;
		struct finding *finding;
		const char *purpose;

		if (door->spoken == NULL || door->spoken->outcome != KNOCK_IDENTIFIED ||
		    door->exposure <= EXPOSED_HOST)
			continue;
		spoken = door->spoken->inside_tls != NULL ? door->spoken->inside_tls : door->spoken->protocol;
		purpose = purpose_of(catalog_service(span_text(spoken->name)));
		if (purpose == NULL)
			continue;
		finding = finding_add(work, FINDING_REACHABLE, door, NULL, "%s: %s is %s",
				      outside_words(work, door), spoken->title, purpose);
		if (finding != NULL && door->exposure < EXPOSED_PUBLIC)
			finding->severity = AUDIT_NOTE;
	}
}
