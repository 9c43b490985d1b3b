/* IPsec with keys: packets of the specifications, those of another program (test/golden/captures/ipsec.pcap),
 * each with octets flipped; the file of keys and what is wrong in it; ESP without encryption, and its
 * look-alikes. */
#include "base/buffer.h"
#include "base/file.h"
#include "capture/capture.h"
#include "packet/ipsec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RAW = 101, FRAME = 2048, ERRORS = 32 };

static struct ipsec *ipsec;
static struct packets packets;
static struct error errors[ERRORS];
static size_t error_count;

static int set_up(void **unused)
{
	(void)unused;
	ipsec = ipsec_new();
	error_count = 0;
	return ipsec == NULL;
}

static int tear_down(void **unused)
{
	(void)unused;
	ipsec_free(ipsec);
	return 0;
}

static void told(void *context, const struct error *err)
{
	(void)context;
	assert_true(error_count < ERRORS);
	errors[error_count++] = *err;
}

static bool read_keys(const char *text)
{
	return ipsec_read_keys(ipsec, "keys", span_text(text), told, NULL);
}

/* "45 00 00 54 ..." with blanks anywhere. */
static struct span octets(const char *text, uint8_t *out)
{
	size_t length = 0;
	int n;
	unsigned value;

	for (; sscanf(text, " %2x%n", &value, &n) == 1; text += n)
		out[length++] = (uint8_t)value;
	return span_of(out, length);
}

static enum ipsec_result open_frame(struct span frame)
{
	packet_decode(&packets, RAW, frame, (uint32_t)span_left(frame));
	assert_true(packets.count > 0);
	return ipsec_open(ipsec, &packets, 0);
}

static enum ipsec_result open_hexadecimal(const char *text)
{
	static uint8_t frame[FRAME];

	return open_frame(octets(text, frame));
}

/* ---- the specifications ---- */

static const char transport_3602[] =
	"4500007c 08f20000 4032f9a5 c0a87b03 c0a87b64 00004321 00000001 e96e8c08 ab465763 fd098d45 dd3ff893"
	"f663c25d 325c18c6 a9453e19 4e120849 a4870b66 cc6b9965 330013b4 898dc856"
	"a4699e52 3a55db08 0b59ec3a 8e4b7e52 775b07d1 db34ed9c 538ab50c 551b874a a269add0 47ad2d59 13ac19b7 "
	"cfbad4a6";
static const char keys_3602[] = "esp 0x4321 encryption aes-cbc 0x90d382b410eeba7ad938c46cec1a82bf\n"
				"esp 0x8765 encryption aes-cbc 0x0123456789abcdef0123456789abcdef\n";

static void rfc_3602_transport_mode(void **unused)
{
	(void)unused;
	assert_true(read_keys(keys_3602));
	assert_int_equal(open_hexadecimal(transport_3602), IPSEC_UNVERIFIED);
	assert_int_equal(packets.count, 2);
	assert_int_equal(packets.list[1].tunnel, TUNNEL_ESP);
	assert_int_equal(packets.list[1].transport, TRANSPORT_ICMP);
	assert_int_equal(packets.list[1].source_port, 8); /* echo */
	assert_int_equal(packets.list[1].payload_length, 60);
	assert_int_equal(packet_checksum(&packets.list[1]), CHECKSUM_GOOD);
}

static void rfc_3602_tunnel_mode(void **unused)
{
	(void)unused;
	assert_true(read_keys(keys_3602));
	assert_int_equal(
		open_hexadecimal("4500008c 09050000 4032f91e c0a87b03 c0a87bc8 00008765 00000002 f4e76524 "
				 "4f6407ad f13dc138 0f673f37"
				 "773b5241 a4c44922 5e4f3ce5 ed611b0c 237ca96c f74a9301 3c1b0ea1 a0cf70f8"
				 "e4ecaec7 8ac53aad 7a0f022b 859243c6 47752e94 a859352b 8a4d4d2d ecd136e5"
				 "c177f132 ad3fbfb2 201ac990 4c74ee0a 109e0ca1 e4dfe9d5 a100b842 f1c22f0d"),
		IPSEC_UNVERIFIED);
	assert_int_equal(packets.count, 2);
	assert_int_equal(packets.list[1].ip_checksum, CHECKSUM_GOOD);
	assert_int_equal(packets.list[1].transport, TRANSPORT_ICMP);
	assert_int_equal(packet_checksum(&packets.list[1]), CHECKSUM_GOOD);
}

