#include "flow/wheel.h"

enum { SECOND = 1000000000 };

void wheel_init(struct wheel *wheel, const struct flow_table *table)
{
	memset(wheel, 0, sizeof(*wheel));
	wheel->table = table;
}

/* Later than a whole turn is looked at after one turn; earlier than now, now. */
static void hang(struct wheel *wheel, struct flow *flow)
{
	int64_t second = wheel_due(wheel, flow) / SECOND + 1;

	if (second >= wheel->second + WHEEL_SECONDS)
		second = wheel->second + WHEEL_SECONDS - 1;
	if (second < wheel->second)
		second = wheel->second;
	flow->due = (uint32_t)((uint64_t)second % WHEEL_SECONDS);
	flow->previous_due = 0;
	flow->next_due = wheel->due[flow->due];
	if (flow->next_due != 0)
		wheel_flow(wheel, flow->next_due)->previous_due = flow->number;
	wheel->due[flow->due] = flow->number;
}

static void unhang(struct wheel *wheel, struct flow *flow)
{
	if (flow->previous_due != 0)
		wheel_flow(wheel, flow->previous_due)->next_due = flow->next_due;
	else
		wheel->due[flow->due] = flow->next_due;
	if (flow->next_due != 0)
		wheel_flow(wheel, flow->next_due)->previous_due = flow->previous_due;
}

void wheel_sooner(struct wheel *wheel, struct flow *flow)
{
	unhang(wheel, flow);
	hang(wheel, flow);
}

void wheel_add(struct wheel *wheel, struct flow *flow)
{
	if (!wheel->started) {
		wheel->started = true;
		wheel->second = flow->first_ns / SECOND > 0 ? flow->first_ns / SECOND : 0;
	}
	hang(wheel, flow);
}

static struct flow *take_first(struct wheel *wheel, size_t place)
{
	struct flow *const flow = wheel_flow(wheel, wheel->due[place]);

	unhang(wheel, flow);
	return flow;
}

struct flow *wheel_next(struct wheel *wheel, int64_t now_ns)
{
	const int64_t now = now_ns / SECOND;

	/* After a long silence one turn sees every flow. */
	if (wheel->started && now - wheel->second > WHEEL_SECONDS)
		wheel->second = now - WHEEL_SECONDS;
	while (wheel->started && wheel->second <= now) {
		const size_t place = (size_t)wheel->second % WHEEL_SECONDS;
		struct flow *flow;

		if (wheel->due[place] == 0) {
			wheel->second++;
			continue;
		}
		flow = take_first(wheel, place);
		if (!flow->in_use || wheel_due(wheel, flow) <= now_ns)
			return flow;
		hang(wheel, flow); /* its due time is later than now: not at this place again */
	}
	return NULL;
}

struct flow *wheel_idlest(struct wheel *wheel)
{
	for (size_t ahead = 0;; ahead++) {
		const int64_t second = wheel->second + (int64_t)(ahead % WHEEL_SECONDS);
		const size_t place = (size_t)second % WHEEL_SECONDS;
		struct flow *flow;

		if (wheel->due[place] == 0)
			continue;
		flow = take_first(wheel, place);
		if (!flow->in_use || ahead >= WHEEL_SECONDS || wheel_due(wheel, flow) / SECOND + 1 <= second)
			return flow;
		hang(wheel, flow); /* it has had packets since, and is due later */
	}
}
