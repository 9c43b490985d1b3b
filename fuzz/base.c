/* The ground floor on any bytes: what is read and printed again must be the same, what is escaped must be
 * harmless, what is written as JSON must read back. */
#include "base/address.h"
#include "base/escape.h"
#include "base/json.h"

#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void addresses(struct span s)
{
	struct address_range range, again;
	char text[ADDRESS_RANGE_TEXT];

	if (!address_range_parse(s, &range, NULL))
		return;
	require(address_compare(&range.first, &range.last) <= 0);
	require(address_range_parse(span_text(address_range_text(&range, text)), &again, NULL));
	require(address_compare(&range.first, &again.first) == 0 &&
		address_compare(&range.last, &again.last) == 0);
}

static void escaping(struct span s)
{
	struct buffer out = buffer_new(1 << 20);
	struct span left;

	escape_terminal(&out, s);
	left = buffer_read(&out);
	while (span_left(left) > 0) {
		const int32_t c = utf8_next(&left);

		require(c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0));
	}
	buffer_free(&out);
}

static void json(struct span s)
{
	struct buffer out = buffer_new(1 << 20);
	struct json j = json_new(&out);
	json_t *read;

	json_begin(&j);
	json_span(&j, "text", s);
	json_end(&j);
	read = json_loadb((const char *)out.bytes, out.length, JSON_ALLOW_NUL, NULL);
	require(read != NULL);
	json_decref(read);
	buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct span s = span_of(bytes, length);

	if (length > 65536)
		return 0;
	addresses(s);
	escaping(s);
	json(s);
	return 0;
}
