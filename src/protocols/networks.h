/* networks.h: what parts a tunnel between two ends has, as VXLAN and Geneve number virtual networks and GTP
 * the tunnels of subscribers, and how much each has carried. */
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

/* The number of the network in a header of VXLAN or Geneve. */
uint32_t networks_number(struct span header);

/* The end of the flow: tells of them, if there were any. For struct parser. */
void networks_end(void *networks, struct parse *parse);
extern parse_emit networks_emit; /* of a struct networks */

/* Writes them as a list of objects, each with its number under that key; nothing where there are none. */
void networks_write(const struct networks *networks, struct json *json, const char *list, const char *number);

#endif
