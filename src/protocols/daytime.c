/* daytime.c: Daytime Protocol, RFC 867: the time as a line of text, in one of the forms that servers write.
 */
#include "protocols/lines.h"

enum { LINE_MOST = 80, REST_ZONE = 8, REST_NIST = 40 };

/* # a figure, @ a letter, the rest itself; what stands behind is the zone, or nothing. */
static const char *const forms[] = {
	"## @@@ #### ##:##:##",         /* 21 NOV 2026 10:28:54 UTC */
	"@@@ @@@ ## ##:##:## ####",     /* Sat Nov 21 10:28:54 2026 */
	"@@@ @@@  # ##:##:## ####",     /* Sat Nov  7 10:28:54 2026 */
	"@@@ @@@ ## ##:##:## @@@ ####", /* Sat Nov 21 10:28:54 UTC 2026 */
	"@@@ @@@  # ##:##:## @@@ ####",
	"\n##### ##-##-## ##:##:## ## # ", /* NIST's: 60000 26-11-21 10:28:54 00 0 0 ... UTC(NIST) * */
};

static bool fits(uint8_t byte, char form)
{
	switch (form) {
	case '#': return byte >= '0' && byte <= '9';
	case '@': return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
	default: return byte == (uint8_t)form;
	}
}

/* What stands behind the form: a zone, or the figures of NIST's. */
static bool is_rest(struct span rest, size_t most)
{
	if (span_left(rest) > most)
		return false;
	for (; rest.at < rest.end; rest.at++)
		if (*rest.at < ' ' || *rest.at > '~')
			return false;
	return true;
}

static enum verdict recognise_form(struct span first, const char *form)
{
	const size_t most = *form == '\n' ? REST_NIST : REST_ZONE;
	struct span line;

	for (; *form != '\0'; form++, first.at++) {
		if (span_left(first) == 0)
			return MORE;
		if (!fits(*first.at, *form))
			return NO;
	}
	line = span_line(&first);
	if (!line.failed)
		return is_rest(line, most) ? YES : NO;
	if (span_left(first) > 0 && first.end[-1] == '\r')
		first.end--;
	return is_rest(first, most) ? MORE : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict best = NO;

	for (size_t i = 0; side == SIDE_SERVER && i < sizeof(forms) / sizeof(*forms) && best != YES; i++) {
		const enum verdict verdict = recognise_form(first, forms[i]);

		best = verdict == NO ? best : verdict;
	}
	return best == MORE && transport == TRANSPORT_UDP ? NO : best;
}

struct time_line {
	struct span text;
};

static void emit(const void *record, struct json *json)
{
	const struct time_line *const line = record;

	emit_span(json, "time", line->text);
}

static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	struct time_line told;

	(void)state;
	if (parse->side == SIDE_CLIENT) {
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	while (span_peek(*bytes, 0) == '\n')
		span_skip(bytes, 1);
	if (span_find(*bytes, "\n") == SIZE_MAX)
		return span_left(*bytes) <= LINE_MOST ? PARSE_ON : PARSE_BROKEN;
	if (!text_is_plain(*bytes))
		return PARSE_BROKEN;
	told.text = text_trim(span_line(bytes));
	parse_event(parse, &told);
	return PARSE_DONE;
}

static const struct parser parser = { .read = read, .emit = emit };

const struct protocol protocol_daytime = {
	.name = "daytime",
	.title = "Daytime",
	DOORS(TCP(13), UDP(13)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 21,
	MARKS(OCTET(0, '\n'), OCTETS(0, '0', '9'), OCTETS(0, 'A', 'Z'), OCTETS(0, 'a', 'z'), OCTET(7, ' '),
	      OCTETS(7, '0', '9')),
	.server_tells = true,
	.parser = &parser,
};
