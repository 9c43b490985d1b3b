/* quake3.c: servers of games made with the engine of Quake III, and of those that go on from it (ioquake3,
 * DarkPlaces): datagrams of four octets of ones and a word; "getstatus" is what lists of servers ask. */
#include "protocols/text.h"

enum { MARK = 4, VALUE = 64 };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const asks[] = { "getstatus", "getinfo", "getchallenge", "connect " };
	static const char *const answers[] = { "statusResponse\n", "infoResponse\n", "challengeResponse ",
					       "connectResponse" };

	if (transport != TRANSPORT_UDP || span_left(first) < MARK || span_u32(&first) != 0xffffffff)
		return NO;
	return side == SIDE_CLIENT                         ? recognise_texts(first, asks, 4) == YES ? YES : NO
	       : recognise_texts(first, answers, 4) == YES ? YES
							   : NO;
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u32(out, 0xffffffff);
	buffer_text(out, "getstatus");
}

/* Of "\key\value\key\value". */
static struct span value_of(struct span status, const char *key)
{
	const size_t at = span_find(status, key);

	span_skip(&status, at == SIZE_MAX ? span_left(status) : at + strlen(key));
	return text_first(span_until(&status, '\\'), VALUE);
}

/* "ioq3 1.36+u20221123.70d07d9+dfsg-1/Debian linux-x86_64 Jan  8 2023" */
static void tell_product(struct answer *answer, struct span version)
{
	static const struct text_product known[] = { { "ioq3", "ioquake3" },
						     { "ioquake3", "ioquake3" },
						     { "Q3", "Quake III Arena" } };

	(void)text_tell_product(answer, version, known, sizeof(known) / sizeof(*known));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	(void)state;
	(void)out;
	if (span_left(*heard) == 0)
		return ended ? PROBE_NOT : PROBE_WAIT;
	if (recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	answer_fact(answer, "version", value_of(*heard, "\\version\\"));
	answer_fact(answer, "game", value_of(*heard, "\\gamename\\"));
	answer_fact(answer, "map", value_of(*heard, "\\mapname\\"));
	tell_product(answer, value_of(*heard, "\\version\\"));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_UDP, .greet = greet, .hear = hear };

const struct protocol protocol_quake3 = {
	.name = "quake3",
	.title = "Quake III",
	DOORS(UDP(27960)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = MARK + 1,
	MARKS(OCTET(0, 0xff), OCTET(1, 0xff), OCTET(2, 0xff), OCTET(3, 0xff)),
	.probe = &probe,
};
