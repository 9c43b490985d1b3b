#include "firewall/enforce.h"
#include "base/clock.h"
#include "firewall/kernel.h"
#include "firewall/ruleset.h"
#include "firewall/way_back.h"

#include <unistd.h>

enum { TEXT_LIMIT = 1 << 30 };
#define KEEP_MEMORY ((size_t)1 << 31)

/* What is loaded, as rules with their counters and as text. */
struct present {
	struct loaded loaded;
	struct span text;
};

static bool read_loaded(const struct state *state, struct loaded *ret_loaded, struct error *err)
{
	if (!firewall_loaded(state->arena, ret_loaded, err))
		return false;
	if (!ret_loaded->seen)
		return error_set(err,
				 "the kernel does not tell what is loaded (needs root, or CAP_NET_ADMIN)");
	firewall_count(ret_loaded);
	return true;
}

static bool read_present(const struct state *state, struct present *ret_present, struct error *err)
{
	return kernel_table(state->arena, true, &ret_present->text, err) &&
	       read_loaded(state, &ret_present->loaded, err);
}

static bool load(const struct loaded *loaded, struct span text, struct error *err)
{
	struct buffer dressed = buffer_new(TEXT_LIMIT);
	bool done;

	ruleset_dress(text, loaded, clock_wall_us() / 1000000, &dressed);
	done = dressed.failed ? error_memory(err) : kernel_load((const char *)dressed.bytes, err);
	buffer_free(&dressed);
	return done;
}

static bool settle_as(struct state *state, struct entry *entry, enum standing standing, struct error *err)
{
	entry->standing = standing;
	entry->settled_us = clock_wall_us();
	return state_write(state, err);
}

/* How it stands now, so that later changes by others can be told. */
static bool record(const struct state *state, uint32_t number, struct error *err)
{
	struct span text;

	return kernel_table(state->arena, false, &text, err) &&
	       state_text_write(state, number, "list", text, err);
}

/* ---- going back ---- */

/* What stood before an entry, as it was listed; empty where there was no table. */
static bool read_old(const struct state *state, const struct entry *entry, struct span *ret_text,
		     struct error *err)
{
	bool absent;

	if (state_text_read(state, entry->number, "old", ret_text, &absent, err))
		return true;
	*ret_text = span_of(NULL, 0);
	if (absent && entry->old_digest != 0)
		return error_set(err, "what stood before number %u is not kept any more", entry->number);
	return absent;
}

/* The listing is loaded again; should nftables not take its own words, the rule set that it was made from. */
static bool load_old(const struct state *state, const struct entry *entry, struct error *err)
{
	struct loaded loaded;
	struct error other;
	struct span text;

	if (!read_old(state, entry, &text, err) || !read_loaded(state, &loaded, err))
		return false;
	if (load(&loaded, text, err))
		return true;
	return entry->before != 0 && state_text_read(state, entry->before, "nft", &text, NULL, &other) &&
	       load(&loaded, text, &other);
}

static bool take_back(struct state *state, struct entry *entry, struct error *err)
{
	return load_old(state, entry, err) && settle_as(state, entry, STANDING_TAKEN_BACK, err);
}

/* ---- settling ---- */

static bool is_loaded(const struct loaded *loaded, uint64_t digest)
{
	return loaded->present ? loaded->digest == digest : digest == 0;
}

/* How it stood was written down behind loading it. */
static bool was_loaded(const struct state *state, const struct entry *entry)
{
	char path[PATH_MAX];

	return access(state_path(state, entry->number, "list", path), F_OK) == 0;
}

static bool settle_armed(struct state *state, struct entry *entry, const struct loaded *loaded, bool booted,
			 struct entry **ret_armed, struct error *err)
{
	char boot[BOOT_TEXT];

	state_boot(boot);
	if (booted || strcmp(boot, entry->boot) != 0)
		return settle_as(state, entry, STANDING_TAKEN_BACK, err);
	if (entry->digest != entry->old_digest && is_loaded(loaded, entry->old_digest))
		return settle_as(state, entry,
				 was_loaded(state, entry) ? STANDING_TAKEN_BACK : STANDING_FAILED, err);
	if (state_now_ms() >= entry->deadline_ms && !enforce_is_kept(state, entry))
		return take_back(state, entry, err);
	*ret_armed = entry;
	return true;
}

bool enforce_settle(struct state *state, bool booted, struct entry **ret_armed, struct error *err)
{
	struct entry *const last = state_last(state);
	struct loaded loaded;

	*ret_armed = NULL;
	if (!read_loaded(state, &loaded, err))
		return false;
	if (last != NULL && last->standing == STANDING_LOADING)
		return settle_as(state, last,
				 is_loaded(&loaded, last->digest) ? STANDING_CONFIRMED : STANDING_FAILED,
				 err);
	if (last != NULL && last->standing == STANDING_ARMED)
		return settle_armed(state, last, &loaded, booted, ret_armed, err);
	return true;
}

/* ---- putting in place ---- */

