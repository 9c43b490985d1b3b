/* Nothing that is no protocol is given a name: random octets, text of many languages, compressed noise,
 * counters, as datagrams (two in a row) and as streams, on any port. The numbers are the same in
 * every run. DOORWARD_FALSE_NAMES asks for more of each kind. */
#include "flow/identify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROUNDS = 20000, LENGTH_MOST = 1400, STREAM_LENGTH = 1024 };

static uint64_t seed = 1;

static uint32_t random_number(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

static const char *const texts[] = {
	"The quick brown fox jumps over the lazy dog, and then sits down to think about it.\n",
	"Zw\xc3\xb6lf Boxk\xc3\xa4mpfer jagen Viktor quer \xc3\xbc"
	"ber den gro\xc3\x9f"
	"en Sylter Deich.\r\n",
	"Portez ce vieux whisky au juge blond qui fume, d\xc3\xa9j\xc3\xa0 vu \xc3\xa0 No\xc3\xabl.\n",
	("\xd0\xa1\xd1\x8a\xd0\xb5\xd1\x88\xd1\x8c \xd0\xb5\xd1\x89\xd1\x91 \xd1\x8d\xd1\x82\xd0\xb8\xd1\x85 "
	 "\xd0\xbc\xd1\x8f\xd0\xb3\xd0\xba\xd0\xb8\xd1\x85\n"),
	"\xe3\x81\x84\xe3\x82\x8d\xe3\x81\xaf\xe3\x81\xab\xe3\x81\xbb\xe3\x81\xb8\xe3\x81\xa8\n",
	"\xe5\xa4\xa9\xe5\x9c\xb0\xe7\x8e\x84\xe9\xbb\x84 \xe5\xae\x87\xe5\xae\x99\xe6\xb4\xaa\xe8\x8d\x92\n",
	"\xd7\x93\xd7\x92 \xd7\xa1\xd7\xa7\xd7\xa8\xd7\x9f \xd7\xa9\xd7\x98 \xd7\x91\xd7\x99\xd7\x9d\n",
	"\xce\x93\xce\xb1\xce\xb6\xce\xad\xce\xb5\xcf\x82 \xce\xba\xce\xb1\xe1\xbd\xb6 \xce\xbc\n",
	"{\"a\": [1, 2, 3], \"b\": \"text\", \"c\": null}\n",
	"key=value; other=thing; path=/somewhere/else\n",
	"<note><to>you</to><from>me</from></note>\n",
	"12:00:01 temperature 21.5 humidity 40\n",
};

/* ---- kinds of noise ---- */

static void fill_random(uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)random_number();
}

/* Words of one language, from any place on. */
static void fill_text(uint8_t *bytes, size_t length)
{
	const char *const text = texts[random_number() % (sizeof(texts) / sizeof(texts[0]))];
	const size_t whole = strlen(text), from = random_number() % whole;

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)text[(from + i) % whole];
}

/* The magic of gzip, zlib, zstd, xz or bzip2 before noise. */
static void fill_compressed(uint8_t *bytes, size_t length)
{
	static const char *const magics[] = { "\x1f\x8b\x08", "\x78\x9c", "\x28\xb5\x2f\xfd",
					      ("\xfd"
					       "7zXZ"),
					      "BZh91AY&SY" };
	const char *const magic = magics[random_number() % 5];

	fill_random(bytes, length);
	memcpy(bytes, magic, strlen(magic) < length ? strlen(magic) : length);
}

/* One octet all along, or rising ones. */
static void fill_even(uint8_t *bytes, size_t length)
{
	const uint8_t first = (uint8_t)random_number(), step = (uint8_t)(random_number() % 3);

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(first + i * step);
}

typedef void fill(uint8_t *bytes, size_t length);

/* ---- asking ---- */

static void fail_named(const struct protocol *protocol, const char *what, const uint8_t *bytes, size_t length)
{
	char hex[97] = "";

	for (size_t i = 0; i < length && i < 48; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	fail_msg("%s of %zu octets is named %s: %s", what, length, protocol->name, hex);
}

static void check(fill *make, const char *what)
{
	const char *const wanted = getenv("DOORWARD_FALSE_NAMES");
	const unsigned long rounds = wanted != NULL ? strtoul(wanted, NULL, 10) : ROUNDS;
	uint8_t before[LENGTH_MOST], now[LENGTH_MOST];
	size_t length_before = 0;

	for (unsigned long i = 0; i < rounds; i++) {
		const bool stream = i % 4 == 0;
		const size_t length = stream ? STREAM_LENGTH : 1 + random_number() % LENGTH_MOST;
		struct identify_question question = {
			.from_start = stream,
			.transport = stream ? TRANSPORT_TCP : TRANSPORT_UDP,
			.ports = { (uint16_t)random_number(), (uint16_t)random_number() },
		};
		struct identify_answer answer;
		const struct protocol *continued;

		make(now, length);
		question.first[i % 2] = span_of(now, length);
		identify(&question, &answer);
		if (answer.protocol != NULL)
			fail_named(answer.protocol, what, now, length);
		if (stream)
			continue;
		if (length_before > 0) {
			continued = identify_continued(span_of(before, length_before), span_of(now, length));
			if (continued != NULL)
				fail_named(continued, what, now, length);
		}
		memcpy(before, now, length);
		length_before = length;
	}
}

static void random_octets_have_no_name(void **unused)
{
	(void)unused;
	check(fill_random, "noise");
}

static void text_has_no_name(void **unused)
{
	(void)unused;
	check(fill_text, "text");
}

static void compressed_noise_has_no_name(void **unused)
{
	(void)unused;
	check(fill_compressed, "compressed noise");
}

static void even_octets_have_no_name(void **unused)
{
	(void)unused;
	check(fill_even, "a row of octets");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_octets_have_no_name),
		cmocka_unit_test(text_has_no_name),
		cmocka_unit_test(compressed_noise_has_no_name),
		cmocka_unit_test(even_octets_have_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
