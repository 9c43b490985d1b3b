#include "noise.h"

#include <stdbool.h>
#include <string.h>
#include <zlib.h>

static uint64_t seed = 1;

void noise_seed(uint64_t wanted)
{
	seed = wanted != 0 ? wanted : 1;
}

uint32_t noise_number(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

static const char *const texts[] = {
	"The quick brown fox jumps over the lazy dog, and then sits down to think about it.\n",
	("Zw\xc3\xb6lf Boxk\xc3\xa4mpfer jagen Viktor quer \xc3\xbc"
	 "ber den gro\xc3\x9f"
	 "en Sylter Deich.\r\n"),
	"Portez ce vieux whisky au juge blond qui fume, d\xc3\xa9j\xc3\xa0 vu \xc3\xa0 No\xc3\xabl.\n",
	"El ping\xfcino Wenceslao hizo kil\xf3metros bajo exhaustiva lluvia y fr\xedo.\n", /* Latin-1 */
	"Za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87 g\xc4\x99\xc5\x9bl\xc4\x85 ja\xc5\xba\xc5\x84\n",
	("Pijamal\xc4\xb1 hasta ya\xc4\x9f\xc4\xb1z \xc5\x9fof\xc3\xb6re \xc3\xa7"
	 "abucak g\xc3\xbcvendi.\n"),
	("\xd0\xa1\xd1\x8a\xd0\xb5\xd1\x88\xd1\x8c \xd0\xb5\xd1\x89\xd1\x91 \xd1\x8d\xd1\x82\xd0\xb8\xd1\x85 "
	 "\xd0\xbc\xd1\x8f\xd0\xb3\xd0\xba\xd0\xb8\xd1\x85\n"),
	"\xe3\x81\x84\xe3\x82\x8d\xe3\x81\xaf\xe3\x81\xab\xe3\x81\xbb\xe3\x81\xb8\xe3\x81\xa8\n",
	"\xe5\xa4\xa9\xe5\x9c\xb0\xe7\x8e\x84\xe9\xbb\x84 \xe5\xae\x87\xe5\xae\x99\xe6\xb4\xaa\xe8\x8d\x92\n",
	"\xeb\x8b\xa4\xeb\x9e\x8c\xec\xa5\x90 \xed\x97\x8c "
	"\xec\xb3\x87\xeb\xb0\x94\xed\x80\xb4\xec\x97\x90\n",
	"\xd7\x93\xd7\x92 \xd7\xa1\xd7\xa7\xd7\xa8\xd7\x9f \xd7\xa9\xd7\x98 \xd7\x91\xd7\x99\xd7\x9d\n",
	"\xd8\xb5\xd9\x90\xd9\x81 \xd8\xae\xd9\x8e\xd9\x84\xd9\x82\xd9\x8e "
	"\xd8\xae\xd9\x8e\xd9\x88\xd8\xaf\n",
	"\xce\x93\xce\xb1\xce\xb6\xce\xad\xce\xb5\xcf\x82 \xce\xba\xce\xb1\xe1\xbd\xb6 \xce\xbc\n",
	"\xe0\xa4\x8b\xe0\xa4\xb7\xe0\xa4\xbf\xe0\xa4\xaf\xe0\xa5\x8b\xe0\xa4\x82 \xe0\xa4\x95\xe0\xa5\x8b\n",
	"\xe0\xb9\x80\xe0\xb8\x9b\xe0\xb9\x87\xe0\xb8\x99\xe0\xb8\xa1\xe0\xb8\x99\xe0\xb8\xb8\xe0\xb8\xa9\n",
	"{\"a\": [1, 2, 3], \"b\": \"text\", \"c\": null}\n",
	"key=value; other=thing; path=/somewhere/else\n",
	"<note><to>you</to><from>me</from></note>\n",
	"12:00:01 temperature 21.5 humidity 40\n",
	"int main(void)\n{\n\treturn puts(\"hello\") < 0;\n}\n",
	"- name: list\n  items:\n    - 1\n    - two\n",
	"id,name,when,much\r\n17,\"a, b\",2026-11-21,3.50\r\n",
	"2026-11-21T13:45:00Z host program[77]: something happened 12 times\n",
	"VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZw==\n",
	"54686520717569636b2062726f776e20666f78206a756d7073\n",
};

/* ---- fillings ---- */

static void fill_random(uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)noise_number();
}

/* Words of one language, from any place on. */
static void fill_text(uint8_t *bytes, size_t length)
{
	const char *const text = texts[noise_number() % (sizeof(texts) / sizeof(texts[0]))];
	const size_t whole = strlen(text), from = noise_number() % whole;

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)text[(from + i) % whole];
}

/* Random letters, words and lines. */
static void fill_letters(uint8_t *bytes, size_t length)
{
	static const char others[] = "    \n.,:;-+*/=<>()[]{}\"'0123456789";
	const uint32_t first = noise_number() % 2 == 0 ? 'a' : 'A';

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(noise_number() % 5 == 0
					     ? (uint32_t)others[noise_number() % (sizeof(others) - 1)]
					     : first + noise_number() % 26);
}

