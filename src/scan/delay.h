/* delay.h: how long servers take to answer, measured on the way, after what TCP does for its own time-outs
 * (RFC 6298). A host that has a lot to do answers late, and is waited for as much longer. */
#ifndef SCAN_DELAY_H
#define SCAN_DELAY_H

#include <stdint.h>

/* Zeroed at first. Milliseconds. */
struct delay {
	double usual, spread;
};

/* An answer has come after so many milliseconds. A single late one changes little. */
void delay_note(struct delay *delay, int64_t ms);

/* How much longer than on a quiet machine one has to wait: percent, from 100. */
unsigned delay_percent(const struct delay *delay);

#endif
