/* flow_events.h: what is read of traffic as JSON events in EVE's manner: a `flow` at its end, and an event
 * for each message that a parser tells of. The lines go into a buffer that somebody else writes out; nothing
 * is allocated but that buffer's memory, as there may be millions of them. A struct flow_events holds what is
 * worth keeping from one to the next, and belongs to one thread. */
#ifndef OUTPUT_FLOW_EVENTS_H
#define OUTPUT_FLOW_EVENTS_H

#include "base/clock.h"
#include "flow/flow.h"
#include "protocols/naming.h"

struct flow_events;

/* The addresses (borrowed) are anycast as well, beside those that everybody knows. NULL without memory. */
struct flow_events *flow_events_new(const struct address_range *anycast, size_t anycast_count);
void flow_events_free(struct flow_events *events);

/* Each adds a line to the buffer. */
void flow_event(struct flow_events *events, struct buffer *lines, const struct flow *flow,
		enum flow_reason reason);
void message_event(struct flow_events *events, struct buffer *lines, const struct flow *flow,
		   const struct flow_message *message, int64_t time_ns);

/* Bytes that stand behind the last member of these: of a flow of "doorward", of a message of its own object.
 */
enum { EVENT_ENDING = 3 };

/* The member that a flow's event gets for the names that its ends have; one of them may be NULL. */
void flow_names(struct buffer *into, const struct name *const names[2]);

/* The same of a frame that carries no IP packet. */
void frame_event(struct flow_events *events, struct buffer *lines, const struct packets *packets,
		 const struct flow_message *message, int64_t time_ns);

/* What a connection's end is called in events: "new" while only one side has spoken, "established", "closed".
 */
const char *flow_state_text(const struct flow *flow);

/* The same for people: a flow on a line of fixed columns, below the titles. `times` is zeroed at first. */
void flow_line(struct clock_texts *times, struct buffer *lines, const struct flow *flow);
extern const char flow_line_titles[];

#endif
