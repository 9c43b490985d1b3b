#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t clock_wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

int64_t clock_monotonic_ms(void)
{
	return clock_monotonic_us() / 1000;
}

char *clock_text(int64_t wall_us, char text[static CLOCK_TEXT])
{
	int64_t seconds = wall_us / 1000000, micros = wall_us % 1000000;
	struct tm parts;
	time_t when;
	char day[32] = "", zone[8] = "";

	if (micros < 0) {
		micros += 1000000;
		seconds--;
	}
	when = (time_t)seconds;
	if (localtime_r(&when, &parts) != NULL) {
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &parts);
		strftime(zone, sizeof(zone), "%z", &parts);
	}
	snprintf(text, CLOCK_TEXT, "%.24s.%06d%.6s", day, (int)micros, zone);
	return text;
}

struct span clock_texts_get(struct clock_texts *texts, int64_t wall_us, char memory[static CLOCK_TEXT])
{
	enum { MICROS_AT = 20, MICROS = 6 };
	int64_t second = wall_us / 1000000;
	int32_t micros = (int32_t)(wall_us % 1000000);
	size_t place;

	if (micros < 0) {
		micros += 1000000;
		second--;
	}
	place = (size_t)second % CLOCK_SECONDS;
	if (texts->seconds[place].length == 0 || texts->seconds[place].second != second) {
		texts->seconds[place].second = second;
		texts->seconds[place].length = (uint8_t)strlen(
			clock_text(second * 1000000, texts->seconds[place].text));
	}
	memcpy(memory, texts->seconds[place].text, CLOCK_TEXT);
	for (int i = MICROS - 1; i >= 0; i--, micros /= 10)
		memory[MICROS_AT + i] = (char)('0' + micros % 10);
	return span_of(memory, texts->seconds[place].length);
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar; the year begins in March, so that
 * the leap day is its last. */
static int32_t day_of(int year, int month, int day)
{
	const int shifted = month > 2 ? year : year - 1;
	const int era = shifted / 400, of_era = shifted % 400;
	const int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int32_t clock_today(void)
{
	const time_t now = time(NULL);
	struct tm parts;

	if (localtime_r(&now, &parts) == NULL)
		return (int32_t)(now / 86400);
	return day_of(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

char *date_text(int32_t day, char text[static DATE_TEXT])
{
	const time_t when = (time_t)day * 86400;
	struct tm parts;

	if (gmtime_r(&when, &parts) == NULL)
		memset(&parts, 0, sizeof(parts));
	strftime(text, DATE_TEXT, "%Y-%m-%d", &parts);
	return text;
}

int64_t date_end_s(int32_t day)
{
	const time_t next = ((time_t)day + 1) * 86400;
	struct tm parts;

	if (gmtime_r(&next, &parts) == NULL)
		return next;
	parts.tm_isdst = -1; /* as the zone has it on that day */
	return mktime(&parts);
}

bool date_parse(const char *text, int32_t *ret_day)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int field[3] = { 0 }, at = 0;

	if (strlen(text) != 10)
		return false;
	for (size_t i = 0; i < 10; i++) {
		if (i == 4 || i == 7) {
			if (text[i] != '-')
				return false;
			at++;
		} else if (text[i] < '0' || text[i] > '9') {
			return false;
		} else {
			field[at] = field[at] * 10 + (text[i] - '0');
		}
	}
	const int year = field[0], month = field[1], day = field[2];
	const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return false;
	if (month == 2 && day == 29 && !leap)
		return false;
	*ret_day = day_of(year, month, day);
	return true;
}