/* Text of two octets for each character. */
static void fill_wide_text(uint8_t *bytes, size_t length)
{
	const unsigned high = noise_number() % 2;

	fill_text(bytes, length);
	for (size_t i = length; i-- > 0;)
		bytes[i] = i % 2 == high ? bytes[i / 2] & 0x7f : 0;
}

/* One octet all along, or rising ones. */
static void fill_even(uint8_t *bytes, size_t length)
{
	const uint8_t first = (uint8_t)noise_number(), step = (uint8_t)(noise_number() % 3);

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(first + i * step);
}

static void fill_zeros(uint8_t *bytes, size_t length)
{
	memset(bytes, 0, length);
}

static void fill_somehow(uint8_t *bytes, size_t length)
{
	static void (*const fillings[])(uint8_t * bytes, size_t length) = { fill_random, fill_text,
									    fill_letters, fill_zeros };

	fillings[noise_number() % 4](bytes, length);
}

/* ---- compressed ---- */

/* The magic of gzip, zlib, zstd, xz or bzip2 before noise. */
static void fill_compressed_noise(uint8_t *bytes, size_t length)
{
	static const struct {
		const char *bytes;
		size_t length;
	} magics[] = {
		{ "\x1f\x8b\x08", 3 },
		{ "\x78\x9c", 2 },
		{ "\x28\xb5\x2f\xfd", 4 },
		{ ("\xfd"
		   "7zXZ"),
		  6 },
		{ "BZh91AY&SY", 10 },
	};
	const size_t which = noise_number() % 5;

	fill_random(bytes, length);
	memcpy(bytes, magics[which].bytes, magics[which].length < length ? magics[which].length : length);
}

/* Text as zlib makes it small, with its head or from somewhere on; noise behind where it ends too early. */
static void fill_compressed_text(uint8_t *bytes, size_t length)
{
	uint8_t plain[8192], small[9216];
	uLongf size = sizeof(small);
	size_t from;

	for (size_t at = 0; at < sizeof(plain); at += 64)
		fill_letters(plain + at, 48), fill_text(plain + at + 48, 16);
	(void)compress2(small, &size, plain, sizeof(plain), (int)(1 + noise_number() % 9));
	from = noise_number() % 2 == 0 ? 0 : noise_number() % (size / 2);
	fill_random(bytes, length);
	memcpy(bytes, small + from, length < size - from ? length : size - from);
}

/* ---- heads that people make up ---- */

/* Small numbers, and then anything. */
static void fill_small_head(uint8_t *bytes, size_t length)
{
	const size_t head = 1 + noise_number() % 24;

	fill_somehow(bytes, length);
	for (size_t i = 0; i < head && i < length; i++)
		bytes[i] = (uint8_t)(noise_number() % 9);
}

/* Small numbers all along, most of them zero. */
static void fill_sparse(uint8_t *bytes, size_t length)
{
	const uint32_t most = 1 + noise_number() % 255, every = 1 + noise_number() % 8;

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(noise_number() % every == 0 ? noise_number() % (most + 1) : 0);
}

static void write_number(uint8_t *bytes, size_t size, bool little, uint64_t number)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(number >> 8 * (little ? i : size - 1 - i));
}

/* A length of two or four octets in either order, of the whole or of the rest, behind none to six small
 * numbers. */
static void fill_length_head(uint8_t *bytes, size_t length)
{
	const size_t at = noise_number() % 7, size = noise_number() % 2 == 0 ? 2 : 4;
	const bool little = noise_number() % 2 == 0, rest = noise_number() % 2 == 0;

	fill_somehow(bytes, length);
	for (size_t i = 0; i < at && i < length; i++)
		bytes[i] = (uint8_t)(noise_number() % 9);
	if (at + size <= length)
		write_number(bytes + at, size, little, length - (rest ? at + size : 0));
}

/* Records of one size, each with a number that rises. */
static void fill_records(uint8_t *bytes, size_t length)
{
	const size_t size = 4 + 4 * (noise_number() % 8);
	const bool little = noise_number() % 2 == 0;
	uint32_t number = noise_number() % 3 == 0 ? noise_number() : noise_number() % 16;

	fill_sparse(bytes, length);
	for (size_t at = 0; at + size <= length; at += size)
		write_number(bytes + at, 4, little, number++);
}

const struct noise noises[] = {
	{ "random octets", fill_random },
	{ "text", fill_text },
	{ "letters", fill_letters },
	{ "wide text", fill_wide_text },
	{ "compressed noise", fill_compressed_noise },
	{ "compressed text", fill_compressed_text },
	{ "a row of octets", fill_even },
	{ "small numbers at the head", fill_small_head },
	{ "sparse numbers", fill_sparse },
	{ "a length at the head", fill_length_head },
	{ "records", fill_records },
};
const size_t noise_count = sizeof(noises) / sizeof(noises[0]);
