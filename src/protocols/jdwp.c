/* jdwp.c: the Java Debug Wire Protocol, "JDWP Specification" of the JDK: both sides say the same words, then
 * packets follow, each with its length, number and flags. Whoever connects debugs, which is to run anything.
 */
#include "protocols/jdwp.h"
#include "protocols/text.h"

enum { VERSION_SET = 1, VERSION_COMMAND = 1, NUMBER = 1, LENGTH_MOST = 2048 };

static const struct weakness *const weaknesses[] = { &jdwp_no_auth, NULL };

const char jdwp_handshake[] = "JDWP-Handshake";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side;
	return transport == TRANSPORT_TCP ? recognise_text(first, jdwp_handshake) : NO;
}

/* ---- asking ---- */

/* The version of the machine, which reads nothing of the program. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, jdwp_handshake);
	buffer_u32(out, JDWP_HEAD);
	buffer_u32(out, NUMBER);
	buffer_u8(out, 0);
	buffer_u8(out, VERSION_SET);
	buffer_u8(out, VERSION_COMMAND);
}

/* A description in lines, two numbers, the version and the name. */
bool jdwp_version(struct span s, struct span *ret_name, struct span *ret_product, struct span *ret_version)
{
	span_skip(&s, span_u32(&s));
	span_skip(&s, 2 * sizeof(uint32_t));
	*ret_version = span_take(&s, span_u32(&s));
	*ret_name = span_take(&s, span_u32(&s));
	*ret_product = span_begins(*ret_name, "OpenJDK") ? span_text("OpenJDK") : *ret_name;
	return !s.failed;
}

static void tell(struct answer *answer, struct span s)
{
	struct span version, name, product;

	if (!jdwp_version(s, &name, &product, &version))
		return;
	answer_fact(answer, "virtual_machine", name);
	answer_product(answer, product, version);
}

/* An echo service says our own packet, which has no flag of an answer. The machine may tell of itself before
 * it answers. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0 ? recognise_text(*heard, jdwp_handshake) : MORE;
	struct span s = *heard;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	span_skip(&s, strlen(jdwp_handshake));
	while (span_left(s) >= JDWP_HEAD) {
		struct span packet = s;
		const uint32_t length = span_u32(&packet), number = span_u32(&packet);
		const uint8_t flags = span_u8(&packet);

		if (length < JDWP_HEAD || length > LENGTH_MOST)
			return PROBE_NOT;
		if (span_left(s) < length)
			break;
		if (number == NUMBER && flags != JDWP_ANSWERS)
			return PROBE_NOT;
		span_skip(&s, length);
		if (flags != JDWP_ANSWERS)
			continue;
		span_skip(&packet, sizeof(uint16_t)); /* whether it failed */
		tell(answer, packet);
		answer_weakness(answer, &jdwp_no_auth, "it shook hands and told its version");
		heard->at = heard->end;
		return PROBE_DONE;
	}
	return ended ? PROBE_NOT : PROBE_WAIT;
}

static const struct probe probe = {
	.rare = true,
	.knows = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_jdwp = {
	.name = "jdwp",
	.title = "Java Debug Wire Protocol",
	DOORS(TCP(5005)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &jdwp_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
