/* moving_xml.h: XML as the tools write it that a policy is learned from: tags, one after the other. A reader
 * of its own, as no library that needs whole documents tells the lines at which things stand. No entities
 * beside those that XML has itself, and nothing is ever fetched. */
#ifndef POLICY_MOVING_XML_H
#define POLICY_MOVING_XML_H

#include "policy/moving.h"

struct moving_tag {
	struct span name, attributes;
	bool closes; /* "</name>" */
	bool alone;  /* "<name/>" */
};

/* Takes the next tag, with m->line and m->number where it ends; comments, declarations and text are passed
 * by. False at the end of the text; what begins there and does not end is said. */
bool moving_tag(struct moving *m, struct span *text, struct moving_tag *ret_tag);

/* The value of an attribute; failed without it. */
struct span moving_attribute(const struct moving_tag *tag, const char *name);

#endif
