/* bgp.h: what the files about BGP share: bgp.c reads sessions, bgp_update.c the routes in them. */
#ifndef PROTOCOLS_BGP_H
#define PROTOCOLS_BGP_H

#include "protocols/tally.h"

enum { BGP_ROUTES = 512, BGP_PATH = 24 };

/* What one UPDATE says. */
struct bgp_update {
	char prefixes[BGP_ROUTES], withdrawn[BGP_ROUTES]; /* lines.h, texts_add(); as many as find room */
	uint32_t prefix_count, withdrawn_count;
	uint32_t path[BGP_PATH]; /* autonomous systems, the nearest first */
	uint8_t path_length;
	uint8_t origin;    /* plus 1; 0: not told */
	char next_hop[64]; /* "" or an address */
};

/* Reads what stands behind the header, into zeros. Numbers of autonomous systems have `width` octets: 2 or 4;
 * 0: as they fit. False: its lengths do not fit. */
bool bgp_read_update(struct span message, unsigned width, struct bgp_update *update);

/* Members of its event. */
void bgp_emit_update(struct json *json, const struct bgp_update *update);

#endif
