/* remote.h: the beginning of BSD's remote shell and remote execution, which have the same form: the port of a
 * second connection for errors, and three texts, each ended by a zero. */
#ifndef PROTOCOLS_REMOTE_H
#define PROTOCOLS_REMOTE_H

#include "protocols/parse.h"

struct remote_command {
	uint64_t error_port;  /* 0: none */
	struct span texts[3]; /* rsh: name here, name there, command; rexec: name, password, command */
};

/* Takes it whole off s. */
enum verdict remote_take(struct span *s, struct remote_command *ret_command);

/* rsh asks for a port that only root may take (rcmd(3)), which is what tells it from rexec. */
bool remote_is_shell(const struct remote_command *command);

#endif
