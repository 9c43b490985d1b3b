#include "base/address.h"
#include "base/buffer.h"

#include <arpa/inet.h>
#include <stdio.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

struct address address_v4(uint32_t host_order)
{
	struct address a;

	memcpy(a.bytes, mapped, sizeof(mapped));
	for (int i = 0; i < 4; i++)
		a.bytes[12 + i] = (uint8_t)(host_order >> (24 - 8 * i));
	return a;
}

struct address address_v6(const uint8_t bytes[static 16])
{
	struct address a;

	memcpy(a.bytes, bytes, sizeof(a.bytes));
	return a;
}

bool address_is_v4(const struct address *a)
{
	return memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

uint32_t address_to_v4(const struct address *a)
{
	struct span s = span_of(a->bytes + 12, 4);

	return span_u32(&s);
}

bool address_is_unspecified(const struct address *a)
{
	static const uint8_t zero[16];

	return memcmp(a->bytes, zero, sizeof(zero)) == 0 || (address_is_v4(a) && address_to_v4(a) == 0);
}

bool address_parse(struct span s, struct address *ret_address)
{
	char text[ADDRESS_TEXT];
	uint8_t bytes[16];

	if (s.failed || span_left(s) == 0 || span_left(s) >= sizeof(text) ||
	    memchr(s.at, '\0', span_left(s)) != NULL)
		return false;
	span_copy_text(s, text, sizeof(text));
	if (inet_pton(AF_INET, text, bytes) == 1) {
		struct span number = span_of(bytes, 4);

		*ret_address = address_v4(span_u32(&number));
		return true;
	}
	if (inet_pton(AF_INET6, text, bytes) == 1) {
		*ret_address = address_v6(bytes);
		return true;
	}
	return false;
}

/* By hand, because long lists are made of them. */
static char *v4_text(const uint8_t bytes[static 4], char *text)
{
	char *at = text;

	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*at++ = '.';
		if (bytes[i] >= 100)
			*at++ = (char)('0' + bytes[i] / 100);
		if (bytes[i] >= 10)
			*at++ = (char)('0' + bytes[i] / 10 % 10);
		*at++ = (char)('0' + bytes[i] % 10);
	}
	*at = '\0';
	return text;
}

enum { GROUPS = 8 };

/* The longest run of zero groups, of two or more, is left out (RFC 5952 4.2); the first of equals. Beyond the
 * end where there is none. */
static void find_zeros(const uint16_t groups[static GROUPS], unsigned *ret_first, unsigned *ret_end)
{
	unsigned run = 0;

	*ret_first = *ret_end = GROUPS + 1;
	for (unsigned i = 0; i < GROUPS; i++) {
		run = groups[i] == 0 ? run + 1 : 0;
		if (run > 1 && run > *ret_end - *ret_first) {
			*ret_first = i + 1 - run;
			*ret_end = i + 1;
		}
	}
}

/* Without zeros in front. */
static char *group_text(uint16_t group, char *at)
{
	static const char digits[] = "0123456789abcdef";
	int shift = group > 0xfff ? 12 : group > 0xff ? 8 : group > 0xf ? 4 : 0;

	for (; shift >= 0; shift -= 4)
		*at++ = digits[group >> shift & 15];
	return at;
}

/* As inet_ntop() has it, which also shows the last four octets of "::192.0.2.1" as those of IPv4. */
static char *v6_text(const uint8_t bytes[static 16], char *text)
{
	uint16_t groups[GROUPS];
	unsigned first, end, count = GROUPS;
	char *at = text;

	for (unsigned i = 0; i < GROUPS; i++)
		groups[i] = load_u16(bytes + (size_t)2 * i);
	find_zeros(groups, &first, &end);
	if (first == 0 && end == GROUPS - 2)
		count = end;
	for (unsigned i = 0; i < count; i++) {
		if (i >= first && i < end) {
			if (i == first)
				*at++ = ':';
			continue;
		}
		if (i > 0)
			*at++ = ':';
		at = group_text(groups[i], at);
	}
	if (end == count)
		*at++ = ':';
	*at = '\0';
	if (count < GROUPS)
		v4_text(bytes + 12, at);
	return text;
}

char *address_text(const struct address *a, char text[static ADDRESS_TEXT])
{
	return address_is_v4(a) ? v4_text(a->bytes + 12, text) : v6_text(a->bytes, text);
}

struct address_range address_prefix(const struct address *a, unsigned bits)
{
	struct address_range range = { *a, *a };
	const unsigned all = address_is_v4(a) ? bits + 96 : bits;

