/* moving_xml.h: XML that a policy is learned from, element by element with the lines at which they stand.
 * Nothing is ever fetched, and entities do not grow beyond what libexpat lets them. */
#ifndef POLICY_MOVING_XML_H
#define POLICY_MOVING_XML_H

#include "policy/moving.h"

/* The beginning or the end of an element, as long as it is heard. */
struct moving_tag {
	struct span name;
	const char *const *attributes; /* names and values in turn, up to NULL */
	bool closes;
	struct moving *m;
};

typedef void moving_tag_reader(void *context, const struct moving_tag *tag);

/* Hands all elements to the reader, with m->line and m->number where each of them begins. What is no XML to
 * its end is an error: m has failed, and says the line. */
void moving_xml(struct moving *m, struct span text, moving_tag_reader *reader, void *context);

/* A copy of an attribute's value, in the arena; failed without it. Without memory m has failed as well. */
struct span moving_attribute(const struct moving_tag *tag, const char *name);

#endif
