/* whois_probe.c: what a server of WHOIS is asked: for a name that nobody can have (RFC 3912, RFC 6761). Its
 * first words are its own. */
#include "protocols/probes.h"

extern const struct protocol protocol_whois;

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "domain doorward.invalid\r\n");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	(void)state;
	(void)out;
	(void)answer;
	return probe_recognised(&protocol_whois, TRANSPORT_TCP, heard, ended);
}

const struct probe whois_probe = {
	.rare = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};
