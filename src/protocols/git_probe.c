/* git_probe.c: what a server of git is asked: what stands in the repository "/", which few have; it says so.
 */
#include "protocols/probes.h"

extern const struct protocol protocol_git;

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char request[] = "git-upload-pack /\0host=doorward";

	(void)state;
	(void)transport;
	buffer_format(out, "%04zx", sizeof(request) + 4);
	buffer_add(out, request, sizeof(request));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0
					     ? protocol_git.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
					     : MORE;

	(void)state;
	if (verdict == YES) {
		answer_product(answer, span_text("git daemon"), span_text(""));
		buffer_text(out, "0000"); /* nothing is wanted */
	}
	return probe_step_for(verdict, ended);
}

const struct probe git_probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };
