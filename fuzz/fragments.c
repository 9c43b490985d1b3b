/* A row of IP packets, each behind an octet of time and two of length, through the table of fragments. What
 * comes out must be consistent, and spans must be readable to their ends. */
#include "packet/fragments.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { RAW = 101 };

static unsigned read_all(struct span s)
{
	unsigned sum = 0;

	while (span_left(s) > 0)
		sum += span_u8(&s);
	return sum;
}

static void check(const struct fragments_counts *counts)
{
	if (counts->datagrams != counts->live + counts->whole + counts->timeouts + counts->evicted)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct fragments *fragments;
	static int64_t now;
	volatile unsigned sum = 0;
	struct span s = span_of(bytes, length);

	if (fragments == NULL)
		fragments = fragments_new(0);
	if (fragments == NULL)
		return 0;
	while (span_left(s) > 2) {
		struct packets packets;
		struct datagram datagram;
		uint16_t claimed;

		now += span_u8(&s) * INT64_C(100000000);
		claimed = span_u16(&s);
		packet_decode(&packets, RAW, span_take(&s, claimed < span_left(s) ? claimed : span_left(s)),
			      claimed);
		for (unsigned n = 0; n < packets.count; n++) {
			if (fragments_add(fragments, &packets, n, 0, now, &datagram) != FRAGMENTS_WHOLE)
				continue;
			sum += read_all(packets.list[n].payload) + read_all(packets.list[n].ip);
			if (packets.list[n].fragment || span_left(packets.list[n].ip) > 65535 + 40)
				abort();
			packet_checksum(&packets.list[n]);
		}
		check(fragments_counts(fragments));
	}
	(void)sum;
	fragments_expire(fragments, now += 1000 * INT64_C(1000000000));
	return fragments_counts(fragments)->live == 0 ? 0 : (abort(), 0);
}
