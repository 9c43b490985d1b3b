/* draft.h: files that are written beside their place, and take it when they are whole: whoever reads sees the
 * old one or the new one, and never a part. Readable by their owner alone. */
#ifndef BASE_DRAFT_H
#define BASE_DRAFT_H

#include "base/error.h"

#include <limits.h>
#include <stdio.h>

/* Zeroed: there is none. */
struct draft {
	FILE *file; /* to be written to; NULL: there is none */
	char path[PATH_MAX], temporary[PATH_MAX];
};

/* False with words. */
bool draft_open(struct draft *draft, const char *path, struct error *err);

/* Puts it in its place. False with words if any of it could not be written; it is gone then, and what was in
 * its place before still is. */
bool draft_keep(struct draft *draft, struct error *err);

/* The same without waiting until the disk has it: what is in its place is whole to every process, and may be
 * lost or empty behind a power cut. */
bool draft_place(struct draft *draft, struct error *err);

/* Throws it away, if there is one. */
void draft_drop(struct draft *draft);

#endif
