/* ipmi.c: management controllers of server hardware: RMCP with ASF 2.0 (DSP0136, 3.2), and what IPMI 1.5
 * and 2.0 put into it (IPMI v2.0, 13.6 and 22.13). A controller tells everybody how it would be logged in to.
 */
#include "protocols/ipmi.h"
#include "protocols/lines.h"

enum {
	RMCP_VERSION = 6,
	NOT_ACKNOWLEDGED = 0xff, /* the sequence number of all that is IPMI */
	ASF_HEAD = 12,           /* with that of RMCP */
	ASF_NUMBER = 0x11be,
	SESSIONLESS = 0,
	PAYLOAD = 0x3f,
	ENCRYPTED = 0x80,
	INTEGRITY = 0x40, /* of a payload: a trailer follows it */
	OEM = 2,
	OEM_HEAD = 6,
	TRAILER_MOST = 2 + 3 + 32, /* padding, its length, the next header and the code */
	GET_CAPABILITIES = 0x38,
	ANSWER_OF_APPLICATION = 7 << 2,
	ANONYMOUS = 3, /* a login without a name, or names that are empty */
	NAMES = 96,
};

static const struct weakness *const weaknesses[] = {
	&ipmi_anonymous,         &ipmi_clear_login,   &ipmi_hash_told,
	&ipmi_no_authentication, &ipmi_no_encryption, NULL,
};

/* DSP0136 3.2.4.1: the enterprise number of ASF, a type, a tag, and how much follows. */
static bool is_asf(struct span s)
{
	const bool numbered = span_u32(&s) == ASF_NUMBER;

	span_skip(&s, 3);
	return numbered && span_u8(&s) == span_left(s) && !s.failed;
}

/* IPMI v2.0 table 13-8, format of 2.0: a type, whose maker a number may name, the session, and a trailer
 * where integrity is checked. */
static bool take_payload(struct span s, struct ipmi_frame *ret)
{
	const uint8_t type = span_u8(&s);

	ret->payload = type & PAYLOAD;
	ret->encrypted = (type & ENCRYPTED) != 0;
	span_skip(&s, ret->payload == OEM ? OEM_HEAD : 0);
	ret->session = span_u32_le(&s);
	span_skip(&s, sizeof(uint32_t)); /* its number */
	ret->content = span_take(&s, span_u16_le(&s));
	return !ret->content.failed && span_left(s) <= ((type & INTEGRITY) != 0 ? TRAILER_MOST : 0);
}

/* The same, format of 1.5: what stands before the message, and its length, which an octet of padding may
 * follow.
 */
bool ipmi_take(struct span s, struct ipmi_frame *ret)
{
	size_t length;

	*ret = (struct ipmi_frame){ .authentication = span_u8(&s) };
	if (ret->authentication == IPMI_RMCP_PLUS)
		return take_payload(s, ret);
	span_skip(&s, sizeof(uint32_t)); /* its number */
	ret->session = span_u32_le(&s);
	span_skip(&s, ret->authentication == SESSIONLESS ? 0 : IPMI_AUTH_CODE);
	length = span_u8(&s);
	ret->content = span_take(&s, length);
	return !ret->content.failed && ret->authentication < IPMI_RMCP_PLUS && ret->authentication != 3 &&
	       span_left(s) <= 1;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const uint8_t version = span_u8(&first), reserved = span_u8(&first), sequence = span_u8(&first);
	const uint8_t class = span_u8(&first);
	struct ipmi_frame frame;

	(void)side;
	if (transport != TRANSPORT_UDP || first.failed || version != RMCP_VERSION || reserved != 0)
		return NO;
	if (class == IPMI_CLASS_ASF)
		return is_asf(first) ? YES : NO;
	return class == IPMI_CLASS && sequence == NOT_ACKNOWLEDGED && ipmi_take(first, &frame) ? YES : NO;
}

/* ---- asking ---- */

/* Get Channel Authentication Capabilities, of this channel, for an administrator: told before any session. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_add(out,
		   "\x06\0\xff\x07"     /* RMCP */
		   "\0\0\0\0\0\0\0\0\0" /* no session */
		   "\x09\x20\x18\xc8\x81\0\x38\x8e\x04\xb5",
		   23);
}

static void tell(struct answer *answer, uint8_t types, uint8_t logins, uint8_t extended)
{
	static const char *const names[] = { "none", "md2", "md5", NULL, "password", "oem" };
	char told[NAMES] = { 0 };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i] != NULL && types >> i & 1)
			(void)texts_add(told, sizeof(told), span_text(names[i]));
	answer_texts(answer, "authentication", told);
	if (types >> 7 & 1) {
		const char *const versions[] = { "", "1.5", "2.0", "1.5, 2.0" };

		answer_fact(answer, "versions", span_text(versions[extended & 3]));
	}
	if (types & 1)
		answer_weakness(answer, &ipmi_no_authentication, "it offers the authentication type NONE");
	if (logins & ANONYMOUS)
		answer_weakness(answer, &ipmi_anonymous, "it says so before any login");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard, message;
	struct ipmi_frame frame;
	uint8_t function, command, types, logins, extended;

	(void)state;
	(void)out;
	if (span_left(*heard) == 0)
		return ended ? PROBE_NOT : PROBE_WAIT;
	if (recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES || span_peek(*heard, 3) != IPMI_CLASS)
		return PROBE_NOT;
	span_skip(&s, 4);
	(void)ipmi_take(s, &frame);
	message = frame.content;
	heard->at = heard->end;
	span_skip(&message, 1);
	function = span_u8(&message) & 0xfc;
	span_skip(&message, 3);
	command = span_u8(&message);
	span_skip(&message, 2); /* that it succeeded, and the channel */
	types = span_u8(&message);
	logins = span_u8(&message);
	extended = span_u8(&message);
	if (!message.failed && function == ANSWER_OF_APPLICATION && command == GET_CAPABILITIES)
		tell(answer, types, logins, extended);
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_UDP, .greet = greet, .hear = hear };

const struct protocol protocol_ipmi = {
	.name = "ipmi",
	.title = "Intelligent Platform Management Interface",
	DOORS(UDP(623)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.secret_at = IPMI_SECRET_AT,
	.parser = &ipmi_parser,
	.datagram_least = ASF_HEAD,
	MARKS(OCTET(0, RMCP_VERSION), OCTET(1, 0), OCTETS(3, IPMI_CLASS_ASF, IPMI_CLASS)),
	.probe = &probe,
	.weaknesses = weaknesses,
};
