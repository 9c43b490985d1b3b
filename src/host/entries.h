/* entries.h: the numbers that a folder of /proc lists: processes, their threads, their open files. A hundred
 * processes are walked through for ten sockets, so that a walk is one open, its reads and a close. */
#ifndef HOST_ENTRIES_H
#define HOST_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ENTRIES_BYTES = 32768, ENTRY_NAME = 24 /* room for a number's digits, and "/ns/net" behind them */ };

struct entries {
	int folder; /* the folder, open; below 0, with errno, where it may not be read */
	size_t at, end;
	_Alignas(8) char bytes[ENTRIES_BYTES];
};

/* Opens `path`, which is relative to `folder`. Close it in any case. */
void entries_open(struct entries *entries, int folder, const char *path);
void entries_close(struct entries *entries);

/* The next entry that is a number; false behind the last. */
bool entries_next(struct entries *entries, uint32_t *ret_number);

#endif
