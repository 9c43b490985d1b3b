/* gtp_message.c: headers of GTP and what stands in control messages. */
#include "protocols/gtp.h"

enum {
	HAS_MORE = 0x07, /* of version 1: extension, sequence number or N-PDU number; all are there, then */
	HAS_EXTENSION = 0x04,
	HAS_TUNNEL = 0x08, /* of version 2 */
	IS_FOLLOWED = 0x10,
	FIRST_WITH_LENGTH = 128, /* elements of version 1 from here on tell their length */
};

/* TS 29.281, section 5.2: each extension is some words long and names the next one in its last octet. */
static bool take_extensions(struct span *s, uint8_t next)
{
	while (next != 0) {
		const uint8_t words = span_peek(*s, 0);
		const struct span extension = span_take(s, words * 4u);

		if (extension.failed || words == 0)
			return false;
		next = extension.end[-1];
	}
	return true;
}

bool gtp_read_v1(struct span s, struct gtp_message *ret_message)
{
	struct gtp_message m = { .version = 1, .has_tunnel = true };

	m.flags = span_u8(&s);
	m.type = span_u8(&s);
	m.length = span_u16(&s);
	m.tunnel = span_u32(&s);
	m.body = s;
	if (s.failed || (m.flags & 0xf8) != 0x30)
		return false;
	if ((m.flags & HAS_MORE) != 0) {
		uint8_t next;

		m.has_sequence = (m.flags & GTP_HAS_SEQUENCE) != 0;
		m.sequence = span_u16(&m.body);
		span_skip(&m.body, 1);
		next = span_u8(&m.body);
		if (m.body.failed)
			return false;
		if ((m.flags & HAS_EXTENSION) != 0 && !take_extensions(&m.body, next))
			return false;
	}
	m.before = (size_t)(m.body.at - s.at);
	*ret_message = m;
	return true;
}

bool gtp_take_v2(struct span *s, struct gtp_message *ret_message, bool *ret_followed)
{
	struct gtp_message m = { .version = 2, .has_sequence = true };

	m.flags = span_u8(s);
	m.type = span_u8(s);
	m.length = span_u16(s);
	m.body = span_take(s, m.length);
	if (m.body.failed || (m.flags & 0xe3) != 0x40 || m.type == 0)
		return false;
	m.has_tunnel = (m.flags & HAS_TUNNEL) != 0;
	if (m.has_tunnel)
		m.tunnel = span_u32(&m.body);
	m.sequence = span_u24(&m.body);
	*ret_followed = (m.flags & IS_FOLLOWED) != 0;
	*ret_message = m;
	return (span_u8(&ret_message->body) & 0x0f) == 0 && !ret_message->body.failed;
}

/* Octets of the elements that do not tell: by type (TS 29.060, section 7.7); 0 for none. */
static uint8_t element_length(uint8_t type)
{
	static const uint8_t lengths[FIRST_WITH_LENGTH] = {
		[1] = 1,  [2] = 8,  [3] = 6,  [4] = 4,  [5] = 4,  [8] = 1,   [9] = 28,
		[11] = 1, [12] = 3, [13] = 1, [14] = 1, [15] = 1, [16] = 4,  [17] = 4,
		[18] = 5, [19] = 1, [20] = 1, [21] = 1, [22] = 9, [23] = 1,  [24] = 1,
		[25] = 2, [26] = 2, [27] = 2, [28] = 2, [29] = 1, [126] = 1, [127] = 4,
	};

	return lengths[type];
}

struct gtp_element gtp_take_element(struct span *s, uint8_t version)
{
	struct gtp_element element = { .type = span_u8(s) };
	size_t length;

	if (version == 2) {
		length = span_u16(s);
		if (span_u8(s) >> 4 != 0 || element.type == 0)
			s->failed = true;
	} else if (element.type >= FIRST_WITH_LENGTH) {
		length = span_u16(s);
	} else {
		length = element_length(element.type);
		if (length == 0)
			s->failed = true;
	}
	element.value = span_take(s, length);
	return element;
}
