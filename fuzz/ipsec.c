/* The file of keys, and packets for associations of every kind: the first octet chooses. A packet's SPI is
 * 0x1001 to 0x1010 where it begins so, to reach the associations. */
#include "packet/ipsec.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { RAW = 101 };

static const char keys[] =
	"esp 0x1001 encryption null\n"
	"esp 0x1002 encryption aes-cbc 0x000102030405060708090a0b0c0d0e0f\n"
	"esp 0x1003 encryption aes-ctr 0x000102030405060708090a0b0c0d0e0f10111213\n"
	"esp 0x1004 encryption aes-gcm-16 0x000102030405060708090a0b0c0d0e0f10111213\n"
	"esp 0x1005 encryption 3des-cbc 0x000102030405060708090a0b0c0d0e0f1011121314151617\n"
	"esp 0x1006 encryption null integrity hmac-sha1-96 \"key\"\n"
	"ah 0x1001 integrity hmac-sha256-128 \"key\"\n"
	"ah 0x1002 integrity hmac-sha512-256 \"key\"\n";

static void told(void *context, const struct error *err)
{
	(void)context;
	if (err->text[0] == '\0')
		abort();
}

static void open_packets(struct ipsec *ipsec, struct span s)
{
	struct packets packets;

	packet_decode(&packets, RAW, s, (uint32_t)span_left(s));
	for (unsigned n = 0; n < packets.count; n++) {
		volatile unsigned sum = 0;
		struct span payload;

		if (ipsec_open(ipsec, &packets, n) == IPSEC_NOT)
			ipsec_open_udp(ipsec, &packets, n);
		payload = packets.list[n].payload;
		while (span_left(payload) > 0)
			sum += span_u8(&payload);
		(void)sum;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct ipsec *ipsec;
	struct span s = span_of(bytes, length);

	if (span_u8(&s) == 'k') {
		struct ipsec *const other = ipsec_new();

		if (other != NULL)
			ipsec_read_keys(other, "keys", s, told, NULL);
		ipsec_free(other);
		return 0;
	}
	if (ipsec == NULL) {
		ipsec = ipsec_new();
		if (ipsec == NULL || !ipsec_read_keys(ipsec, "keys", span_text(keys), told, NULL))
			abort();
	}
	open_packets(ipsec, s);
	return 0;
}
