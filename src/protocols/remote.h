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

/* What a server of rlogin or rsh says to a stranger who called from a reserved port: a zero and then what it
 * wants, or a one and why it refuses (RFC 1282; rshd(8)). One octet alone is an answer where no more comes.
 * Its words are told as a fact, and `weakness` with them. */
enum probe_step remote_hear(struct span *heard, bool ended, struct answer *answer,
			    const struct weakness *weakness);

/* The connection for errors will come from the server. Its parser has parse->about, and nothing to read. */
void remote_expect_errors(struct parse *parse, const struct remote_command *command);

#endif
