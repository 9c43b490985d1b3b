#include "cmd/scan_judge.h"

#include "cmd/gather.h"
#include "cmd/host_names.h"
#include "scan/endpoint.h"

#include <stdlib.h>

enum { JUDGE_MEMORY = 1 << 30, DOOR_MEMORY = 16 << 20 };

/* ---- beginning and end ---- */

/* The addresses of the host, and who we are to each of them. */
static bool list_addresses(struct judge *judge, struct error *err)
{
	const uint32_t count = judge->targets->count;

	if (count > JUDGE_ADDRESSES)
		return error_set(err,
				 "--policy: a policy speaks of one host, and these are %u addresses; a host "
				 "may have %d",
				 (unsigned)count, JUDGE_ADDRESSES);
	judge->addresses = arena_array(judge->arena, count, sizeof(*judge->addresses));
	judge->sources = arena_array(judge->arena, count, sizeof(*judge->sources));
	if (judge->addresses == NULL || judge->sources == NULL)
		return error_memory(err);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t interface;

		judge->sources[i] = (struct address){ 0 };
		targets_nth(judge->targets, i, &judge->addresses[i], &interface);
		(void)endpoint_source(&judge->addresses[i], interface, &judge->sources[i]);
	}
	judge->address_count = count;
	return true;
}

bool judge_open(struct judge *judge, const char *policy_path, struct error *err)
{
	struct diagnostics *diagnostics;

	judge->arena = arena_new(JUDGE_MEMORY);
	diagnostics = judge->arena != NULL ? diagnostics_new(judge->arena) : NULL;
	if (diagnostics == NULL)
		return error_memory(err);
	if (policy_path == NULL)
		return true;
	judge->policy = policy_read(judge->arena, policy_path, host_names_lookup(judge->arena, NULL),
				    diagnostics);
	if (judge->policy == NULL)
		return policy_refused(diagnostics, policy_path, err);
	return list_addresses(judge, err);
}

void judge_close(struct judge *judge)
{
	for (size_t i = 0; i < judge->found_count && i < JUDGE_ANSWERS; i++)
		free((void *)judge->found[i].result);
	free(judge->found);
	arena_free(judge->door_arena);
	arena_free(judge->arena);
	*judge = (struct judge){ 0 };
}

/* ---- with a policy ---- */

static bool make_room(struct judge *judge)
{
	const size_t capacity = judge->found_capacity > 0 ? 2 * judge->found_capacity : 64;
	struct audit_found *found;

	if (judge->found_count < judge->found_capacity)
		return true;
	found = realloc(judge->found, capacity * sizeof(*found));
	if (found == NULL)
		return false;
	judge->found = found;
	judge->found_capacity = capacity;
	return true;
}

static void keep_door(struct judge *judge, const struct knock_door *door, const struct knock_result *result)
{
	static const struct knock_result not_kept = { .outcome = KNOCK_NOT_ASKED };
	struct knock_result *copy = NULL;

	if (!make_room(judge))
		return;
	if (judge->found_count < JUDGE_ANSWERS) {
		copy = malloc(sizeof(*copy));
		if (copy == NULL)
			return;
		*copy = *result;
	}
	judge->found[judge->found_count++] = (struct audit_found){ *door, copy != NULL ? copy : &not_kept };
}

/* Over UDP silence proves nothing. */
static bool is_absent(void *context, unsigned transport, uint16_t port)
{
	const struct judge *const judge = context;
	uint32_t nth;

	if (transport != judge->transport || !judge->complete || !ports_find(judge->ports, port, &nth))
		return false;
	return transport == TRANSPORT_TCP || (judge->refused[port / 8] >> port % 8 & 1) != 0;
}

void judge_refused(struct judge *judge, const struct knock_door *door)
{
	judge->refused[door->port / 8] |= (uint8_t)(1u << door->port % 8);
}

const struct audit *judge_all(struct judge *judge, struct error *err)
{
	const char *reasons[JUDGE_REASONS];
	struct audit_outside outside = { .name = judge->name,
					 .addresses = judge->addresses,
					 .sources = judge->sources,
					 .address_count = judge->address_count,
					 .found = judge->found,
					 .found_count = judge->found_count,
					 .absent = is_absent,
					 .context = judge,
					 .incomplete = reasons };

	if (!judge->complete)
		reasons[outside.incomplete_count++] =
			"which documented doors do not answer: the scan came to no end";
	if (judge->found_count > JUDGE_ANSWERS)
		reasons[outside.incomplete_count++] =
			"what is spoken at some open doors: there are too many of them";
	return audit_outside(judge->arena, judge->policy, &outside, err);
}

/* ---- without one ---- */

static void count_finding(struct judge *judge, const struct finding *finding)
{
	for (size_t i = 0; i < judge->tally_count; i++) {
		struct scan_tally *const tally = &judge->tallies[i];

		if (tally->finding.severity == finding->severity &&
		    strcmp(tally->finding.id, finding->id) == 0) {
			tally->doors++;
			return;
		}
	}
	if (judge->tally_count < JUDGE_TALLIES)
		judge->tallies[judge->tally_count++] = (struct scan_tally){
			{ .kind = finding->kind,
			  .id = finding->id,
			  .title = finding->title,
			  .severity = finding->severity,
			  .remedy = finding->remedy,
			  .references = finding->references },
			1
		};
}

static const struct audit *judge_alone(struct judge *judge, const struct knock_door *door,
				       const struct knock_result *result)
{
	const struct audit_found found = { *door, result };
	struct address source = { 0 };
	char *const name = arena_alloc(judge->door_arena, ADDRESS_TEXT);
	const struct audit_outside outside = { .name = name,
					       .addresses = &door->address,
					       .sources = &source,
					       .address_count = 1,
					       .found = &found,
					       .found_count = 1 };
	const struct audit *audit;

	if (name == NULL)
		return NULL;
	address_text(&door->address, name);
	(void)endpoint_source(&door->address, door->interface, &source);
	audit = audit_outside(judge->door_arena, NULL, &outside, NULL);
	for (size_t i = 0; audit != NULL && i < audit->finding_count; i++)
		count_finding(judge, &audit->findings[i]);
	return audit;
}

const struct audit *judge_door(struct judge *judge, const struct knock_door *door,
			       const struct knock_result *result)
{
	if (judge->policy != NULL) {
		keep_door(judge, door, result);
		return NULL;
	}
	arena_free(judge->door_arena);
	judge->door_arena = arena_new(DOOR_MEMORY);
	return judge->door_arena != NULL ? judge_alone(judge, door, result) : NULL;
}

static int compare_tallies(const void *first, const void *second)
{
	const struct finding *const a = &((const struct scan_tally *)first)->finding;
	const struct finding *const b = &((const struct scan_tally *)second)->finding;

	return a->severity != b->severity ? a->severity - b->severity : strcmp(a->id, b->id);
}

bool judge_tallies(struct judge *judge)
{
	bool any = false;

	qsort(judge->tallies, judge->tally_count, sizeof(*judge->tallies), compare_tallies);
	for (size_t i = 0; i < judge->tally_count; i++)
		any = any || judge->tallies[i].finding.severity < AUDIT_NOTE;
	return any;
}
