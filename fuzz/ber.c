/* The BER reader: walks whatever it is given, and what it reads it must write and read again alike. */
#include "protocols/ber.h"

#include <stdlib.h>

enum { DEPTH = 16, COPY_LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void written_again_is_the_same(uint8_t tag, struct span content)
{
	struct buffer copy = buffer_new(COPY_LIMIT);
	struct span again;

	ber_write(&copy, tag, content);
	if (!copy.failed) {
		again = buffer_read(&copy);
		again = ber_take(&again, tag);
		must(!again.failed && span_left(again) == span_left(content));
		must(memcmp(again.at, content.at, span_left(content)) == 0);
	}
	buffer_free(&copy);
}

static void walk(struct span s)
{
	struct span above[DEPTH];
	size_t depth = 0;

	for (;;) {
		struct span number = s, content;
		uint8_t tag, framed_tag;
		size_t whole;
		const enum ber_frame frame = ber_frame(s, &framed_tag, &whole);
		const struct span before = s;
		char text[128];

		(void)ber_integer(&number, ber_peek(s));
		content = ber_any(&s, &tag);
		must(s.failed == (frame != BER_FRAMED || whole > span_left(before)));
		if (s.failed && depth == 0)
			return;
		if (s.failed || span_left(s) == 0)
			s = depth > 0 ? above[--depth] : s;
		if (content.failed)
			continue;
		must(tag == framed_tag);
		(void)ber_oid_text(content, text, sizeof(text));
		written_again_is_the_same(tag, content);
		if ((tag & BER_CONSTRUCTED) != 0 && depth < DEPTH) {
			above[depth++] = s;
			s = content;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	walk(span_of(bytes, length));
	return 0;
}
