/* s7comm.c: S7 and S7-Plus of Siemens' controllers, over the ISO transport protocol on TCP (RFC 1006, X.224).
 * Other protocols connect in the same way, so that the first data decide.
 *
 * Servers are not asked: controllers have been seen to stop on words that they did not expect. */
#include "protocols/s7comm.h"

enum { PACKETS = 4, PLUS_LEAST = 4 };

static const struct weakness *const weaknesses[] = { &s7comm_clear_control, NULL };

enum verdict tpkt_length(struct span s, uint32_t *ret_length)
{
	static const uint8_t begins[] = { 3, 0 };
	const size_t come = span_left(s);

	if (memcmp(s.at, begins, come < 2 ? come : 2) != 0)
		return NO;
	if (come < TPKT_HEADER)
		return MORE;
	*ret_length = load_u16(s.at + 2);
	return *ret_length >= TPKT_LEAST && *ret_length <= TPKT_MOST ? YES : NO;
}

bool cotp_read(struct span packet, struct cotp *ret)
{
	struct span head;
	uint8_t code;

	span_skip(&packet, TPKT_HEADER);
	head = span_take(&packet, span_u8(&packet));
	code = span_u8(&head);
	*ret = (struct cotp){
		.type = code >> 4,
		.last = span_peek(head, 0) & 0x80,
		.head = head,
		.inside = packet,
	};
	return !packet.failed && !head.failed;
}

bool s7_read_header(struct span *s, struct s7_header *ret)
{
	uint16_t reserved;

	if (span_u8(s) != S7)
		return false;
	ret->kind = span_u8(s);
	reserved = span_u16(s);
	span_skip(s, 2);
	ret->parameters = span_u16(s);
	ret->data = span_u16(s);
	ret->error = ret->kind == S7_ACK || ret->kind == S7_ACK_DATA ? span_u16(s) : 0;
	return !s->failed && reserved == 0 &&
	       ((ret->kind >= S7_JOB && ret->kind <= S7_ACK_DATA) || ret->kind == S7_USERDATA);
}

/* What the first data begin with; they come whole where the units are large enough. */
static enum verdict judge(const struct cotp *cotp)
{
	struct span s = cotp->inside;
	struct s7_header header;

	if (span_peek(s, 0) == S7_PLUS)
		return span_left(s) > PLUS_LEAST && (span_peek(s, 1) <= 3 || span_peek(s, 1) == 0xfe) &&
				       load_u16(s.at + 2) <= span_left(s) - PLUS_LEAST
			       ? YES
			       : NO;
	if (!s7_read_header(&s, &header))
		return NO;
	return cotp->last ? (span_left(s) == (size_t)header.parameters + header.data ? YES : NO)
			  : (span_left(s) <= (size_t)header.parameters + header.data ? YES : NO);
}

static enum verdict recognise_packets(struct span first, enum side side)
{
	for (unsigned i = 0; i < PACKETS; i++) {
		uint32_t length;
		struct cotp cotp;
		enum verdict verdict;

		if (span_left(first) == 0)
			return MORE;
		verdict = tpkt_length(first, &length);
		if (verdict != YES)
			return verdict;
		if (span_left(first) < length)
			return MORE;
		if (!cotp_read(span_take(&first, length), &cotp))
			return NO;
		if (cotp.type == COTP_DATA && span_left(cotp.inside) > 0)
			return judge(&cotp);
		if (cotp.type != COTP_DATA &&
		    cotp.type != (side == SIDE_CLIENT ? COTP_REQUEST : COTP_CONFIRM))
			return NO;
	}
	return NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	return transport == TRANSPORT_TCP ? recognise_within_limit(first, side, recognise_packets) : NO;
}

const struct protocol protocol_s7comm = {
	.name = "s7comm",
	.title = "Siemens S7",
	DOORS(TCP(102)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &s7comm_parser,
	.weaknesses = weaknesses,
};
