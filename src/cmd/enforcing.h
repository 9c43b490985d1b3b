/* enforcing.h: what the commands share that change the kernel's rules or tell how they stand. */
#ifndef CMD_ENFORCING_H
#define CMD_ENFORCING_H

#include "cmd/command.h"
#include "output/enforcement.h"

#define ENFORCING_MEMORY ((size_t)1 << 31)

/* The option that all of them have. */
#define STATE_OPTION                                                                                         \
	{                                                                                                    \
		.name = "state", .argument = "FOLDER",                                                       \
		.help = "where it is kept what was applied (default: " STATE_FOLDER ")",                     \
		.completes = COMPLETES_FILE                                                                  \
	}

struct enforcing {
	const struct invocation *invocation;
	struct arena *arena; /* owned */
	struct out out;
	struct state state;
};

/* Runs a command with its arena, output and state: opened to be changed, or read. What `run` returns is the
 * exit status, if all could be written. */
typedef int enforcing_run(struct enforcing *e);
int enforcing_with(const struct invocation *invocation, bool change, enforcing_run *run);

/* Shows what was done, and returns STATUS_AGREES. */
int enforcing_tell(struct enforcing *e, enum enforcement_action action, const struct entry *entry);

/* Who asks: the user that logged in, whoever they have become since. Lives in the arena. */
const char *enforcing_user(struct arena *arena);

#endif
