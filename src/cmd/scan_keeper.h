/* scan_keeper.h: keeps where `scan --resume FILE` stands, from time to time, and takes it up again. Doors
 * that were found are kept as numbers: who goes on asks them anew what they speak, so that nothing is stale.
 */
#ifndef CMD_SCAN_KEEPER_H
#define CMD_SCAN_KEEPER_H

#include "scan/resume.h"

enum { KEEPER_DOORS_MOST = 0x7fffffff };

struct keeper {
	const char *path;   /* borrowed; NULL: nothing is kept */
	bool there;         /* a scan was interrupted, and goes on */
	struct resume from; /* where it stood */
	uint64_t scan, seed;
	struct arena *arena; /* owned: what was read */
	uint32_t *slots;     /* owned: a number of a door each, or the next free slot */
	size_t slot_count, slot_capacity;
	uint32_t free;
	int64_t due_ms; /* when it is to be written next */
};

/* `path` may be NULL. False with words; keeper_close() in any case. */
bool keeper_open(struct keeper *keeper, const char *path, uint64_t scan, struct error *err);
void keeper_close(struct keeper *keeper);

/* Remembers a door that is to be asked, until it is taken back. What is returned is not 0 and stands for it.
 */
uint64_t keeper_add(struct keeper *keeper, uint64_t number);
void keeper_take_back(struct keeper *keeper, uint64_t slot);
bool keeper_is_due(const struct keeper *keeper);

/* Writes where the scan stands; scan, seed and doors are filled in here. */
bool keeper_write(struct keeper *keeper, struct resume *now, struct error *err);

/* The scan has come to its end: there is nothing to go on with. */
void keeper_done(const struct keeper *keeper);

#endif
