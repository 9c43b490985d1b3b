/* gpsd.c: gpsd, "gpsd_json" of its documentation: objects of JSON, a line each; the server begins with its
 * version, clients ask in words behind "?". */
#include "protocols/lines.h"

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const requests[] = { "?WATCH=", "?WATCH;", "?POLL;", "?DEVICES;", "?VERSION;" };

	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_texts(first, requests, sizeof(requests) / sizeof(*requests))
				   : recognise_text(first, "{\"class\":\"VERSION\",\"release\":\"");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0 ? recognise(*heard, SIDE_SERVER, TRANSPORT_TCP)
							   : MORE;
	struct span rest = *heard, line = span_line(&rest);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (line.failed && !ended)
		return PROBE_WAIT;
	line = *heard;
	span_skip(&line, strlen("{\"class\":\"VERSION\",\"release\":\""));
	answer_product(answer, span_text("gpsd"), span_until(&line, '"'));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_gpsd = {
	.name = "gpsd",
	.title = "Positions of gpsd",
	DOORS(TCP(2947)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
};
