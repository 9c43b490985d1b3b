/* quic_google.c: QUIC Crypto, the handshake of Google's QUIC before TLS was in it: a tag, how many values
 * follow, tag and end of each value, then the values. Google's "QUIC Crypto" of 2016, up to Q050. */
#include "protocols/quic.h"

#include <ctype.h>

enum { TAG = 4, HEAD = 8, ENTRY = 8, VALUES_MOST = 128, VALUE_MOST = 4096 };

bool quic_is_google(uint32_t version)
{
	return (version >> 24 == 'Q' || version >> 24 == 'T') && (version >> 16 & 0xff) == '0' &&
	       (version >> 8 & 0xff) >= '0' && (version >> 8 & 0xff) <= '5' && (version & 0xff) >= '0' &&
	       (version & 0xff) <= '9';
}

bool quic_is_old_google(struct span s, uint32_t *ret_version)
{
	const uint8_t flags = span_u8(&s);

	span_skip(&s, 8);
	*ret_version = span_u32(&s);
	return !s.failed && (flags & 0x89) == 0x09 && quic_is_google(*ret_version) && span_left(s) > 0;
}

static bool is_message(struct span s)
{
	static const uint8_t rejection[] = { 'R', 'E', 'J', 0 };
	const struct span tag = span_take(&s, TAG);
	unsigned count;
	bool named;

	if (tag.failed || (!span_begins(tag, "CHLO") && !span_begins(tag, "SHLO") &&
			   memcmp(tag.at, rejection, sizeof(rejection)) != 0))
		return false;
	count = span_u16_le(&s);
	if (span_u16(&s) != 0 || count == 0 || count > VALUES_MOST)
		return false;
	named = isupper(span_peek(s, 0)) && isupper(span_peek(s, 1));
	span_skip(&s, TAG);
	return named && span_u32_le(&s) <= VALUE_MOST && !s.failed;
}

struct span quic_find_google(struct span s, size_t least)
{
	enum { BEFORE_MOST = 64 };

	for (size_t i = 0; i < BEFORE_MOST && span_left(s) > 0; i++, s.at++)
		if (i >= least && (*s.at == 'C' || *s.at == 'S' || *s.at == 'R') && is_message(s))
			return s;
	return span_of(NULL, 0);
}

struct span quic_google_value(struct span message, const char *tag)
{
	struct span list, values = message;
	uint32_t from = 0;
	unsigned count;

	span_skip(&message, TAG);
	count = span_u16_le(&message);
	span_skip(&message, 2);
	list = span_take(&message, (size_t)ENTRY * count);
	span_skip(&values, HEAD + (size_t)ENTRY * count);
	while (span_left(list) > 0 && !list.failed) {
		const struct span name = span_take(&list, TAG);
		const uint32_t end = span_u32_le(&list);

		if (end < from || end > span_left(values))
			break; /* what is cut, or goes on in another packet */
		if (memcmp(name.at, tag, TAG) == 0)
			return span_of(values.at + from, end - from);
		from = end;
	}
	return span_of(NULL, 0);
}
