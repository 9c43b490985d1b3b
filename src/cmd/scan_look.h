/* scan_look.h: a scan under way: doors that are looked for, those that are asked what they speak while others
 * are still looked for, and where it stands, so that it can go on later. */
#ifndef CMD_SCAN_LOOK_H
#define CMD_SCAN_LOOK_H

#include "base/draft.h"
#include "cmd/command.h"
#include "cmd/scan_hosts.h"
#include "cmd/scan_judge.h"
#include "cmd/scan_keeper.h"
#include "cmd/scan_printers.h"

enum {
	SCAN_WAIT_MS = 20,
};

struct scan {
	const struct invocation *invocation;
	struct out outs[2]; /* the screen, and the file of --save */
	size_t out_count;
	struct draft save;
	struct targets targets;          /* that were asked for */
	struct targets kept;             /* of them those that are there */
	const struct targets *looked_at; /* one of the two */
	struct span
		alive; /* with discovery: a bit for each target; lives in `search`, or where a scan goes on */
	struct host_search search;
	struct ports ports;
	struct reach *reach;       /* owned; over TCP */
	struct knocking *knocking; /* owned */
	struct judge judge;
	struct keeper keeper;
	struct scan_printers printers;
	struct error trouble; /* of what goes on beside: a state that cannot be written */
	bool in_trouble;
	uint64_t next;     /* over UDP: the next of all doors */
	uint8_t *answered; /* owned; over UDP: a bit for each door */
	uint64_t doors;
	int64_t begun_ms, end_ms, shown_ms;
	bool is_watched; /* somebody sees stderr */
	uint64_t rate;
	uint64_t per_host; /* conversations; 0 for what is usual */
	bool no_knock;
	bool is_public; /* some of the targets are */
	struct scan_view view;
};

/* ---- scan_wanted.c: what is to be looked at ----
 *
 * Each reads options of the invocation, and is false with words where they cannot be. */

/* A number from 1 to the most that may be; what stood there before where the option is not given. */
bool scan_read_number(const struct invocation *invocation, const char *name, uint64_t most, uint64_t *value,
		      struct error *err);
bool scan_read_ports(struct scan *scan, struct error *err);
bool scan_read_targets(struct scan *scan, struct error *err);

/* From then on this process looks from there. */
bool scan_enter_namespace(const char *name, struct error *err);

/* ---- scan_look.c ---- */

/* What knocking and reaching call; the context is the scan. */
void scan_hear_service(void *context, const struct knock_door *door, const struct knock_result *result);
void scan_hear_door(void *context, const struct reach_door *found);

/* Begins where the interrupted scan stood that the keeper has read. False with words. */
bool scan_take_place(struct scan *scan, struct error *err);

/* Looks and asks until all is known, or the scan is over. */
void scan_go_on(struct scan *scan);

/* Whether nobody wishes it to go on: a signal, the time, or a state that cannot be written. */
bool scan_is_over(const struct scan *scan);

/* The line on a terminal: how far it is, of "doors" or "hosts". */
void scan_show_progress(struct scan *scan, const struct reach *reach, const char *what);
void scan_clear_progress(const struct scan *scan);

#endif
