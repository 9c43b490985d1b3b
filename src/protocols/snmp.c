/* snmp.c: Simple Network Management Protocol, versions 1, 2c and 3, over UDP and over TCP (RFC 3430). */
#include "protocols/snmp.h"
#include "protocols/text.h"

enum { HEAD_LIMIT = 600 }; /* over TCP this much of a message tells */

/* What stands before the variables, of a message that may not have come whole. */
static bool is_head(struct span first)
{
	struct span s = ber_begun(&first, BER_SEQUENCE), pdu;
	const int64_t version = ber_integer(&s, BER_INTEGER);

	if (version == SNMP_V3) {
		struct span header = ber_take(&s, BER_SEQUENCE);

		(void)ber_integer(&header, BER_INTEGER);
		(void)ber_integer(&header, BER_INTEGER);
		return span_left(ber_take(&header, BER_OCTETS)) == 1 &&
		       ber_integer(&header, BER_INTEGER) > 0 && !header.failed && ber_peek(s) == BER_OCTETS;
	}
	if ((version != SNMP_V1 && version != SNMP_V2C) ||
	    span_left(ber_take(&s, BER_OCTETS)) > SNMP_COMMUNITY_LIMIT || !snmp_is_pdu(ber_peek(s)))
		return false;
	if (s.failed)
		return false;
	if (ber_peek(s) == SNMP_TRAP_V1)
		return true;
	pdu = ber_begun(&s, ber_peek(s));
	for (int i = 0; i < 3; i++)
		(void)ber_integer(&pdu, BER_INTEGER);
	return !s.failed && !pdu.failed && ber_peek(pdu) == BER_SEQUENCE;
}

static enum verdict recognise_stream(struct span first)
{
	uint8_t tag;
	size_t whole, head;
	const enum ber_frame frame = ber_frame(first, &tag, &whole);

	if (span_peek(first, 0) != BER_SEQUENCE || frame == BER_MALFORMED)
		return NO;
	if (frame == BER_PARTIAL)
		return MORE;
	if (whole > SNMP_MESSAGE_LIMIT)
		return NO;
	head = whole < HEAD_LIMIT ? whole : HEAD_LIMIT;
	if (span_left(first) < head)
		return MORE;
	return is_head(text_first(first, head)) ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct snmp_message message;

	(void)side; /* agents send traps, and managers answer informs */
	if (transport == TRANSPORT_TCP)
		return recognise_stream(first);
	return snmp_message_read(first, &message) ? YES : NO;
}

const struct protocol protocol_snmp = {
	.name = "snmp",
	.title = "Simple Network Management Protocol",
	DOORS(UDP(161), UDP(162), TCP(161)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.datagram_least = 12,
	MARKS(OCTET(0, BER_SEQUENCE)),
	.secret_at = 7, /* the community */
	.parser = &snmp_parser,
	.probe = &snmp_probe,
	.weaknesses = snmp_weaknesses,
};
