/* ssh_session.h: what kind of session goes on inside SSH. Nothing of it can be read: who sends how much, and
 * when, makes one kind likely. So it is told as what it is, statistical, and not at all where it shows too
 * little. */
#ifndef PROTOCOLS_SSH_SESSION_H
#define PROTOCOLS_SSH_SESSION_H

#include "protocols/parse.h"

/* By side where there are two; all zero at first. */
struct ssh_session {
	uint32_t messages[2], bytes[2];
	uint32_t crossings; /* long messages that answer a long one of the other side */
	uint32_t keys; /* small ones of the client that somebody could have typed, and that were answered */
	int64_t client_ns;
	bool typed; /* the last message of the client could be a key */
	enum side speaker;
	bool was_long, answers_long; /* of what it says now, and of what the other side said before */
};

/* A piece that came at once, of this length. False when enough was heard. */
bool ssh_session_hear(struct ssh_session *session, enum side side, size_t length, int64_t time_ns);

/* "shell", "file_transfer", "tunnel"; NULL: it does not show. */
const char *ssh_session_kind(const struct ssh_session *session);

parse_emit ssh_session_emit;

#endif
