/* links.h: frames that carry no IP packet, as far as a protocol is at home in them: ARP, LLDP, CDP, spanning
 * trees. They have no ends with addresses and ports, and so belong to no flow and stand at no door; what they
 * say is told as messages with the frame's own addresses, and a weakness about the IP address that it names.
 * All senders of a protocol share one state, which is bounded as any parser's, and other frames cost nothing.
 */
#ifndef FLOW_LINKS_H
#define FLOW_LINKS_H

#include "flow/flow.h"

struct links;

/* NULL without memory. What is given is borrowed. */
struct links *links_new(const struct flow_listener *listener, struct engine_counts *counts);
void links_free(struct links *links);

/* A frame without a packet. */
void links_read(struct links *links, const struct packets *packets, int64_t time_ns, uint64_t frame);

#endif