/* draft-mcgrew-gcm-test-01, with 128 and 256 bits of key. Both say that ICMP is inside, though it is IP. */
static void gcm_in_esp(void **unused)
{
	(void)unused;
	assert_true(
		read_keys("esp 0xa5f8 encryption aes-gcm-16 0xfeffe9928665731c6d6a8f9467308308cafebabe\n"
			  "esp 0x4a2cbfe3 encryption aes-gcm-16 "
			  "0xabbccddef00112233445566778899aababbccddef00112233445566778899aab11223344\n"));
	assert_int_equal(
		open_hexadecimal(
			"45000074 00000000 40320000 c0a80102 c0a80101 0000a5f8 0000000a facedbad decaf888"
			"deb22cd9 b07c72c1 6e3a65be eb8df304 a5a5897d 33ae530f 1ba76d5d 114d2a5c"
			"3de81827 c10e9a4f 51330d0e ec416642 cfbb85a5 b47e48a4 ec3b9ba9 5d918bd1"
			"83b70d3a a8bc6ee4 c309e9d8 5a41ad4a"),
		IPSEC_GOOD);
	assert_int_equal(packets.count, 2);
	assert_int_equal(packets.list[1].transport, TRANSPORT_ICMP);
	assert_int_equal(packets.list[1].length, 62);
	assert_int_equal(
		open_hexadecimal(
			"45000068 00000000 40320000 c0a80102 c0a80101 4a2cbfe3 00000002 01020304 05060708"
			"ff425c9b 724599df 7a3bcd51 0194e00d 6a78107f 1b0b1cbf 06efae9d 65a5d763"
			"748a6379 85771d34 7f054565 9f14e99d ef842d8e b335f4ee cfdbf831 824b4c49 15956c96"),
		IPSEC_GOOD);
	assert_int_equal(packets.list[1].transport, TRANSPORT_ICMP);
	assert_int_equal(packets.list[1].length, 48);
}

static void a_wrong_key_opens_nothing(void **unused)
{
	(void)unused;
	assert_true(read_keys("esp 0x4321 encryption aes-cbc 0x90d382b410eeba7ad938c46cec1a82be"));
	assert_int_equal(open_hexadecimal(transport_3602), IPSEC_MALFORMED);
	assert_int_equal(packets.count, 1);
	assert_int_equal(ipsec_association_nth(ipsec, 0)->opened, 0);
}

/* ---- another program's packets ---- */

static char *golden(const char *name, char path[static 1024])
{
	const char *const data = getenv("DOORWARD_TEST_DATA");

	snprintf(path, 1024, "%s/../golden/captures/%s", data != NULL ? data : "test/data", name);
	return path;
}

static void read_golden_keys(void)
{
	struct arena *const arena = arena_new(1 << 20);
	struct error err;
	struct span text;
	char path[1024];

	if (!file_read(arena, golden("ipsec.keys", path), IPSEC_KEYS_LIMIT, &text, &err))
		fail_msg("%s", err.text);
	if (!ipsec_read_keys(ipsec, "ipsec.keys", text, told, NULL))
		fail_msg("%s", errors[0].text);
	arena_free(arena);
}

struct held {
	uint8_t bytes[FRAME];
	size_t length;
};

static struct held held[128];

static size_t read_golden_frames(void)
{
	const struct capture_options options = { 0 };
	struct frame frames[CAPTURE_BATCH];
	struct capture *const capture = capture_new(&options, NULL);
	size_t all = 0, count;
	struct error err;
	char path[1024];

	if (!capture_add(capture, golden("ipsec.pcap", path), &err))
		fail_msg("%s", err.text);
	while ((count = capture_read(capture, frames)) > 0) {
		for (size_t i = 0; i < count; i++, all++) {
			held[all].length = frames[i].captured;
			memcpy(held[all].bytes, frames[i].bytes, frames[i].captured);
		}
	}
	capture_free(capture);
	return all;
}

