/* Each step is one that a process may be killed behind: see enforce.h. */
#include "firewall/place.h"
#include "base/clock.h"
#include "firewall/kernel.h"
#include "firewall/load.h"
#include "firewall/way_back.h"

enum { LATE_MOST_MS = 1000, LATE_PART = 100 };

bool place_loaded(const struct state *state, struct loaded *ret_loaded, struct error *err)
{
	if (!firewall_loaded(state->arena, NULL, ret_loaded, err))
		return false;
	return ret_loaded->seen ||
	       error_set(err, "the kernel does not tell what is loaded (needs root, or CAP_NET_ADMIN)");
}

bool place_known(const struct state *state, struct loaded *ret_loaded)
{
	const struct entry *const last = place_standing(state);

	if (last == NULL || last->digest == 0 || !seen_holds(state, last->number))
		return false;
	*ret_loaded = (struct loaded){ .seen = true, .present = true, .digest = last->digest };
	return true;
}

bool place_is(const struct loaded *loaded, uint64_t digest)
{
	return loaded->present ? loaded->digest == digest : digest == 0;
}

bool place_load(const struct loaded *loaded, struct span text, struct error *err)
{
	return load_text(RULESET_REPLACES, loaded, text, err);
}

bool place_settle(struct state *state, struct entry *entry, enum standing standing, struct error *err)
{
	if (standing == STANDING_CONFIRMED && !state_texts_settle(state, entry->number, err))
		return false;
	entry->standing = standing;
	entry->settled_us = clock_wall_us();
	return state_write(state, err);
}

bool place_record(const struct state *state, uint32_t number, struct error *err)
{
	struct span text;

	return kernel_table(state->arena, false, &text, err) &&
	       state_text_write(state, number, "list", text, err);
}

struct entry *place_standing(const struct state *state)
{
	for (size_t i = state->count; i > 0; i--) {
		struct entry *const entry = &state->entries[i - 1];

		if (entry->standing != STANDING_TAKEN_BACK && entry->standing != STANDING_FAILED)
			return entry;
	}
	return NULL;
}

/* The words of the rules go with the rule set that they describe. */
struct span place_words(const struct state *state, uint32_t number, const char *kind)
{
	struct span text;

	return number != 0 && state_text_read(state, number, kind, &text, NULL, NULL) ? text
										      : span_of(NULL, 0);
}

bool place_refuse_armed(const struct entry *armed, struct error *err)
{
	const int64_t left = armed->deadline_ms - state_now_ms();

	return error_set(err,
			 "number %u waits to be confirmed (%lld seconds left): 'doorward confirm' keeps it, "
			 "'doorward undo' takes it back at once",
			 armed->number, (long long)(left > 0 ? (left + 999) / 1000 : 0));
}

/* ---- going back ---- */

