/* wheel.h: when flows are due. A wheel of seconds: each flow hangs at the second in which it would end if
 * nothing more came, and is looked at again then; what came meanwhile only moves it on. So a packet costs the
 * wheel nothing. */
#ifndef FLOW_WHEEL_H
#define FLOW_WHEEL_H

#include "flow/places.h"

enum { WHEEL_SECONDS = 4096 };

struct wheel {
	const struct places *places;
	struct flow_timeouts timeouts;
	uint32_t due[WHEEL_SECONDS]; /* first flow of each second */
	int64_t second;              /* all before it has been looked at */
	int64_t begins_ns;           /* the time at which that second begins */
	bool started;
};

/* No flow hangs on it. */
void wheel_clear(struct wheel *wheel);

/* If the wheel has gone on further than to this time, because time has gone back since or the first flow came
 * from the future, it goes back, too. That costs a look at each flow. */
void wheel_go_back(struct wheel *wheel, int64_t now_ns);
void wheel_add(struct wheel *wheel, struct flow *flow);

/* A flow's connection may have closed: then it is due sooner than it was. */
void wheel_sooner(struct wheel *wheel, struct flow *flow);

/* The next flow that is due, or was ended before; it is taken off the wheel. NULL when there is none. */
struct flow *wheel_next(struct wheel *wheel, int64_t now_ns);

/* Takes the flow off that would be due first of all; there must be one. */
struct flow *wheel_idlest(struct wheel *wheel);

#endif
