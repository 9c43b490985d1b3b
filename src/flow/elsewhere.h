/* elsewhere.h: flows that others have announced for other addresses than their own, as calls do their media,
 * and FTP the data of two servers that a client lets speak with each other.
 *
 * The one that announces and the one that is announced may be read by different engines, each in its own
 * time. They meet where what all engines tell is put into one order: announcements, and the ends of flows
 * that may have been announced, are handed over there (log.h), and come here in the order of frames, whatever
 * the number of workers. Such a flow is known by its content while it is read, as protocol->announced says,
 * or not at all: then it is a connection, and becomes what was announced (protocol->only_expected, or both
 * its hosts were named). If it was announced when it began, or while it lasted and was known by its content
 * or by both hosts, it gets its parent here, and its end is told only then. */
#ifndef FLOW_ELSEWHERE_H
#define FLOW_ELSEWHERE_H

#include "flow/flow.h"

enum { ELSEWHERE_LIMIT = 1 << 14 }; /* announcements that are remembered; the oldest give way */

/* What an engine hands over. */
struct handed {
	bool ended; /* else it announces */
	union {
		struct {
			struct expectation what; /* without `about` */
			uint64_t parent;
			int64_t time_ns;
		} announced;
		struct {
			struct flow flow;
			enum flow_reason reason;
			uint64_t frame;
		} end;
	};
};

struct elsewhere;

/* The listener is copied: its `ended` hears of the ends. NULL without memory. */
struct elsewhere *elsewhere_new(const struct flow_listener *listener);
void elsewhere_free(struct elsewhere *elsewhere);

/* Whether the flow, which has ended, may have been announced elsewhere. */
bool elsewhere_asks(const struct flow *flow);

/* Remembers an announcement, or tells of an end. */
void elsewhere_take(struct elsewhere *elsewhere, const struct handed *handed);

/* Whether nothing was announced so far. */
bool elsewhere_is_empty(const struct elsewhere *elsewhere);

/* Flows that had been announced. */
uint64_t elsewhere_met(const struct elsewhere *elsewhere);

#endif
