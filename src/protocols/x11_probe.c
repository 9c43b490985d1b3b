/* x11_probe.c: what an X server is asked: to let a client without a cookie in (X11 protocol, chapter 8). */
#include "protocols/lines.h"
#include "protocols/probes.h"

#include <stdio.h>

extern const struct protocol protocol_x11;

enum { HEADER = 8, SETUP = 40, VENDOR_AT = 24 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const uint8_t setup[12] = { 'l', 0, 11 };

	(void)state;
	(void)transport;
	buffer_add(out, setup, sizeof(setup));
}

static void tell_release(struct answer *answer, uint32_t release)
{
	enum { MAJOR = 10000000, MINOR = 100000, PATCH = 1000 };

	answer_fact_format(answer, "release", "%u.%u.%u", release / MAJOR, release / MINOR % 100,
			   release / PATCH % 100);
}

/* X.Org's release 1.21.1.7 is called 21.1.7, as all since that of 2021. */
static void tell_product(struct answer *answer, struct span vendor, uint32_t release)
{
	const uint32_t year = release / 100000 % 100;
	char version[32];

	if (!span_is(vendor, "The X.Org Foundation"))
		return;
	if (release / 10000000 == 1 && year >= 21)
		(void)snprintf(version, sizeof(version), "%u.%u.%u", year, release / 1000 % 100,
			       release % 1000);
	else
		(void)snprintf(version, sizeof(version), "%u.%u.%u", release / 10000000, year,
			       release / 1000 % 100);
	answer_product(answer, span_text("X.Org"), span_text(version));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard, vendor;
	const enum verdict verdict = span_left(s) > 0 ? protocol_x11.recognise(s, SIDE_SERVER, TRANSPORT_TCP)
						      : MORE;
	const bool big = span_peek(s, 2) == 0;
	uint32_t release;
	uint16_t length;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (span_peek(s, 0) != 1) { /* refused, with a reason of so many octets */
		const struct span reason = span_of(s.at + HEADER, span_left(s) - HEADER);
		const size_t whole = span_peek(s, 1);

		if (span_left(reason) < whole && !ended)
			return PROBE_WAIT;
		answer_fact(answer, "reason",
			    text_trim(text_first(reason, whole > 0 ? whole : span_left(reason))));
		return PROBE_DONE;
	}
	span_skip(&s, HEADER);
	release = big ? span_u32(&s) : span_u32_le(&s);
	span_skip(&s, 12);
	length = big ? span_u16(&s) : span_u16_le(&s);
	span_skip(&s, SETUP - VENDOR_AT - 2);
	vendor = span_take(&s, length);
	if (vendor.failed)
		return ended ? PROBE_DONE : PROBE_WAIT;
	answer_fact(answer, "vendor", vendor);
	tell_release(answer, release);
	tell_product(answer, vendor, release);
	answer_weakness(answer, &x11_no_auth, "a client without a cookie was let in");
	return PROBE_DONE;
}

const struct probe x11_probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };
