/* sane.c: SANE's network protocol, chapter 5 of the SANE standard: a client begins with the version and the
 * user's name, the server answers with a status and its version. */
#include "protocols/sane.h"
#include "protocols/lines.h"

enum { MAJOR = 1, PROTOCOL = 3, NAME_MOST = 64, AGREEMENT = 8 };

static const struct weakness *const weaknesses[] = { &sane_clear_login, NULL };

/* "01 00 00 03": major, minor, the protocol's number. */
static bool is_version(struct span s)
{
	return span_peek(s, 0) == MAJOR && span_peek(s, 2) == 0 && span_peek(s, 3) <= PROTOCOL &&
	       span_peek(s, 3) > 0;
}

/* A status and a version are a few small numbers, as anybody sends them: MORE. */
static enum verdict is_agreement(struct span *s)
{
	const struct span first = *s;
	const size_t come = span_left(first);

	for (size_t i = 0; i < 3 && i < come; i++)
		if (first.at[i] != 0)
			return NO;
	if (come > 3 && first.at[3] > SANE_STATUS_MOST)
		return NO;
	if (come < AGREEMENT)
		return MORE;
	span_skip(s, 4);
	return is_version(span_take(s, 4)) ? MORE : NO;
}

/* What devices there are, which clients ask next: a status, how many, and the first one's name behind a word
 * that says whether there is none. */
static enum verdict recognise_answer(struct span first)
{
	enum verdict verdict = is_agreement(&first);
	struct span rest = first, name;
	uint32_t count, length;

	if (verdict != MORE || span_left(rest) < 4 * 4)
		return verdict;
	if (span_u32(&rest) != 0 || (count = span_u32(&rest)) < 2 || count > SANE_DEVICES_MOST ||
	    span_u32(&rest) != 0 || (length = span_u32(&rest)) < 2 || length > NAME_MOST)
		return NO;
	name = span_take(&rest, length);
	if (name.failed)
		return MORE;
	name.end--;
	return *name.end == 0 && text_is_plain(name) ? YES : NO;
}

/* Who has no name is known by what is opened, perhaps after a look at the devices. */
static enum verdict recognise_nameless(struct span s)
{
	uint32_t command = span_u32(&s), length;
	struct span name;

	if (!s.failed && command == SANE_GET_DEVICES)
		command = span_u32(&s);
	length = span_u32(&s);
	if (s.failed)
		return MORE;
	if (command != SANE_OPEN || length < 2 || length > NAME_MOST)
		return NO;
	name = span_take(&s, length);
	if (name.failed)
		return MORE;
	name.end--;
	return *name.end == 0 && text_is_plain(name) ? YES : NO;
}

static enum verdict recognise_request(struct span first)
{
	struct span rest = first, name;
	const uint32_t command = span_u32(&rest);
	const struct span version = span_take(&rest, 4);
	const uint32_t length = span_u32(&rest);

	if (*first.at != 0 || (span_left(first) > 4 && first.at[4] != MAJOR))
		return NO;
	if (rest.failed)
		return MORE;
	if (command != SANE_INIT || !is_version(version) || length == 1 || length > NAME_MOST)
		return NO;
	if (length == 0)
		return recognise_nameless(rest);
	name = span_take(&rest, length);
	if (name.failed)
		return MORE;
	name.end--;
	return *name.end == 0 && text_is_plain(name) ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_SERVER ? recognise_answer(first) : recognise_request(first);
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char name[] = "doorward";

	(void)state;
	(void)transport;
	buffer_u32(out, 0);
	buffer_u32(out, MAJOR << 24 | PROTOCOL);
	buffer_u32(out, sizeof(name));
	buffer_add(out, name, sizeof(name));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span rest = *heard;

	(void)state;
	(void)out;
	if (span_left(rest) == 0 || is_agreement(&rest) == NO)
		return span_left(*heard) > 0 || ended ? PROBE_NOT : PROBE_WAIT;
	if (span_left(*heard) < AGREEMENT)
		return ended ? PROBE_NOT : PROBE_WAIT;
	answer_fact_format(answer, "status", "%u", load_u32(heard->at));
	answer_fact_format(answer, "sane_version", "%u.%u", heard->at[4], heard->at[5]);
	answer_product(answer, span_text("saned"), span_text(""));
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true, .knows = true, .transports = PROBE_TCP, .greet = greet, .hear = hear
};

const struct protocol protocol_sane = {
	.name = "sane",
	.title = "Scanner Access Now Easy",
	DOORS(TCP(6566)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &sane_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
