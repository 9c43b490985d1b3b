/* epmd.c: Erlang's port mapper, "EPMD Protocol" of "Distribution Protocol" in ERTS' manual. Requests are too
 * short to be told; an answer is the mapper's port and lines of names. */
#include "protocols/lines.h"

enum { NAMES = 'n', LIST = 320 };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const uint8_t zeros[2];
	struct span rest = first;
	const uint32_t port = span_u32(&rest);
	const size_t come = span_left(first);

	if (transport != TRANSPORT_TCP || side != SIDE_SERVER ||
	    memcmp(first.at, zeros, come < sizeof(zeros) ? come : sizeof(zeros)) != 0)
		return NO;
	if (rest.failed)
		return MORE;
	return port > 0 ? recognise_text(rest, "name ") : NO;
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u16(out, 1);
	buffer_u8(out, NAMES);
}

/* "name rabbit at port 25672". Without a node there is nothing behind the port, which is its own. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	enum { ITS_PORT = 4369 };
	char list[LIST] = { 0 };
	struct span s = *heard, line;

	(void)state;
	(void)out;
	if (!ended)
		return span_left(s) > 0 && recognise(s, SIDE_SERVER, TRANSPORT_TCP) == NO ? PROBE_NOT
											  : PROBE_WAIT;
	if (span_left(s) < 4 || (recognise(s, SIDE_SERVER, TRANSPORT_TCP) != YES &&
				 (span_left(s) != 4 || load_u32(s.at) != ITS_PORT)))
		return PROBE_NOT;
	span_skip(&s, 4);
	while (!(line = span_line(&s)).failed)
		if (span_begins(line, "name ")) {
			span_skip(&line, strlen("name "));
			(void)texts_add(list, sizeof(list), line);
		}
	answer_texts(answer, "nodes", list);
	answer_product(answer, span_text("Erlang"), span_text(""));
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true, .knows = true, .transports = PROBE_TCP, .greet = greet, .hear = hear
};

const struct protocol protocol_epmd = {
	.name = "epmd",
	.title = "Erlang port mapper",
	DOORS(TCP(4369)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
};
