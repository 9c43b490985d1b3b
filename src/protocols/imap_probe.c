/* imap_probe.c: what a server of IMAP is asked: its capabilities, and who it is (ID). Nobody is logged in. */
#include "protocols/imap.h"

enum { ANSWER_LIMIT = 16384 };

/* The commands that are sent, and the tags that come back with their ends. */
#define TAG_CAPABILITY "d1 "
#define TAG_ID         "d2 "

enum stage { HEARS_GREETING, HEARS_CAPABILITY, HEARS_ID };

struct state {
	enum stage stage;
	bool has_id;
};
_Static_assert(sizeof(struct state) <= IMAP_PROBE_STATE, "state of the probe");

static void read_capabilities(struct state *state, struct span list, struct answer *answer)
{
	const struct imap_capabilities capabilities = imap_read_capabilities(list);

	answer_fact(answer, "capabilities", text_trim(list));
	answer->starttls = !answer->inside_tls && capabilities.starttls;
	state->has_id = capabilities.id;
	if (!answer->inside_tls && capabilities.clear_login != NULL)
		answer_weakness(answer, &imap_clear_login, "%s", capabilities.clear_login);
}

static void read_id(struct span list, struct answer *answer)
{
	struct span name = span_of(NULL, 0), version = name, key, value;

	while (imap_next_id(&list, &key, &value)) {
		if (span_is_nocase(key, "name"))
			name = value;
		else if (span_is_nocase(key, "version"))
			version = value;
		else if (span_is_nocase(key, "vendor"))
			answer_fact(answer, "vendor", value);
		else if (span_is_nocase(key, "os"))
			answer_fact(answer, "os", value);
	}
	if (span_left(name) > 0)
		answer_product(answer, name, version);
}

static enum probe_step hear_greeting(struct state *state, struct span line, struct buffer *out,
				     struct answer *answer)
{
	if (imap_greeting_says(line) != YES)
		return PROBE_NOT;
	span_skip(&line, strlen("* "));
	answer_fact(answer, "greeting", line);
	(void)text_tell_product(answer, line, imap_products, imap_product_count);
	if (span_begins_nocase(line, "BYE"))
		return PROBE_DONE;
	buffer_text(out, TAG_CAPABILITY "CAPABILITY\r\n");
	state->stage = HEARS_CAPABILITY;
	return PROBE_WAIT;
}

static enum probe_step say_goodbye(struct buffer *out)
{
	buffer_text(out, "d3 LOGOUT\r\n");
	return PROBE_DONE;
}

static enum probe_step hear_line(struct state *state, struct span line, struct buffer *out,
				 struct answer *answer)
{
	if (state->stage == HEARS_GREETING)
		return hear_greeting(state, line, out, answer);
	if (span_begins_nocase(line, "* CAPABILITY ") && state->stage == HEARS_CAPABILITY) {
		span_skip(&line, strlen("* CAPABILITY "));
		read_capabilities(state, line, answer);
	} else if (span_begins_nocase(line, "* ID ")) {
		span_skip(&line, strlen("* ID "));
		read_id(line, answer);
	} else if (span_begins(line, TAG_CAPABILITY) && state->stage == HEARS_CAPABILITY) {
		if (!state->has_id)
			return say_goodbye(out);
		buffer_text(out, TAG_ID "ID NIL\r\n");
		state->stage = HEARS_ID;
	} else if (span_begins(line, TAG_ID) || span_begins_nocase(line, "* BYE")) {
		return say_goodbye(out);
	}
	return PROBE_WAIT;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;

	for (;;) {
		struct span rest = *heard, line = span_line(&rest);
		enum probe_step step;

		if (line.failed && !ended && span_left(*heard) < ANSWER_LIMIT)
			return PROBE_WAIT;
		if (line.failed)
			return state->stage == HEARS_GREETING ? PROBE_NOT : PROBE_DONE;
		*heard = rest;
		step = hear_line(state, line, out, answer);
		if (step != PROBE_WAIT)
			return step;
	}
}

static const struct start_tls_step start_tls_steps[] = {
	{ "* ", TAG_CAPABILITY "STARTTLS\r\n" },
	{ TAG_CAPABILITY "OK", NULL },
};
static const struct start_tls start_tls = { .steps = start_tls_steps };

const struct probe imap_probe = {
	.transports = PROBE_TCP,
	.server_speaks_first = true,
	.hear = hear,
	.start_tls = &start_tls,
};
