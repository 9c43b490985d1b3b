/* bacula_probe.c: what daemons of Bacula say to a director that they do not know. The directors' and file
 * daemons' greeting is answered with an error or a challenge, the storage daemons' with a message of a job;
 * nobody is logged in. Directors and storage daemons sleep for five seconds before they refuse. */
#include "protocols/probes.h"
#include "protocols/text.h"

enum { LENGTH = 4, MESSAGE_MOST = 4096, SLEEP_MS = 5000 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char hello[] = "Hello Director doorward calling 102\n";

	(void)state;
	(void)transport;
	buffer_u32(out, (uint32_t)strlen(hello));
	buffer_text(out, hello);
}

static bool is_ours(struct span text)
{
	return span_begins(text, "auth cram-md5") || span_begins(text, "Jmsg JobId=") ||
	       span_find(text, "Connection from unknown Director doorward") != SIZE_MAX ||
	       (span_begins(text, "1999 ") || span_begins(text, "2999 ") || span_begins(text, "3999 "));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span rest = *heard, text;
	const uint32_t length = span_u32(&rest);

	(void)state;
	(void)out;
	if (rest.failed)
		return probe_step_for(MORE, ended);
	if (length == 0 || length > MESSAGE_MOST)
		return PROBE_NOT;
	text = span_take(&rest, length);
	if (text.failed)
		return probe_step_for(MORE, ended);
	if (!text_is_plain(text_trim(text)) && text.end[-1] != 0)
		return PROBE_NOT;
	if (!is_ours(text))
		return PROBE_NOT;
	*heard = rest;
	answer_product(answer, span_text("Bacula"), span_text(""));
	return PROBE_DONE;
}

const struct probe bacula_probe = {
	.rare = true,
	.knows = true,
	.thinks_ms = SLEEP_MS,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};
