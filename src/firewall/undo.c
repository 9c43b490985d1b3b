/* Going back: to what stood before, to a number of the history, to nothing. */
#include "firewall/place.h"

static bool undo_last(struct state *state, const char *user, struct entry **ret_entry, struct error *err)
{
	const struct entry *const in_force = state_in_force(state);
	const struct entry *const from = in_force != NULL ? state_entry(state, in_force->stands_for) : NULL;
	const struct entry *to;
	struct enforcement what = { .user = user, .policy = "", .policy_digest = "-" };

	if (in_force == NULL || in_force->stands_for == 0)
		return error_set(err, "there is nothing to undo: nothing was applied and confirmed before");
	if (from == NULL)
		return error_set(err, "what stood before number %u is not kept any more",
				 in_force->stands_for);
	if (!place_read_old(state, from, &what.text, err))
		return false;
	to = state_entry(state, from->before);
	if (to != NULL) {
		what.policy = to->policy;
		what.policy_digest = to->policy_digest;
	}
	what.digest = ruleset_digest(what.text);
	what.rules = place_words(state, from->before, "rules");
	what.names = place_words(state, from->before, "names");
	return place_put(state, &(struct placing){ &what, 0, from->before, to != NULL ? to->before : 0 },
			 ret_entry, err);
}

static bool undo_to(struct state *state, uint32_t number, const char *user, struct entry **ret_entry,
		    struct error *err)
{
	const struct entry *const to = state_entry(state, number);
	struct enforcement what = { .user = user };

	if (to == NULL)
		return error_set(err, "the history has no number %u", number);
	if (to->standing != STANDING_CONFIRMED)
		return error_set(err, "number %u was never confirmed: it is %s", number,
				 standing_text(to->standing));
	if (!state_text_read(state, number, "nft", &what.text, NULL, err))
		return false;
	what.digest = to->digest;
	what.policy = to->policy;
	what.policy_digest = to->policy_digest;
	what.rules = place_words(state, number, "rules");
	what.names = place_words(state, number, "names");
	return place_put(state, &(struct placing){ &what, 0, to->stands_for, to->before }, ret_entry, err);
}

static bool undo_all(struct state *state, const char *user, struct entry **ret_entry, struct error *err)
{
	const struct enforcement what = { .user = user, .policy = "", .policy_digest = "-" };

	return place_put(state, &(struct placing){ .what = &what }, ret_entry, err);
}

bool enforce_undo(struct state *state, const uint32_t *number, const char *user, struct entry **ret_entry,
		  struct error *err)
{
	struct entry *const last = state_last(state);
	const bool waited = last != NULL && last->standing == STANDING_ARMED;
	struct entry *armed;

	if (!enforce_settle(state, false, &armed, err))
		return false;
	if (armed != NULL && (number == NULL || *number == armed->number)) {
		*ret_entry = armed;
		return place_take_back(state, armed, err);
	}
	if (armed != NULL)
		return place_refuse_armed(armed, err);
	if (number == NULL && last != NULL && (waited || last->standing == STANDING_TAKEN_BACK)) {
		*ret_entry = last;
		return true;
	}
	if (number == NULL)
		return undo_last(state, user, ret_entry, err);
	return *number == 0 ? undo_all(state, user, ret_entry, err)
			    : undo_to(state, *number, user, ret_entry, err);
}
