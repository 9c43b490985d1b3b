/* hylafax.c: how clients hand in faxes to HylaFAX, hfaxd(8) and hfaxd/FaxServer.c++ of its sources: commands
 * and replies as FTP has them (RFC 959 4), and a greeting with its name. */
#include "protocols/text.h"

enum { GREETING = 512 };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span rest = text_first(first, GREETING), line;
	const enum verdict verdict = transport == TRANSPORT_TCP && side == SIDE_SERVER
					     ? recognise_text(first, "220 ")
					     : NO;

	if (verdict != YES)
		return verdict;
	line = span_line(&rest);
	if (line.failed)
		return span_left(first) < GREETING && text_is_plain(first) ? MORE : NO;
	return text_is_plain(line) && span_find(line, " server (HylaFAX (tm) Version ") != SIZE_MAX ? YES
												    : NO;
}

/* ---- asking ---- */

/* "220 fax.example server (HylaFAX (tm) Version 6.0.7) ready." */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	static const struct text_product known[] = { { "HylaFAX", "HylaFAX" } };
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span line;

	(void)state;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	line = span_line(heard);
	(void)text_tell_product(answer, line, known, 1);
	buffer_text(out, "QUIT\r\n");
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_hylafax = {
	.name = "hylafax",
	.title = "HylaFAX",
	DOORS(TCP(4559)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
};
