/* scan_printers.h: printers take the raw pages of several trays at ports of which others are registered for
 * Bacula (9101 to 9103). A printer that does has 9100 or LPD (515) as well, so that these doors wait until it
 * is known that a host has neither: then Bacula's own words may be said there, and no others. */
#ifndef CMD_SCAN_PRINTERS_H
#define CMD_SCAN_PRINTERS_H

#include "scan/ports.h"

enum { SCAN_PRINTERS_MOST = 1024 };

/* Zeroed at first. Numbers of doors among all, as in reach.h. */
struct scan_printers {
	uint64_t waiting[SCAN_PRINTERS_MOST];
	uint64_t hosts[SCAN_PRINTERS_MOST]; /* that have a printer's door */
	size_t waiting_count, host_count;
};

/* Notes an open door. True where it waits until all doors were looked at; it does not where the printers' own
 * doors are not among the ports. */
bool scan_printers_note(struct scan_printers *printers, const struct ports *ports, uint64_t number);

/* All was looked at: the next door that waited, and whether its host has no printer's door. False if there is
 * none. */
bool scan_printers_next(struct scan_printers *printers, const struct ports *ports, uint64_t *ret_number,
			bool *ret_no_printer);

#endif
