/* lmtp_probe.c: RFC 2033 4.1: who takes LHLO speaks LMTP; servers of SMTP know no such command. */
#include "protocols/probes.h"
#include "protocols/text.h"

enum { READY = 220, TAKEN = 250 };

struct asked {
	bool greeted;
};

static enum probe_step hear_reply(void *memory, const struct reply *reply, struct buffer *out,
				  struct answer *answer)
{
	static const struct text_product products[] = { { "Dovecot", "Dovecot" },
							{ "Cyrus LMTP", "Cyrus" },
							{ "Cyrus", "Cyrus" } };
	struct asked *const state = memory;
	struct span lines, line;

	if (reply == NULL)
		return PROBE_NOT;
	if (!state->greeted &&
	    (text_greeting(reply->lines) == GREETS_SMTP || text_greeting(reply->lines) == GREETS_FTP))
		return PROBE_NOT;
	if (!state->greeted && reply->code == READY) {
		state->greeted = true;
		answer_fact(answer, "banner", reply_first(reply));
		(void)text_tell_product(answer, reply_first(reply), products,
					sizeof(products) / sizeof(*products));
		buffer_text(out, "LHLO " PROBE_HOST "\r\n");
		return PROBE_WAIT;
	}
	if (!state->greeted || reply->code != TAKEN)
		return PROBE_NOT;
	lines = reply->lines;
	while (reply_line(&lines, reply->code, &line))
		if (span_is_nocase(text_trim(line), "STARTTLS"))
			answer->starttls = true;
	buffer_text(out, "QUIT\r\n");
	return PROBE_DONE;
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	return reply_hear(hear_reply, state, heard, ended, out, answer);
}

static const struct start_tls_step start_tls_steps[] = {
	{ "220 ", "LHLO " PROBE_HOST "\r\n" },
	{ "250 ", "STARTTLS\r\n" },
	{ "220 ", NULL },
};
static const struct start_tls start_tls = { .steps = start_tls_steps };

const struct probe lmtp_probe = {
	.transports = PROBE_TCP, .server_speaks_first = true, .hear = hear, .start_tls = &start_tls
};
