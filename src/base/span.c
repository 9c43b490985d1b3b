#include "base/span.h"

bool span_ends(struct span s, const char *text)
{
	const size_t length = strlen(text);

	return span_left(s) >= length && memcmp(s.end - length, text, length) == 0;
}

size_t span_find(struct span s, const char *text)
{
	const size_t length = strlen(text);
	const uint8_t *found = span_left(s) > 0 ? memmem(s.at, span_left(s), text, length) : NULL;

	return found != NULL ? (size_t)(found - s.at) : SIZE_MAX;
}

size_t span_find_last(struct span s, uint8_t byte)
{
	for (size_t left = span_left(s); left > 0; left--) {
		if (s.at[left - 1] == byte)
			return left - 1;
	}
	return SIZE_MAX;
}

bool span_number(struct span s, uint64_t most, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (s.failed || span_left(s) == 0)
		return false;
	for (; s.at < s.end; s.at++) {
		const unsigned digit = (unsigned)*s.at - '0';

		if (digit > 9 || digit > most || number > (most - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return true;
}

char *span_copy_text(struct span s, char *text, size_t size)
{
	size_t length = span_left(s) > 0 ? strnlen((const char *)s.at, span_left(s)) : 0;

	if (length >= size)
		length = size - 1;
	if (length > 0) /* what has no bytes may have no place */
		memcpy(text, s.at, length);
	text[length] = '\0';
	return text;
}
