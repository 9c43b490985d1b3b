#include "firewall/enforce.h"
#include "firewall/place.h"

bool enforce_apply(struct state *state, const struct enforcement *what, uint32_t timeout_s,
		   struct entry **ret_entry, struct error *err)
{
	struct entry *armed;

	if (!enforce_settle(state, false, &armed, err))
		return false;
	if (armed != NULL)
		return place_refuse_armed(armed, err);
	return place_put(state, &(struct placing){ what, timeout_s, 0, 0 }, ret_entry, err);
}

bool enforce_refresh(struct state *state, const struct enforcement *what, struct entry **ret_entry,
		     struct error *err)
{
	const struct entry *in_force;
	struct entry *armed;

	if (!enforce_settle(state, false, &armed, err))
		return false;
	if (armed != NULL)
		return place_refuse_armed(armed, err);
	in_force = state_in_force(state);
	if (in_force == NULL)
		return error_set(err, "nothing is in force: nothing was applied and confirmed before");
	return place_put(state, &(struct placing){ what, 0, in_force->stands_for, in_force->before },
			 ret_entry, err);
}

bool enforce_confirm(struct state *state, struct entry **ret_entry, struct error *err)
{
	struct loaded loaded;
	struct entry *armed;
	bool absent = false;
	struct span list;

	if (!enforce_settle(state, false, &armed, err))
		return false;
	if (armed == NULL)
		return error_set(err, "nothing waits to be confirmed");
	if (!place_known(state, &loaded) && !place_loaded(state, &loaded, err))
		return false;
	if (!place_is(&loaded, armed->digest))
		return error_set(
			err,
			"what number %u put in place is not what is loaded now: 'doorward undo' goes "
			"back to what stood before it",
			armed->number);
	if (!state_text_read(state, armed->number, "list", &list, &absent, err) &&
	    (!absent || !place_record(state, armed->number, err)))
		return false;
	*ret_entry = armed;
	return place_settle(state, armed, STANDING_CONFIRMED, err);
}

bool enforce_boot(struct state *state, struct entry **ret_entry, struct error *err)
{
	struct entry *armed, *in_force;
	struct loaded loaded;
	struct span text;

	*ret_entry = NULL;
	if (!enforce_settle(state, true, &armed, err))
		return false;
	in_force = state_in_force(state);
	if (in_force == NULL)
		return true;
	if (!state_text_read(state, in_force->number, "nft", &text, NULL, err) ||
	    !place_loaded(state, &loaded, err))
		return false;
	*ret_entry = in_force;
	return place_is(&loaded, in_force->digest) || place_again(state, in_force, &loaded, text, err);
}
