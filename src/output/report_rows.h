/* report_rows.h: what the makers of rows share. */
#ifndef OUTPUT_REPORT_ROWS_H
#define OUTPUT_REPORT_ROWS_H

#include "output/report.h"

/* A new row with its number; NULL without memory. */
struct report_row *report_add_row(struct report *report);

/* Moves the text into the report's arena and frees the buffer. NULL without memory. */
const char *report_keep(struct report *report, struct buffer *text);

/* Transport and ports; a transport without ports leaves the ports empty. */
void report_port_cells(struct report *report, struct report_row *row, unsigned transport, unsigned first,
		       unsigned last);

/* What was seen of a rule's door, and whether it agrees. */
void report_observe_rule(struct report *report, struct report_row *row, const struct rule *rule,
			 const struct door *door, const struct match *match);

/* Adds a row for an open door that no rule speaks of; others are left alone. False without memory. */
bool report_add_undocumented(struct report *report, const struct audit_door *door);

#endif
