/* addresses.c: addresses with a meaning of their own, their cast and how far they reach.
 *
 * The IANA special-purpose registries (RFC 6890), the multicast registries (RFC 5771, RFC 4291) and the
 * anycast addresses that IANA has assigned. */
#include "catalog/tables.h"

const char *cast_text(enum cast cast)
{
	static const char *const texts[] = { "unicast", "multicast", "broadcast", "anycast" };

	return texts[cast];
}

const char *scope_text(enum scope scope)
{
	static const char *const texts[] = { "host", "link", "private", "global" };

	return texts[scope];
}

/* The narrowest block that holds the address, or NO_BLOCK. */
static uint16_t narrowest(const struct address *address)
{
	size_t low = 0, high = table_address_count;
	uint16_t block;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (address_compare(&table_addresses[middle].range.first, address) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	block = low > 0 ? (uint16_t)(low - 1) : NO_BLOCK;
	while (block != NO_BLOCK && !address_in(address, &table_addresses[block].range))
		block = table_around[block];
	return block;
}

const struct special_address *catalog_address(const struct address *address, size_t nth)
{
	uint16_t block = narrowest(address);

	while (nth-- > 0 && block != NO_BLOCK)
		block = table_around[block];
	return block != NO_BLOCK ? &table_addresses[block] : NULL;
}

const struct special_address *catalog_address_nth(size_t nth)
{
	return nth < table_address_count ? &table_addresses[nth] : NULL;
}

enum cast catalog_cast(const struct address *address)
{
	const uint16_t block = narrowest(address);

	return block != NO_BLOCK ? table_addresses[block].cast : CAST_UNICAST;
}

/* RFC 4291 section 2.7, RFC 7346: the scope stands in the address, whatever its flags are. */
static enum scope multicast_scope(const struct address *address)
{
	switch (address->bytes[1] & 0x0f) {
	case 0x0:
	case 0x1: return SCOPE_HOST;
	case 0x2: return SCOPE_LINK;
	case 0xe: return SCOPE_GLOBAL;
	default: return SCOPE_PRIVATE;
	}
}

enum scope catalog_scope(const struct address *address)
{
	uint16_t block;

	if (address->bytes[0] == 0xff)
		return multicast_scope(address);
	block = narrowest(address);
	return block != NO_BLOCK ? table_addresses[block].scope : SCOPE_GLOBAL;
}
