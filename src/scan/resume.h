/* resume.h: where a scan stands, in a file, so that one that was interrupted goes on there: the seed of its
 * order, the position, and what was found. The file is written whole or not at all (draft.h), and refused
 * when it is not what was written, or of another scan. */
#ifndef SCAN_RESUME_H
#define SCAN_RESUME_H

#include "base/arena.h"
#include "scan/ports.h"
#include "scan/reach.h"
#include "scan/targets.h"

struct resume {
	uint64_t scan; /* resume_scan(): what was asked for */
	uint64_t seed;
	struct reach_place reach;        /* over TCP; its bits are borrowed */
	uint64_t next, closed, filtered; /* over UDP: the next of all doors, and what came of others; the pass
					    and the bits are those of `reach` */
	struct span alive;   /* with discovery: a bit for each target that is to be looked at; else empty */
	struct span refused; /* over UDP: a bit for each port that is closed for certain */
	struct span found;   /* numbers of doors that are to be asked what they speak: 4 octets each */
};

/* Stands for what is asked for; the flags are the caller's. */
uint64_t resume_scan(const struct targets *targets, const struct ports *ports, unsigned flags);

bool resume_write(const char *path, const struct resume *resume, struct error *err);

/* What is read lives in the arena. *ret_there is false, and nothing is wrong, where there is no file yet.
 * False with words for a file that cannot be read, was damaged, or is of another scan. */
bool resume_read(struct arena *arena, const char *path, uint64_t scan, struct resume *ret_resume,
		 bool *ret_there, struct error *err);

/* The nth of the doors that were found. */
uint32_t resume_found(const struct resume *resume, size_t nth);

#endif
