/* tls_fingerprint.c: the fingerprints JA3 and JA3S (MD5 of the hello's numbers, in the order in which they
 * stand) and JA4 (sorted, so that browsers that shuffle their extensions keep theirs). */
#include "base/digest.h"
#include "base/escape.h"
#include "protocols/tls_hello.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_LIMIT = 8192, NUMBERS_LIMIT = 512, MD5_TEXT = 33, SHORT_HASH = 12, FIRST_OF_PAIR = 16 };
enum { SERVER_NAME = 0, ALPN = 16 };

/* ---- numbers of a hello ---- */

/* Numbers of one list without GREASE. */
struct numbers {
	uint16_t list[NUMBERS_LIMIT];
	size_t count;
};

static void add_number(struct numbers *numbers, uint16_t number)
{
	if (!tls_is_grease(number) && numbers->count < NUMBERS_LIMIT)
		numbers->list[numbers->count++] = number;
}

static void read_numbers(struct span list, struct numbers *ret_numbers)
{
	ret_numbers->count = 0;
	while (span_left(list) >= 2)
		add_number(ret_numbers, span_u16(&list));
}

static void read_extension_types(const struct tls_hello *hello, struct numbers *ret_numbers)
{
	struct span list = hello->extensions;

	ret_numbers->count = 0;
	while (span_left(list) >= 4 && !list.failed) {
		add_number(ret_numbers, span_u16(&list));
		span_skip(&list, span_u16(&list));
	}
}

/* ---- JA3 ---- */

static void write_numbers(struct buffer *out, const struct numbers *numbers)
{
	for (size_t i = 0; i < numbers->count; i++) {
		buffer_u8(out, i > 0 ? '-' : ',');
		buffer_decimal(out, numbers->list[i]);
	}
	if (numbers->count == 0)
		buffer_u8(out, ',');
}

static void write_ja3_text(struct buffer *out, const struct tls_hello *hello, bool client)
{
	struct numbers numbers;
	struct span formats = hello->formats;

	buffer_decimal(out, hello->legacy_version);
	if (client) {
		read_numbers(hello->ciphers, &numbers);
		write_numbers(out, &numbers);
	} else {
		buffer_u8(out, ',');
		buffer_decimal(out, hello->cipher);
	}
	read_extension_types(hello, &numbers);
	write_numbers(out, &numbers);
	if (!client)
		return;
	read_numbers(hello->groups, &numbers);
	write_numbers(out, &numbers);
	for (numbers.count = 0; span_left(formats) > 0 && numbers.count < NUMBERS_LIMIT;)
		numbers.list[numbers.count++] = span_u8(&formats);
	write_numbers(out, &numbers);
}

void tls_write_ja3(struct json *json, const char *key, const struct tls_hello *hello, bool client)
{
	struct buffer text = buffer_new(TEXT_LIMIT);
	uint8_t memory[DIGEST_MOST];
	char hash[MD5_TEXT];

	write_ja3_text(&text, hello, client);
	if (!text.failed) {
		const struct span md5 = digest(DIGEST_MD5, buffer_read(&text), memory);

		json_open_object(json, key);
		if (span_left(md5) > 0)
			json_text(json, "hash", hex_text(md5, 0, hash, sizeof(hash)));
		json_span(json, "string", buffer_read(&text));
		json_end(json);
	}
	buffer_free(&text);
}

/* ---- JA4 ---- */

static int compare_numbers(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void write_hex_numbers(struct buffer *out, const struct numbers *numbers)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < numbers->count; i++) {
		const uint16_t n = numbers->list[i];

		if (i > 0)
			buffer_u8(out, ',');
		buffer_add(
			out,
			(char[]){ digits[n >> 12], digits[n >> 8 & 15], digits[n >> 4 & 15], digits[n & 15] },
			4);
	}
}

/* Twelve digits of SHA-256; zeros for nothing. */
static void write_short_hash(struct buffer *out, const struct buffer *text)
{
	uint8_t memory[DIGEST_MOST];
	char hash[SHORT_HASH + 1] = "000000000000";

	if (text->length > 0)
		hex_text(digest(DIGEST_SHA256, buffer_read(text), memory), 0, hash, sizeof(hash));
	buffer_u8(out, '_');
	buffer_text(out, hash);
}

