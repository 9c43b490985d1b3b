/* conversation.h: what a flow holds while its content is read: the two streams, the first bytes until the
 * protocol is known, and then its parser.
 *
 * It begins with the first payload, or with the first that is more than a few words (hope.h), and ends as
 * soon as nothing more is wanted: flow->settled is set then, flow->work is NULL, and packets are only
 * counted. */
#ifndef FLOW_CONVERSATION_H
#define FLOW_CONVERSATION_H

#include "flow/expect.h"
#include "flow/flow.h"

enum {
	CONVERSATION_DATAGRAMS = 8, /* datagrams of each end that are shown to the recognisers */
	CONVERSATION_PATIENCE =
		1 << 16, /* bytes of an end that nobody understood, while the other is silent */
};

/* What conversations share in one engine: where they tell, what they count, and the memory they are made of.
 * What is given is borrowed; who listens is asked at the beginning. They take at most
 * `memory` bytes: of flows for which that does not suffice nothing is read. */
struct conversations;

struct conversations *conversations_new(size_t memory, const struct flow_listener *listener,
					struct expectations *expectations, struct engine_counts *counts);
void conversations_free(struct conversations *all);

/* A packet of a flow that is not settled. `packets` and nth tell which; what a parser opens in it is added to
 * packets, and the caller goes on with that. */
void conversation_packet(struct conversations *all, struct flow *flow, unsigned end, struct packets *packets,
			 unsigned nth, int64_t time_ns, uint64_t frame);

/* Whether there is nothing to hear in a packet of such a flow, which is one of TCP without SYN, FIN and RST:
 * then conversation_packet() need not be called. */
bool conversation_lets_pass(const struct flow *flow, unsigned end, const struct packet *packet,
			    int64_t time_ns);

/* A packet of this flow comes soon: asks the processor for what it will touch. */
void conversation_prefetch(const struct flow *flow);
void conversation_prefetch_parser(const struct flow *flow); /* a little later */

/* The flow was announced: its protocol is known before it speaks. */
void conversation_expected(struct conversations *all, struct flow *flow, const struct expected *expected,
			   int64_t time_ns, uint64_t frame);

/* The flow is over: hands on what waits, lets the parser tell what it had begun, gives back the memory. */
void conversation_end(struct conversations *all, struct flow *flow, uint64_t frame);

#endif
