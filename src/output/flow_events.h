/* flow_events.h: what is read of traffic as JSON events in EVE's manner: a `flow` at its end, and an event
 * for each message that a parser tells of. The lines go into a buffer that somebody else writes out; nothing
 * is allocated but that buffer's memory, as there may be millions of them. A struct flow_events holds what is
 * worth keeping from one to the next, and belongs to one thread. */
#ifndef OUTPUT_FLOW_EVENTS_H
#define OUTPUT_FLOW_EVENTS_H

#include "base/clock.h"
#include "flow/flow.h"

enum { FLOW_EVENTS_IDS = 64 };

struct flow_events {
	/* Borrowed: beside the anycast addresses that everybody knows. */
	const struct address_range *anycast;
	size_t anycast_count;

	struct clock_texts times;
	/* The Community IDs made last: the events of a flow often come in a row. */
	struct {
		uint64_t flow;
		char text[COMMUNITY_ID];
	} ids[FLOW_EVENTS_IDS];
};

/* Each adds a line to the buffer. `events` is zeroed at first, but for what is
 * borrowed. */
void flow_event(struct flow_events *events, struct buffer *lines, const struct flow *flow,
		enum flow_reason reason);
void message_event(struct flow_events *events, struct buffer *lines, const struct flow *flow,
		   const struct flow_message *message, int64_t time_ns);

/* What a connection's end is called in events: "new" while only one side has spoken, "established", "closed".
 */
const char *flow_state_text(const struct flow *flow);

/* The same for people: a flow on a line of fixed columns, below the titles. */
void flow_line(struct flow_events *events, struct buffer *lines, const struct flow *flow);
extern const char flow_line_titles[];

#endif
