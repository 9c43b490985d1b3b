/* dns_naming.c: which names the records of a message give to addresses. RFC 1035 3.3.12 and 3.5 (PTR and
 * IN-ADDR.ARPA), RFC 3596 2.5 (IP6.ARPA), RFC 6762 10.1 (a record without time says goodbye). */
#include "base/escape.h"
#include "protocols/dns.h"
#include "protocols/naming.h"

#include <strings.h>

enum { RECORDS_LOOKED_AT = 64, CACHE_FLUSH = 0x8000 };

static bool read_address(const struct dns_record *record, struct address *address)
{
	struct span data = record->data;

	if (record->type == DNS_A && span_left(data) == 4)
		*address = address_v4(span_u32(&data));
	else if (record->type == DNS_AAAA && span_left(data) == 16)
		*address = address_v6(data.at);
	else
		return false;
	return true;
}

/* "7.2.0.192": what stands first is what is last in the address. */
static bool reverse_v4(struct span name, struct address *address)
{
	uint32_t number = 0;
	uint64_t octet;

	for (unsigned i = 0; i < 4; i++) {
		const size_t dot = span_find(name, ".");

		if ((dot == SIZE_MAX) != (i == 3))
			return false;
		if (!span_number(span_of(name.at, i < 3 ? dot : span_left(name)), 255, &octet))
			return false;
		number |= (uint32_t)octet << 8 * i;
		span_skip(&name, i < 3 ? dot + 1 : 0);
	}
	*address = address_v4(number);
	return true;
}

static bool reverse_v6(struct span name, struct address *address)
{
	uint8_t bytes[16] = { 0 };

	if (span_left(name) != 63)
		return false;
	for (unsigned i = 0; i < 32; i++) {
		const int digit = hex_digit(name.at[2 * i]);

		if (digit < 0 || (i < 31 && name.at[2 * i + 1] != '.'))
			return false;
		bytes[15 - i / 2] |= (uint8_t)(digit << 4 * (i % 2));
	}
	*address = address_v6(bytes);
	return true;
}

static bool ends_in(const char *name, const char *end, struct span *ret_front)
{
	const size_t length = strlen(name), tail = strlen(end);

	if (length <= tail || strcasecmp(name + length - tail, end) != 0)
		return false;
	*ret_front = span_of(name, length - tail);
	return true;
}

static bool read_reverse(const char *owner, struct address *address)
{
	struct span front;

	return (ends_in(owner, ".in-addr.arpa", &front) && reverse_v4(front, address)) ||
	       (ends_in(owner, ".ip6.arpa", &front) && reverse_v6(front, address));
}

static void tell_record(struct parse *parse, struct span message, const struct dns_record *record,
			const char *asked)
{
	struct span name = record->name, data = record->data;
	char owner[DNS_NAME_TEXT], given[DNS_NAME_TEXT];
	struct address address;

	if (asked != NULL && read_address(record, &address))
		naming_tell_asked(parse, &address, span_text(asked));
	else if (!dns_name_read(message, &name, owner))
		return;
	else if (read_address(record, &address))
		naming_tell(parse, &address, span_text(owner));
	else if (record->type == DNS_PTR && read_reverse(owner, &address) &&
		 dns_name_read(message, &data, given) && strcmp(given, ".") != 0)
		naming_tell_reverse(parse, &address, span_text(given));
}

void dns_tell_names(struct parse *parse, struct span message, struct span s, const struct dns_header *header,
		    const char *asked)
{
	unsigned left = RECORDS_LOOKED_AT;

	for (int section = DNS_ANSWERS; section < DNS_SECTIONS; section++) {
		struct dns_record record = { .section = (enum dns_section)section };

		for (unsigned i = 0; i < header->count[section] && left > 0; i++, left--) {
			if (!dns_read_record(message, &s, &record))
				return;
			if ((record.class & ~CACHE_FLUSH) != DNS_IN ||
			    (record.type != DNS_A && record.type != DNS_AAAA && record.type != DNS_PTR) ||
			    (asked == NULL && record.ttl == 0))
				continue;
			tell_record(parse, message, &record, section == DNS_ANSWERS ? asked : NULL);
		}
	}
}
