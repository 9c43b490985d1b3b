/* ntp.c: Network Time Protocol. RFC 5905 (version 4; packets of versions 1 to 3 have the same form), RFC 9327
 * (control messages, mode 6), and the private mode 7 of ntpd before 4.2.8. Nothing is asked that makes a
 * server answer with more than one datagram: the monitor list is never asked for. */
#include "protocols/ntp.h"

#include <ctype.h>
#include <stdio.h>

enum {
	HEADER = 48,
	CONTROL_HEADER = 12,
	STRATUM_LIMIT = 16,
	POLL_LIMIT = 24,
	EXTENSION_LEAST = 16, /* RFC 7822 */
	SHORT_LIMIT = 64,     /* seconds of root delay and dispersion that a clock may claim */
	OPCODE_READ_STATUS = 1,
	OPCODE_READ_VARIABLES = 2,
	OPCODE_LAST = 12,
	OPCODE_UNSET_TRAP = 31,
	PRIVATE_RESPONSE = 0x80,
	PRIVATE_AUTHENTIC = 0x80, /* in the second octet: time, key and digest stand at the end */
	PROOF_MOST = 32,
	PRIVATE_CODES = 45,
};

/* What our request carries as its time of transmission. A server gives it back as the time of origin; it need
 * not be true, and telling nobody our clock is better manners (draft-ietf-ntp-data-minimization). */
#define TRANSMIT_SECONDS  0xd00d3a2du
#define TRANSMIT_FRACTION 0x7c1e55b9u

const struct weakness ntp_control = {
	"ntp-control",
	"NTP answers control queries (mode 6)",
	3,
	"Let only the hosts that manage it ask: \"restrict default noquery\" in ntp.conf. The host itself is "
	"usually among them.",
};
const struct text_product ntp_products[NTP_PRODUCTS] = {
	{ "ntpd ntpsec-", "NTPsec" }, { "chrony", "chrony" }, { "openntpd", "OpenNTPD" },
	{ "ntpd", "ntpd" },           { "xntpd", "xntpd" },
};

/* ---- packets ---- */

static struct ntp_stamp read_stamp(struct span *s)
{
	struct ntp_stamp stamp;

	stamp.seconds = span_u32(s);
	stamp.fraction = span_u32(s);
	return stamp;
}

/* RFC 5905 7.3; false when s is shorter than a header. */
bool ntp_read_header(struct span *s, struct ntp_packet *ret_packet)
{
	const uint8_t first = span_u8(s);
	struct ntp_packet p = { .leap = first >> 6,
				.version = first >> 3 & 7,
				.mode = (enum ntp_mode)(first & 7) };
	struct span id;

	p.stratum = span_u8(s);
	p.poll = (int8_t)span_u8(s);
	p.precision = (int8_t)span_u8(s);
	p.root_delay = span_u32(s);
	p.root_dispersion = span_u32(s);
	id = span_take(s, sizeof(p.reference_id));
	p.reference = read_stamp(s);
	p.origin = read_stamp(s);
	p.receive = read_stamp(s);
	p.transmit = read_stamp(s);
	if (s->failed)
		return false;
	memcpy(p.reference_id, id.at, sizeof(p.reference_id));
	*ret_packet = p;
	return true;
}

/* ---- recognising ---- */

static bool is_zero(struct ntp_stamp stamp)
{
	return stamp.seconds == 0 && stamp.fraction == 0;
}

/* Key id and digest: none, a refusal (RFC 5905 9.2), MD5 or AES-CMAC, SHA-1, SHA-256, 384, 512. */
static bool is_authenticator(size_t length)
{
	static const uint8_t lengths[] = { 0, 4, 20, 24, 36, 52, 68 };

	return length <= UINT8_MAX && memchr(lengths, (int)length, sizeof(lengths)) != NULL;
}

