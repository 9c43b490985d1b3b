/* clock.h: two clocks. Wall time names a moment (microseconds since 1970, UTC); monotonic time measures
 * how long something took, and never jumps. Days are civil dates without a zone. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/span.h"

int64_t clock_wall_us(void);
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);

/* ISO 8601 with microseconds and the local zone, as in EVE: 2027-03-01T12:00:00.000000+0100. */
enum { CLOCK_TEXT = 40 };
char *clock_text(int64_t wall_us, char text[static CLOCK_TEXT]);

/* The same for many moments that lie close together: a second that was written before is not made again.
 * Zeroed at first; belongs to one thread. */
enum { CLOCK_SECONDS = 256 };
struct clock_texts {
	struct {
		int64_t second;
		char text[CLOCK_TEXT];
		uint8_t length; /* 0 while the place is empty */
	} seconds[CLOCK_SECONDS];
};
struct span clock_texts_get(struct clock_texts *texts, int64_t wall_us, char memory[static CLOCK_TEXT]);

/* A civil date as days since 1970-01-01; today is the local date. */
int32_t clock_today(void);
enum { DATE_TEXT = 16 };
char *date_text(int32_t day, char text[static DATE_TEXT]);

/* The second, since 1970 UTC, in which the day is over here. */
int64_t date_end_s(int32_t day);

/* Reads YYYY-MM-DD, a day that the calendar has, from 1970 to 9999. */
bool date_parse(const char *text, int32_t *ret_day);

#endif
