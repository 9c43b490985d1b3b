/* apcupsd.c: apcupsd, "NIS network server protocol" of its manual: commands and lines behind a length of two
 * octets. */
#include "protocols/lines.h"

enum { LINE_MOST = 256 };

static const char beginning[] = "APC      : ";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span rest = first;
	const uint16_t length = span_u16(&rest);

	if (transport != TRANSPORT_TCP || *first.at != 0)
		return NO;
	if (rest.failed)
		return MORE;
	if (side == SIDE_CLIENT)
		return length != strlen("status") ? NO
		       : recognise_text(rest, "status") > recognise_text(rest, "events")
			       ? recognise_text(rest, "status")
			       : recognise_text(rest, "events");
	return length >= sizeof(beginning) && length < LINE_MOST ? recognise_text(rest, beginning) : NO;
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u16(out, (uint16_t)strlen("status"));
	buffer_text(out, "status");
}

/* "VERSION  : 3.14.14 (31 May 2016) debian". */
static void tell_line(struct span line, struct answer *answer)
{
	static const struct {
		const char *name, *key;
	} facts[] = { { "MODEL", "model" }, { "UPSNAME", "ups" }, { "STATUS", "status" } };
	struct span name = span_until(&line, ':');

	name = text_trim(name);
	line = text_trim(line);
	if (span_is(name, "VERSION"))
		answer_product(answer, span_text("apcupsd"), text_version(line));
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		if (span_is(name, facts[i].name))
			answer_fact(answer, facts[i].key, line);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	bool *const begun = state;
	const enum verdict verdict = *begun                  ? YES
				     : span_left(*heard) > 0 ? recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
							     : MORE;

	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	*begun = true;
	for (;;) {
		struct span rest = *heard, line = span_take(&rest, span_u16(&rest));

		if (rest.failed)
			return ended ? PROBE_DONE : PROBE_WAIT;
		if (span_left(line) == 0)
			return PROBE_DONE;
		*heard = rest;
		tell_line(line, answer);
	}
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_apcupsd = {
	.name = "apcupsd",
	.title = "Uninterruptible power supplies of APC",
	DOORS(TCP(3551)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
	.probe_state_size = sizeof(bool),
};
