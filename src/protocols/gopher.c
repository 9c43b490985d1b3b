/* gopher.c: the Internet Gopher Protocol, RFC 1436: a line that selects something, which may be empty, is
 * answered with a menu: lines of a kind, a text, a selector, a host and a port, with tabs between them. */
#include "protocols/text.h"

enum { LINE = 1024, PORT_MOST = 65535 };

/* Of RFC 1436 3.8, and what came later: text within menus, pages, pictures, sounds. */
static const char kinds[] = "0123456789+TgIihsdM;:<";

static bool is_entry(struct span line)
{
	struct span text, selector, host, port;
	uint64_t number;

	text = span_until(&line, '\t');
	selector = span_until(&line, '\t');
	host = span_until(&line, '\t');
	port = line;
	if (text.failed || selector.failed || host.failed || span_left(host) == 0)
		return false;
	port = span_ends(port, "\t+") ? text_first(port, span_left(port) - 2) : port;
	return span_number(port, PORT_MOST, &number) && text_is_plain(text) && text_is_plain(selector) &&
	       text_is_plain(host);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span rest = text_first(first, LINE), line;

	if (transport != TRANSPORT_TCP || side != SIDE_SERVER ||
	    memchr(kinds, span_peek(first, 0), sizeof(kinds) - 1) == NULL)
		return NO;
	line = span_line(&rest);
	if (line.failed)
		return span_left(first) < LINE && text_is_plain(first) ? MORE : NO;
	return is_entry(line) ? YES : NO;
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "\r\n");
}

/* The whole menu, as some say at its end who they are. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	static const struct text_product known[] = { { "Gophernicus/", "Gophernicus" },
						     { "PyGopherd", "PyGopherd" },
						     { "Bucktooth", "Bucktooth" } };
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (!ended && !span_ends(*heard, "\r\n.\r\n") && span_left(*heard) < RECOGNISE_LIMIT)
		return PROBE_WAIT;
	(void)text_tell_product(answer, *heard, known, sizeof(known) / sizeof(*known));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_gopher = {
	.name = "gopher",
	.title = "Gopher",
	DOORS(TCP(70)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
};
