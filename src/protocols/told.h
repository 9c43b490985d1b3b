/* told.h: messages that are repeated every few seconds, octet for octet, and are told once: hellos of
 * routers, neighbour discovery, reports of groups. */
#ifndef PROTOCOLS_TOLD_H
#define PROTOCOLS_TOLD_H

#include "protocols/parse.h"

enum { TOLD_MOST = 16 }; /* different ones that are remembered, the oldest is forgotten */

/* All zero at first. */
struct told {
	uint32_t hashes[TOLD_MOST];
	uint8_t next;
};

/* Whether this is not among the last messages of the conversation, by who sent it, its kind and its octets;
 * it is from now on. */
bool told_is_news(struct told *told, const struct parse *parse, unsigned kind, struct span message);

/* The same for many that speak at one place, of which each says one thing at a time: `who` tells them apart.
 * Two that fall on one place push each other out, and are told again. */
enum { TOLD_WIDE = 1024 };
struct told_wide {
	uint32_t hashes[TOLD_WIDE];
};
bool told_wide_is_news(struct told_wide *told, struct span who, struct span message);

#endif
