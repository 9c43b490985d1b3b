/* uwsgi.c: uwsgi, by which web servers hand requests to uWSGI, "The uwsgi Protocol" of its documentation: a
 * packet of a kind, a length of two octets, the low one first, and a second kind; requests are pairs of names
 * and values with lengths alike. A ping (kind 100) is answered with a packet of the same. */
#include "protocols/text.h"

enum { HEAD = 4, PING = 100, PONG = 1, NAME_MOST = 64 };

/* CGI's names of variables: REQUEST_METHOD, QUERY_STRING, SERVER_PROTOCOL ... */
static enum verdict recognise_request(struct span first)
{
	struct span s = first;
	uint16_t length, name;

	span_skip(&s, 1);
	length = span_u16_le(&s);
	span_skip(&s, 1);
	name = span_u16_le(&s);
	if (span_left(first) < HEAD + 2)
		return MORE;
	if (length < HEAD + name || name < 4 || name > NAME_MOST || span_peek(first, 3) != 0)
		return NO;
	for (size_t i = 0; i < name && i < span_left(s); i++)
		if (s.at[i] != '_' && (s.at[i] < 'A' || s.at[i] > 'Z'))
			return NO;
	if (span_left(s) <= name)
		return MORE;
	s = text_first(s, name);
	return span_find(s, "REQUEST_") != SIZE_MAX || span_find(s, "SERVER_") != SIZE_MAX ||
			       span_find(s, "QUERY_STRING") != SIZE_MAX ||
			       span_find(s, "CONTENT_") != SIZE_MAX ||
			       span_find(s, "PATH_INFO") != SIZE_MAX ||
			       span_find(s, "DOCUMENT_ROOT") != SIZE_MAX
		       ? YES
		       : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const uint8_t pong[HEAD] = { PING, 0, 0, PONG };
	const size_t come = span_left(first) < HEAD ? span_left(first) : HEAD;

	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_CLIENT)
		return span_peek(first, 0) == 0 ? recognise_request(first) : NO;
	if (memcmp(first.at, pong, come) != 0)
		return NO;
	return come < HEAD ? MORE : YES;
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u32(out, (uint32_t)PING << 24);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	answer_product(answer, span_text("uWSGI"), span_of(NULL, 0));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true, .knows = true, .alone = true, .transports = PROBE_TCP, .greet = greet, .hear = hear
};

const struct protocol protocol_uwsgi = {
	.name = "uwsgi",
	.title = "uwsgi",
	DOORS(TCP(3031)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