/* Extension fields, and then perhaps an authenticator. */
static bool is_trailer(struct span s, unsigned version)
{
	while (version == 4 && !is_authenticator(span_left(s))) {
		uint16_t length;

		span_skip(&s, 2);
		length = span_u16(&s);
		if (length < EXTENSION_LEAST || length % 4 != 0)
			return false;
		span_skip(&s, length - 4u);
		if (s.failed)
			return false;
	}
	return is_authenticator(span_left(s));
}

/* Root delay (which may be a little negative) and dispersion: seconds in the upper half. */
static bool is_short_time(uint32_t value)
{
	return value >> 16 < SHORT_LIMIT || value >> 16 >= 0x10000 - SHORT_LIMIT;
}

static bool is_clock_plausible(const struct ntp_packet *p)
{
	return p->stratum <= STRATUM_LIMIT && p->poll >= -8 && p->poll <= POLL_LIMIT && p->precision >= -40 &&
	       p->precision <= 32 && is_short_time(p->root_delay) && is_short_time(p->root_dispersion);
}

/* From 1968 to 2053 in either era, of which the first days of 2036 are left out. Text and small numbers are
 * no time. */
static bool is_time(struct ntp_stamp stamp)
{
	enum { SMALL = 1 << 20 };

	return stamp.seconds >= 0x80000000 || (stamp.seconds < 0x20000000 && stamp.seconds >= SMALL);
}

static bool is_date(struct ntp_stamp stamp)
{
	return is_zero(stamp) || is_time(stamp);
}

/* A server's two times lie close to each other, whatever its clock says. */
static bool is_answered_at_once(const struct ntp_packet *p)
{
	return p->transmit.seconds - p->receive.seconds < SHORT_LIMIT;
}

static bool is_code(const uint8_t id[4])
{
	return isupper(id[0]) && isupper(id[1]) && isupper(id[2]) && (isupper(id[3]) || id[3] == 0);
}

static bool is_time_packet(struct span s, enum side side)
{
	struct ntp_packet p;

	if (!ntp_read_header(&s, &p) || p.version == 0 || p.version > 4 || !is_clock_plausible(&p) ||
	    !is_date(p.reference) || !is_trailer(s, p.version))
		return false;
	switch (p.mode) {
	case NTP_CLIENT:
		return side == SIDE_CLIENT && is_date(p.origin) && is_date(p.receive) &&
		       is_zero(p.origin) == is_zero(p.receive) &&
		       (p.version > 1 || p.transmit.seconds >= 0x80000000);
	case NTP_SERVER:
		if (side == SIDE_CLIENT)
			return false;
		return p.stratum == 0 && is_code(p.reference_id)
			       ? true
			       : !is_zero(p.transmit) && is_answered_at_once(&p);
	case NTP_RESERVED: /* RFC 1059 B: version 1 had no modes at first */
		return p.version == 1 && span_left(s) == 0 && p.transmit.seconds >= 0x80000000 &&
		       is_date(p.origin) && is_date(p.receive) &&
		       (side == SIDE_CLIENT || is_answered_at_once(&p));
	case NTP_BROADCAST: return !is_zero(p.transmit) && is_zero(p.origin) && is_zero(p.receive);
	case NTP_ACTIVE:
	case NTP_PASSIVE:
		/* A clock that was never set, or is in the next era, was not far from there either when it
		 * was last looked at. */
		return is_time(p.transmit) && (p.transmit.seconds >= 0x80000000 ||
					       p.transmit.seconds - p.reference.seconds < SHORT_LIMIT << 8);
	default: return false;
	}
}

static bool is_version_of_modes(uint8_t first)
{
	return (first >> 3 & 7) >= 1 && (first >> 3 & 7) <= 4;
}

/* RFC 9327 2: response, error and more bits, opcode, sequence, status, association, offset, count, and data
 * filled up to four octets. Data is text, but for the list of associations. */
