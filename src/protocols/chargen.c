/* chargen.c: Character Generator Protocol, RFC 864: lines of 72 characters that follow each other in the ring
 * of the 95 printable ones. */
#include "protocols/parse.h"

enum { LINE = 72, FIRST = ' ', LAST = '~' };

static const struct weakness amplifies = {
	"chargen-open",
	"Chargen sends characters for ever, to forged addresses as well",
	1,
	"Close this door.",
};
static const struct weakness *const weaknesses[] = { &amplifies, NULL };

static bool is_printable(uint8_t byte)
{
	return byte >= FIRST && byte <= LAST;
}

/* The ring may leave its first and its last out: xinetd's does. */
static bool follows(uint8_t byte, uint8_t before)
{
	return byte == before + 1 || (before >= LAST - 1 && byte <= FIRST + 1);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const size_t come = span_left(first) < LINE ? span_left(first) : LINE;

	if (side == SIDE_CLIENT || !is_printable(*first.at) ||
	    (transport == TRANSPORT_UDP && span_left(first) < LINE + 2))
		return NO;
	for (size_t i = 1; i < come; i++)
		if (!is_printable(first.at[i]) || !follows(first.at[i], first.at[i - 1]))
			return NO;
	span_skip(&first, come);
	return come < LINE ? MORE : recognise_text(first, "\r\n");
}

static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	(void)state;
	bytes->at = bytes->end;
	if (parse->side == SIDE_CLIENT)
		return PARSE_ON;
	parse_weakness(parse, &amplifies, "characters were sent");
	return PARSE_DONE;
}

static const struct parser parser = { .read = read };

const struct protocol protocol_chargen = {
	.name = "chargen",
	.title = "Character Generator",
	DOORS(TCP(19), UDP(19)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = LINE + 2,
	MARKS(OCTETS(0, FIRST, LAST), OCTETS(1, FIRST, LAST)),
	.server_tells = true,
	.parser = &parser,
	.weaknesses = weaknesses,
};
