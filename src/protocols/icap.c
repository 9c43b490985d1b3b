/* icap.c: Internet Content Adaptation Protocol. RFC 3507: messages like those of HTTP/1, in which a proxy
 * hands over what it fetches, and gets it back as it is to be passed on. */
#include "protocols/http.h"
#include "protocols/text.h"

enum { HEAD_MOST = 4096 };

static const char *const methods[] = { "OPTIONS icap://",  "REQMOD icap://",  "RESPMOD icap://",
				       "OPTIONS icaps://", "REQMOD icaps://", "RESPMOD icaps://" };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_texts(first, methods, sizeof(methods) / sizeof(*methods))
				   : recognise_text(first, "ICAP/1.0 ");
}

/* ---- asking ---- */

/* What a service offers (4.10). None is named, so that a server refuses, and in the same words says who it
 * is.
 */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "OPTIONS icap://" PROBE_HOST "/ ICAP/1.0\r\nHost: " PROBE_HOST
			 "\r\nUser-Agent: " PROBE_IDENTITY "\r\n\r\n");
}

/* "C-ICAP/0.5.10", or with words behind it in the field that names a service. */
static void tell(struct span head, struct answer *answer)
{
	static const struct text_product known[] = { { "C-ICAP", "c-icap" } };
	struct span name = http_field(head, "Server"), product, version;

	answer_fact(answer, "server", name);
	if (span_left(name) == 0)
		name = http_field(head, "Service");
	if (!text_tell_product(answer, name, known, 1)) {
		http_server_product(name, &product, &version);
		answer_product(answer, product, version);
	}
	answer_fact(answer, "methods", http_field(head, "Methods"));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span head = *heard;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (!ended && span_left(head) < HEAD_MOST && span_find(head, "\r\n\r\n") == SIZE_MAX)
		return PROBE_WAIT;
	(void)span_line(&head);
	if (!head.failed)
		tell(head, answer);
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_icap = {
	.name = "icap",
	.title = "Internet Content Adaptation Protocol",
	DOORS(TCP(1344)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
