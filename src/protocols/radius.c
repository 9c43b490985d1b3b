/* radius.c: Remote Authentication Dial In User Service. RFC 2865, RFC 2866 (accounting), RFC 3579 (EAP and
 * the authenticator of messages), RFC 5176 (changes of authorisation). */
#include "protocols/radius.h"
#include "base/escape.h"
#include "protocols/probes.h"

const struct weakness radius_no_authenticator = {
	"radius-no-message-authenticator",
	"RADIUS answers can be forged",
	2,
	"Demand Message-Authenticator in all access requests and answers (CVE-2024-3596), or use RADIUS over "
	"TLS.",
};
const struct weakness radius_password = {
	"radius-pap",
	"RADIUS carries passwords that MD5 alone hides",
	3,
	"Use EAP-TLS or another method of EAP, or RADIUS over TLS.",
};
static const struct weakness *const weaknesses[] = { &radius_no_authenticator, &radius_password, NULL };

static bool is_request(uint8_t code)
{
	return code == RADIUS_ACCESS_REQUEST || code == RADIUS_ACCOUNTING_REQUEST ||
	       code == RADIUS_STATUS_SERVER || code == RADIUS_STATUS_CLIENT ||
	       code == RADIUS_DISCONNECT_REQUEST || code == RADIUS_DISCONNECT_REQUEST + 3;
}

bool radius_is_code(uint8_t code)
{
	return (code >= RADIUS_ACCESS_REQUEST && code <= RADIUS_ACCOUNTING_RESPONSE) ||
	       (code >= RADIUS_ACCESS_CHALLENGE && code <= RADIUS_STATUS_CLIENT) ||
	       (code >= RADIUS_DISCONNECT_REQUEST && code <= RADIUS_COA_NAK);
}

bool radius_next_attribute(struct span *s, uint8_t *type, struct span *value)
{
	uint8_t length;

	*type = span_u8(s);
	length = span_u8(s);
	if (length < 2)
		s->failed = true;
	*value = span_take(s, length - 2u);
	return !s->failed;
}

/* What stands in an attribute. FORM_OTHER: it is assigned, and nothing more is asked of it. */
enum form {
	FORM_NONE,
	FORM_OTHER,
	FORM_NUMBER,
	FORM_TEXT,
	FORM_OPAQUE,
	FORM_8,
	FORM_16,
	FORM_CHAP,
	FORM_PASSWORD,
	FORM_VENDOR,
	FORM_EAP
};

enum { MESSAGE_AUTHENTICATOR = 80 };
enum { TYPE_LAST = 191, EXTENDED = 241, EXTENDED_LAST = 246 };

static enum form form_of(uint8_t type)
{
	static const uint8_t forms[] = {
		[1] = FORM_TEXT,    [2] = FORM_PASSWORD, [3] = FORM_CHAP,    [4] = FORM_NUMBER,
		[5] = FORM_NUMBER,  [6] = FORM_NUMBER,   [7] = FORM_NUMBER,  [8] = FORM_NUMBER,
		[9] = FORM_NUMBER,  [10] = FORM_NUMBER,  [11] = FORM_TEXT,   [12] = FORM_NUMBER,
		[13] = FORM_NUMBER, [14] = FORM_NUMBER,  [15] = FORM_NUMBER, [16] = FORM_NUMBER,
		[18] = FORM_TEXT,   [19] = FORM_TEXT,    [20] = FORM_TEXT,   [22] = FORM_TEXT,
		[23] = FORM_NUMBER, [24] = FORM_OPAQUE,  [25] = FORM_OPAQUE, [26] = FORM_VENDOR,
		[27] = FORM_NUMBER, [28] = FORM_NUMBER,  [29] = FORM_NUMBER, [30] = FORM_TEXT,
		[31] = FORM_TEXT,   [32] = FORM_TEXT,    [33] = FORM_OPAQUE, [34] = FORM_TEXT,
		[35] = FORM_TEXT,   [37] = FORM_NUMBER,  [38] = FORM_NUMBER, [39] = FORM_TEXT,
		[40] = FORM_NUMBER, [41] = FORM_NUMBER,  [42] = FORM_NUMBER, [43] = FORM_NUMBER,
		[44] = FORM_TEXT,   [45] = FORM_NUMBER,  [46] = FORM_NUMBER, [47] = FORM_NUMBER,
		[48] = FORM_NUMBER, [49] = FORM_NUMBER,  [50] = FORM_TEXT,   [51] = FORM_NUMBER,
		[52] = FORM_NUMBER, [53] = FORM_NUMBER,  [55] = FORM_NUMBER, [60] = FORM_OPAQUE,
		[61] = FORM_NUMBER, [62] = FORM_NUMBER,  [64] = FORM_NUMBER, [65] = FORM_NUMBER,
		[72] = FORM_NUMBER, [73] = FORM_NUMBER,  [75] = FORM_NUMBER, [76] = FORM_NUMBER,
		[77] = FORM_TEXT,   [79] = FORM_EAP,     [80] = FORM_16,     [83] = FORM_NUMBER,
		[85] = FORM_NUMBER, [86] = FORM_NUMBER,  [87] = FORM_TEXT,   [88] = FORM_TEXT,
		[95] = FORM_16,     [96] = FORM_8,       [98] = FORM_16,     [124] = FORM_8,
	};

