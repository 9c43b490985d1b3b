/* way_back.h: the process that takes a rule set back unless it is confirmed in time. It holds the lock of its
 * entry (N.lock), by which others see that it lives, and looks at the history for what became of the entry.
 */
#ifndef FIREWALL_WAY_BACK_H
#define FIREWALL_WAY_BACK_H

#include "firewall/state.h"

#include <sys/types.h>

enum { WAY_BACK_TRIES = 720 }; /* with a pause between them: an hour */

/* The words of its command; the program is this one, whatever lies at its path by now. */
struct way_back_command {
	char program[PATH_MAX], folder[PATH_MAX], number[16], unit[64];
};

/* Starts it for an entry that stands in the history; way_back_await() waits until it is there, so that other
 * things can be made ready meanwhile. False with words. */
struct way_back_start {
	const struct state *state;
	uint32_t number;
	struct way_back_command command;
	pid_t manager; /* what asks systemd for it, if that runs */
};
bool way_back_start(struct way_back_start *start, const struct state *state, uint32_t number,
		    struct error *err);
bool way_back_await(struct way_back_start *start, struct error *err);

/* Whether it is there. */
bool way_back_lives(const struct state *state, uint32_t number);

/* In the process itself. */
struct way_back {
	char folder[PATH_MAX - 64];
	uint32_t number;
	struct entry entry; /* as it was armed; without its texts */
	int lock, watch;
	bool listed; /* for who keeps it: how the table is listed was looked at */
};

/* Takes its place; refused in words if another has it or the entry is not armed. */
bool way_back_hold(struct way_back *way, const char *folder, uint32_t number, struct error *err);

/* Waits until the time is over, and calls `awake` whenever something has changed in the folder. False if the
 * entry is not armed any more. */
typedef void way_back_awake(struct way_back *way);
bool way_back_wait(struct way_back *way, way_back_awake *awake);
void way_back_pause(void);
void way_back_release(struct way_back *way);

#endif