bool place_read_old(const struct state *state, const struct entry *entry, struct span *ret_text,
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

/* What was in force before is known again without reading it, if it is word for word what it put in place. */
static void note_old(const struct state *state, const struct entry *entry, struct span text,
		     const struct chain_generation *now)
{
	const struct entry *const stands = state_in_force(state);
	struct span own;
	struct error err;

	if (stands != NULL && stands != entry && stands->digest == entry->old_digest &&
	    state_text_read(state, stands->number, "nft", &own, NULL, &err) &&
	    span_left(own) == span_left(text) && memcmp(own.at, text.at, span_left(own)) == 0)
		(void)seen_write(state, stands->number, now, &err);
}

/* The listing is loaded again; should nftables not take its own words, the rule set that it was made from. */
bool place_load_old(const struct state *state, const struct entry *entry, struct error *err)
{
	struct chain_generation before = { 0 }, now;
	struct loaded loaded;
	struct error other;
	struct span text;

	if (!place_read_old(state, entry, &text, err) || !place_loaded(state, &loaded, err))
		return false;
	(void)seen_now(&before);
	if (place_load(&loaded, text, err)) {
		if (span_left(text) > 0 && seen_only_ours(&before, &now))
			note_old(state, entry, text, &now);
		return true;
	}
	return entry->before != 0 && state_text_read(state, entry->before, "nft", &text, NULL, &other) &&
	       place_load(&loaded, text, &other);
}

bool place_take_back(struct state *state, struct entry *entry, struct error *err)
{
	return place_load_old(state, entry, err) && place_settle(state, entry, STANDING_TAKEN_BACK, err);
}

/* ---- putting in place ---- */

/* Where nothing has changed since the last entry was put in place, what is loaded is known, down to the text.
 * Otherwise it is read, as what others wrote must come back as well. */
static bool read_present(const struct state *state, struct present *present, struct error *err)
{
	*present = (struct present){ .entry = place_standing(state) };
	(void)seen_now(&present->generation);
	if (place_known(state, &present->loaded) &&
	    state_text_read(state, present->entry->number, "nft", &present->text, NULL, err))
		return true;
	present->entry = NULL;
	return kernel_table(state->arena, true, &present->text, err) &&
	       place_loaded(state, &present->loaded, err);
}

static bool write_old(const struct state *state, uint32_t number, const struct present *present,
		      struct error *err)
{
	if (present->entry != NULL && state_text_link(state, present->entry->number, "nft", number, "old"))
		return true;
	return span_left(present->text) == 0 || state_text_place(state, number, "old", present->text, err);
}

/* Everything that is needed to load it, to go back and to tell what it was. What an entry of this number left
 * behind that never came into the history is taken away. */
static bool write_texts(const struct state *state, uint32_t number, const struct enforcement *what,
			const struct present *present, struct error *err)
{
	state_texts_remove(state, number);
	return state_text_place(state, number, "nft", what->text, err) &&
	       state_text_place(state, number, "rules", what->rules, err) &&
	       (span_left(what->names) == 0 || state_text_place(state, number, "names", what->names, err)) &&
	       write_old(state, number, present, err);
}

static struct entry *begin_entry(struct state *state, const struct placing *placing,
				 const struct loaded *loaded)
{
	const struct enforcement *const what = placing->what;
	const struct entry *const in_force = state_in_force(state);
	const uint32_t before = in_force != NULL ? in_force->stands_for : 0;
	struct entry *const entry = state_add(state);

	if (entry == NULL)
		return NULL;
	entry->before = before;
	entry->standing = placing->timeout_s > 0 ? STANDING_ARMED : STANDING_LOADING;
	entry->timeout_s = placing->timeout_s;
	entry->deadline_ms = state_now_ms() + (int64_t)placing->timeout_s * 1000;
	entry->digest = what->digest;
	entry->old_digest = loaded->digest;
	entry->policy = what->policy;
	entry->policy_digest = what->policy_digest;
	entry->user = what->user;
	if (placing->timeout_s == 0) {
		entry->stands_for = placing->stands_for;
		entry->before = placing->before;
	}
	return entry;
}

/* That it stands, and in which generation. The way back lists it in its own time; where there is none, or
 * others have changed something meanwhile, it is listed here. */
static bool note(const struct state *state, const struct entry *entry, const struct loading *loading,
		 struct error *err)
{
	if (loading->only_ours && !seen_write(state, entry->number, &loading->now, err))
		return false;
	return (loading->only_ours && entry->standing == STANDING_ARMED) ||
	       place_record(state, entry->number, err);
}

/* The way back first: nothing is loaded before it is there. */
static bool arm_and_load(const struct state *state, const struct entry *entry, struct loading *loading,
			 struct error *err)
{
	const bool armed = entry->standing == STANDING_ARMED;
	struct way_back_start start;

	if (armed && !way_back_start(&start, state, entry->number, err))
		return false;
	load_prepare(loading); /* while it comes up */
	return (!armed || way_back_await(&start, err)) && load_now(loading, err);
}

/* Writing and loading may have taken long: the time is that of who is to confirm. Should it not be written,
 * the time that was is good enough, and so it is where little of it is over. */
static void put_off(struct state *state, struct entry *entry)
{
	const int64_t whole = (int64_t)entry->timeout_s * 1000, deadline = state_now_ms() + whole;
	const int64_t late = deadline - entry->deadline_ms;
	struct error other;

	if (late < LATE_MOST_MS && late * LATE_PART < whole)
		return;
	entry->deadline_ms = deadline;
	(void)state_write(state, &other);
}

/* From here on the entry stands in the history, and whatever happens is settled from there. */
static bool put_in_place(struct state *state, struct entry *entry, const struct present *present,
			 struct span text, struct error *err)
{
	struct loading loading = { .state = state, .present = present, .text = text };
	const bool loaded = arm_and_load(state, entry, &loading, err);
	struct error other;

	load_end(&loading);
	if (!loaded) {
		(void)place_settle(state, entry, STANDING_FAILED, &other);
		return false;
	}
	if (!note(state, entry, &loading, err)) {
		(void)place_take_back(state, entry, &other);
		return false;
	}
	if (entry->standing == STANDING_LOADING)
		return place_settle(state, entry, STANDING_CONFIRMED, err);
	put_off(state, entry);
	return true;
}

bool place_put(struct state *state, const struct placing *placing, struct entry **ret_entry,
	       struct error *err)
{
	struct present present;
	struct entry *entry;

	if (!read_present(state, &present, err))
		return false;
	entry = begin_entry(state, placing, &present.loaded);
	if (entry == NULL)
		return error_memory(err);
	if (!write_texts(state, entry->number, placing->what, &present, err) || !state_write(state, err)) {
		state_texts_remove(state, entry->number);
		state->count--;
		return false;
	}
	*ret_entry = entry;
	return put_in_place(state, entry, &present, placing->what->text, err);
}

bool place_again(const struct state *state, const struct entry *entry, const struct loaded *loaded,
		 struct span text, struct error *err)
{
	const struct present present = { .loaded = *loaded };
	struct loading loading = { .state = state, .present = &present, .text = text };

	return load_now(&loading, err) && note(state, entry, &loading, err);
}
