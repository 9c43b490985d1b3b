/* rtpengine.c: how a proxy of SIP controls rtpengine, "The ng control protocol" of its documentation:
 * datagrams of a word by which the answer is known, a space, and a dictionary as torrents write it. */
#include "protocols/text.h"

enum { COOKIE = 128 };

/* Both sides' dictionaries are sorted, and what they are about is within them. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const size_t blank = span_find(text_first(first, COOKIE), " d");
	struct span dictionary = first;

	if (transport != TRANSPORT_UDP || blank == SIZE_MAX || blank == 0 ||
	    !text_is_plain(text_first(first, blank)) || !span_ends(first, "e"))
		return NO;
	span_skip(&dictionary, blank + 1);
	return span_find(dictionary, side == SIDE_CLIENT ? "7:command" : "6:result") != SIZE_MAX ? YES : NO;
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, PROBE_IDENTITY " d7:command4:pinge");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	(void)state;
	(void)out;
	(void)answer;
	if (span_left(*heard) == 0)
		return ended ? PROBE_NOT : PROBE_WAIT;
	if (recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_UDP, .greet = greet, .hear = hear };

const struct protocol protocol_rtpengine = {
	.name = "rtpengine",
	.title = "Control of rtpengine",
	DOORS(UDP(2223)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