	if (type < sizeof(forms) && forms[type] != FORM_NONE)
		return (enum form)forms[type];
	return (type > 0 && type <= TYPE_LAST) || (type >= EXTENDED && type <= EXTENDED_LAST) ? FORM_OTHER
											      : FORM_NONE;
}

static bool is_text(struct span s)
{
	while (span_left(s) > 0 && (*s.at >= ' ' || *s.at == '\t' || *s.at == '\r' || *s.at == '\n'))
		s.at++;
	return span_left(s) == 0;
}

/* RFC 2865 5.26: the vendor's number, and mostly attributes of its own that fill the rest. */
static bool are_of_vendor(struct span s)
{
	struct span value;
	uint8_t type;

	if (span_u8(&s) != 0)
		return false;
	span_skip(&s, 3);
	while (span_left(s) > 0)
		if (!radius_next_attribute(&s, &type, &value))
			return false;
	return !s.failed;
}

/* RFC 3748 4: code, number and length, which is that of the attribute unless the message goes on in another.
 */
static bool is_eap(struct span s)
{
	const size_t whole = span_left(s);
	const uint8_t code = span_u8(&s);

	span_skip(&s, 1);
	return code >= 1 && code <= 4 && span_u16(&s) == whole;
}

/* How much an attribute tells; below zero if it cannot be. Text that is none is not the only mistake that is
 * made. */
static int worth_of(uint8_t type, struct span value)
{
	const size_t length = span_left(value);

	switch (form_of(type)) {
	case FORM_NUMBER: return length == 4 ? 2 : -1;
	case FORM_8: return length == 8 ? 2 : -1;
	case FORM_16: return length == 16 ? 2 : -1;
	case FORM_CHAP: return length == 17 ? 2 : -1; /* RFC 2865 5.3: a number and a digest */
	case FORM_PASSWORD: return length >= 16 && length <= 128 && length % 16 == 0 ? 2 : -1;
	case FORM_TEXT: return length > 0 && is_text(value) ? 1 : 0;
	case FORM_VENDOR: return are_of_vendor(value) ? 4 : 0;
	case FORM_EAP: return is_eap(value) ? 4 : 0;
	case FORM_OPAQUE:
	case FORM_OTHER: return 0;
	case FORM_NONE: break;
	}
	return -1;
}

/* From the middle of a character to the middle of another. */
static bool is_piece_of_text(struct span s)
{
	while (span_left(s) > 0 && *s.at >= 0x80 && *s.at < 0xc0)
		s.at++;
	while (span_left(s) > 4)
		if (utf8_next(&s) < 0)
			return false;
	return true;
}

/* An authenticator is random, or a digest, and neither is text. */
static bool is_authenticator(struct span s)
{
	enum { DIFFERENT = 10 };
	unsigned different = 0;

	if (is_text(s) && is_piece_of_text(s))
		return false;

	for (size_t i = 0; i < span_left(s); i++)
		different += memchr(s.at, s.at[i], i) == NULL;
	return different >= DIFFERENT;
}

/* The attributes fill the length and are what they must be; or, in a datagram, enough of them that are no
 * text, behind which a vendor's mistake may stand. Message-Authenticator is sure by itself: the question
 * whether a server is there has often no other (RFC 5997 3). */
