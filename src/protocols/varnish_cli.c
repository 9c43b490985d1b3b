/* varnish_cli.c: Varnish Cache's command line interface, varnish-cli(7): each answer begins with thirteen
 * octets, a status and the length of what follows. The server greets with a challenge, or with what it is.
 * Clients' words are like those of many others. */
#include "protocols/lines.h"

enum { HEAD = 13, STATUS = 3, GREETED = 200, CHALLENGED = 107, LENGTH_MOST = 4096, BLANKS_FROM = 4 };

/* "107 59      " and the line's end. */
static enum verdict read_head(struct span first, unsigned *ret_status, unsigned *ret_length)
{
	bool blank = false;

	*ret_status = *ret_length = 0;
	for (size_t i = 0; i < HEAD && i < span_left(first); i++) {
		const uint8_t c = first.at[i];
		const bool digit = c >= '0' && c <= '9';

		blank = blank || (i > BLANKS_FROM && c == ' ');
		if (i == STATUS ? c != ' ' : i == HEAD - 1 ? c != '\n' : blank ? c != ' ' : !digit)
			return NO;
		if (i < STATUS)
			*ret_status = *ret_status * 10 + c - '0';
		else if (digit)
			*ret_length = *ret_length * 10 + c - '0';
	}
	if (span_left(first) < HEAD)
		return MORE;
	return (*ret_status == GREETED || *ret_status == CHALLENGED) && *ret_length < LENGTH_MOST ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const words[] = { "Authentication required", "Varnish Cache CLI" };
	unsigned status, length;
	const enum verdict verdict = transport == TRANSPORT_TCP && side == SIDE_SERVER
					     ? read_head(first, &status, &length)
					     : NO;

	if (verdict != YES)
		return verdict;
	span_skip(&first, HEAD);
	if (span_find(text_first(first, length), words[0]) != SIZE_MAX ||
	    span_find(text_first(first, length), words[1]) != SIZE_MAX)
		return YES;
	return span_left(first) < length ? MORE : NO;
}

/* "varnish-7.1.1 revision 7cee1c581b": told to whom needs no secret. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	static const struct text_product products[] = { { "varnish-", "Varnish" } };
	unsigned status = 0, length = 0;
	const enum verdict verdict = span_left(*heard) > 0 ? recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
							   : MORE;

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	(void)read_head(*heard, &status, &length);
	if (span_left(*heard) < HEAD + length && !ended)
		return PROBE_WAIT;
	answer_product(answer, span_text("Varnish"), span_text(""));
	if (status == GREETED)
		(void)text_tell_product(answer, *heard, products, 1);
	answer_fact(answer, "authentication", span_text(status == CHALLENGED ? "required" : "none"));
	buffer_text(out, "quit\n");
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_varnish_cli = {
	.name = "varnish-cli",
	.title = "Varnish administration",
	DOORS(TCP(6082)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
};
