/* expect.h: flows that others have announced. An announcement names one end by address and port, and perhaps
 * the other's address; it holds for a time and is bounded in number, the oldest giving way. */
#ifndef FLOW_EXPECT_H
#define FLOW_EXPECT_H

#include "flow/flow.h"

enum { EXPECT_LIMIT = 1 << 16, EXPECT_ABOUT = 256 };

/* What a flow gets that was expected. */
struct expected {
	const struct protocol *protocol;
	uint64_t parent;  /* id of the flow that announced it */
	unsigned waiting; /* the end of the flow that was named */
	enum side side;   /* what that end is */
	char about[EXPECT_ABOUT];
};

struct expectations;

struct expectations *expectations_new(void);
void expectations_free(struct expectations *expectations);

void expectations_add(struct expectations *expectations, const struct expectation *expectation,
		      uint64_t parent, int64_t now_ns, struct engine_counts *counts);

/* Whether this new flow is one of them; usually there are none, and this costs nothing. */
bool expectations_match(struct expectations *expectations, const struct flow *flow, int64_t now_ns,
			struct expected *ret_expected);

/* A flow that was expected before it was known what about: the words that the same conversation has announced
 * since. A client of FTP connects first, and names the file then. */
bool expectations_late_words(struct expectations *expectations, const struct flow *flow, int64_t now_ns,
			     char about[EXPECT_ABOUT]);

#endif
