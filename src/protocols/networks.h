/* networks.h: the virtual networks of a tunnel between two ends, as VXLAN and Geneve number them, and how
 * much each has carried. */
#ifndef PROTOCOLS_NETWORKS_H
#define PROTOCOLS_NETWORKS_H

#include "protocols/parse.h"

enum { NETWORKS_MOST = 16 };

/* All zero at first; the whole state of a parser. */
struct networks {
	struct {
		uint32_t number;
		uint64_t packets[2], bytes[2]; /* by side */
	} list[NETWORKS_MOST];
	uint8_t count;
	uint64_t other_packets; /* of networks beyond these */
};

/* Counts what parse->side sent: `bytes` of a frame. */
void networks_add(struct networks *networks, const struct parse *parse, uint32_t number, size_t bytes);

/* The number of the network in a header of either. */
uint32_t networks_number(struct span header);

/* The end of the flow: tells of them, if there were any. For struct parser. */
void networks_end(void *networks, struct parse *parse);
extern parse_emit networks_emit; /* of a struct networks */

#endif
