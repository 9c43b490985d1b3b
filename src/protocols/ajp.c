/* ajp.c: Apache JServ Protocol 1.3, "AJPv13" of Tomcat's connectors: what a web server hands on to Tomcat.
 * The container is asked for a pong, and for no page. */
#include "protocols/ajp.h"

static const struct weakness reachable = {
	"ajp-open",
	"Tomcat's AJP connector answers other hosts",
	2,
	"Let the connector listen on loopback and ask for a secret, or leave it out: who speaks AJP is taken "
	"for "
	"the web server.",
};
static const struct weakness *const weaknesses[] = { &reachable, &ajp_no_secret, NULL };

/* Octet by octet, so that the answer is the same however few have come. */
static enum verdict recognise_after(struct span first, uint16_t mark, bool client)
{
	const size_t come = span_left(first);
	const uint8_t type = span_peek(first, AJP_HEAD), next = span_peek(first, AJP_HEAD + 1);
	uint16_t length;

	if (first.at[0] != mark >> 8 || (come > 1 && first.at[1] != (mark & 0xff)))
		return NO;
	if (come <= AJP_HEAD)
		return MORE;
	span_skip(&first, 2);
	length = span_u16(&first);
	if (length == 1)
		return type == (client ? AJP_CPING : AJP_PONG) ? YES : NO;
	if (length < 8 || type != (client ? AJP_FORWARD_REQUEST : AJP_SEND_HEADERS))
		return NO;
	if (come == AJP_HEAD + 1)
		return MORE;
	if (client) /* the method, and then the length of the protocol's name */
		return next == 0 || next >= AJP_METHODS ? NO : YES;
	span_skip(&first, 1);
	if (come == AJP_HEAD + 2)
		return next <= 2 ? MORE : NO;
	return span_u16(&first) / 100 - 1U < 5 ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_after(first, AJP_CLIENT_MARK, true)
				   : recognise_after(first, AJP_SERVER_MARK, false);
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const uint8_t ping[] = { AJP_CLIENT_MARK >> 8, AJP_CLIENT_MARK & 0xff, 0, 1, AJP_CPING };

	(void)state;
	(void)transport;
	buffer_add(out, ping, sizeof(ping));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	(void)out;
	if (verdict == YES) {
		answer_weakness(answer, &reachable, "it answered a ping");
		heard->at = heard->end;
	}
	return probe_step_for(verdict, ended);
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_ajp = {
	.name = "ajp",
	.title = "Apache JServ Protocol",
	DOORS(TCP(8009)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &ajp_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
	.weakness_by_reach = &reachable,
};
