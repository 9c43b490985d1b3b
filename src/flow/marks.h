/* marks.h: the marks of all protocols over datagrams (protocols.h) as sets: for each octet at each of the
 * first places, and for each length, who allows it. Who is in all of the sets that a datagram chooses can be
 * meant by it.
 */
#ifndef FLOW_MARKS_H
#define FLOW_MARKS_H

#include "protocols/protocols.h"

enum { MARKS_MOST = 128 }; /* protocols over datagrams */

/* Protocols over datagrams, by their place among these. */
struct marks_set {
	uint64_t words[MARKS_MOST / 64];
};

/* Adds a protocol and its place in the registry, before anything is asked. */
void marks_note(const struct protocol *protocol, size_t nth);

/* Those whose marks the datagram bears. */
struct marks_set marks_find(struct span datagram);

/* Whether the protocol with this place in the registry is one of them. It must have been noted. */
bool marks_have(const struct marks_set *set, size_t nth);

/* Takes the first one off, and gives its place in the registry; false if none is left. */
bool marks_next(struct marks_set *set, size_t *ret_nth);

#endif
