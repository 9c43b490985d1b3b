/* wheel.h: when flows are due. A wheel of seconds: each flow hangs at the second in which it would end if
 * nothing more came, and is looked at again then; what came meanwhile only moves it on. So a packet costs the
 * wheel nothing. */
#ifndef FLOW_WHEEL_H
#define FLOW_WHEEL_H

#include "flow/table.h"

enum { WHEEL_SECONDS = 4096 };

struct wheel {
	const struct flow_table *table;
	uint32_t due[WHEEL_SECONDS]; /* first flow of each second */
	int64_t second;              /* all before it has been looked at */
	bool started;
};

void wheel_init(struct wheel *wheel, const struct flow_table *table);
void wheel_add(struct wheel *wheel, struct flow *flow);

/* A flow that is due sooner than it was, because its connection has closed. */
void wheel_sooner(struct wheel *wheel, struct flow *flow);

/* The next flow that is due, or was ended before; it is taken off the wheel. NULL when there is none. */
struct flow *wheel_next(struct wheel *wheel, int64_t now_ns);

/* Takes the flow off that would be due first of all; there must be one. */
struct flow *wheel_idlest(struct wheel *wheel);

/* Given by the table. */
struct flow *wheel_flow(const struct wheel *wheel, uint32_t number);
int64_t wheel_due(const struct wheel *wheel, const struct flow *flow);

#endif
