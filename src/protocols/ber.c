#include "protocols/ber.h"

enum {
	TAG_NUMBER = 0x1f,  /* all ones: the number follows in further octets, which this subset has not */
	LENGTH_LONG = 0x80, /* the low bits then count the octets of the length */
	LENGTH_OCTETS = 4,  /* nothing that is read here is longer than 32 bits can say */
	LENGTH_SHORT = 0x7f,
	INTEGER_OCTETS = 8,
};

static bool tag_is_known(uint8_t tag)
{
	return tag != 0 && (tag & TAG_NUMBER) != TAG_NUMBER;
}

/* Reads a length; false when it is of a form that is not allowed. s fails when it is cut short. */
static bool read_length(struct span *s, size_t *ret_length)
{
	const uint8_t first = span_u8(s);
	size_t length = 0;

	if (first <= LENGTH_SHORT) {
		*ret_length = first;
		return true;
	}
	if (first == LENGTH_LONG || first > LENGTH_LONG + LENGTH_OCTETS)
		return false;
	for (unsigned i = first - LENGTH_LONG; i > 0; i--)
		length = length << 8 | span_u8(s);
	*ret_length = length;
	return true;
}

enum ber_frame ber_frame(struct span s, uint8_t *ret_tag, size_t *ret_whole)
{
	const uint8_t *const start = s.at;
	const uint8_t tag = span_u8(&s);
	size_t length = 0;

	if (s.failed)
		return BER_PARTIAL;
	if (!tag_is_known(tag))
		return BER_MALFORMED;
	if (!read_length(&s, &length))
		return BER_MALFORMED;
	if (s.failed)
		return BER_PARTIAL;
	*ret_tag = tag;
	*ret_whole = (size_t)(s.at - start) + length;
	return BER_FRAMED;
}

struct span ber_any(struct span *s, uint8_t *ret_tag)
{
	const uint8_t tag = span_u8(s);
	size_t length = 0;

	if (!tag_is_known(tag) || !read_length(s, &length))
		s->failed = true;
	*ret_tag = s->failed ? 0 : tag;
	return span_take(s, length);
}

struct span ber_take(struct span *s, uint8_t tag)
{
	uint8_t found;

	if (ber_peek(*s) != tag)
		s->failed = true;
	return ber_any(s, &found);
}

struct span ber_begun(struct span *s, uint8_t tag)
{
	size_t length = 0;

	if (span_u8(s) != tag || !read_length(s, &length))
		s->failed = true;
	return span_take(s, length < span_left(*s) ? length : span_left(*s));
}

int64_t ber_integer(struct span *s, uint8_t tag)
{
	struct span content = ber_take(s, tag);
	const size_t length = span_left(content);
	uint64_t value;

	if (length == 0 || length > INTEGER_OCTETS) {
		s->failed = true;
		return 0;
	}
	value = span_peek(content, 0) & 0x80 ? UINT64_MAX : 0;
	while (span_left(content) > 0)
		value = value << 8 | span_u8(&content);
	return (int64_t)value;
}

/* X.690 8.19: seven bits an octet, the highest bit set on all but the last of a number. */
static bool read_arc(struct span *oid, uint64_t *ret_arc)
{
	uint64_t arc = 0;
	uint8_t octet;

	do {
		octet = span_u8(oid);
		if (oid->failed || arc > UINT32_MAX)
			return false;
		arc = arc << 7 | (octet & 0x7f);
	} while (octet & 0x80);
	*ret_arc = arc;
	return true;
}

/* A dot and the number, if they and a NUL have room. */
static bool write_arc(uint64_t arc, char *text, size_t size, size_t *used)
{
	char digits[NUMBER_TEXT], *const end = digits + sizeof(digits), *at = number_digits(arc, end);

	*--at = '.';
	if ((size_t)(end - at) >= size - *used)
		return false;
	memcpy(text + *used, at, (size_t)(end - at));
	*used += (size_t)(end - at);
	text[*used] = '\0';
	return true;
}

bool ber_oid_text(struct span oid, char *text, size_t size)
{
	uint64_t arc, top;
	size_t used = 1;
	bool fits;

	text[0] = '\0';
	if (size < 2 || !read_arc(&oid, &arc))
		return false;
	top = arc < 80 ? arc / 40 : 2; /* the first two numbers share one */
	text[0] = (char)('0' + top);
	fits = write_arc(arc - top * 40, text, size, &used);
	while (fits && span_left(oid) > 0 && read_arc(&oid, &arc))
		fits = write_arc(arc, text, size, &used);
	if (!fits || span_left(oid) > 0 || oid.failed) {
		text[0] = '\0';
		return false;
	}
	return true;
}

size_t ber_begin(struct buffer *out, uint8_t tag)
{
	buffer_u8(out, tag);
	buffer_u8(out, 0);
	return out->length;
}

void ber_end(struct buffer *out, size_t begun)
{
	const size_t length = out->length - begun;
	const size_t octets = length <= LENGTH_SHORT ? 0 : length <= 0xff ? 1 : length <= 0xffff ? 2 : 3;

	if (out->failed || (octets > 0 && buffer_extend(out, octets) == NULL))
		return;
	if (octets > 0)
		memmove(out->bytes + begun + octets, out->bytes + begun, length);
	out->bytes[begun - 1] = (uint8_t)(octets > 0 ? LENGTH_LONG + octets : length);
	for (size_t i = 0; i < octets; i++)
		out->bytes[begun + i] = (uint8_t)(length >> 8 * (octets - 1 - i));
}

void ber_write(struct buffer *out, uint8_t tag, struct span content)
{
	const size_t begun = ber_begin(out, tag);

	buffer_span(out, content);
	ber_end(out, begun);
}

void ber_write_text(struct buffer *out, uint8_t tag, const char *content)
{
	ber_write(out, tag, span_text(content));
}

void ber_write_integer(struct buffer *out, uint8_t tag, int32_t number)
{
	size_t octets = 4;

	/* The first nine bits must not all be equal: X.690 8.3.2. */
	while (octets > 1 && number >> (8 * (octets - 1) - 1) == (number < 0 ? -1 : 0))
		octets--;
	buffer_u8(out, tag);
	buffer_u8(out, (uint8_t)octets);
	while (octets-- > 0)
		buffer_u8(out, (uint8_t)((uint32_t)number >> 8 * octets));
}
