/* remote.h: the beginning of BSD's remote shell and remote execution, which have the same form: the port of a
 * second connection for errors, and three texts, each ended by a zero. Who wants no such connection says port
 * 0, or none (rcmd(3)), and then nothing tells the two apart but the door. */
#ifndef PROTOCOLS_REMOTE_H
#define PROTOCOLS_REMOTE_H

#include "protocols/parse.h"

struct remote_command {
	uint64_t error_port;  /* 0: none */
	struct span texts[3]; /* rsh: name here, name there, command; rexec: name, password, command */
};

/* Takes it whole off s. */
enum verdict remote_take(struct span *s, struct remote_command *ret_command);

/* Which of the two it may be: rsh asks for a port that only root may take. */
bool remote_may_be_shell(const struct remote_command *command);
bool remote_may_be_execution(const struct remote_command *command);

/* The connection for errors will come from the server. Its parser has parse->about, and nothing to read. */
void remote_expect_errors(struct parse *parse, const struct remote_command *command);

#endif
