/* rmi.c: Java's remote method invocation, "Java RMI Wire Protocol": a client opens with a mark, a version and
 * the kind of conversation; a server that agrees tells the client's address as it sees it. JMX goes over it.
 */
#include "protocols/text.h"

enum { AGREES = 0x4e, STREAM = 0x4b, MULTIPLEX = 0x4d, VERSION_MOST = 2, HOST_MOST = 253 };

static const char mark[] = "JRMI";

static enum verdict recognise_client(struct span first)
{
	enum verdict verdict = recognise_text(first, mark);
	uint16_t version;

	if (verdict != YES)
		return verdict;
	span_skip(&first, strlen(mark));
	if (span_left(first) < 3)
		return span_left(first) > 0 && span_peek(first, 0) != 0 ? NO : MORE;
	version = span_u16(&first);
	return version > 0 && version <= VERSION_MOST && span_peek(first, 0) >= STREAM &&
			       span_peek(first, 0) <= MULTIPLEX
		       ? YES
		       : NO;
}

static bool is_of_host(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       strchr(".-:%_", c) != NULL;
}

/* "N", a text with its length, and a port in four octets. */
static enum verdict recognise_server(struct span first)
{
	const uint8_t begin = span_u8(&first);
	size_t length;
	struct span host;

	if (begin != AGREES || (span_left(first) > 0 && span_peek(first, 0) != 0))
		return NO;
	if (span_left(first) < 2)
		return MORE;
	length = span_u16(&first);
	if (length == 0 || length > HOST_MOST)
		return NO;
	host = text_first(first, length);
	for (size_t i = 0; i < span_left(host); i++)
		if (host.at[i] == '\0' || !is_of_host(host.at[i]))
			return NO;
	span_skip(&first, span_left(host));
	if (span_left(host) < length || span_left(first) < 2)
		return span_left(first) > 0 && span_peek(first, 0) != 0 ? NO : MORE;
	if (span_u16(&first) != 0)
		return NO;
	return span_left(first) < 2 ? MORE : YES;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_client(first) : recognise_server(first);
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, mark);
	buffer_u16(out, VERSION_MOST);
	buffer_u8(out, STREAM);
}

/* It agrees; nothing is called. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0 ? recognise_server(*heard) : MORE;

	(void)state;
	(void)out;
	(void)answer;
	if (verdict == YES)
		heard->at = heard->end;
	return probe_step_for(verdict, ended);
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_rmi = {
	.name = "rmi",
	.title = "Java Remote Method Invocation",
	DOORS(TCP(1099)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
