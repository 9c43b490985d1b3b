/* Parsers: a script is played into the parser of one protocol. The input is "NAME TRANSPORT\n" and then the
 * turns, as play_script() has them. Tests of parsers write their scripts as seeds when DOORWARD_SEEDS names a
 * folder; test_seeds.c holds the kept ones to be enough. */
#include "play.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Parsers are called over the transports where their protocol is customary; those of frames over 0. */
static bool is_over(const struct protocol *protocol, unsigned transport)
{
	return protocol_is_over(protocol, transport) || (protocol->frame_count > 0 && transport == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct span script = span_of(bytes, length), line = span_line(&script);
	const struct protocol *const protocol = protocol_named(span_word(&line));
	uint64_t transport = 0;
	struct play *play;

	if (protocol == NULL || protocol->parser == NULL || !span_number(span_word(&line), 255, &transport) ||
	    !is_over(protocol, (unsigned)transport))
		return -1; /* not kept */
	play = play_new(protocol, (unsigned)transport);
	play_script(play, script);
	(void)play_end(play);
	play_free(play);
	return 0;
}
