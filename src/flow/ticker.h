/* ticker.h: when flows end: once in each second of the frames' own time.
 *
 * A frame whose time is far from that of the others would stop the clock for all that come after it. So time
 * goes on by more than a day, or goes back by as much, only once several frames in a row agree about it. */
#ifndef FLOW_TICKER_H
#define FLOW_TICKER_H

#include <stdbool.h>
#include <stdint.h>

enum {
	TICKER_WITNESSES = 8,
	TICKER_BACK = 16, /* times that it goes back, since all flows are looked at then */
};

struct ticker {
	int64_t now_ns; /* the last tick */
	bool begun;
	unsigned witnesses; /* frames in a row that came from far away, on the same side */
	bool ahead;
	int64_t agreed_ns; /* the nearest of them */
	unsigned back;
};

/* A frame of this time comes next: true if there is a tick before it, at ticker->now_ns. */
bool ticker_sees(struct ticker *ticker, int64_t time_ns);

#endif
