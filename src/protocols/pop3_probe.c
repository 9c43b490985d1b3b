/* pop3_probe.c: what a server of POP3 is asked: its capabilities. Nobody is logged in. */
#include "protocols/lines.h"
#include "protocols/pop3.h"

enum stage { HEARS_GREETING, HEARS_CAPABILITIES };

struct state {
	enum stage stage;
};
_Static_assert(sizeof(struct state) <= POP3_PROBE_STATE, "state of the probe");

/* "+OK Dovecot ready." and perhaps "<1896.697170952@dbc.mtview.ca.us>", which APOP needs. */
static enum probe_step hear_greeting(struct state *state, struct span *heard, struct buffer *out,
				     struct answer *answer)
{
	struct span rest = *heard, line = span_line(&rest);

	if (line.failed)
		return span_left(*heard) > POP3_GREETING ? PROBE_NOT : PROBE_WAIT;
	if (!span_begins(line, "+OK"))
		return PROBE_NOT;
	*heard = rest;
	span_skip(&line, strlen("+OK"));
	answer_fact(answer, "greeting", text_trim(line));
	(void)text_tell_product(answer, line, pop3_products, pop3_product_count);
	buffer_text(out, "CAPA\r\n");
	state->stage = HEARS_CAPABILITIES;
	return PROBE_WAIT;
}

static void read_capabilities(struct span list, struct answer *answer)
{
	struct pop3_capabilities capabilities = { .stls = false };
	const char *clear;

	while (span_left(list) > 0)
		pop3_read_capability(&capabilities, text_trim(span_line(&list)));
	answer->starttls = answer->starttls || capabilities.stls;
	answer_texts(answer, "capabilities", capabilities.list);
	if (answer->product[0] == '\0')
		(void)text_tell_product(answer, span_text(capabilities.implementation), pop3_products,
					pop3_product_count);
	clear = pop3_clear_login_of(&capabilities);
	if (!answer->inside_tls && clear != NULL)
		answer_weakness(answer, &pop3_clear_login, "%s is offered before TLS", clear);
}

/* RFC 2449 5: "+OK", one capability a line, and a line with a dot. */
static enum probe_step hear_capabilities(struct span *heard, bool ended, struct buffer *out,
					 struct answer *answer)
{
	struct span rest = *heard, line = span_line(&rest), list = rest;

	if (line.failed)
		return ended ? PROBE_DONE : PROBE_WAIT;
	if (!span_begins(line, "+OK") && !span_begins(line, "-ERR"))
		return PROBE_NOT;
	if (span_begins(line, "+OK")) {
		do {
			list.end = rest.at;
			line = span_line(&rest);
			if (line.failed)
				return ended ? PROBE_DONE : PROBE_WAIT;
		} while (!span_is(line, "."));
		read_capabilities(list, answer);
	}
	*heard = rest;
	buffer_text(out, "QUIT\r\n");
	return PROBE_DONE;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;
	enum probe_step step = PROBE_WAIT;

	if (state->stage == HEARS_GREETING)
		step = hear_greeting(state, heard, out, answer);
	if (state->stage == HEARS_GREETING)
		return ended ? PROBE_NOT : step;
	return hear_capabilities(heard, ended, out, answer);
}

static const struct start_tls_step start_tls_steps[] = {
	{ "+OK", "STLS\r\n" },
	{ "+OK", NULL },
};
static const struct start_tls start_tls = { .steps = start_tls_steps };

const struct probe pop3_probe = {
	.transports = PROBE_TCP,
	.server_speaks_first = true,
	.hear = hear,
	.start_tls = &start_tls,
};
