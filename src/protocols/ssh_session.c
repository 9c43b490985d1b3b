/* A shell is typed: small messages of the client, further apart than a program sends them, each answered by
 * what it echoes. Bulk in one direction is a file where the other direction has nothing but short
 * acknowledgements or requests, and a tunnel where longer messages go that way as well. */
#include "protocols/ssh_session.h"

enum {
	MESSAGES_MOST = 400,
	BYTES_MOST = 1 << 20,
	LOGIN = 6,       /* messages of each side that belong to the login */
	KEY_MOST = 80,   /* octets of a message that holds a letter, with any cipher */
	ECHO_MOST = 512, /* of what answers it */
	KEYS_LEAST = 8,
	BULK_LEAST = 1 << 16,
	BULK_TIMES = 8, /* so many times as much as the other direction */
	SHORT_MOST = 320,
	LONG_LEAST = 3,
	APART_NS = 15000000,
};

static void hear_client(struct ssh_session *session, size_t length, int64_t time_ns)
{
	session->typed = length <= KEY_MOST && time_ns - session->client_ns >= APART_NS;
	session->client_ns = time_ns;
}

static void hear_server(struct ssh_session *session, size_t length)
{
	if (session->typed && length <= ECHO_MOST && session->messages[SIDE_SERVER] > LOGIN)
		session->keys++;
	session->typed = false;
}

bool ssh_session_hear(struct ssh_session *session, enum side side, size_t length, int64_t time_ns)
{
	session->messages[side]++;
	session->bytes[side] += (uint32_t)(length < BYTES_MOST ? length : BYTES_MOST);
	session->longs[side] += session->messages[side] > LOGIN && length > SHORT_MOST;
	if (side == SIDE_CLIENT)
		hear_client(session, length, time_ns);
	else
		hear_server(session, length);
	return session->messages[0] + session->messages[1] < MESSAGES_MOST &&
	       session->bytes[0] + session->bytes[1] < BYTES_MOST;
}

const char *ssh_session_kind(const struct ssh_session *session)
{
	const enum side bulk = session->bytes[SIDE_CLIENT] > session->bytes[SIDE_SERVER] ? SIDE_CLIENT
											 : SIDE_SERVER;

	if (session->keys >= KEYS_LEAST && session->keys * 2 >= session->messages[SIDE_CLIENT])
		return "shell";
	if (session->bytes[bulk] < BULK_LEAST)
		return NULL;
	if (session->longs[!bulk] >= LONG_LEAST)
		return "tunnel";
	return session->bytes[bulk] / BULK_TIMES >= session->bytes[!bulk] ? "file_transfer" : NULL;
}

void ssh_session_emit(const void *record, struct json *json)
{
	const struct ssh_session *const session = record;

	json_text(json, "kind", ssh_session_kind(session));
	json_bool(json, "statistical", true);
	json_unsigned(json, "messages_toserver", session->messages[SIDE_CLIENT]);
	json_unsigned(json, "messages_toclient", session->messages[SIDE_SERVER]);
	json_unsigned(json, "bytes_toserver", session->bytes[SIDE_CLIENT]);
	json_unsigned(json, "bytes_toclient", session->bytes[SIDE_SERVER]);
	json_unsigned(json, "keys", session->keys);
}