static void assert_holds_the_datagram(void)
{
	const struct packet *const packet = &packets.list[packets.count - 1];

	assert_int_equal(packets.count, 2);
	assert_int_equal(packet->problem, PACKET_WHOLE);
	assert_int_equal(packet->transport, TRANSPORT_UDP);
	assert_int_equal(packet->source_port, 1000);
	assert_int_equal(packet->destination_port, 2000);
	assert_true(span_is(packet->payload, "hello"));
}

static void all_algorithms_and_modes(void **unused)
{
	size_t count;

	(void)unused;
	read_golden_keys();
	count = read_golden_frames();
	assert_int_equal(ipsec_association_count(ipsec) + 2, count);
	for (size_t i = 0; i + 2 < count; i++) {
		const enum ipsec_result result = open_frame(span_of(held[i].bytes, held[i].length));

		if (result != IPSEC_GOOD)
			fail_msg("frame %zu: %s", i + 1, ipsec_result_text(result));
		assert_holds_the_datagram();
	}
	assert_int_equal(open_frame(span_of(held[count - 2].bytes, held[count - 2].length)), IPSEC_BAD);
	assert_int_equal(packets.count, 1);
	assert_int_equal(open_frame(span_of(held[count - 1].bytes, held[count - 1].length)), IPSEC_REPLAYED);
	assert_int_equal(packets.count, 1);
}

/* Behind the IP header every octet is covered, but for what AH leaves in its own. */
static void every_flipped_octet_is_noticed(void **unused)
{
	size_t count;

	(void)unused;
	read_golden_keys();
	count = read_golden_frames() - 2;
	for (size_t i = 0; i < count; i++) {
		struct held *const h = &held[i];

		packet_decode(&packets, RAW, span_of(h->bytes, h->length), (uint32_t)h->length);
		for (size_t at = packets.list[0].ip_header + 4u; at < h->length; at++) {
			enum ipsec_result result;

			h->bytes[at] ^= 0x10;
			result = open_frame(span_of(h->bytes, h->length));
			if (result != IPSEC_BAD && result != IPSEC_MALFORMED && result != IPSEC_NO_KEY)
				fail_msg("frame %zu, octet %zu: %s", i + 1, at, ipsec_result_text(result));
			h->bytes[at] ^= 0x10;
		}
		for (size_t length = 0; length < h->length; length++) {
			packet_decode(&packets, RAW, span_of(h->bytes, length), (uint32_t)h->length);
			if (packets.count > 0)
				assert_int_not_equal(ipsec_open(ipsec, &packets, 0), IPSEC_GOOD);
		}
	}
}

/* The same ESP behind a UDP header, with a key and without. */
static void esp_in_udp(void **unused)
{
	uint8_t frame[FRAME];
	size_t length;

	(void)unused;
	read_golden_keys();
	read_golden_frames();
	for (size_t i = 0; i < 4; i++) {
		packet_decode(&packets, RAW, span_of(held[i].bytes, held[i].length),
			      (uint32_t)held[i].length);
		length = packets.list[0].ip_header;
		memcpy(frame, held[i].bytes, length);
		memcpy(frame + length, "\x11\x94\x11\x94\0\0\0\0", 8);
		memcpy(frame + length + 8, held[i].bytes + length, held[i].length - length);
		frame[length + 5] = (uint8_t)(held[i].length - length + 8);
		frame[packets.list[0].version == 4 ? 9 : 6] = TRANSPORT_UDP;
		frame[packets.list[0].version == 4 ? 3 : 5] += 8;
		packet_decode(&packets, RAW, span_of(frame, held[i].length + 8),
			      (uint32_t)held[i].length + 8);
		assert_int_equal(ipsec_open_udp(ipsec, &packets, 0), IPSEC_GOOD);
		assert_holds_the_datagram();
		frame[length + 8] ^= 0xff;
		packet_decode(&packets, RAW, span_of(frame, held[i].length + 8),
			      (uint32_t)held[i].length + 8);
		assert_int_equal(ipsec_open_udp(ipsec, &packets, 0), IPSEC_NOT);
	}
}

/* ---- ESP without encryption ---- */

