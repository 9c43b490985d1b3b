#include "scan/delay.h"

enum {
	EXPECTED_MS = 200, /* what time-outs are made for */
	ROOM_MS = 100,
	PERCENT_MOST = 400,
};

static double bound_of(const struct delay *delay)
{
	return delay->usual + 4 * delay->spread;
}

void delay_note(struct delay *delay, int64_t ms)
{
	const double most = 2 * bound_of(delay) + ROOM_MS, taken = (double)ms < most ? (double)ms : most;
	const double off = taken - delay->usual;

	delay->spread += ((off < 0 ? -off : off) - delay->spread) / 4;
	delay->usual += off / 8;
}

unsigned delay_percent(const struct delay *delay)
{
	const double percent = 100 * bound_of(delay) / EXPECTED_MS;

	return percent < 100 ? 100 : percent > PERCENT_MOST ? PERCENT_MOST : (unsigned)percent;
}
