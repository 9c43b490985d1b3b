/* Bytes of which some bits are open, and what comparing them says about addresses and ports. */
#include "netfilter/evaluate.h"

const struct box everything = {
	.sources.last.bytes = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				0xff, 0xff, 0xff },
	.source_last = UINT16_MAX,
	.last = UINT16_MAX,
};

struct byte known_byte(uint8_t value)
{
	return (struct byte){ .value = value };
}

struct byte unknown_byte(void)
{
	return (struct byte){ .source = SOURCE_NOBODY, .mask = 0xff };
}

/* NFT_REG_1 to NFT_REG_4 have sixteen bytes, NFT_REG32_00 and on four (linux/netfilter/nf_tables.h). */
struct byte *registers_at(struct branch *branch, uint32_t number, size_t length)
{
	size_t at;

	if (number >= 1 && number <= 4)
		at = (number - 1) * 16;
	else if (number >= 8 && number <= 23)
		at = (number - 8) * 4;
	else
		return NULL;
	return length <= REGISTER_BYTES - at ? branch->registers + at : NULL;
}

bool bytes_known(const struct byte *bytes, size_t length, uint8_t *ret_values)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i].mask != 0)
			return false;
		ret_values[i] = bytes[i].value;
	}
	return true;
}

/* An address as a rule sees it has four or sixteen bytes; ours always sixteen. */
static size_t address_begin(const struct evaluation *e)
{
	return e->v4 ? ADDRESS_BYTES - 4 : 0;
}

static size_t source_size(const struct evaluation *e, unsigned source)
{
	return source == SOURCE_ADDRESS ? ADDRESS_BYTES - address_begin(e) : PORT_BYTES;
}

/* Narrows the box to where the source lies between two values. */
static void narrow(const struct evaluation *e, unsigned source, const uint8_t *first, const uint8_t *last,
		   struct box *box)
{
	const size_t size = source_size(e, source);

	if (source == SOURCE_ADDRESS) {
		box->sources = e->v4 ? (struct address_range){ address_v4(load_u32(first)),
							       address_v4(load_u32(last)) }
				     : (struct address_range){ 0 };
		if (!e->v4) {
			memcpy(box->sources.first.bytes, first, size);
			memcpy(box->sources.last.bytes, last, size);
		}
	} else if (source == SOURCE_PORT) {
		box->source_first = load_u16(first);
		box->source_last = load_u16(last);
	} else {
		box->first = load_u16(first);
		box->last = load_u16(last);
	}
}

/* The bits of one source that are asked for. */
struct wanted {
	uint8_t mask[ADDRESS_BYTES], value[ADDRESS_BYTES];
	bool any, contradicts;
};

/* Whether the bits are the leading ones, so that those who have them are one range. */
static bool narrow_by_bits(const struct evaluation *e, unsigned source, const struct wanted *wanted,
			   struct box *box)
{
	const size_t size = source_size(e, source);
	uint8_t last[ADDRESS_BYTES];
	bool ended = false;

	for (size_t i = 0; i < size; i++) {
		const uint8_t mask = wanted->mask[i], inverse = (uint8_t)~mask;

		if ((ended && mask != 0) || (inverse & (inverse + 1)) != 0)
			return false;
		ended |= mask != 0xff;
		last[i] = (uint8_t)(wanted->value[i] | inverse);
	}
	narrow(e, source, wanted->value, last, box);
	return true;
}

static void want(struct wanted *wanted, const struct byte *byte, uint8_t value)
{
	const uint8_t bits = (uint8_t)((value ^ byte->value) & byte->mask);
	const uint8_t again = wanted->mask[byte->index] & byte->mask;

	wanted->any = true;
	wanted->contradicts |= ((wanted->value[byte->index] ^ bits) & again) != 0;
	wanted->mask[byte->index] |= byte->mask;
	wanted->value[byte->index] |= bits;
}

struct condition bytes_equal(const struct evaluation *e, const struct byte *bytes, const uint8_t *values,
			     size_t length)
{
	struct condition condition = { HOLDS, everything };
	struct wanted wanted[BYTE_SOURCES] = { 0 };

	for (size_t i = 0; i < length; i++) {
		if (((bytes[i].value ^ values[i]) & ~bytes[i].mask & 0xff) != 0)
			return (struct condition){ HOLDS_NOT, everything };
		if (bytes[i].mask != 0)
			want(&wanted[bytes[i].source], &bytes[i], values[i]);
	}
	if (wanted[SOURCE_NOBODY].any)
		condition.holds = HOLDS_PERHAPS;
	for (unsigned s = SOURCE_ADDRESS; s < BYTE_SOURCES; s++) {
		if (wanted[s].contradicts)
			return (struct condition){ HOLDS_NOT, everything };
		if (!wanted[s].any)
			continue;
		if (!narrow_by_bits(e, s, &wanted[s], &condition.box))
			condition.holds = HOLDS_PERHAPS;
		else if (condition.holds == HOLDS)
			condition.holds = HOLDS_IN;
	}
	return condition;
}

/* Whether these are the leading bytes of one source as they are. */
static bool is_plain(const struct evaluation *e, const struct byte *bytes, size_t length)
{
	if (bytes[0].source == SOURCE_NOBODY || length > source_size(e, bytes[0].source))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (bytes[i].source != bytes[0].source || bytes[i].index != i || bytes[i].mask != 0xff ||
		    bytes[i].value != 0)
			return false;
	}
	return true;
}

struct condition bytes_between(const struct evaluation *e, const struct byte *bytes, const uint8_t *first,
			       const uint8_t *last, size_t length)
{
	struct condition condition = { HOLDS_PERHAPS, everything };
	uint8_t known[KEY_MOST], from[ADDRESS_BYTES] = { 0 }, to[ADDRESS_BYTES];

	if (length == 0 || length > KEY_MOST)
		return condition;
	if (memcmp(first, last, length) == 0)
		return bytes_equal(e, bytes, first, length);
	if (memcmp(first, last, length) > 0)
		return (struct condition){ HOLDS_NOT, everything };
	if (bytes_known(bytes, length, known)) {
		condition.holds = memcmp(known, first, length) >= 0 && memcmp(known, last, length) <= 0
					  ? HOLDS
					  : HOLDS_NOT;
		return condition;
	}
	if (!is_plain(e, bytes, length))
		return condition;
	memset(to, 0xff, sizeof(to));
	memcpy(from, first, length);
	memcpy(to, last, length);
	narrow(e, bytes[0].source, from, to, &condition.box);
	condition.holds = HOLDS_IN;
	return condition;
}

struct condition conditions_both(struct condition a, struct condition b)
{
	struct condition both = { HOLDS_NOT, everything };

	if (a.holds == HOLDS_NOT || b.holds == HOLDS_NOT || !box_shared(&a.box, &b.box, &both.box))
		return both;
	both.holds = a.holds == HOLDS_PERHAPS || b.holds == HOLDS_PERHAPS ? HOLDS_PERHAPS
		     : a.holds == HOLDS_IN || b.holds == HOLDS_IN         ? HOLDS_IN
									  : HOLDS;
	return both;
}
