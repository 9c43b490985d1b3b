/* meeting.h: what concerns more than one flow, which different engines may read: flows that are announced
 * elsewhere (elsewhere.h), and what protocols remember beyond flows (protocols/memory.h). It meets where what
 * all engines tell is put into one order, and so comes here in that order, whatever the number of workers. */
#ifndef FLOW_MEETING_H
#define FLOW_MEETING_H

#include "flow/elsewhere.h"
#include "flow/workers.h"

struct meeting {
	struct elsewhere *elsewhere; /* owned, as the memory */
	struct memory *memory;
	void (*named)(void *context, const struct name *const names[2], struct buffer *into);
	void *context;
};

enum given_kind { GIVEN_ELSEWHERE, GIVEN_RECORD, GIVEN_ENDS };

/* What an engine hands over. */
struct given {
	enum given_kind kind;
	union {
		struct handed elsewhere;
		struct {
			parse_meet *meet;
			bool in_event; /* it adds to the event before it */
			_Alignas(8) uint8_t bytes[MEMORY_RECORD];
		} record;
		struct address ends[2]; /* of a flow: what is known of them is wanted */
	};
};

/* False without memory. */
bool meeting_init(struct meeting *meeting, const struct workers_options *options,
		  const struct flow_listener *listener);
void meeting_free(struct meeting *meeting);

/* What comes of it is added to the bytes. */
void meeting_take(const struct meeting *meeting, const struct given *given, struct buffer *into);

/* A record that need not be kept until its turn comes. */
void meeting_remember(const struct meeting *meeting, const struct parse_memo *memo, struct buffer *into);

#endif
