/* engine.h: what an engine is made of. engine.c makes it, ends flows and counts; frames.c reads. */
#ifndef FLOW_ENGINE_H
#define FLOW_ENGINE_H

#include "flow/conversation.h"
#include "flow/links.h"
#include "flow/table.h"
#include "packet/fragments.h"
#include "packet/ipsec.h"

enum { APART = 3, STAGES = 5, LINE = 16, AHEAD = 16 };
_Static_assert(STAGES *APART <= LINE, "who leaves the line stands in it until then");

/* A frame between decoding and reading. */
struct waiting {
	struct packets packets;
	uint64_t hash;     /* of the outermost packet */
	struct flow *flow; /* that it will probably be of, or NULL */
};

struct engine {
	struct waiting line[LINE];
	struct flow_table *table;
	struct fragments *fragments;
	struct ipsec *ipsec;
	bool has_keys, checksums;
	bool handed;        /* see engine_options */
	bool looks_closely; /* at every packet, for one of these */
	struct expectations *expectations;
	struct conversations *conversations;
	struct links *links;
	struct flow_listener listener;
	struct engine_counts counts;
	/* Of the packet that is read now. */
	int64_t time_ns;
	uint64_t frame;
};

/* The frame to which belongs what is told now. */
uint64_t engine_frame(const struct engine *engine);

#endif
