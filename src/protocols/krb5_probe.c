/* krb5_probe.c: what a Kerberos server is asked: for a ticket of a realm that it does not have (RFC
 * 4120 3.1); its error tells who it is. Servers that change passwords (RFC 3244) are asked over UDP in their
 * own way, by a request whose ticket is none. */
#include "protocols/ber.h"
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_krb5;

/* AS-REQ for doorward@DOORWARD. */
static const uint8_t request[] = {
	0x6a, 0x81, 0x80, 0x30, 0x7e, 0xa1, 0x03, 0x02, 0x01, 0x05, 0xa2, 0x03, 0x02, 0x01, 0x0a, 0xa4, 0x72,
	0x30, 0x70, 0xa0, 0x07, 0x03, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0xa1, 0x15, 0x30, 0x13, 0xa0, 0x03,
	0x02, 0x01, 0x01, 0xa1, 0x0c, 0x30, 0x0a, 0x1b, 0x08, 0x64, 0x6f, 0x6f, 0x72, 0x77, 0x61, 0x72, 0x64,
	0xa2, 0x0a, 0x1b, 0x08, 0x44, 0x4f, 0x4f, 0x52, 0x57, 0x41, 0x52, 0x44, 0xa3, 0x1d, 0x30, 0x1b, 0xa0,
	0x03, 0x02, 0x01, 0x02, 0xa1, 0x14, 0x30, 0x12, 0x1b, 0x06, 0x6b, 0x72, 0x62, 0x74, 0x67, 0x74, 0x1b,
	0x08, 0x44, 0x4f, 0x4f, 0x52, 0x57, 0x41, 0x52, 0x44, 0xa5, 0x11, 0x18, 0x0f, 0x32, 0x30, 0x33, 0x37,
	0x30, 0x39, 0x31, 0x33, 0x30, 0x32, 0x34, 0x38, 0x30, 0x35, 0x5a, 0xa7, 0x06, 0x02, 0x04, 0x11, 0x22,
	0x33, 0x44, 0xa8, 0x08, 0x30, 0x06, 0x02, 0x01, 0x12, 0x02, 0x01, 0x11,
};

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	if (transport == TRANSPORT_TCP)
		buffer_u32(out, sizeof(request));
	buffer_add(out, request, sizeof(request));
}

/* Over UDP an opening for those that leave the usual one unanswered; over TCP asked of who has answered that
 * without saying who he is. */
enum { OVER_UDP, OVER_TCP, VARIANTS };

/* RFC 3244 2: length, version, length of a ticket that is none, and as much. */
static void greet_more(void *state, size_t variant, const struct answer *known, struct buffer *out)
{
	static const uint8_t change[] = { 0,   16,  0xff, 0x80, 0,   4,   'd', 'o',
					  'o', 'r', 'w',  'a',  'r', 'd', 0,   0 };

	(void)state;
	(void)known;
	if (variant == OVER_TCP)
		buffer_u32(out, sizeof(change));
	buffer_add(out, change, sizeof(change));
}

static bool wants_more(const struct answer *known, size_t variant)
{
	return known->product[0] == '\0' && variant == OVER_TCP;
}

/* The texts of an error that tell whose it is: the realm, and words. */
static void tell_error(struct span s, struct answer *answer)
{
	static const struct text_product products[] = { { "CLIENT_NOT_FOUND", "MIT Kerberos" },
							{ "WRONG_REALM", "MIT Kerberos" },
							{ "no such entry found in hdb", "Heimdal" },
							{ "Client unknown", "Heimdal" } };

	for (size_t i = 0; i < sizeof(products) / sizeof(*products); i++)
		if (span_find(s, products[i].sign) != SIZE_MAX) {
			answer_product(answer, span_text(products[i].product), span_text(""));
			return;
		}
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard;
	enum verdict verdict = span_left(s) > 0 ? protocol_krb5.recognise(s, SIDE_SERVER, TRANSPORT_TCP)
						: MORE;
	uint32_t length;

	(void)state;
	(void)out;
	if (verdict != YES && span_left(s) > 0 &&
	    protocol_krb5.recognise(s, SIDE_SERVER, TRANSPORT_UDP) == YES) {
		tell_error(s, answer);
		return PROBE_DONE;
	}
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	length = span_u32(&s);
	if (span_left(s) < length && !ended)
		return PROBE_WAIT;
	tell_error(s, answer);
	return PROBE_DONE;
}

/* Whose words they are stands in the table of products. */
static enum probe_step hear_more(void *state, size_t variant, struct span *heard, bool ended,
				 struct answer *answer)
{
	struct span message = *heard;
	uint32_t length = (uint32_t)span_left(message);

	(void)state;
	(void)answer;
	if (variant == OVER_TCP)
		length = span_u32(&message);
	if (message.failed || length == 0 || span_left(message) < length)
		return probe_step_for(MORE, ended);
	return probe_step_for(protocol_krb5.recognise(message, SIDE_SERVER, TRANSPORT_UDP), ended);
}

const struct probe krb5_probe = {
	.rare = true,
	.transports = PROBE_TCP | PROBE_UDP,
	.greet = greet,
	.hear = hear,
	.variants = VARIANTS,
	.wants_more = wants_more,
	.greet_more = greet_more,
	.hear_more = hear_more,
};
