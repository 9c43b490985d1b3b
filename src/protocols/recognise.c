/* recognise.c: asks the protocols whose words these are. */
#include "protocols/protocols.h"

enum verdict recognise_text(struct span s, const char *text)
{
	const size_t length = strlen(text), come = span_left(s);

	if (memcmp(s.at, text, come < length ? come : length) != 0)
		return NO;
	return come < length ? MORE : YES;
}

enum verdict recognise_texts(struct span s, const char *const *texts, size_t count)
{
	enum verdict best = NO;

	for (size_t i = 0; i < count && best != YES; i++) {
		const enum verdict verdict = recognise_text(s, texts[i]);

		best = verdict == NO ? best : verdict;
	}
	return best;
}

enum verdict recognise_within_limit(struct span first, enum side side,
				    enum verdict (*ask)(struct span first, enum side side))
{
	enum verdict verdict;

	if (span_left(first) < RECOGNISE_LIMIT)
		return ask(first, side);
	verdict = ask(span_take(&first, RECOGNISE_LIMIT), side);
	return verdict == MORE ? NO : verdict;
}

const struct protocol *protocol_recognise(struct span bytes, enum side side, unsigned transport,
					  const struct protocol *first, bool *ret_more)
{
	const struct protocol *protocol;

	*ret_more = false;
	if (span_left(bytes) == 0) {
		*ret_more = true;
		return NULL;
	}
	if (first != NULL && first->recognise(bytes, side, transport) == YES)
		return first;
	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		const enum verdict verdict = protocol->recognise(bytes, side, transport);

		if (verdict == YES) {
			*ret_more = false;
			return protocol;
		}
		*ret_more = *ret_more || verdict == MORE;
	}
	return NULL;
}