static void without_keys_only_what_is_not_encrypted_opens(void **unused)
{
	struct ipsec *const keyless = ipsec_new();
	unsigned found = 0;
	size_t count;

	(void)unused;
	read_golden_keys();
	count = read_golden_frames() - 2;
	for (size_t i = 0; i < count; i++) {
		enum ipsec_result result;
		bool is_null = false;

		packet_decode(&packets, RAW, span_of(held[i].bytes, held[i].length),
			      (uint32_t)held[i].length);
		for (size_t n = 0; n < ipsec_association_count(ipsec); n++) {
			const struct ipsec_association *const a = ipsec_association_nth(ipsec, n);

			is_null |= a->spi == packets.list[0].tunnel_key && a->encryption != NULL &&
				   strcmp(a->encryption, "null") == 0;
		}
		result = ipsec_open(keyless, &packets, 0);
		assert_int_equal(result, is_null ? IPSEC_NULL : IPSEC_NO_KEY);
		if (is_null)
			assert_holds_the_datagram();
		found += is_null;
	}
	assert_int_equal(found, 4);
	ipsec_free(keyless);
}

static void random_octets_are_not_esp_without_encryption(void **unused)
{
	uint8_t frame[120] = { 0x45, 0, 0, sizeof(frame), 0, 0, 0, 0, 64, TRANSPORT_ESP };
	uint64_t random = 1;

	(void)unused;
	for (unsigned n = 0; n < 200000; n++) {
		for (size_t i = 20; i < sizeof(frame); i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			frame[i] = (uint8_t)(random >> 56);
		}
		assert_int_equal(open_frame(span_of(frame, sizeof(frame))), IPSEC_NO_KEY);
	}
}

/* ---- replay ---- */

static void the_window_knows_what_was_seen(void **unused)
{
	struct ipsec_window window = { 0 };

	(void)unused;
	assert_int_equal(ipsec_window_add(&window, 100), SEQUENCE_NEW);
	assert_int_equal(ipsec_window_add(&window, 100), SEQUENCE_SEEN);
	assert_int_equal(ipsec_window_add(&window, 37), SEQUENCE_NEW);
	assert_int_equal(ipsec_window_add(&window, 36), SEQUENCE_LATE);
	assert_int_equal(ipsec_window_add(&window, 102), SEQUENCE_NEW);
	assert_int_equal(ipsec_window_add(&window, 101), SEQUENCE_NEW);
	assert_int_equal(ipsec_window_add(&window, 101), SEQUENCE_SEEN);
	assert_int_equal(ipsec_window_add(&window, 100), SEQUENCE_SEEN);
	assert_int_equal(ipsec_window_add(&window, 165), SEQUENCE_NEW);
	assert_int_equal(ipsec_window_add(&window, 102), SEQUENCE_SEEN);
	assert_int_equal(ipsec_window_add(&window, 101), SEQUENCE_LATE);
	assert_int_equal(ipsec_window_add(&window, UINT32_MAX), SEQUENCE_NEW);
	assert_int_equal(ipsec_window_add(&window, UINT32_MAX - 63), SEQUENCE_NEW);
	assert_int_equal(ipsec_window_add(&window, 165), SEQUENCE_LATE);
}

/* ---- the file ---- */

static void keys_are_chosen_by_the_ends(void **unused)
{
	(void)unused;
	assert_true(read_keys(
		"esp 0x4321 from 192.0.2.9 encryption aes-cbc 0x00000000000000000000000000000000\n"
		"esp 0x4321 encryption aes-cbc 0x00000000000000000000000000000001 # anybody's\n"
		"\n"
		"esp 17185 to 192.168.123.100  encryption aes-cbc \t0x90d382b410eeba7ad938c46cec1a82bf\r\n"
		"# ah 1"));
	assert_int_equal(open_hexadecimal(transport_3602), IPSEC_UNVERIFIED);
	assert_int_equal(ipsec_association_nth(ipsec, 2)->opened, 1);
	assert_int_equal(ipsec_association_nth(ipsec, 2)->line, 4);
}

static void a_key_may_be_text(void **unused)
{
	(void)unused;
	assert_true(read_keys("ah 256 integrity hmac-md5-96 \"no # comment\""));
	assert_string_equal(ipsec_association_nth(ipsec, 0)->integrity, "hmac-md5-96");
}

