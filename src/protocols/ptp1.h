/* ptp1.h: version 1 of the Precision Time Protocol, which looks wholly different from version 2. */
#ifndef PROTOCOLS_PTP1_H
#define PROTOCOLS_PTP1_H

#include "protocols/tally.h"

/* What is told of a flow; begins as zeros. */
struct ptp1 {
	struct tally messages;
	char subdomain[17];
	uint8_t clock[6], grandmaster[6], stratum;
	uint16_t port, steps_removed;
	bool begun, announced;
};

bool ptp1_is_message(struct span s);
void ptp1_read(struct ptp1 *state, struct span message);
parse_emit ptp1_emit; /* of a struct ptp1 */

#endif
