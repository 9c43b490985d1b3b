/* The file of keys: an association on each line, and every error with its place. */
#include "base/openssl_calls.h"
#include "base/suggest.h"
#include "packet/ipsec_association.h"

#include <stdio.h>
#include <stdlib.h>

enum { SPI_RESERVED = 255 }; /* RFC 4303, section 2.1 */

/* A line while it is read. A word in quotes is given without them. */
struct line {
	const char *path;
	uint32_t number;
	struct span whole, rest;
	struct span word;
	bool quoted;
	struct error err;
};

/* Columns count characters, from 1. */
static bool fail(struct line *line, struct span at, const char *words, const char *what)
{
	unsigned column = 1;

	for (const uint8_t *p = line->whole.at; p < at.at; p++)
		column += (*p & 0xc0) != 0x80;
	return error_set(&line->err, "%s:%u:%u: %s%s", line->path, (unsigned)line->number, column, words,
			 what);
}

/* A text of the file for words about it: short, and printable. */
static const char *shown(struct span s, char text[static 40])
{
	span_copy_text(s, text, 40);
	for (char *p = text; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return text;
}

/* Takes the next word; false at the end of the line. */
static bool next(struct line *line)
{
	struct span *const s = &line->rest;

	while (span_left(*s) > 0 && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r'))
		s->at++;
	line->word = *s;
	line->quoted = span_peek(*s, 0) == '"';
	if (span_left(*s) == 0 || *s->at == '#') {
		line->word.end = s->at;
		return false;
	}
	if (line->quoted) {
		s->at++;
		line->word = span_until(s, '"');
		if (line->word.failed)
			line->word.at = line->word.end = s->at - 1;
		return true;
	}
	while (span_left(*s) > 0 && *s->at != ' ' && *s->at != '\t' && *s->at != '\r' && *s->at != '#')
		s->at++;
	line->word.end = s->at;
	return true;
}

static bool next_or_fail(struct line *line, const char *what)
{
	if (!next(line))
		return fail(line, line->word, what, " is missing");
	if (line->word.failed)
		return fail(line, line->word, "the closing quote is missing", "");
	return true;
}

/* ---- words ---- */

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool begins_hexadecimal(struct span s)
{
	return span_left(s) > 2 && s.at[0] == '0' && (s.at[1] | 0x20) == 'x';
}

static bool read_spi(struct line *line, uint32_t *ret_spi)
{
	struct span s = line->word;
	uint64_t spi = 0;
	bool good;

	if (begins_hexadecimal(s)) {
		span_skip(&s, 2);
		good = span_left(s) <= 8;
		while (good && span_left(s) > 0) {
			const int value = digit(span_u8(&s));

			good = value >= 0;
			spi = spi << 4 | (uint64_t)(value & 15);
		}
	} else {
		good = span_number(s, UINT32_MAX, &spi);
	}
	*ret_spi = (uint32_t)spi;
	if (!good || spi == 0)
		return fail(line, line->word, "an SPI is a number from 1 to 0xffffffff", "");
	return true;
}

/* A key's octets into `key`; nothing of it is ever repeated. */
static bool read_key(struct line *line, uint8_t key[static IPSEC_KEY], struct span *ret_key)
{
	struct span s = line->word;
	size_t length = 0;

	if (line->quoted) {
		if (span_left(s) == 0 || span_left(s) > IPSEC_KEY)
			return fail(line, s, "a key has 1 to 128 octets", "");
		memcpy(key, s.at, span_left(s));
		*ret_key = span_of(key, span_left(s));
		return true;
	}
	if (!begins_hexadecimal(s))
		return fail(line, s, "a key is written 0x and hexadecimal digits, or as text in quotes", "");
	span_skip(&s, 2);
	if (span_left(s) % 2 != 0)
		return fail(line, line->word, "an odd number of hexadecimal digits", "");
	if (span_left(s) > IPSEC_KEY * 2)
		return fail(line, line->word, "a key has 1 to 128 octets", "");
	while (span_left(s) > 0) {
		const struct span at = s;
		const int high = digit(span_u8(&s)), low = digit(span_u8(&s));

		if (high < 0 || low < 0)
			return fail(line, at, "no hexadecimal digit", "");
		key[length++] = (uint8_t)(high << 4 | low);
	}
	*ret_key = span_of(key, length);
	return true;
}

static bool read_address(struct line *line, bool *has, struct address *ret_address)
{
	if (*has)
		return fail(line, line->word, "the address is given twice", "");
	if (!next_or_fail(line, "an address"))
		return false;
	if (!address_parse(line->word, ret_address))
		return fail(line, line->word, "no IPv4 or IPv6 address", "");
	*has = true;
	return true;
}

/* "unknown encryption aes-gcm (did you mean aes-gcm-16?)" */
static bool fail_name(struct line *line, const char *words, const char *(*nth)(size_t))
{
	char text[40], what[128];
	struct suggestion suggestion = { .typed = shown(line->word, text) };
	const char *name;

	for (size_t i = 0; (name = nth(i)) != NULL; i++)
		suggest_offer(&suggestion, name);
	if (suggestion.best != NULL)
		snprintf(what, sizeof(what), " \"%s\"; did you mean %s?", text, suggestion.best);
	else
		snprintf(what, sizeof(what), " \"%s\"; doorward-keys(5) lists them", text);
	return fail(line, line->word, words, what);
}

static bool read_encryption(struct line *line, struct association *a)
{
	const struct ipsec_cipher *cipher;
	uint8_t bytes[IPSEC_KEY];
	struct span key = span_of(NULL, 0);
	bool good;

	if (a->cipher != NULL)
		return fail(line, line->word, "encryption is given twice", "");
	if (!next_or_fail(line, "the name of an encryption"))
		return false;
	cipher = ipsec_cipher_named(line->word);
	if (cipher == NULL)
		return fail_name(line, "unknown encryption", ipsec_cipher_nth);
	if (cipher->mode != MODE_NULL && (!next_or_fail(line, "a key") || !read_key(line, bytes, &key)))
		return false;
	good = ipsec_set_cipher(a, cipher, key);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	if (!good)
		return fail(line, line->word, "no key for this encryption: ", cipher->key_words);
	return true;
}

static bool read_integrity(struct line *line, struct association *a)
{
	const struct ipsec_mac *mac;
	uint8_t bytes[IPSEC_KEY];
	struct span key;
	bool good;

	if (a->mac != NULL)
		return fail(line, line->word, "integrity is given twice", "");
	if (!next_or_fail(line, "the name of an integrity algorithm"))
		return false;
	mac = ipsec_mac_named(line->word);
	if (mac == NULL)
		return fail_name(line, "unknown integrity algorithm", ipsec_mac_nth);
	if (!next_or_fail(line, "a key") || !read_key(line, bytes, &key))
		return false;
	good = ipsec_set_mac(a, mac, key);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	if (!good)
		return fail(line, line->word, "no key for this algorithm",
			    mac->key != 0 ? ": 16 octets" : " in this OpenSSL");
	return true;
}

/* ---- lines ---- */

static const char *statement_nth(size_t nth)
{
	static const char *const words[] = { "from", "to", "encryption", "integrity" };

	return nth < 4 ? words[nth] : NULL;
}

static bool read_parts(struct line *line, struct association *a)
{
	while (next(line)) {
		if (line->word.failed)
			return fail(line, line->word, "the closing quote is missing", "");
		if (span_is(line->word, "from")) {
			if (!read_address(line, &a->shown.has_from, &a->shown.from))
				return false;
		} else if (span_is(line->word, "to")) {
			if (!read_address(line, &a->shown.has_to, &a->shown.to))
				return false;
		} else if (span_is(line->word, "encryption")) {
			if (!read_encryption(line, a))
				return false;
		} else if (span_is(line->word, "integrity")) {
			if (!read_integrity(line, a))
				return false;
		} else {
			return line->quoted ? fail(line, line->word, "a text where a word is expected", "")
					    : fail_name(line, "unknown word", statement_nth);
		}
	}
	return true;
}

static bool is_complete(struct line *line, const struct association *a)
{
	if (a->shown.protocol == TRANSPORT_AH && a->cipher != NULL)
		return fail(line, line->whole, "ah has no encryption", "");
	if (a->cipher == NULL && a->mac == NULL)
		return fail(line, line->rest, "integrity is missing",
			    a->shown.protocol == TRANSPORT_AH ? "" : ", or encryption");
	if (a->cipher != NULL && a->cipher->mode == MODE_AEAD && a->mac != NULL)
		return fail(line, line->rest, a->cipher->name,
			    " verifies by itself: it has no other integrity");
	return true;
}

static bool read_line(struct line *line, struct association *a)
{
	char text[40];

	a->shown.line = line->number;
	if (span_is(line->word, "esp"))
		a->shown.protocol = TRANSPORT_ESP;
	else if (span_is(line->word, "ah"))
		a->shown.protocol = TRANSPORT_AH;
	else
		return fail(line, line->word, "a line begins with esp or ah, and not with ",
			    line->quoted ? "a text" : shown(line->word, text));
	return next_or_fail(line, "an SPI") && read_spi(line, &a->shown.spi) && read_parts(line, a) &&
	       is_complete(line, a);
}

static bool is_same(const struct ipsec_association *a, const struct ipsec_association *b)
{
	return a->protocol == b->protocol && a->spi == b->spi && a->has_from == b->has_from &&
	       a->has_to == b->has_to && address_compare(&a->from, &b->from) == 0 &&
	       address_compare(&a->to, &b->to) == 0;
}

static int by_spi(const void *x, const void *y)
{
	const struct ipsec_association *const a = &((const struct association *)x)->shown;
	const struct ipsec_association *const b = &((const struct association *)y)->shown;

	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	if (a->spi != b->spi)
		return a->spi < b->spi ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

/* Makes room for one more. */
static struct association *extend(struct ipsec *ipsec)
{
	const size_t capacity = ipsec->capacity != 0 ? ipsec->capacity * 2 : 16;
	struct association *list;

	if (ipsec->count < ipsec->capacity)
		return &ipsec->list[ipsec->count];
	list = realloc(ipsec->list, capacity * sizeof(*list));
	if (list == NULL)
		return NULL;
	ipsec->list = list;
	ipsec->capacity = capacity;
	return &list[ipsec->count];
}

/* One line; true if it is empty as well. */
static bool add_line(struct ipsec *ipsec, struct line *line)
{
	struct association a = { 0 }, *place;

	if (!next(line))
		return true;
	if (ipsec->count == IPSEC_ASSOCIATIONS)
		return fail(line, line->word, "more than 4096 associations", "");
	place = extend(ipsec);
	if (place == NULL)
		return error_memory(&line->err);
	if (!read_line(line, &a)) {
		ipsec_association_clear(&a);
		return false;
	}
	*place = a;
	ipsec->count++;
	return true;
}

/* The same association on two lines: which keys are right cannot be known. */
static bool tell_repeated(struct ipsec *ipsec, const char *path, ipsec_told *told, void *context)
{
	bool good = true;
	struct error err;

	for (size_t i = 1; i < ipsec->count; i++) {
		const struct ipsec_association *const a = &ipsec->list[i].shown;

		for (size_t j = i; j > 0 && ipsec->list[j - 1].shown.spi == a->spi; j--) {
			if (!is_same(a, &ipsec->list[j - 1].shown))
				continue;
			error_set(&err, "%s:%u:1: the association of line %u again", path, (unsigned)a->line,
				  (unsigned)ipsec->list[j - 1].shown.line);
			told(context, &err);
			good = false;
			break;
		}
	}
	return good;
}

bool ipsec_read_keys(struct ipsec *ipsec, const char *path, struct span text, ipsec_told *told, void *context)
{
	struct line line = { .path = path };
	bool good = openssl_load(&line.err);

	if (good && ipsec->outputs == NULL)
		ipsec->outputs = malloc((size_t)PACKET_DEPTH * IPSEC_BYTES);
	if (good && ipsec->outputs == NULL)
		good = error_memory(&line.err);
	if (!good) {
		told(context, &line.err);
		return false;
	}
	while (span_left(text) > 0) {
		struct span rest = text;

		line.whole = span_line(&rest);
		if (line.whole.failed) {
			line.whole = text;
			rest.at = rest.end;
		}
		text = rest;
		line.whole.failed = text.failed = false;
		line.rest = line.whole;
		line.number++;
		if (!add_line(ipsec, &line)) {
			told(context, &line.err);
			good = false;
		}
	}
	if (ipsec->count > 0)
		qsort(ipsec->list, ipsec->count, sizeof(*ipsec->list), by_spi);
	return tell_repeated(ipsec, path, told, context) && good;
}