/* Everything that is needed to load it, to go back and to tell what it was. */
static bool write_texts(const struct state *state, uint32_t number, const struct enforcement *what,
			struct span old, struct error *err)
{
	/* Left behind by an entry of this number that never came into the history. */
	state_text_remove(state, number, "list");
	state_text_remove(state, number, "old");
	return state_text_write(state, number, "nft", what->text, err) &&
	       state_text_write(state, number, "rules", what->rules, err) &&
	       (span_left(old) == 0 || state_text_write(state, number, "old", old, err));
}

static void remove_texts(const struct state *state, uint32_t number)
{
	static const char *const kinds[] = { "nft", "rules", "old", "list", "lock" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		state_text_remove(state, number, kinds[i]);
}

static struct entry *begin_entry(struct state *state, const struct enforcement *what,
				 const struct loaded *loaded, uint32_t timeout_s)
{
	const struct entry *const in_force = state_in_force(state);
	const uint32_t before = in_force != NULL ? in_force->stands_for : 0;
	struct entry *const entry = state_add(state);

	if (entry == NULL)
		return NULL;
	entry->before = before;
	entry->standing = timeout_s > 0 ? STANDING_ARMED : STANDING_LOADING;
	entry->timeout_s = timeout_s;
	entry->deadline_ms = state_now_ms() + (int64_t)timeout_s * 1000;
	entry->digest = what->digest;
	entry->old_digest = loaded->digest;
	entry->policy = what->policy;
	entry->policy_digest = what->policy_digest;
	entry->user = what->user;
	return entry;
}

/* From here on the entry stands in the history, and whatever happens is settled from there. */
static bool put_in_place(struct state *state, struct entry *entry, const struct loaded *loaded,
			 struct span text, struct error *err)
{
	struct error other;

	if (entry->standing == STANDING_ARMED && !way_back_start(state, entry->number, err)) {
		(void)settle_as(state, entry, STANDING_FAILED, &other);
		return false;
	}
	if (!load(loaded, text, err)) {
		(void)settle_as(state, entry, STANDING_FAILED, &other);
		return false;
	}
	if (!record(state, entry->number, err)) {
		(void)take_back(state, entry, &other);
		return false;
	}
	if (entry->standing == STANDING_LOADING)
		return settle_as(state, entry, STANDING_CONFIRMED, err);
	/* Writing and loading may have taken long: the time is that of who is to confirm. Should it not be
	 * written, the time that was is good enough. */
	entry->deadline_ms = state_now_ms() + (int64_t)entry->timeout_s * 1000;
	(void)state_write(state, &other);
	return true;
}

static bool put(struct state *state, const struct enforcement *what, uint32_t timeout_s, uint32_t stands_for,
		uint32_t before, struct entry **ret_entry, struct error *err)
{
	struct present present;
	struct entry *entry;

	if (!read_present(state, &present, err))
		return false;
	entry = begin_entry(state, what, &present.loaded, timeout_s);
	if (entry == NULL)
		return error_memory(err);
	if (timeout_s == 0) {
		entry->stands_for = stands_for;
		entry->before = before;
	}
	if (!write_texts(state, entry->number, what, present.text, err) || !state_write(state, err)) {
		remove_texts(state, entry->number);
		state->count--;
		return false;
	}
	*ret_entry = entry;
	return put_in_place(state, entry, &present.loaded, what->text, err);
}

static bool refuse_armed(const struct entry *armed, struct error *err)
{
	const int64_t left = armed->deadline_ms - state_now_ms();

	return error_set(err,
			 "number %u waits to be confirmed (%lld seconds left): 'doorward confirm' keeps it, "
			 "'doorward undo' takes it back at once",
			 armed->number, (long long)(left > 0 ? (left + 999) / 1000 : 0));
}

bool enforce_apply(struct state *state, const struct enforcement *what, uint32_t timeout_s,
		   struct entry **ret_entry, struct error *err)
{
	struct entry *armed;

	if (!enforce_settle(state, false, &armed, err))
		return false;
	if (armed != NULL)
		return refuse_armed(armed, err);
	return put(state, what, timeout_s, 0, 0, ret_entry, err);
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
	if (!read_loaded(state, &loaded, err))
		return false;
	if (!is_loaded(&loaded, armed->digest))
		return error_set(
			err,
			"what number %u put in place is not what is loaded now: 'doorward undo' goes "
			"back to what stood before it",
			armed->number);
	if (!state_text_read(state, armed->number, "list", &list, &absent, err) &&
	    (!absent || !record(state, armed->number, err)))
		return false;
	*ret_entry = armed;
	return settle_as(state, armed, STANDING_CONFIRMED, err);
}

/* ---- undo ---- */

/* The words of the rules go with the rule set that they describe. */
static struct span rules_of(const struct state *state, uint32_t number)
{
	struct span text;

	return number != 0 && state_text_read(state, number, "rules", &text, NULL, NULL) ? text
											 : span_of(NULL, 0);
}

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
	if (!read_old(state, from, &what.text, err))
		return false;
	to = state_entry(state, from->before);
	if (to != NULL) {
		what.policy = to->policy;
		what.policy_digest = to->policy_digest;
	}
	what.digest = ruleset_digest(what.text);
	what.rules = rules_of(state, from->before);
	return put(state, &what, 0, from->before, to != NULL ? to->before : 0, ret_entry, err);
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
	what.rules = rules_of(state, number);
	return put(state, &what, 0, to->stands_for, to->before, ret_entry, err);
}