static bool is_control(struct span s)
{
	const uint8_t first = span_u8(&s), second = span_u8(&s);
	const unsigned opcode = second & 0x1f;
	uint16_t status, count;
	struct span data;

	span_skip(&s, 2);
	status = span_u16(&s);
	span_skip(&s, 4);
	count = span_u16(&s);
	data = span_take(&s, count);
	if (s.failed || first >> 6 != 0 || !is_version_of_modes(first) || opcode == 0 ||
	    (opcode > OPCODE_LAST && opcode != OPCODE_UNSET_TRAP))
		return false;
	/* A question has no status, is no error, and has no more to come. */
	if ((second & NTP_CONTROL_RESPONSE) == 0 && (second != opcode || status != 0))
		return false;
	if (opcode == OPCODE_READ_STATUS ? count % 4 != 0 : !text_is_plain(data))
		return false;
	if (span_left(s) >= (4u - count % 4) % 4)
		span_skip(&s, (4u - count % 4) % 4);
	return count == 0 ? span_left(s) == 0 : is_authenticator(span_left(s));
}

static bool is_filled_with_zeros(struct span s)
{
	while (span_left(s) > 0)
		if (span_u8(&s) != 0)
			return false;
	return true;
}

/* ntpd's ntp_request.h: response and more bits, authentication and sequence, implementation, request code,
 * error and number of items, size of an item. */
static bool is_private(struct span s)
{
	const uint8_t first = span_u8(&s), second = span_u8(&s);
	uint8_t implementation, code;
	uint16_t items, size;

	implementation = span_u8(&s);
	code = span_u8(&s);
	items = span_u16(&s);
	size = span_u16(&s);
	if (s.failed || !is_version_of_modes(first) || code > PRIVATE_CODES)
		return false;
	if (implementation != 2 && implementation != 3 &&
	    (implementation != 0 || (first & PRIVATE_RESPONSE) == 0))
		return false;
	if ((first & PRIVATE_RESPONSE) != 0)
		return (size_t)(items & 0xfff) * (size & 0xfff) == span_left(s);
	/* Questions are filled with zeros up to a size of their program's choice. */
	if (first >> 6 != 0 || items >> 12 != 0 || (items == 0) != (size == 0))
		return false;
	if ((size_t)items * size > span_left(s))
		return false;
	span_skip(&s, (size_t)items * size);
	if ((second & PRIVATE_AUTHENTIC) != 0)
		s.end -= span_left(s) < PROOF_MOST ? span_left(s) : PROOF_MOST;
	return is_filled_with_zeros(s);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_UDP)
		return NO;
	switch ((enum ntp_mode)(span_peek(first, 0) & 7)) {
	case NTP_CONTROL: return is_control(first) ? YES : NO;
	case NTP_PRIVATE: return is_private(first) ? YES : NO;
	default: return is_time_packet(first, side) ? YES : NO;
	}
}

/* ---- asking the time ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u8(out, 4 << 3 | NTP_CLIENT);
	buffer_fill(out, 0, HEADER - 9);
	buffer_u32(out, TRANSMIT_SECONDS);
	buffer_u32(out, TRANSMIT_FRACTION);
}

/* RFC 5905 7.3: a word for a reference clock or a refusal, an IPv4 address, or a hash of an IPv6 one. */
char *ntp_reference_text(const struct ntp_packet *p, char text[static NTP_REFERENCE_TEXT])
{
	const uint8_t *const id = p->reference_id;

	if (p->stratum <= 1 && isprint(id[0]))
		return span_copy_text(span_of(id, 4), text, NTP_REFERENCE_TEXT);
	(void)snprintf(text, NTP_REFERENCE_TEXT, "%u.%u.%u.%u", id[0], id[1], id[2], id[3]);
	return text;
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span rest = *heard;
	char reference[NTP_REFERENCE_TEXT];
	struct ntp_packet p;

	(void)state;
	(void)out;
	heard->at = heard->end;
	if (recognise(rest, SIDE_SERVER, TRANSPORT_UDP) != YES || !ntp_read_header(&rest, &p) ||
	    p.mode != NTP_SERVER || p.origin.seconds != TRANSMIT_SECONDS ||
	    p.origin.fraction != TRANSMIT_FRACTION)
		return ended ? PROBE_NOT : PROBE_WAIT;
	answer_fact_format(answer, "version", "%u", p.version);
	answer_fact_format(answer, "stratum", "%u", p.stratum);
	answer_fact(answer, "reference_id", span_text(ntp_reference_text(&p, reference)));
	answer_fact_format(answer, "precision", "%d", p.precision);
	answer_fact(answer, "leap", span_text(p.leap == NTP_LEAP_UNKNOWN ? "not synchronised" : ""));
	return PROBE_DONE;
}

