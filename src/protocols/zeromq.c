/* zeromq.c: ZeroMQ between its sockets, ZMTP 3.1 (RFC 37 of ZeroMQ): both sides open at once with a
 * signature, a version, and how they want to be known to each other. Salt's master and minions speak it. */
#include "protocols/zeromq.h"
#include "protocols/text.h"

enum { PADDING = 7 };

static const struct weakness *const weaknesses[] = { &zeromq_clear_login, &zeromq_no_auth, NULL };

/* 0xff, eight octets that were a length once, 0x7f. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side;
	if (transport != TRANSPORT_TCP || span_u8(&first) != 0xff)
		return NO;
	for (size_t i = 0; i < PADDING && i < span_left(first); i++)
		if (first.at[i] != 0)
			return NO;
	if (span_left(first) < ZEROMQ_SIGNATURE - 1)
		return MORE;
	return first.at[ZEROMQ_SIGNATURE - 2] == 0x7f ? YES : NO;
}

/* ---- asking ---- */

static void say_greeting(struct buffer *out)
{
	static const char mechanism[ZEROMQ_MECHANISM] = "NULL";

	buffer_add(out, "\xff\0\0\0\0\0\0\0\x01\x7f", ZEROMQ_SIGNATURE);
	buffer_u8(out, ZEROMQ_MAJOR);
	buffer_u8(out, 0);
	buffer_add(out, mechanism, sizeof(mechanism));
	buffer_fill(out, 0, ZEROMQ_GREETING - ZEROMQ_SIGNATURE - 2 - ZEROMQ_MECHANISM);
}

struct asking {
	bool greeted;
};

static void tell(struct span s, struct answer *answer)
{
	uint8_t major, minor;
	struct span mechanism, name;

	span_skip(&s, ZEROMQ_SIGNATURE);
	major = span_u8(&s);
	minor = span_u8(&s);
	mechanism = span_take(&s, ZEROMQ_MECHANISM);
	if (mechanism.failed || major < ZEROMQ_MAJOR)
		return;
	name = span_until(&mechanism, 0);
	answer_fact_format(answer, "protocol_version", "%u.%u", major, minor);
	answer_fact(answer, "mechanism", name);
	if (span_is(name, "NULL"))
		answer_weakness(answer, &zeromq_no_auth, "its mechanism is NULL");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct asking *const asking = state;
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (!asking->greeted)
		say_greeting(out);
	asking->greeted = true;
	if (span_left(*heard) < ZEROMQ_GREETING && !ended)
		return PROBE_WAIT;
	tell(*heard, answer);
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_zeromq = {
	.name = "zeromq",
	.title = "ZeroMQ",
	DOORS(TCP(4505), TCP(4506), TCP(5555)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.secret_at = ZEROMQ_GREETING,
	.parser = &zeromq_parser,
	.probe = &probe,
	.probe_state_size = sizeof(struct asking),
	.weaknesses = weaknesses,
};