static bool undo_all(struct state *state, const char *user, struct entry **ret_entry, struct error *err)
{
	const struct enforcement what = { .user = user, .policy = "", .policy_digest = "-" };

	return put(state, &what, 0, 0, 0, ret_entry, err);
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
		return take_back(state, armed, err);
	}
	if (armed != NULL)
		return refuse_armed(armed, err);
	if (number == NULL && last != NULL && (waited || last->standing == STANDING_TAKEN_BACK)) {
		*ret_entry = last;
		return true;
	}
	if (number == NULL)
		return undo_last(state, user, ret_entry, err);
	return *number == 0 ? undo_all(state, user, ret_entry, err)
			    : undo_to(state, *number, user, ret_entry, err);
}

/* ---- boot ---- */

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
	    !read_loaded(state, &loaded, err))
		return false;
	*ret_entry = in_force;
	return is_loaded(&loaded, in_force->digest) ||
	       (load(&loaded, text, err) && record(state, in_force->number, err));
}

/* ---- looking ---- */

static const struct entry *standing_entry(const struct state *state)
{
	for (size_t i = state->count; i > 0; i--) {
		const struct entry *const entry = &state->entries[i - 1];

		if (entry->standing != STANDING_TAKEN_BACK && entry->standing != STANDING_FAILED)
			return entry;
	}
	return NULL;
}

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

bool enforce_look(const struct state *state, struct standing_view *ret_view, struct error *err)
{
	struct standing_view *const view = ret_view;

	*view = (struct standing_view){ .entry = standing_entry(state) };
	if (!firewall_loaded(state->arena, &view->loaded, err))
		return false;
	if (view->loaded.seen)
		firewall_count(&view->loaded);
	if (view->entry != NULL) {
		view->rules = rules_of(state, view->entry->number);
		view->left_ms = view->entry->deadline_ms - state_now_ms();
		view->kept = view->entry->standing == STANDING_ARMED && enforce_is_kept(state, view->entry);
	}
	if (!view->loaded.seen)
		return true;
	if (state->hidden)
		view->drift = DRIFT_UNRECORDED;
	else if (!view->loaded.present)
		view->drift = view->entry == NULL || view->entry->digest == 0 ? DRIFT_NOTHING : DRIFT_GONE;
	else if (view->entry == NULL || view->entry->digest == 0)
		view->drift = DRIFT_FOREIGN;
	else
		return compare_texts(state, view, err);
	return true;
}

/* ---- the way back ---- */

bool enforce_is_kept(const struct state *state, const struct entry *entry)
{
	return way_back_lives(state, entry->number);
}

enum turn { TURN_DONE, TURN_EARLY, TURN_FAILED };

/* The rules come first: that they are back is written down by whoever comes next, should it fail here. */
static enum turn take_back_if_due(struct state *state, uint32_t number, struct error *err)
{
	struct entry *const entry = state_entry(state, number);
	struct error other;

	if (entry == NULL || entry->standing != STANDING_ARMED)
		return TURN_DONE;
	if (entry->deadline_ms > state_now_ms())
		return TURN_EARLY;
	if (!load_old(state, entry, err))
		return TURN_FAILED;
	(void)settle_as(state, entry, STANDING_TAKEN_BACK, &other);
	return TURN_DONE;
}

/* A history that cannot be read is no confirmation: `armed` is the entry as it was. */
static enum turn keep_once(const char *folder, const struct entry *armed, struct error *err)
{
	struct arena *const arena = arena_new(KEEP_MEMORY);
	enum turn turn = TURN_FAILED;
	struct state state;

	if (arena == NULL) {
		error_memory(err);
		return TURN_FAILED;
	}
	if (state_open(&state, arena, folder, err))
		turn = take_back_if_due(&state, armed->number, err);
	else if (state.lock >= 0 && load_old(&state, armed, err))
		turn = TURN_DONE;
	state_close(&state);
	arena_free(arena);
	return turn;
}

bool enforce_keep(const char *folder, uint32_t number, struct error *err)
{
	enum turn turn = TURN_DONE;
	struct way_back way;
	unsigned tries = 0;

	if (!way_back_hold(&way, folder, number, err))
		return false;
	while (way_back_wait(&way)) {
		turn = keep_once(folder, &way.entry, err);
		if (turn == TURN_DONE || (turn == TURN_FAILED && ++tries == WAY_BACK_TRIES))
			break;
		if (turn == TURN_FAILED)
			way_back_pause();
	}
	way_back_release(&way);
	return turn != TURN_FAILED;
}
