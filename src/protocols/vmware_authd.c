/* vmware_authd.c: the daemon that lets consoles of VMware's machines in, as its greeting tells: replies as
 * FTP has them (RFC 959 4), with what is needed before a login and what follows it. */
#include "protocols/text.h"

enum { GREETING = 512 };

static const char begins[] = "220 VMware Authentication Daemon Version ";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	return transport == TRANSPORT_TCP && side == SIDE_SERVER ? recognise_text(first, begins) : NO;
}

/* ---- asking ---- */

/* "220 VMware Authentication Daemon Version 1.10: SSL Required, ServerDaemonProtocol:SOAP, ..." */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span rest = *heard, line;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	line = span_line(&rest);
	if (line.failed && !ended && span_left(*heard) < GREETING)
		return PROBE_WAIT;
	answer_fact(answer, "tls", span_text(text_find(line, "SSL Required") != SIZE_MAX ? "required" : ""));
	span_skip(&line, sizeof(begins) - 1);
	answer_fact(answer, "protocol_version", text_version(line));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_vmware_authd = {
	.name = "vmware-authd",
	.title = "VMware Authentication Daemon",
	DOORS(TCP(902)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
};
