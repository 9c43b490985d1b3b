/* redis_probe.c: what a server of Redis is asked: whether it answers without a password, and its INFO. */
#include "protocols/redis.h"

enum { REPLIES = 2 };

struct state {
	uint8_t replies;
};
_Static_assert(sizeof(struct state) <= REDIS_PROBE_STATE, "state of the probe");

/* INFO comes after the answer to this: proxies that do not know it leave without a word (twemproxy). */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "*1\r\n$4\r\nPING\r\n");
}

static void hear_info(struct span text, struct answer *answer)
{
	const struct redis_info info = redis_read_info(text);
	struct span version;
	const char *product;

	answer_fact(answer, "redis_version", info.redis_version);
	answer_fact(answer, "mode", info.mode);
	answer_fact(answer, "os", info.os);
	answer_fact(answer, "executable", info.executable);
	answer_fact(answer, "valkey_version", info.valkey_version);
	answer_fact(answer, "dragonfly_version", info.dragonfly_version);
	if (redis_product(&info, &product, &version))
		answer_product(answer, span_text(product), version);
	answer_weakness(answer, &redis_no_auth, "INFO was answered without authentication");
}

static void hear_error(struct span line, struct answer *answer)
{
	span_skip(&line, 1);
	answer_fact(answer, "error", line);
	if (span_begins(line, "NOAUTH "))
		answer_fact(answer, "authentication", span_text("required"));
	else if (span_begins(line, "DENIED Redis"))
		answer_fact(answer, "protected_mode", span_text("true"));
}

/* Takes the next reply off what has come; false while it is not whole. */
static bool hear_reply(struct span *heard, struct answer *answer)
{
	struct span s = *heard;
	const struct span line = span_line(&s);
	uint64_t length = 0;

	if (line.failed)
		return false;
	if (span_peek(line, 0) == '-')
		hear_error(line, answer);
	s = *heard;
	if (redis_read_number(&s, '$', REDIS_BULK_MOST, &length) == YES) {
		const struct span text = span_take(&s, length);

		span_skip(&s, 2);
		if (s.failed)
			return false;
		hear_info(text, answer);
	} else {
		(void)span_line(&s);
	}
	*heard = s;
	return true;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;

	if (state->replies == 0 && span_left(*heard) > 0) {
		const enum verdict verdict = redis_recognise(*heard, SIDE_SERVER, TRANSPORT_TCP);

		if (verdict == NO)
			return PROBE_NOT;
		if (verdict == MORE)
			return ended ? PROBE_NOT : PROBE_WAIT;
	}
	while (state->replies < REPLIES && span_left(*heard) > 0 && hear_reply(heard, answer))
		if (++state->replies == 1)
			buffer_text(out, "*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n");
	if (state->replies == REPLIES || answer_get(answer, "protected_mode") != NULL)
		return PROBE_DONE;
	if (ended)
		return state->replies > 0 ? PROBE_DONE : PROBE_NOT;
	return PROBE_WAIT;
}

const struct probe redis_probe = {
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};
