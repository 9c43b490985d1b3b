#include "output/enforcement.h"
#include "base/clock.h"

static const char *const action_names[] = {
	[ACTION_APPLIED] = "applied",     [ACTION_UNCHANGED] = "unchanged",
	[ACTION_CONFIRMED] = "confirmed", [ACTION_TAKEN_BACK] = "taken-back",
	[ACTION_UNDONE] = "undone",       [ACTION_LOADED] = "loaded",
	[ACTION_REFRESHED] = "refreshed", [ACTION_NOTHING] = "nothing",
};

/* "2026-11-21 05:46:12", here. */
static const char *moment(struct out *out, int64_t wall_us)
{
	char text[CLOCK_TEXT];

	clock_text(wall_us, text);
	return arena_format(out->arena, "%.10s %.8s", text, text + 11);
}

static const char *undone_words(struct out *out, const struct entry *entry)
{
	if (entry->digest == 0)
		return "There is no table inet doorward any more.";
	return arena_format(out->arena, "Number %u: what number %u had put in place is in force again.",
			    entry->number, entry->stands_for);
}

static const char *words_of(struct out *out, const struct enforcement_view *view)
{
	const struct entry *const e = view->entry;
	int64_t left_ms;

	if (e == NULL)
		return "No policy was ever applied and confirmed: nothing is loaded.";
	left_ms = e->deadline_ms - state_now_ms();
	switch (view->action) {
	case ACTION_APPLIED:
		return arena_format(
			out->arena,
			"Number %u is in place, and is taken back at %s unless 'doorward confirm' "
			"comes before (%u seconds).",
			e->number, moment(out, clock_wall_us() + left_ms * 1000), e->timeout_s);
	case ACTION_UNCHANGED:
		return arena_format(out->arena,
				    "This very rule set is in force (number %u): nothing was changed.",
				    e->number);
	case ACTION_CONFIRMED:
		return arena_format(out->arena, "Number %u is confirmed and stays.", e->number);
	case ACTION_TAKEN_BACK:
		return arena_format(out->arena,
				    "Number %u is taken back: all is as it was before. With a number "
				    "'doorward undo' goes further back.",
				    e->number);
	case ACTION_UNDONE: return undone_words(out, e);
	case ACTION_LOADED: return arena_format(out->arena, "Number %u is in force and loaded.", e->number);
	case ACTION_REFRESHED:
		return arena_format(
			out->arena,
			"Number %u is in force: the same policy, with what its names stand for now.",
			e->number);
	case ACTION_NOTHING: break;
	}
	return "";
}

void enforcement_text(struct out *out, const struct enforcement_view *view)
{
	const char *const words = words_of(out, view);

	if (words != NULL)
		screen_paragraph(&out->screen, 0, STYLE_PLAIN, words);
}

void enforcement_json(struct out *out, const struct enforcement_view *view)
{
	struct json json = event_begin(out, "enforcement");
	const struct entry *const e = view->entry;
	char digest[20];

	json_open_object(&json, "enforcement");
	json_text(&json, "action", action_names[view->action]);
	if (e != NULL) {
		json_unsigned(&json, "number", e->number);
		json_text(&json, "policy", e->policy[0] != '\0' ? e->policy : NULL);
		snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)e->digest);
		json_text(&json, "digest", e->digest != 0 ? digest : NULL);
		if (view->action == ACTION_APPLIED)
			json_unsigned(&json, "timeout", e->timeout_s);
		if (view->action == ACTION_UNDONE)
			json_unsigned(&json, "stands_for", e->stands_for);
	}
	json_end(&json);
	event_end(out, &json);
}
