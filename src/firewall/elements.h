/* elements.h: from the elements of a set to those that it has next; for delta.h. */
#ifndef FIREWALL_ELEMENTS_H
#define FIREWALL_ELEMENTS_H

#include "base/buffer.h"
#include "firewall/parts.h"

/* Whether the two differ in nothing but their elements, which are single keys: nftables' library reads all
 * ranges of a set before it changes one. */
bool elements_can_change(const struct part *old, const struct part *part);

/* Writes the commands that take away what goes, and that add what comes: all that lies between the first and
 * the last element that differ. */
void elements_go(const struct part *old, const struct part *part, struct buffer *out);
void elements_come(const struct part *old, const struct part *part, struct buffer *out);

#endif