static bool are_attributes(struct span s, bool datagram)
{
	enum { ENOUGH = 5, SURE = 4 };
	const size_t length = span_left(s);
	bool all_known = true;
	int known = 0, texts = 0;

	while (span_left(s) > 0) {
		struct span value;
		uint8_t type;
		int worth;

		if (!radius_next_attribute(&s, &type, &value) || (worth = worth_of(type, value)) < 0)
			return datagram && known >= ENOUGH && known - texts >= SURE;
		texts += worth == 1;
		known += !datagram && type == MESSAGE_AUTHENTICATOR ? SURE : worth;
		all_known = all_known && (worth > 0 || form_of(type) == FORM_OPAQUE);
	}
	if (known == texts && length > UINT8_MAX) /* much text, and nothing else */
		return false;
	return datagram ? (all_known ? known >= 1 : known >= 3 && known > texts) : known >= SURE;
}

/* Attributes of which one is damaged, so that the next is not found: the first is one that is assigned, and
 * Message-Authenticator (RFC 3579 3.2), which many put last, stands there whole. */
static bool are_damaged(struct span s)
{
	enum { OCTETS = 18 };
	struct span last = s;
	uint8_t type, length;

	if (span_left(s) < 2 + OCTETS || form_of(*s.at) == FORM_NONE)
		return false;
	span_skip(&last, span_left(s) - OCTETS);
	type = span_u8(&last);
	length = span_u8(&last);
	return type == MESSAGE_AUTHENTICATOR && length == OCTETS && is_authenticator(last);
}

/* One whole message. Of a datagram it is known that it ends there, and that is a sign. */
static enum verdict recognise_message(struct span first, enum side side, bool datagram)
{
	struct span s = first;
	const uint8_t code = span_u8(&s);
	uint16_t length;

	span_skip(&s, 1);
	length = span_u16(&s);
	if (s.failed || !radius_is_code(code) || is_request(code) != (side == SIDE_CLIENT) ||
	    length < RADIUS_HEADER || length > RADIUS_LENGTH_MOST || length != span_left(first) ||
	    !is_authenticator(span_take(&s, RADIUS_HEADER - 4)))
		return NO;
	if (span_left(s) > 0)
		return are_attributes(s, datagram) || (datagram && are_damaged(s)) ? YES : NO;
	/* An accounting response has nothing to say, and neither has anybody's noise. In a stream, where
	 * nothing tells that it ends there, only what is said to the question whether a server is there. */
	return side == SIDE_SERVER && (code == RADIUS_ACCESS_ACCEPT ||
				       (datagram &&
					(code == RADIUS_ACCOUNTING_RESPONSE || code == RADIUS_ACCESS_REJECT)))
		       ? YES
		       : NO;
}

/* Over streams (RFC 6613) the first message is looked at. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	const uint8_t code = span_u8(&s);
	uint16_t length;

	if (transport == TRANSPORT_UDP)
		return recognise_message(first, side, true);
	span_skip(&s, 1);
	length = span_u16(&s);
	if (!radius_is_code(code) || is_request(code) != (side == SIDE_CLIENT) ||
	    (!s.failed && (length < RADIUS_HEADER || length > RADIUS_LENGTH_MOST)))
		return NO;
	if (s.failed || span_left(first) < length)
		return MORE;
	return recognise_message(span_of(first.at, length), side, false);
}

const struct protocol protocol_radius = {
	.name = "radius",
	.title = "Remote Authentication Dial In User Service",
	DOORS(UDP(1812), UDP(1813), TCP(2083)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.datagram_least = RADIUS_HEADER,
	MARKS(OCTETS(0, RADIUS_ACCESS_REQUEST, RADIUS_ACCOUNTING_RESPONSE),
	      OCTETS(0, RADIUS_ACCESS_CHALLENGE, RADIUS_STATUS_CLIENT),
	      OCTETS(0, RADIUS_DISCONNECT_REQUEST, RADIUS_COA_NAK), OCTETS(2, 0, RADIUS_LENGTH_MOST >> 8)),
	ALPN("radius/1.0", "radius/1.1"),
	.parser = &radius_parser,
	.probe = &radius_probe,
	.probe_state_size = sizeof(struct radius_probe_state),
	.weaknesses = weaknesses,
};
