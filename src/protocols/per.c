/* per.c: ITU-T X.691, the aligned variant. */
#include "protocols/per.h"

unsigned per_bits(struct per *per, unsigned count)
{
	unsigned value = 0;

	for (unsigned i = 0; i < count && !per->bytes.failed; i++) {
		if (per->left == 0) {
			per->last = span_u8(&per->bytes);
			per->left = 8;
		}
		per->left--;
		value = value << 1 | (per->last >> per->left & 1);
	}
	return per->bytes.failed ? 0 : value;
}

size_t per_length(struct per *per)
{
	uint8_t first;

	per_align(per);
	first = span_u8(&per->bytes);
	if (first < 0x80)
		return first;
	if (first >= 0xc0) { /* fragments of more than 16383 */
		per->bytes.failed = true;
		return 0;
	}
	return (size_t)(first & 0x3f) << 8 | span_u8(&per->bytes);
}

struct span per_octets(struct per *per, size_t count)
{
	per_align(per);
	return span_take(&per->bytes, count);
}

struct span per_open(struct per *per)
{
	return per_octets(per, per_length(per));
}

void per_additions(struct per *per, struct span *list, size_t count)
{
	uint64_t present = 0;
	unsigned all;

	for (size_t i = 0; i < count; i++)
		list[i] = span_of(NULL, 0);
	if (per_bit(per)) { /* more than 64 */
		per->bytes.failed = true;
		return;
	}
	all = per_bits(per, 6) + 1;
	for (unsigned i = 0; i < all; i++)
		present |= (uint64_t)per_bit(per) << i;
	for (unsigned i = 0; i < all && !per->bytes.failed; i++) {
		struct span open;

		if ((present >> i & 1) == 0)
			continue;
		open = per_open(per);
		if (i < count && !open.failed)
			list[i] = open;
	}
}
