/* What an earlier process began and did not end. */
#include "firewall/place.h"

#include <unistd.h>

/* Something is written down behind loading it. */
static bool was_loaded(const struct state *state, const struct entry *entry)
{
	char path[PATH_MAX];

	return access(state_path(state, entry->number, "seen", path), F_OK) == 0 ||
	       access(state_path(state, entry->number, "list", path), F_OK) == 0;
}

static bool settle_armed(struct state *state, struct entry *entry, const struct loaded *loaded, bool booted,
			 struct entry **ret_armed, struct error *err)
{
	char boot[BOOT_TEXT];

	state_boot(boot);
	if (booted || strcmp(boot, entry->boot) != 0)
		return place_settle(state, entry, STANDING_TAKEN_BACK, err);
	if (entry->digest != entry->old_digest && place_is(loaded, entry->old_digest))
		return place_settle(state, entry,
				    was_loaded(state, entry) ? STANDING_TAKEN_BACK : STANDING_FAILED, err);
	if (state_now_ms() >= entry->deadline_ms && !enforce_is_kept(state, entry))
		return place_take_back(state, entry, err);
	*ret_armed = entry;
	return true;
}

bool enforce_settle(struct state *state, bool booted, struct entry **ret_armed, struct error *err)
{
	struct entry *const last = state_last(state);
	struct loaded loaded;

	*ret_armed = NULL;
	if (!place_known(state, &loaded) && !place_loaded(state, &loaded, err))
		return false;
	if (last != NULL && last->standing == STANDING_LOADING)
		return place_settle(state, last,
				    place_is(&loaded, last->digest) ? STANDING_CONFIRMED : STANDING_FAILED,
				    err);
	if (last != NULL && last->standing == STANDING_ARMED)
		return settle_armed(state, last, &loaded, booted, ret_armed, err);
	return true;
}
