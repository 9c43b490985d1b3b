/* erldp.c: Erlang between nodes, "Distribution Handshake" of "Distribution Protocol" in ERTS' manual: names,
 * a status and a challenge, each behind a length of two octets. */
#include "protocols/lines.h"

enum { NAME_MOST = 256, SEND_NAME = 'n', SEND_NAME_6 = 'N', FLAGS = 8, CREATION = 4, VERSION_5 = 5 };

static const char ok[] = "sok";

static bool is_node(struct span name)
{
	return span_left(name) > 2 && span_left(name) < NAME_MOST && text_is_plain(name) &&
	       span_find(name, "@") != SIZE_MAX && span_find(name, " ") == SIZE_MAX;
}

/* A name with its flags: "n", the version, four octets; or "N", eight, the creation, and its length. */
static enum verdict take_name(struct span *s, struct span *ret_name)
{
	struct span rest = *s, message;
	const uint16_t length = span_u16(&rest);
	uint8_t tag;

	if (rest.failed)
		return *s->at <= NAME_MOST >> 8 ? MORE : NO;
	if (length < FLAGS || length > NAME_MOST)
		return NO;
	tag = span_peek(rest, 0);
	if (span_left(rest) > 0 && tag != SEND_NAME && tag != SEND_NAME_6)
		return NO;
	message = span_take(&rest, length);
	if (message.failed)
		return MORE;
	span_skip(&message, 1);
	if (tag == SEND_NAME) {
		if (span_u16(&message) != VERSION_5)
			return NO;
		span_skip(&message, 4);
	} else {
		span_skip(&message, FLAGS + CREATION);
		if (span_u16(&message) != span_left(message))
			return NO;
	}
	*ret_name = message;
	*s = rest;
	return !message.failed && is_node(message) ? YES : NO;
}

/* "ok", and behind it a challenge, which begins as a name does. */
static enum verdict recognise_answer(struct span first)
{
	struct span rest = first;
	const uint16_t length = span_u16(&rest);
	enum verdict verdict;

	if (*first.at != 0)
		return NO;
	if (rest.failed)
		return MORE;
	if (length != strlen(ok))
		return NO;
	verdict = recognise_text(rest, ok);
	if (verdict != YES)
		return verdict;
	span_skip(&rest, strlen(ok) + 2);
	if (rest.failed || span_left(rest) == 0)
		return MORE;
	return *rest.at == SEND_NAME || *rest.at == SEND_NAME_6 ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span name;

	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_SERVER ? recognise_answer(first) : take_name(&first, &name);
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char name[] = "doorward@localhost";

	(void)state;
	(void)transport;
	buffer_u16(out, 1 + FLAGS + CREATION + 2 + sizeof(name) - 1);
	buffer_u8(out, SEND_NAME_6);
	buffer_u32(out, 0x0d);
	buffer_u32(out, 0x07df7fbd); /* what a node of version 25 can */
	buffer_u32(out, 1);
	buffer_u16(out, sizeof(name) - 1);
	buffer_text(out, name);
}

/* The challenge is not answered: nobody logs in. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	enum { NAME_AT = 5 + 2 + 1 + FLAGS + 4 + CREATION };
	const enum verdict verdict = span_left(*heard) > 0 ? recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
							   : MORE;
	struct span s = *heard, name;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (s.at[7] != SEND_NAME_6)
		return PROBE_DONE;
	span_skip(&s, NAME_AT);
	name = span_take(&s, span_u16(&s));
	if (name.failed)
		return ended ? PROBE_DONE : PROBE_WAIT;
	answer_fact(answer, "node", name);
	answer_product(answer, span_text("Erlang"), span_text(""));
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_erldp = {
	.name = "erldp",
	.title = "Erlang distribution",
	DOORS(TCP(25672)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.probe = &probe,
};
