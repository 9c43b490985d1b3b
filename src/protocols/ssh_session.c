/* A shell is typed: small messages of the client, further apart than a program sends them, each answered by
 * what it echoes. Who moves a file says much to short requests, or is answered shortly, whichever side it is:
 * each answer is for tens of kilobytes. What others say to each other through a tunnel goes both ways: a long
 * message answers another. Many small files, and short requests in a tunnel, look alike, and are not told. */
#include "protocols/ssh_session.h"

enum {
	MESSAGES_MOST = 400,
	BYTES_MOST = 1 << 20,
	LOGIN = 6,       /* messages of each side that belong to the login */
	BEGINNING = 12,  /* and to what is begun with it */
	KEY_MOST = 80,   /* octets of a message that holds a letter, with any cipher */
	ECHO_MOST = 512, /* of what answers it */
	KEYS_LEAST = 8,
	BULK_LEAST = 1 << 16,
	BULK_TIMES = 8,            /* so many times as much as the other direction */
	ANSWERED_LEAST = 12 << 10, /* octets for each message of the other direction */
	SHORT_MOST = 400,          /* a request or acknowledgement, or a few that went together */
	CROSSINGS_LEAST = 3,
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

/* What one side says before the other does has one long message, or has not. */
static void hear_turn(struct ssh_session *session, enum side side, bool is_long)
{
	if (session->speaker != side) {
		session->speaker = side;
		session->answers_long = session->was_long;
		session->was_long = false;
	}
	session->crossings += is_long && !session->was_long && session->answers_long;
	session->was_long |= is_long;
}

bool ssh_session_hear(struct ssh_session *session, enum side side, size_t length, int64_t time_ns)
{
	session->messages[side]++;
	session->bytes[side] += (uint32_t)(length < BYTES_MOST ? length : BYTES_MOST);
	hear_turn(session, side, session->messages[side] > LOGIN && length > SHORT_MOST);
	if (side == SIDE_CLIENT)
		hear_client(session, length, time_ns);
	else
		hear_server(session, length);
	return session->messages[0] + session->messages[1] < MESSAGES_MOST &&
	       session->bytes[0] + session->bytes[1] < BYTES_MOST;
}

static uint32_t beyond(uint32_t messages, uint32_t most)
{
	return messages > most ? messages - most : 0;
}

const char *ssh_session_kind(const struct ssh_session *session)
{
	const enum side bulk = session->bytes[SIDE_CLIENT] > session->bytes[SIDE_SERVER] ? SIDE_CLIENT
											 : SIDE_SERVER;

	if (session->keys >= KEYS_LEAST && session->keys * 2 >= beyond(session->messages[SIDE_CLIENT], LOGIN))
		return "shell";
	if (session->bytes[bulk] < BULK_LEAST)
		return NULL;
	if (session->crossings >= CROSSINGS_LEAST)
		return "tunnel";
	return session->bytes[bulk] / BULK_TIMES >= session->bytes[!bulk] &&
			       session->bytes[bulk] / ANSWERED_LEAST >=
				       beyond(session->messages[!bulk], BEGINNING)
		       ? "file_transfer"
		       : NULL;
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
