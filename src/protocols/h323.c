/* h323.c: calls of H.323: ITU-T H.225.0 (call signalling in messages of Q.931, each behind the four octets of
 * RFC 1006; registration, admission and status over UDP), H.245 (logical channels), H.323 itself for who asks
 * whom. */
#include "protocols/h323.h"
#include "protocols/tally.h"

const struct weakness h323_clear = {
	.id = "h323-clear",
	.title = "calls are set up in the clear",
	.severity = 3,
	.remedy = "Use TLS for call signalling (H.235, port 1300): who calls whom is readable, and calls can "
		  "be "
		  "redirected.",
};
static const struct weakness *const weaknesses[] = { &h323_clear, NULL };

static const struct code_name types[] = {
	{ H323_ALERTING, "alerting" },
	{ H323_PROCEEDING, "call_proceeding" },
	{ H323_PROGRESS, "progress" },
	{ H323_SETUP, "setup" },
	{ H323_CONNECT, "connect" },
	{ H323_SETUP_ACKNOWLEDGE, "setup_acknowledge" },
	{ H323_RELEASE_COMPLETE, "release_complete" },
	{ H323_FACILITY, "facility" },
	{ H323_NOTIFY, "notify" },
	{ H323_STATUS_INQUIRY, "status_inquiry" },
	{ H323_INFORMATION, "information" },
	{ H323_STATUS, "status" },
};

static const char *const ras_names[] = {
	"gatekeeper_request",       "gatekeeper_confirm",  "gatekeeper_reject",      "registration_request",
	"registration_confirm",     "registration_reject", "unregistration_request", "unregistration_confirm",
	"unregistration_reject",    "admission_request",   "admission_confirm",      "admission_reject",
	"bandwidth_request",        "bandwidth_confirm",   "bandwidth_reject",       "disengage_request",
	"disengage_confirm",        "disengage_reject",    "location_request",       "location_confirm",
	"location_reject",          "info_request",        "info_request_response",  "nonstandard",
	"unknown_message_response",
};

const char *h323_type_text(uint8_t type)
{
	return CODE_TEXT(types, type);
}

const char *h323_ras_text(unsigned choice)
{
	return choice < sizeof(ras_names) / sizeof(ras_names[0]) ? ras_names[choice] : NULL;
}

unsigned h323_version(struct span identifier)
{
	static const uint8_t h225[] = { 0x00, 0x08, 0x91, 0x4a, 0x00 }; /* 0 0 8 2250 0 */

	if (span_left(identifier) != sizeof(h225) + 1 || memcmp(identifier.at, h225, sizeof(h225)) != 0)
		return 0;
	return identifier.end[-1];
}

/* Q.931 4.5: what is first in a message is an element of one octet (a shift, "sending complete", a
 * repetition), or one that was given a number. The smallest of those begin with an octet that nothing goes on
 * from. */
static enum verdict is_element(struct span s)
{
	static const uint8_t known[] = { 0xa1, 0xd1, 0xd2, 0x10, 0x14, 0x18, 0x1c, 0x1e, 0x20, 0x24,
					 0x27, 0x28, 0x29, 0x2c, 0x34, 0x35, 0x36, 0x38, 0x39, 0x4c,
					 0x6c, 0x6d, 0x70, 0x71, 0x74, 0x78, 0x79, 0x7c, 0x7d, 0x7e };
	enum { CAPABILITY = 4, CAUSE = 8, LENGTH_MOST = 32 };
	const uint8_t element = span_u8(&s), length = span_u8(&s), octet = span_u8(&s);

	if (element == CAPABILITY || element == CAUSE)
		return s.failed                                                      ? MORE
		       : length >= 2 && length <= LENGTH_MOST && (octet & 0x80) != 0 ? YES
										     : NO;
	return (element & 0xf0) == 0x90 || memchr(known, element, sizeof(known)) != NULL ? YES : NO;
}

/* The head of a message, and that of the packet around it. */
static enum verdict recognise_call(struct span first, enum side side)
{
	static const uint8_t head[] = { 3, 0, 0, 0, H323_DISCRIMINATOR, 2 };
	const size_t come = span_left(first);
	uint16_t length;

	for (size_t i = 0; i < sizeof(head) && i < come; i++)
		if (i != 2 && i != 3 && first.at[i] != head[i])
			return NO;
	if (come < H323_TPKT)
		return MORE;
	span_skip(&first, 2);
	length = span_u16(&first);
	if (length < H323_TPKT + H323_HEAD)
		return NO;
	if (come < H323_TPKT + H323_HEAD)
		return MORE;
	/* Whoever begins a call is not always who opened the connection, but then it was open before. */
	if (first.at[4] == H323_SETUP && ((first.at[2] & 0x80) != 0 || side == SIDE_SERVER))
		return NO;
	if (h323_type_text(first.at[4]) == NULL)
		return NO;
	span_skip(&first, H323_HEAD);
	if (length == H323_TPKT + H323_HEAD)
		return YES;
	return span_left(first) == 0 ? MORE : is_element(first);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct h323_message message;

	if (transport == TRANSPORT_TCP) {
		const enum verdict call = recognise_call(first, side),
				   control = h323_recognise_control(first);

		return call == YES || control == NO ? call : control == YES || call == NO ? control : MORE;
	}
	return transport == TRANSPORT_UDP && h323_read_ras(first, &message) && message.version > 0 ? YES : NO;
}

const struct protocol protocol_h323 = {
	.name = "h323",
	.title = "H.323 calls",
	DOORS(TCP(1720), UDP(1718), UDP(1719)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 4,
	MARKS(OCTETS(0, 0x00, 0x17)), /* a question or answer of the six that tell their version */
	.parser = &h323_parser,
	.weaknesses = weaknesses,
};
