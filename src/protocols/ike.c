/* ike.c: Internet Key Exchange. RFC 2408 and RFC 2409 (version 1), RFC 7296 (version 2), RFC 3948 (behind
 * address translation, with ESP in the same flow), RFC 9329 (over TCP). */
#include "protocols/ike.h"

const struct weakness ike_aggressive = {
	"ike-aggressive",
	"IKE uses aggressive mode",
	2,
	"Use IKEv2, or main mode: aggressive mode shows the identity and a hash of the shared key, which can "
	"be "
	"guessed offline.",
};
const struct weakness ike_old = {
	"ike-v1",
	"IKE version 1 is used",
	3,
	"Change both ends to IKEv2 (RFC 9395).",
};
const struct weakness ike_weak_encryption = {
	"ike-weak-encryption",
	"IKE takes DES, 3DES or no encryption",
	2,
	"Allow AES with 128 bits or more, best AES-GCM (RFC 8247).",
};
const struct weakness ike_weak_hash = {
	"ike-weak-hash",
	"IKE takes MD5 or SHA-1",
	2,
	"Allow SHA-2 with 256 bits or more (RFC 8247).",
};
const struct weakness ike_weak_group = {
	"ike-weak-group",
	"IKE takes a Diffie-Hellman group below 14",
	2,
	"Allow group 14 and above, best 19 or 31 (RFC 8247).",
};

/* A notice of version 1 (RFC 2408 3.14, 3.15, 5.7) whose ids or end are damaged: the header's fixed fields,
 * and a first payload that speaks of IPsec. */
static bool is_damaged_notice(struct span s)
{
	enum { NOTIFICATION = 11, DELETION = 12, DOI = 1, PROTOCOLS = 4, SPI_MOST = 16, HEAD = 8 };
	struct span payload;
	uint8_t next;
	uint32_t length;

	span_skip(&s, 16);
	next = span_u8(&s);
	if ((next != NOTIFICATION && next != DELETION) || span_u8(&s) != 0x10 ||
	    span_u8(&s) != IKE1_INFORMATIONAL || span_u8(&s) != 0 || span_u32(&s) == 0)
		return false;
	length = span_u32(&s);
	span_skip(&s, 1);
	if (span_u8(&s) != 0 || length < IKE_HEADER + 4 + HEAD)
		return false;
	payload = span_take(&s, (size_t)span_u16(&s) - 4u);
	if (payload.failed || span_left(payload) + 4 > length - IKE_HEADER || span_u32(&payload) != DOI)
		return false;
	next = span_u8(&payload);
	return next > 0 && next <= PROTOCOLS && span_u8(&payload) <= SPI_MOST && !payload.failed;
}

/* An encrypted message has nothing but its header to show; the others must be sound to the end. */
static bool is_message(struct span s)
{
	struct ike_message m;

	if (!ike_message_read(s, false, &m))
		return false;
	if (m.length >= span_left(s) && ike_is_opening(&m))
		return true;
	if (m.length != span_left(s))
		return false;
	if (m.encrypted && ike_is_v1(&m))
		return m.responder != 0 && m.length > IKE_HEADER && (m.length - IKE_HEADER) % 4 == 0;
	return ike_payloads_are_sound(&m);
}

static bool is_marked(struct span s)
{
	return span_u32(&s) == 0 && !s.failed;
}

/* RFC 9329 4: the initiator begins with six letters, then either side sends lengths, which count themselves.
 */
static enum verdict recognise_stream(struct span first, enum side side)
{
	uint16_t length;

	if (side == SIDE_CLIENT)
		return recognise_text(first, "IKETCP");
	if (span_left(first) < 2 + IKE_MARKER + IKE_HEADER) {
		for (size_t i = 2; i < span_left(first) && i < 2 + IKE_MARKER; i++)
			if (first.at[i] != 0)
				return NO;
		return MORE;
	}
	length = span_u16(&first);
	if (!is_marked(first) || length < 2 + IKE_MARKER + IKE_HEADER || length > RECOGNISE_LIMIT)
		return NO;
	if (span_left(first) + 2 < length)
		return MORE;
	first = span_take(&first, length - 2u);
	span_skip(&first, IKE_MARKER);
	return is_message(first) ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport == TRANSPORT_TCP)
		return recognise_stream(first, side);
	if (transport != TRANSPORT_UDP)
		return NO;
	if (is_damaged_notice(first))
		return YES;
	if (is_marked(first))
		span_skip(&first, IKE_MARKER);
	return is_message(first) ? YES : NO;
}

static const struct weakness *const weaknesses[] = {
	&ike_aggressive, &ike_old, &ike_weak_encryption, &ike_weak_hash, &ike_weak_group, &esp_null, NULL,
};

const struct protocol protocol_ike = {
	.name = "ike",
	.title = "Internet Key Exchange",
	DOORS(UDP(IKE_DOOR), UDP(IKE_NAT_DOOR), TCP(IKE_NAT_DOOR)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.datagram_least = IKE_HEADER,
	.parser = &ike_parser,
	.probe = &ike_probe,
	.weaknesses = weaknesses,
};
