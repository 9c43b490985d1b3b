/* scan_saved.h: scans that were saved, read again: the events of `scan --json`, one a line, from `scan` to
 * `stats`. Files come from anywhere, and are believed nothing that is not in its place. */
#ifndef CMD_SCAN_SAVED_H
#define CMD_SCAN_SAVED_H

#include "base/arena.h"
#include "output/difference.h"
#include "scan/ports.h"
#include "scan/targets.h"

enum { SAVED_FILE_LIMIT = 256 << 20, SAVED_DOORS = 1 << 20 };

/* A door that was open. */
struct saved_door {
	struct address address;
	uint16_t port;
	bool known; /* it was asked what it speaks, to the end */
	const char *texts[DOOR_TEXTS];
};

struct saved_scan {
	const char *path;    /* borrowed */
	struct arena *arena; /* owned: all texts */
	unsigned transport;
	struct targets targets; /* owned, as the ports: what was looked at */
	struct ports ports;
	struct saved_door *doors; /* sorted by address and port */
	size_t door_count, door_capacity;
	struct address *hosts; /* that were seen, sorted, each once */
	size_t host_count, host_capacity;
	bool incomplete; /* it did not come to its end */
};

/* False with the file, the line and what is wrong there. saved_free() in any case. */
bool saved_read(struct saved_scan *saved, const char *path, struct error *err);
void saved_free(struct saved_scan *saved);

/* Whether it looked at this address; at this door. */
bool saved_asked(const struct saved_scan *saved, const struct address *address);
bool saved_asked_at(const struct saved_scan *saved, const struct address *address, uint16_t port);

int saved_compare(const struct saved_door *a, const struct saved_door *b);

#endif
