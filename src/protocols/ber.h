/* ber.h: the part of the Basic Encoding Rules (ITU-T X.690) that SNMP and LDAP use: one-octet tags and
 * definite lengths, both demanded by RFC 3417 section 8 and RFC 4511 section 5.1.
 *
 * Readers follow span.h: what is not there, has another tag or reaches past its surroundings yields an
 * empty, failed span (or zero) and fails the span that was read from. An element's content is a span of its
 * own, so a field can never reach into its neighbour. Nothing here recurses. */
#ifndef PROTOCOLS_BER_H
#define PROTOCOLS_BER_H

#include "base/buffer.h"

/* X.690 8.1.2: class, form and number of a tag. */
enum {
	BER_BOOLEAN = 0x01,
	BER_INTEGER = 0x02,
	BER_OCTETS = 0x04,
	BER_NULL = 0x05,
	BER_OID = 0x06,
	BER_ENUMERATED = 0x0a,
	BER_SEQUENCE = 0x30,
	BER_SET = 0x31,
	BER_CONSTRUCTED = 0x20,
	BER_APPLICATION = 0x40,
	BER_CONTEXT = 0x80,
};

/* Looks at the tag and length that s begins with, and does not need the content to be there. MALFORMED: not
 * a tag and length of this subset. PARTIAL: more bytes are needed to tell. */
enum ber_frame { BER_MALFORMED, BER_PARTIAL, BER_FRAMED };
enum ber_frame ber_frame(struct span s, uint8_t *ret_tag,
			 size_t *ret_whole); /* octets of header and content */

/* Cuts the next element off s, whatever its tag, and returns its content. */
struct span ber_any(struct span *s, uint8_t *ret_tag);

/* The same for an element that must have this tag. */
struct span ber_take(struct span *s, uint8_t tag);

/* The same for one that may not have come whole: what there is of its content. */
struct span ber_begun(struct span *s, uint8_t tag);

/* The tag of the next element; zero, which is none, at the end. */
static inline uint8_t ber_peek(struct span s)
{
	return span_peek(s, 0);
}

/* An INTEGER, ENUMERATED or another tag with such content: 1 to 8 octets, two's complement. */
int64_t ber_integer(struct span *s, uint8_t tag);

/* Writes the content of an OBJECT IDENTIFIER as "1.3.6.1"; false, and an empty text, when it is not one or
 * does not fit. */
bool ber_oid_text(struct span oid, char *text, size_t size);

/* ---- writing ---- */

/* Begins an element whose length is not known yet; what is written next is its content. Ends it with
 * ber_end(), which takes what ber_begin() returned. The innermost ends first. */
size_t ber_begin(struct buffer *out, uint8_t tag);
void ber_end(struct buffer *out, size_t begun);

void ber_write(struct buffer *out, uint8_t tag, struct span content);
void ber_write_text(struct buffer *out, uint8_t tag, const char *content);
void ber_write_integer(struct buffer *out, uint8_t tag, int32_t number);

#endif
