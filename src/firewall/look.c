/* What is there now, and how it compares with what was put in place. */
#include "firewall/kernel.h"
#include "firewall/place.h"
#include "firewall/ruleset.h"

static bool compare_texts(const struct state *state, struct standing_view *view, struct error *err)
{
	struct span recorded, there;
	bool absent;

	if (!state_text_read(state, view->entry->number, "list", &recorded, &absent, err)) {
		view->drift = DRIFT_UNRECORDED;
		return absent;
	}
	if (!kernel_table(state->arena, false, &there, err))
		return false;
	view->differences = ruleset_differences(state->arena, recorded, there, STANDING_DIFFERENCES,
						&view->difference_count);
	if (view->differences == NULL)
		return error_memory(err);
	view->drift = view->difference_count > 0 ? DRIFT_CHANGED : DRIFT_NONE;
	return true;
}

static bool read_standing(const struct state *state, const struct standing_view *view, struct span *ret_text)
{
	return state_text_read(state, view->entry->number, "nft", ret_text, NULL, NULL);
}

bool enforce_look(const struct state *state, bool counts, struct standing_view *ret_view, struct error *err)
{
	struct standing_view *const view = ret_view;
	struct span text;
	bool known;

	*view = (struct standing_view){ .entry = place_standing(state) };
	known = place_known(state, &view->loaded);
	if (!firewall_loaded(state->arena,
			     known && !counts && read_standing(state, view, &text) ? &text : NULL,
			     &view->loaded, err))
		return false;
	if (view->entry != NULL) {
		view->rules = place_words(state, view->entry->number, "rules");
		view->left_ms = view->entry->deadline_ms - state_now_ms();
		view->kept = view->entry->standing == STANDING_ARMED && enforce_is_kept(state, view->entry);
	}
	if (!view->loaded.seen)
		return true;
	if (known)
		view->drift = DRIFT_NONE;
	else if (state->hidden)
		view->drift = DRIFT_UNRECORDED;
	else if (!view->loaded.present)
		view->drift = view->entry == NULL || view->entry->digest == 0 ? DRIFT_NOTHING : DRIFT_GONE;
	else if (view->entry == NULL || view->entry->digest == 0)
		view->drift = DRIFT_FOREIGN;
	else
		return compare_texts(state, view, err);
	return true;
}
