/* icecc.c: the scheduler of Icecream, which shares out compilations, its services/comm.cpp: both sides open
 * with the version of the protocol, the low octet first, and then with the one that both have; messages of a
 * length and a letter follow, the high octet first. On a second port it talks to people. */
#include "protocols/text.h"

enum {
	VERSION_LEAST = 21,
	VERSION_MOST = 63,
	GREETING = 4,
	VERSIONS = 2 * GREETING,
	LENGTH_MOST = 65536,
	OURS = 42, /* not what the server has said, so that no echo answers alike */
};

static const char to_people[] = "200-ICECC ";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	uint32_t offered, agreed, length, type;

	if (transport != TRANSPORT_TCP || side != SIDE_SERVER)
		return NO;
	if (span_peek(first, 0) == (uint8_t)*to_people)
		return recognise_text(first, to_people);
	for (size_t i = 0; i < span_left(first) && i < VERSIONS; i++)
		if (i % GREETING != 0 && first.at[i] != 0)
			return NO;
	if (span_peek(first, 0) < VERSION_LEAST || span_peek(first, 0) > VERSION_MOST)
		return NO;
	offered = span_u32_le(&s);
	agreed = span_u32_le(&s);
	if (!s.failed && (agreed < VERSION_LEAST || agreed > offered))
		return NO;
	length = span_u32(&s);
	type = span_u32(&s);
	if (s.failed)
		return MORE;
	return length >= sizeof(type) && length <= LENGTH_MOST && type >= 'A' && type <= 'z' ? YES : NO;
}

/* ---- asking ---- */

struct asking {
	bool answered;
};

static void tell_people(struct span line, struct answer *answer)
{
	span_skip(&line, sizeof(to_people) - 1);
	answer_product(answer, span_text("Icecream"), text_version(line));
}

/* That it takes the version that was said tells enough: it says no more before the client does. */
static bool agrees(struct span s)
{
	span_skip(&s, GREETING);
	return span_u32_le(&s) == OURS && !s.failed;
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct asking *const asking = state;
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	const bool people = span_peek(*heard, 0) == (uint8_t)*to_people;

	if (verdict == MORE && !people && span_left(*heard) >= GREETING && !asking->answered) {
		buffer_u32_le(out, OURS);
		asking->answered = true;
	}
	if (verdict == NO || (verdict == MORE && (people || !agrees(*heard))))
		return probe_step_for(verdict, ended);
	if (people && !ended && span_find(*heard, "\n") == SIZE_MAX && span_left(*heard) < TEXT_LINE_LIMIT)
		return PROBE_WAIT;
	if (people)
		tell_people(*heard, answer);
	else
		answer_fact_format(answer, "protocol_version", "%u", span_peek(*heard, 0));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_icecc = {
	.name = "icecc",
	.title = "Icecream",
	DOORS(TCP(8765), TCP(8766)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
	.probe_state_size = sizeof(struct asking),
};
