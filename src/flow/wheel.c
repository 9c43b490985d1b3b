#include "flow/wheel.h"

enum { SECOND = 1000000000 };

void wheel_clear(struct wheel *wheel)
{
	memset(wheel->due, 0, sizeof(wheel->due));
	wheel->started = false;
	wheel->begins_ns = 0;
}

static uint32_t timeout_of(const struct flow_timeouts *t, const struct flow *flow)
{
	switch (flow->transport) {
	case TRANSPORT_TCP:
		switch (flow_conn_state(flow)) {
		case CONN_S0:
		case CONN_SH: return t->tcp_opening;
		case CONN_S1:
		case CONN_S2:
		case CONN_S3:
		case CONN_OTH: return t->tcp_established;
		default: return t->tcp_closed;
		}
	case TRANSPORT_UDP:
	case TRANSPORT_UDPLITE:
		return flow->sides[0].packets == 0 || flow->sides[1].packets == 0 ? t->udp_unanswered
										  : t->udp;
	case TRANSPORT_ICMP:
	case TRANSPORT_ICMPV6: return t->icmp;
	default: return t->other;
	}
}

static int64_t due_ns(const struct wheel *wheel, const struct flow *flow)
{
	const int64_t timeout = (int64_t)timeout_of(&wheel->timeouts, flow) * SECOND;

	return flow->last_ns > INT64_MAX - timeout ? INT64_MAX : flow->last_ns + timeout;
}

/* Later than a whole turn is looked at after one turn; earlier than now, now. */
static void hang(struct wheel *wheel, struct flow *flow)
{
	int64_t second = due_ns(wheel, flow) / SECOND + 1;

	if (second >= wheel->second + WHEEL_SECONDS)
		second = wheel->second + WHEEL_SECONDS - 1;
	if (second < wheel->second)
		second = wheel->second;
	flow->due = (uint32_t)((uint64_t)second % WHEEL_SECONDS);
	flow->previous_due = 0;
	flow->next_due = wheel->due[flow->due];
	if (flow->next_due != 0)
		place_of(wheel->places, flow->next_due)->previous_due = flow->number;
	wheel->due[flow->due] = flow->number;
}

static void unhang(struct wheel *wheel, struct flow *flow)
{
	if (flow->previous_due != 0)
		place_of(wheel->places, flow->previous_due)->next_due = flow->next_due;
	else
		wheel->due[flow->due] = flow->next_due;
	if (flow->next_due != 0)
		place_of(wheel->places, flow->next_due)->previous_due = flow->previous_due;
}

void wheel_sooner(struct wheel *wheel, struct flow *flow)
{
	if (flow->closing || timeout_of(&wheel->timeouts, flow) != wheel->timeouts.tcp_closed)
		return;
	flow->closing = true;
	unhang(wheel, flow);
	hang(wheel, flow);
}

static void go_to(struct wheel *wheel, int64_t second)
{
	wheel->second = second;
	wheel->begins_ns = second < INT64_MAX / SECOND ? second * SECOND : INT64_MAX;
}

static void start(struct wheel *wheel, int64_t now_ns)
{
	if (!wheel->started)
		go_to(wheel, now_ns > 0 ? now_ns / SECOND : 0);
	wheel->started = true;
}

void wheel_add(struct wheel *wheel, struct flow *flow)
{
	start(wheel, flow->first_ns);
	hang(wheel, flow);
}

static struct flow *take_first(struct wheel *wheel, size_t place)
{
	struct flow *const flow = place_of(wheel->places, wheel->due[place]);

	unhang(wheel, flow);
	return flow;
}

void wheel_go_back(struct wheel *wheel, int64_t now_ns)
{
	const int64_t now = now_ns > 0 ? now_ns / SECOND : 0;
	uint32_t list = 0;

	if (!wheel->started || wheel->second <= now + 1)
		return;
	for (size_t place = 0; place < WHEEL_SECONDS; place++) {
		while (wheel->due[place] != 0) {
			struct flow *const flow = take_first(wheel, place);

			flow->next_due = list;
			list = flow->number;
		}
	}
	go_to(wheel, now);
	while (list != 0) {
		struct flow *const flow = place_of(wheel->places, list);

		list = flow->next_due;
		hang(wheel, flow);
	}
}

struct flow *wheel_next(struct wheel *wheel, int64_t now_ns)
{
	int64_t now;

	if (now_ns < wheel->begins_ns)
		return NULL;
	now = now_ns / SECOND;
	start(wheel, now_ns);
	/* After a long silence one turn sees every flow. */
	if (now - wheel->second > WHEEL_SECONDS)
		wheel->second = now - WHEEL_SECONDS;
	while (wheel->second <= now) {
		const size_t place = (size_t)wheel->second % WHEEL_SECONDS;
		struct flow *flow;

		if (wheel->due[place] == 0) {
			wheel->second++;
			continue;
		}
		flow = take_first(wheel, place);
		if (!flow->in_use || due_ns(wheel, flow) <= now_ns)
			return flow;
		hang(wheel, flow); /* its due time is later than now: not at this place again */
	}
	go_to(wheel, wheel->second);
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
		if (!flow->in_use || ahead >= WHEEL_SECONDS || due_ns(wheel, flow) / SECOND + 1 <= second)
			return flow;
		hang(wheel, flow); /* it has had packets since, and is due later */
	}
}