	for (unsigned i = 0; i < 16; i++) {
		const unsigned kept = all >= 8 * (i + 1) ? 8 : all > 8 * i ? all - 8 * i : 0;
		const uint8_t rest = (uint8_t)(0xffu >> kept);

		range.first.bytes[i] &= (uint8_t)~rest;
		range.last.bytes[i] |= rest;
	}
	return range;
}

/* The bits that both ends begin with. */
static unsigned common_bits(const struct address_range *range)
{
	unsigned i = 0, bits = 0;

	while (i < sizeof(range->first.bytes) && range->first.bytes[i] == range->last.bytes[i])
		i++;
	if (i == sizeof(range->first.bytes))
		return 8 * i;
	while (((range->first.bytes[i] ^ range->last.bytes[i]) >> (7 - bits) & 1) == 0)
		bits++;
	return 8 * i + bits;
}

int address_range_bits(const struct address_range *range)
{
	const unsigned common = common_bits(range), family = address_is_v4(&range->first) ? 96 : 0;
	struct address_range prefix;

	if (common < family)
		return -1;
	prefix = address_prefix(&range->first, common - family);
	return address_compare(&prefix.first, &range->first) == 0 &&
			       address_compare(&prefix.last, &range->last) == 0
		       ? (int)(common - family)
		       : -1;
}

static bool fail(const char **ret_reason, const char *reason)
{
	if (ret_reason != NULL)
		*ret_reason = reason;
	return false;
}

static bool parse_prefix(struct span base, struct span length, struct address_range *ret_range,
			 const char **ret_reason)
{
	struct address a;
	uint64_t bits;

	if (!address_parse(base, &a))
		return fail(ret_reason, "no such address");
	if (!span_number(length, address_is_v4(&a) ? 32 : 128, &bits))
		return fail(ret_reason, address_is_v4(&a) ? "the length of an IPv4 prefix is 0 to 32"
							  : "the length of an IPv6 prefix is 0 to 128");
	*ret_range = address_prefix(&a, (unsigned)bits);
	if (address_compare(&ret_range->first, &a) != 0)
		return fail(ret_reason, "the address has bits set behind the length of its prefix");
	return true;
}

static bool parse_range(struct span first, struct span last, struct address_range *ret_range,
			const char **ret_reason)
{
	if (!address_parse(first, &ret_range->first) || !address_parse(last, &ret_range->last))
		return fail(ret_reason, "no such address");
	if (address_is_v4(&ret_range->first) != address_is_v4(&ret_range->last))
		return fail(ret_reason, "a range needs two addresses of one family");
	if (address_compare(&ret_range->first, &ret_range->last) > 0)
		return fail(ret_reason, "the range ends before it begins");
	return true;
}

bool address_range_parse(struct span s, struct address_range *ret_range, const char **ret_reason)
{
	struct span rest = s, part = span_until(&rest, '/');

	if (!part.failed)
		return parse_prefix(part, rest, ret_range, ret_reason);
	rest = s;
	part = span_until(&rest, '-');
	if (!part.failed)
		return parse_range(part, rest, ret_range, ret_reason);
	if (!address_parse(s, &ret_range->first))
		return fail(ret_reason, "no such address");
	ret_range->last = ret_range->first;
	return true;
}

char *address_range_text(const struct address_range *range, char text[static ADDRESS_RANGE_TEXT])
{
	const int bits = address_range_bits(range);
	char digits[NUMBER_TEXT];
	const char *first;
	char *at = text;

	at += strlen(address_text(&range->first, at));
	if (address_compare(&range->first, &range->last) == 0)
		return text;
	if (bits < 0) {
		*at++ = '-';
		address_text(&range->last, at);
		return text;
	}
	*at++ = '/';
	first = number_digits((uint64_t)bits, digits + sizeof(digits));
	at = mempcpy(at, first, (size_t)(digits + sizeof(digits) - first));
	*at = '\0';
	return text;
}

bool address_next(const struct address *a, struct address *ret_next)
{
	*ret_next = *a;
	for (int i = 15; i >= 0; i--) {
		if (++ret_next->bytes[i] != 0)
			return true;
	}
	return false;
}

bool address_previous(const struct address *a, struct address *ret_previous)
{
	*ret_previous = *a;
	for (int i = 15; i >= 0; i--) {
		if (ret_previous->bytes[i]-- != 0)
			return true;
	}
	return false;
}
