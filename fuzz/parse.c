/* Parsers: a script of turns is played into the parser of one protocol. The input is "NAME TRANSPORT\n" and
 * then the turns: a byte that tells the side (bit 0), a gap (1), a datagram of which the end is missing (2),
 * or that the side is seen from its middle (3), two bytes of length, and the bytes. Tests of parsers write
 * their scripts as seeds when DOORWARD_SEEDS names a folder. */
#include "play.h"

#include <stdlib.h>

enum { GAP = 2, CUT = 4, MIDDLE = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void play_turns(struct play *play, struct span script)
{
	while (span_left(script) > 0) {
		const uint8_t what = span_u8(&script);
		const enum side side = (what & 1) != 0 ? SIDE_SERVER : SIDE_CLIENT;
		const uint16_t length = span_u16(&script);

		if (script.failed)
			return;
		if ((what & MIDDLE) != 0)
			play_from_middle(play, side);
		if ((what & GAP) != 0)
			(void)play_gap(play, side, length);
		else
			(void)play_bytes(
				play, side,
				span_take(&script, length < span_left(script) ? length : span_left(script)),
				(what & CUT) != 0);
	}
}

/* Parsers are called over the transports where their protocol is customary. */
static bool is_over(const struct protocol *protocol, uint64_t transport)
{
	for (size_t i = 0; i < protocol->door_count; i++)
		if (protocol->doors[i].transport == transport)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct span script = span_of(bytes, length), line = span_line(&script);
	const struct protocol *const protocol = protocol_named(span_word(&line));
	uint64_t transport = 0;
	struct play *play;

	if (protocol == NULL || protocol->parser == NULL || !span_number(span_word(&line), 255, &transport) ||
	    !is_over(protocol, transport))
		return -1; /* not kept */
	play = play_new(protocol, (unsigned)transport);
	play_turns(play, script);
	(void)play_end(play);
	play_free(play);
	return 0;
}
