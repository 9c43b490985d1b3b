/* The process that is the way back. */
#include "firewall/kernel.h"
#include "firewall/place.h"
#include "firewall/seen.h"
#include "firewall/way_back.h"

#include <stdio.h>
#include <unistd.h>

#define KEEP_MEMORY ((size_t)1 << 31)

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
	if (!place_load_old(state, entry, err))
		return TURN_FAILED;
	(void)place_settle(state, entry, STANDING_TAKEN_BACK, &other);
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
	else if (state.lock >= 0 && place_load_old(&state, armed, err))
		turn = TURN_DONE;
	state_close(&state);
	arena_free(arena);
	return turn;
}

/* How the table is listed takes longer to find out than to load it, and nobody waits for it here. It is only
 * told while it is certain that nobody else has changed anything. */
static void list_it(const char *folder, uint32_t number)
{
	struct arena *const arena = arena_new(KEEP_MEMORY);
	struct span text;
	struct state state;
	struct error err;

	if (arena == NULL)
		return;
	if (state_open(&state, arena, folder, &err) && seen_holds(&state, number) &&
	    kernel_table(arena, false, &text, &err) && seen_holds(&state, number))
		(void)state_text_write(&state, number, "list", text, &err);
	state_close(&state);
	arena_free(arena);
}

static bool is_listed(const struct way_back *way, const char *kind)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%u.%s", way->folder, way->number, kind);
	return access(path, F_OK) == 0;
}

/* Each time that something has changed in the folder. */
static void look_around(struct way_back *way)
{
	if (!is_listed(way, "list") && is_listed(way, "seen") && !way->listed) {
		way->listed = true;
		list_it(way->folder, way->number);
	}
}

bool enforce_keep(const char *folder, uint32_t number, struct error *err)
{
	enum turn turn = TURN_DONE;
	struct way_back way;
	unsigned tries = 0;

	if (!way_back_hold(&way, folder, number, err))
		return false;
	while (way_back_wait(&way, look_around)) {
		turn = keep_once(folder, &way.entry, err);
		if (turn == TURN_DONE || (turn == TURN_FAILED && ++tries == WAY_BACK_TRIES))
			break;
		if (turn == TURN_FAILED)
			way_back_pause();
	}
	way_back_release(&way);
	return turn != TURN_FAILED;
}