/* ---- asking for its variables ---- */

static void greet_control(void *state, size_t variant, const struct answer *known, struct buffer *out)
{
	(void)state;
	(void)known;
	(void)variant;
	buffer_u8(out, 2 << 3 | NTP_CONTROL);
	buffer_u8(out, OPCODE_READ_VARIABLES);
	buffer_u16(out, 1);                      /* sequence */
	buffer_fill(out, 0, CONTROL_HEADER - 4); /* the system's, all that it likes to tell */
}

/* The next NAME="value" or NAME=value of a list with commas. */
bool ntp_next_variable(struct span *s, struct span *ret_name, struct span *ret_value)
{
	struct span name = span_until(s, '='), value;

	if (name.failed)
		return false;
	if (span_peek(*s, 0) == '"') {
		span_skip(s, 1);
		value = span_until(s, '"');
		s->at += span_peek(*s, 0) == ',';
	} else {
		struct span rest = *s;

		value = span_until(&rest, ',');
		if (value.failed) {
			value = *s;
			rest = span_of(NULL, 0);
		}
		*s = rest;
	}
	*ret_name = text_trim(name);
	*ret_value = value;
	return !value.failed;
}

static void read_variables(struct span list, struct answer *answer)
{
	struct span name, value;

	while (span_left(list) > 0 && ntp_next_variable(&list, &name, &value)) {
		if (span_is(name, "version")) {
			answer_fact(answer, "software", value);
			(void)text_tell_product(answer, value, ntp_products,
						sizeof(ntp_products) / sizeof(*ntp_products));
		} else if (span_is(name, "system")) {
			answer_fact(answer, "system", value);
		} else if (span_is(name, "processor")) {
			answer_fact(answer, "processor", value);
		}
	}
}

static enum probe_step hear_control(void *state, size_t variant, struct span *heard, bool ended,
				    struct answer *answer)
{
	struct span rest = *heard;
	uint8_t operation;
	uint16_t count;

	(void)state;
	(void)variant;
	heard->at = heard->end;
	if ((span_peek(rest, 0) & 7) != NTP_CONTROL || !is_control(rest))
		return ended ? PROBE_NOT : PROBE_WAIT;
	span_skip(&rest, 1);
	operation = span_u8(&rest);
	span_skip(&rest, CONTROL_HEADER - 4);
	count = span_u16(&rest);
	if ((operation & NTP_CONTROL_RESPONSE) == 0)
		return PROBE_NOT;
	if ((operation & NTP_CONTROL_ERROR) != 0) /* an error: it is refused */
		return PROBE_DONE;
	answer_weakness(answer, &ntp_control, "%u octets of variables are given to whoever asks", count);
	read_variables(span_take(&rest, count), answer);
	return PROBE_DONE;
}

static const struct probe probe = {
	.transports = PROBE_UDP,
	.greet = greet,
	.hear = hear,
	.variants = 1,
	.greet_more = greet_control,
	.hear_more = hear_control,
};

static const struct weakness *const weaknesses[] = { &ntp_control, &ntp_monlist, &ntp_clock, NULL };

const struct protocol protocol_ntp = {
	.name = "ntp",
	.title = "Network Time Protocol",
	DOORS(UDP(123)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 8,
	MARKS(OCTETS(0, 0x08, 0x27), OCTETS(0, 0x48, 0x67), OCTETS(0, 0x88, 0xa7), OCTETS(0, 0xc8, 0xe7)),
	ALPN("ntske/1"),
	.parser = &ntp_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