static const char *ja4_version(uint16_t version)
{
	switch (version) {
	case TLS_1_3: return "13";
	case TLS_1_2: return "12";
	case TLS_1_1: return "11";
	case TLS_1_0: return "10";
	case SSL_3: return "s3";
	case SSL_2: return "s2";
	case DTLS_1_0: return "d1";
	case DTLS_1_2: return "d2";
	case DTLS_1_3: return "d3";
	default: return "00";
	}
}

/* The first and the last letter of the first protocol; where one is no letter or digit, of its hexadecimal
 * form. */
static void write_ja4_alpn(struct buffer *out, struct span list)
{
	const struct span first = span_take(&list, span_u8(&list));
	const size_t length = span_left(first);
	uint8_t front, back;

	if (length == 0) {
		buffer_text(out, "00");
		return;
	}
	front = first.at[0];
	back = first.at[length - 1];
	if (isalnum(front) && isalnum(back))
		buffer_format(out, "%c%c", front, back);
	else
		buffer_format(out, "%x%x", front / FIRST_OF_PAIR, back % FIRST_OF_PAIR);
}

/* The types but for the name and ALPN, sorted; then the signature algorithms as they stand. */
static void write_ja4_extensions(struct buffer *out, const struct tls_hello *hello, struct numbers *numbers)
{
	size_t kept = 0;

	for (size_t i = 0; i < numbers->count; i++)
		if (numbers->list[i] != SERVER_NAME && numbers->list[i] != ALPN)
			numbers->list[kept++] = numbers->list[i];
	numbers->count = kept;
	qsort(numbers->list, numbers->count, sizeof(numbers->list[0]), compare_numbers);
	write_hex_numbers(out, numbers);
	read_numbers(hello->signatures, numbers);
	if (numbers->count > 0)
		buffer_text(out, "_");
	write_hex_numbers(out, numbers);
}

void tls_write_ja4(struct json *json, const struct tls_hello *hello, char transport)
{
	struct buffer text = buffer_new(TEXT_LIMIT), ciphers = buffer_new(TEXT_LIMIT),
		      extensions = buffer_new(TEXT_LIMIT);
	struct numbers numbers;
	size_t cipher_count;

	read_numbers(hello->ciphers, &numbers);
	cipher_count = numbers.count < 99 ? numbers.count : 99;
	qsort(numbers.list, numbers.count, sizeof(numbers.list[0]), compare_numbers);
	write_hex_numbers(&ciphers, &numbers);
	read_extension_types(hello, &numbers);
	buffer_format(&text, "%c%s%c%02zu%02zu", transport, ja4_version(hello->version),
		      hello->has_name ? 'd' : 'i', cipher_count, numbers.count < 99 ? numbers.count : 99);
	write_ja4_alpn(&text, hello->alpn);
	write_ja4_extensions(&extensions, hello, &numbers);
	write_short_hash(&text, &ciphers);
	write_short_hash(&text, &extensions);
	if (!text.failed && !ciphers.failed && !extensions.failed)
		json_span(json, "ja4", buffer_read(&text));
	buffer_free(&text);
	buffer_free(&ciphers);
	buffer_free(&extensions);
}

void tls_write_alpn(struct json *json, const char *key, struct span list)
{
	if (span_left(list) == 0)
		return;
	json_open_array(json, key);
	while (span_left(list) > 0 && !list.failed) {
		const struct span name = span_take(&list, span_u8(&list));

		if (!name.failed)
			json_span(json, NULL, name);
	}
	json_end(json);
}

void tls_write_client(struct json *json, const struct tls_hello *hello, char transport)
{
	if (span_left(hello->name) > 0)
		json_span(json, "sni", hello->name);
	tls_write_ja3(json, "ja3", hello, true);
	tls_write_ja4(json, hello, transport);
	tls_write_alpn(json, "client_alpns", hello->alpn);
	json_text(json, "client_version", tls_version_text(hello->version));
	if (hello->encrypted_hello)
		json_bool(json, "ech", true);
}
