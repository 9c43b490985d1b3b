/* parsing.h: a conversation whose protocol may be known, and its parser: what conversation.c and parsing.c
 * share.
 *
 * conversation.c takes packets and puts streams in order; listening.c listens until it knows what is spoken;
 * parsing.c calls the parser, keeps what it left unread, and does what it asks for. Whatever comes to its end
 * sets `over`; the conversation is given back only once the streams that called have returned. */
#ifndef FLOW_PARSING_H
#define FLOW_PARSING_H

#include "flow/conversation.h"
#include "flow/identify.h"
#include "flow/pool.h"
#include "flow/stream.h"

enum { CONVERSATION_TURNS = 16, CONVERSATION_TOLD = 12, CONVERSATION_UPGRADES = 8 };

struct conversations {
	struct pool pool;
	struct stream_counts streams;
	const struct flow_listener *listener;
	struct expectations *expectations;
	struct engine_counts *counts;
	bool listened; /* somebody wants to hear what parsers tell */

	/* The packet that is read now; packets are NULL where something else is the cause. */
	struct packets *packets;
	unsigned nth;
	int64_t time_ns;
	uint64_t frame;
};

/* What one side has sent and its parser, or the recognisers, have not taken. */
struct half {
	uint8_t *bytes; /* owned, of the pool */
	uint32_t length, room;
	uint32_t want;  /* so many must be there before the parser is called again */
	uint32_t asked; /* while listening: of so many of these bytes, over a stream whose sides are known */
	struct identify_hope hopeful; /* who said then that there must be more to tell */
	bool unclear;                 /* no recogniser knows it: waiting for the other */
	bool from_start;
	uint64_t taken; /* bytes of the side before these */
	uint64_t skip;  /* of those that come next, so many are not wanted */
	uint64_t lost;  /* while listening: bytes behind these that were not kept */
};

/* What a parser works with: made when the first one begins, and kept for those that follow it. */
struct reading {
	struct parse parse; /* first: what parsers are given is the reading */
	struct conversation *conversation;
	struct kept *kept;
	size_t kept_bytes;
	const struct weakness *told[CONVERSATION_TOLD];
};

struct conversation {
	struct conversations *all;
	struct flow *flow;
	struct half halves[2];
	uint8_t client; /* which half is the client's */
	bool crossed;   /* half 0 is the flow's end 1 */
	bool sides_known;
	bool parsing;
	bool over;
	uint8_t upgrades;
	uint8_t turn_count;
	struct reading *reading; /* owned; NULL until a parser begins */
	void *state;             /* owned; of the parser */
	char *about;

	/* While listening: who spoke, in turn, and how many bytes of it are kept. Of datagrams each is a
	 * turn. */
	struct {
		uint32_t length : 30;
		uint32_t half : 1;
		uint32_t cut : 1;
	} turns[CONVERSATION_TURNS];

	struct stream streams[]; /* of TCP, for each half */
};

static inline unsigned half_of_end(const struct conversation *conversation, unsigned end)
{
	return end ^ conversation->crossed;
}

/* Whether this packet has the first bytes of its side, none of which was missed. */
bool begins_whole(const struct flow *flow, unsigned end, const struct packet *packet);

/* Whether a parser would be run for this protocol at all. */
bool parsing_is_wanted(const struct conversations *all, const struct protocol *protocol);

/* The protocol is known: its parser begins. False, and over, without memory. */
bool parsing_begin(struct conversation *conversation, const struct protocol *protocol);

/* The next bytes of a half (over UDP a datagram of which the end may be cut off, with its packet), or a gap.
 */
void parsing_bytes(struct conversation *conversation, unsigned half, struct span bytes);
void parsing_datagram(struct conversation *conversation, unsigned half, struct span bytes,
		      const struct packet *packet, bool cut);
void parsing_gap(struct conversation *conversation, unsigned half, uint64_t length);

/* Lets the parser tell what it had begun, and gives back what it had. */
void parsing_end(struct conversation *conversation);

/* Appends to what a half has unread; false, and over, without memory. */
bool half_append(struct conversation *conversation, unsigned half, struct span bytes);
void half_clear(struct conversation *conversation, struct half *half);

/* ---- listening.c ---- */

/* What came from a half, in order, for whoever hears it now; while a packet is read. */
void hear(struct conversation *conversation, unsigned half, struct span bytes, bool cut);
void hear_gap(struct conversation *conversation, unsigned half, uint64_t length);

/* Another protocol begins on both sides with what is unread: this one, or NULL for what the content shows. */
void hear_anew(struct conversation *conversation, unsigned half, const struct protocol *to);

/* What becomes known of the flow. */
void listening_note_evidence(struct flow *flow, struct span first);
void listening_note_protocol(struct conversations *all, struct flow *flow, const struct protocol *protocol,
			     enum identified how, int64_t time_ns, uint64_t frame);
void listening_end(struct conversation *c);
void listening_note_hope(struct half *half, struct span first, const struct identify_answer *answer);
void listening_swap_ends(struct flow *flow);

#endif
