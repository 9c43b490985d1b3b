/* pcap: draft-ietf-opsawg-pcap; pcapng: draft-ietf-opsawg-pcapng; the marks of gzip and zstd: RFC 1952, RFC
 * 8878. */
#include "records.h"

#include <string.h>

enum { BLOCK_LEAST = 12, BLOCK_MOST = 128 << 20, FRAME_MOST = 256 << 10 };

static uint32_t number(const uint8_t *at, bool big_endian)
{
	return big_endian ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]
			  : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static bool add_end(struct records *records, size_t at)
{
	if (records->count == RECORDS_MOST)
		return false;
	records->ends[records->count++] = at;
	return true;
}

static void find_in_pcap(struct records *records, const uint8_t *bytes, size_t length, bool big_endian,
			 size_t header)
{
	size_t at = 24;

	while (at <= length && add_end(records, at) && length - at >= header) {
		const uint32_t captured = number(bytes + at + 8, big_endian);

		if (captured > FRAME_MOST)
			return;
		at += header + captured;
	}
}

static void find_in_pcapng(struct records *records, const uint8_t *bytes, size_t length)
{
	static const uint8_t section[] = { 0x0a, 0x0d, 0x0d, 0x0a };
	bool big_endian = false;

	for (size_t at = 0; length - at >= BLOCK_LEAST;) {
		size_t size;

		if (memcmp(bytes + at, section, sizeof(section)) == 0)
			big_endian = bytes[at + 8] == 0x1a;
		size = number(bytes + at + 4, big_endian);
		if (size < BLOCK_LEAST || size > BLOCK_MOST)
			return;
		size += (4 - size % 4) % 4;
		if (size > length - at || !add_end(records, at + size))
			return;
		at += size;
	}
}

void records_find(struct records *records, const uint8_t *bytes, size_t length)
{
	const uint32_t mark = length >= 4 ? number(bytes, true) : 0;

	records->count = 0;
	records->packed = mark >> 16 == 0x1f8b || mark == 0x28b52ffd;
	switch (mark) {
	case 0xa1b2c3d4:
	case 0xa1b23c4d: find_in_pcap(records, bytes, length, true, 16); break;
	case 0xd4c3b2a1:
	case 0x4d3cb2a1: find_in_pcap(records, bytes, length, false, 16); break;
	case 0xa1b2cd34: find_in_pcap(records, bytes, length, true, 24); break;
	case 0x34cdb2a1: find_in_pcap(records, bytes, length, false, 24); break;
	case 0x0a0d0d0a: find_in_pcapng(records, bytes, length); break;
	default: break;
	}
}

bool records_end_at(const struct records *records, size_t at)
{
	size_t low = 0, high = records->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (records->ends[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < records->count && records->ends[low] == at;
}
