/* smtp_probe.c: what a server of SMTP is asked: EHLO, and HELO if it has no extensions. No mail is begun. */
#include "protocols/lines.h"
#include "protocols/smtp.h"

enum stage { HEARS_GREETING, HEARS_EHLO, HEARS_HELO };

struct state {
	enum stage stage;
	bool is_smtp; /* the greeting says so */
};
_Static_assert(sizeof(struct state) <= SMTP_PROBE_STATE, "state of the probe");

static void read_extensions(const struct reply *reply, struct answer *answer)
{
	struct smtp_extensions extensions;

	smtp_read_extensions(reply, &extensions);
	answer->starttls = extensions.starttls;
	answer_fact(answer, "auth", span_text(extensions.auth));
	answer_texts(answer, "extensions", extensions.list);
	if (!answer->inside_tls && extensions.clear_auth)
		answer_weakness(answer, &smtp_clear_login, "AUTH %s is offered before TLS", extensions.auth);
}

static enum probe_step hear_greeting(struct state *state, const struct reply *reply, struct buffer *out,
				     struct answer *answer)
{
	const enum greeting greeting = text_greeting(reply->lines);

	if (greeting == GREETS_FTP || greeting == GREETS_OTHER)
		return PROBE_NOT;
	state->is_smtp = greeting == GREETS_SMTP;
	answer_fact(answer, "greeting", reply_first(reply));
	(void)text_tell_product(answer, reply->lines, smtp_products, smtp_product_count);
	if (reply->code != READY)
		return state->is_smtp ? PROBE_DONE : PROBE_NOT;
	buffer_text(out, "EHLO " PROBE_HOST "\r\n");
	state->stage = HEARS_EHLO;
	return PROBE_WAIT;
}

static enum probe_step hear_reply(void *memory, const struct reply *reply, struct buffer *out,
				  struct answer *answer)
{
	struct state *const state = memory;

	if (reply == NULL)
		return state->is_smtp ? PROBE_DONE : PROBE_NOT;
	if (state->stage == HEARS_GREETING)
		return hear_greeting(state, reply, out, answer);
	if (reply->code == DONE_WELL) {
		if (state->stage == HEARS_EHLO)
			read_extensions(reply, answer);
		buffer_text(out, "QUIT\r\n");
		return PROBE_DONE;
	}
	if (state->stage == HEARS_EHLO) { /* RFC 5321 4.1.4: a server without extensions */
		buffer_text(out, "HELO " PROBE_HOST "\r\n");
		state->stage = HEARS_HELO;
		return PROBE_WAIT;
	}
	buffer_text(out, "QUIT\r\n");
	return state->is_smtp ? PROBE_DONE : PROBE_NOT;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	return reply_hear(hear_reply, memory, heard, ended, out, answer);
}

static const struct start_tls_step start_tls_steps[] = {
	{ "220 ", "EHLO " PROBE_HOST "\r\n" },
	{ "250 ", "STARTTLS\r\n" },
	{ "220 ", NULL },
};
static const struct start_tls start_tls = { .steps = start_tls_steps };

const struct probe smtp_probe = {
	.transports = PROBE_TCP,
	.server_speaks_first = true,
	.hear = hear,
	.start_tls = &start_tls,
};
