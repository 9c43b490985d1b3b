/* What somebody answers for: `accept FINDING on DOORS because TEXT until DATE`. While its date lasts, the
 * finding is shown and does not count. Afterwards it counts again, and the lapse is a finding of its own. */
#include "audit/rooms.h"
#include "base/clock.h"

static bool meets(const struct match *match, unsigned transport, uint16_t first, uint16_t last)
{
	return (match->transport == transport || match->transport == TRANSPORT_ANY ||
		transport == TRANSPORT_ANY) &&
	       match->first <= last && first <= match->last;
}

static bool door_meets(const struct door *door, unsigned transport, uint16_t first, uint16_t last)
{
	for (size_t m = 0; m < door->match_count; m++) {
		if (meets(&door->matches[m], transport, first, last))
			return true;
	}
	return false;
}

static bool rule_meets(const struct rule *rule, const struct door *door)
{
	for (size_t d = 0; d < rule->door_count; d++) {
		for (size_t m = 0; m < rule->doors[d].match_count; m++) {
			const struct match *const match = &rule->doors[d].matches[m];

			if (door_meets(door, match->transport, match->first, match->last))
				return true;
		}
	}
	return false;
}

static bool covers(const struct acceptance *acceptance, const struct finding *finding)
{
	if (strcmp(acceptance->finding, finding->id) != 0)
		return false;
	if (acceptance->door_count == 0)
		return true;
	for (size_t d = 0; d < acceptance->door_count; d++) {
		const struct door *const door = &acceptance->doors[d];

		if (finding->door != NULL ? door_meets(door, finding->door->transport, finding->door->port,
						       finding->door->port)
					  : finding->rule != NULL && rule_meets(finding->rule, door))
			return true;
	}
	return false;
}

static void find_ended(struct work *work, const struct acceptance *acceptance, size_t covered)
{
	struct finding *finding;
	char date[DATE_TEXT];

	date_text(acceptance->until, date);
	finding = finding_add(work, FINDING_ACCEPTANCE_ENDED, NULL, NULL,
			      "accepted until %s because %s; %s (%s:%u)", date, acceptance->because,
			      covered > 0 ? "the finding stands"
					  : "the finding is gone: the line can go as well",
			      acceptance->place.file, acceptance->place.line);
	if (finding == NULL)
		return;
	if (covered == 0)
		finding->severity = AUDIT_NOTE;
	finding->subject = keep(work,
				arena_format(work->arena, "accept %s until %s", acceptance->finding, date));
	finding->key = keep(work, arena_format(work->arena, "%s:%s:%s:%u", finding->id, acceptance->finding,
					       acceptance->place.file, acceptance->place.line));
}

static bool has_ended(const struct work *work, const struct acceptance *acceptance)
{
	return acceptance->until < work->input->around->today;
}

/* How many of the first `count` findings it covers; those are accepted unless its time is over. */
static size_t accept(struct work *work, const struct acceptance *acceptance, size_t count)
{
	size_t covered = 0;

	for (size_t f = 0; f < count; f++) {
		struct finding *const finding = &work->audit->findings[f];

		if (!covers(acceptance, finding))
			continue;
		covered++;
		if (!has_ended(work, acceptance))
			finding->accepted = acceptance;
	}
	return covered;
}

void accept_findings(struct work *work)
{
	const struct policy *const policy = work->input->policy;

	for (size_t a = 0; a < policy->acceptance_count; a++)
		accept(work, &policy->acceptances[a], work->audit->finding_count);
}

void find_accepted(struct work *work)
{
	const struct policy *const policy = work->input->policy;
	const size_t count = work->audit->finding_count;

	for (size_t a = 0; a < policy->acceptance_count; a++) {
		const struct acceptance *const acceptance = &policy->acceptances[a];
		const size_t covered = accept(work, acceptance, count);

		if (has_ended(work, acceptance))
			find_ended(work, acceptance, covered);
	}
}
