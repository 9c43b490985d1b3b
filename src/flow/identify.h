/* identify.h: which protocol these bytes are, asked of all recognisers, from content alone.
 *
 * The registry is sorted into lists: who can be meant over a stream and who in a datagram, and for streams
 * who can be meant by the first bytes of each side, so that a flow asks a few and not all. The port
 * chooses who is asked first, and never what the answer is, but among kin (protocols.h), whose messages are
 * the same. */
#ifndef FLOW_IDENTIFY_H
#define FLOW_IDENTIFY_H

#include "flow/flow.h"

/* Who said MORE, by their place in the registry; of too many, that there were. */
enum { IDENTIFY_MOST = 256, IDENTIFY_HOPEFUL = 13 };
struct identify_hope {
	uint8_t count; /* IDENTIFY_HOPEFUL + 1: too many */
	uint8_t list[IDENTIFY_HOPEFUL];
};

/* What is asked about: the first bytes of each side, as far as they have come. */
struct identify_question {
	struct span first[2]; /* by end; empty if it has not spoken */
	bool from_start;      /* the beginning was seen, so that end 0 is the client */
	uint8_t transport;
	uint16_t ports[2];
	/* Over a stream: who said MORE to the beginning of the same bytes, or NULL. Only these are asked:
	 * nobody who said NO says anything else to more. */
	const struct identify_hope *hopeful;
};

struct identify_answer {
	const struct protocol *protocol; /* or NULL */
	unsigned decided;                /* the end whose bytes decided */
	bool swapped;                    /* end 0 is the server: only where the beginning was not seen */
	bool more;                       /* some say that it may become theirs */
	struct identify_hope hopeful;    /* those */
};

void identify(const struct identify_question *question, struct identify_answer *ret_answer);

/* Whose datagrams these are, sent by one end in a row, where neither tells it alone; NULL if nobody's. */
const struct protocol *identify_continued(struct span before, struct span now);

/* The protocol of which a datagram is a whole message, where its flow has nothing else (whole_alone). NULL:
 * none. */
const struct protocol *identify_alone(struct span datagram);

/* Who says the time like this, to a client that has said nothing; NULL if nobody. */
const struct protocol *identify_time(struct span words, int64_t time_ns);

/* Of a transport without ports, which the IP header names; NULL if nobody is at home there. */
const struct protocol *identify_transport(uint8_t transport);

/* Of a frame that carries no IP packet, by its type; NULL if nobody is at home in it. */
const struct protocol *identify_frame(uint16_t type);

/* The registry's place of a protocol plus 1, as struct flow keeps it, and back. */
uint16_t identify_number(const struct protocol *protocol);
const struct protocol *identify_protocol(uint16_t number);

#endif
