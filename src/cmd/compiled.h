/* compiled.h: a policy as it is put in place, with all that is written down of it. */
#ifndef CMD_COMPILED_H
#define CMD_COMPILED_H

#include "cmd/host_names.h"
#include "firewall/enforce.h"

struct compiled {
	struct policy *policy;
	struct surroundings around;
	struct firewall *firewall; /* owned */
	struct host_names names;   /* owned */
	struct enforcement what;   /* its policy_digest at once, the rest by compiled_texts() */
};

/* Reads and compiles a policy. False with words. compiled_free() in any case. */
bool compile_policy(struct compiled *compiled, const struct state *state, const char *path,
		    enum host_names_from from, struct error *err);

/* Makes `what` ready for enforce_apply(). */
void compiled_texts(struct compiled *compiled, struct arena *arena);
void compiled_free(struct compiled *compiled);

#endif
