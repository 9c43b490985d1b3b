/* burp.c: Burp, as its source tells: behind a letter and four hexadecimal digits a text; the client says
 * "hello" with its version, the server asks who it is. Inside TLS. */
#include "protocols/lines.h"

enum { HEAD = 5, TEXT_MOST = 64 };

/* "c0005hello", "c000Fwhoareyou:3.1.4". */
static enum verdict recognise_words(struct span first, const char *words)
{
	static const char form[] = "c00##";
	struct span text;

	for (size_t i = 0; i < HEAD && i < span_left(first); i++)
		if (form[i] == '#'
			    ? strchr("0123456789ABCDEFabcdef", first.at[i]) == NULL || first.at[i] == '\0'
			    : first.at[i] != (uint8_t)form[i])
			return NO;
	if (span_left(first) <= HEAD)
		return MORE;
	text = first;
	span_skip(&text, HEAD);
	return recognise_text(text, words);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return recognise_words(first, side == SIDE_CLIENT ? "hello" : "whoareyou");
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "c000Bhello:2.2.4");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0 ? recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
							   : MORE;
	struct span s = *heard, text;
	size_t length = 0;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	for (size_t i = 1; i < HEAD; i++)
		length = length * 16 + (size_t)(s.at[i] <= '9' ? s.at[i] - '0' : (s.at[i] | 0x20) - 'a' + 10);
	span_skip(&s, HEAD);
	text = span_take(&s, length);
	if (text.failed)
		return ended ? PROBE_DONE : PROBE_WAIT;
	(void)span_until(&text, ':');
	answer_product(answer, span_text("Burp"), text.failed ? span_text("") : text_version(text));
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_burp = {
	.name = "burp",
	.title = "Burp backup",
	DOORS(TCP(4971)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.probe = &probe,
};
