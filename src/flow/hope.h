/* hope.h: a TCP flow of which a few words have come, and somebody hopes that more will tell whose they are.
 *
 * There may be very many such flows, and most never say more. So a line of the cache holds what is known of
 * one, in place of a conversation, as long as the words are few and come in order. Whatever else comes makes
 * it a conversation, which hears them again. */
#ifndef FLOW_HOPE_H
#define FLOW_HOPE_H

#include "flow/parsing.h"

enum { HOPE_SAID = 23 };

struct hope {
	uint32_t next[2]; /* by end: sequence number of the byte that comes next */
	struct identify_hope hopeful[2];
	uint8_t ended, unclear; /* bits of the ends */
	uint8_t lengths[2];     /* bytes that each end has said */
	uint8_t used;
	uint8_t said[HOPE_SAID]; /* pieces as they came: an octet of end and length before each */
};

/* A flow whose beginning was seen: its first words, of which `answer` was had. False where they need a
 * conversation; flow->work is the hope otherwise. */
bool hope_begin(struct conversations *all, struct flow *flow, unsigned end, const struct packet *packet,
		const struct identify_answer *answer);

/* A further packet. False if it needs a conversation: then nothing has changed. The flow may be settled. */
bool hope_hears(struct conversations *all, struct flow *flow, unsigned end, const struct packet *packet);

/* The next piece of what was said, by *ret_end; false behind the last. *at begins with 0. */
bool hope_next(const struct hope *hope, size_t *at, unsigned *ret_end, struct span *ret_words);

/* Gives it back; flow->work is NULL then. */
void hope_drop(struct conversations *all, struct flow *flow);

#endif
