/* recognise.c: asks the protocols whose words these are. */
#include "protocols/protocols.h"

enum verdict recognise_begun(struct span s, const char *text)
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

enum verdict recognise_nothing(struct span first, enum side side, unsigned transport)
{
	(void)first;
	(void)side;
	(void)transport;
	return NO;
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

/* Whether one of the marks of its place allows the octet. */
static bool is_allowed(const struct protocol *protocol, uint8_t at, uint8_t octet)
{
	for (size_t i = 0; i < protocol->mark_count; i++) {
		const struct mark *const mark = &protocol->marks[i];

		if (mark->at == at && octet >= mark->low && octet <= mark->high)
			return true;
	}
	return false;
}

bool protocol_finds_marks(const struct protocol *protocol, struct span datagram)
{
	if (span_left(datagram) < protocol->datagram_least)
		return false;
	for (size_t i = 0; i < protocol->mark_count; i++) {
		const uint8_t at = protocol->marks[i].at;

		if (at >= span_left(datagram) || !is_allowed(protocol, at, datagram.at[at]))
			return false;
	}
	return true;
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
	if (first != NULL && protocol_is_over(first, transport) &&
	    first->recognise(bytes, side, transport) == YES)
		return first;
	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		const enum verdict verdict = protocol_is_over(protocol, transport)
						     ? protocol->recognise(bytes, side, transport)
						     : NO;

		if (verdict == YES) {
			*ret_more = false;
			return protocol;
		}
		*ret_more = *ret_more || verdict == MORE;
	}
	return NULL;
}