static void every_error_has_its_place(void **unused)
{
	static const struct {
		const char *line, *words;
	} wrong[] = {
		{ "espresso 1", "keys:%u:1: a line begins with esp or ah, and not with espresso" },
		{ "esp", "keys:%u:4: an SPI is missing" },
		{ "esp 0", "keys:%u:5: an SPI is a number from 1 to 0xffffffff" },
		{ "esp 0x123456789", "keys:%u:5: an SPI is a number from 1 to 0xffffffff" },
		{ "esp 1 from nowhere", "keys:%u:12: no IPv4 or IPv6 address" },
		{ "esp 1 to 192.0.2.1 to 192.0.2.2", "keys:%u:20: the address is given twice" },
		{ "esp 1 encryption", "keys:%u:17: the name of an encryption is missing" },
		{ "esp 1 encryption aes-gcm-61 0x00",
		  "keys:%u:18: unknown encryption \"aes-gcm-61\"; did you mean aes-gcm-16?" },
		{ "esp 1 encryption aes-cbc", "keys:%u:25: a key is missing" },
		{ "esp 1 encryption aes-cbc 0x00",
		  "keys:%u:26: no key for this encryption: 16, 24 or 32 octets" },
		{ "esp 1 encryption aes-cbc 0x0", "keys:%u:26: an odd number of hexadecimal digits" },
		{ "esp 1 encryption aes-cbc 0x0g", "keys:%u:28: no hexadecimal digit" },
		{ "esp 1 encryption aes-cbc secret",
		  "keys:%u:26: a key is written 0x and hexadecimal digits, or as text in quotes" },
		{ "esp 1 encryption null integrity hmac-md5-96 \"open",
		  "keys:%u:45: the closing quote is missing" },
		{ "esp 1 integrity hmac-md5-96 \"\"", "keys:%u:30: a key has 1 to 128 octets" },
		{ "esp 1 integrety hmac-md5-96 \"x\"",
		  "keys:%u:7: unknown word \"integrety\"; did you mean integrity?" },
		{ "ah 1 encryption null integrity hmac-md5-96 \"x\"", "keys:%u:1: ah has no encryption" },
		{ "ah 1 from ::1", "keys:%u:14: integrity is missing" },
		{ "esp 1 \xc3\xa4", "keys:%u:7: unknown word \"??\"; doorward-keys(5) lists them" },
	};
	const size_t count = sizeof(wrong) / sizeof(*wrong);
	struct buffer text = buffer_new(1 << 16);

	(void)unused;
	for (size_t i = 0; i < count; i++)
		buffer_format(&text, "%s\n", wrong[i].line);
	buffer_text(&text, "esp 7 encryption null\nesp 7 encryption null\n");
	assert_false(ipsec_read_keys(ipsec, "keys", buffer_read(&text), told, NULL));
	assert_int_equal(error_count, count + 1);
	for (size_t i = 0; i < count; i++) {
		char words[512];
		const char *const behind = strchr(wrong[i].words, '%') + 2;

		snprintf(words, sizeof(words), "keys:%zu%s", i + 1, behind);
		assert_string_equal(errors[i].text, words);
	}
	assert_string_equal(errors[count].text, "keys:21:1: the association of line 20 again");
	buffer_free(&text);
}

static void combined_algorithms_take_no_other_integrity(void **unused)
{
	(void)unused;
	assert_false(read_keys(
		"esp 1 encryption aes-gcm-16 \"sixteen octets..salt\" integrity hmac-md5-96 \"x\""));
	assert_string_equal(errors[0].text,
			    "keys:1:77: aes-gcm-16 verifies by itself: it has no other integrity");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rfc_3602_transport_mode),
		TEST(rfc_3602_tunnel_mode),
		TEST(gcm_in_esp),
		TEST(a_wrong_key_opens_nothing),
		TEST(all_algorithms_and_modes),
		TEST(every_flipped_octet_is_noticed),
		TEST(esp_in_udp),
		TEST(without_keys_only_what_is_not_encrypted_opens),
		TEST(random_octets_are_not_esp_without_encryption),
		TEST(the_window_knows_what_was_seen),
		TEST(keys_are_chosen_by_the_ends),
		TEST(a_key_may_be_text),
		TEST(every_error_has_its_place),
		TEST(combined_algorithms_take_no_other_integrity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
