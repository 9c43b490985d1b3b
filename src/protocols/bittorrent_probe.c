/* bittorrent_probe.c: what a node of BitTorrent's table (DHT) is asked: whether it is there. BEP 5 (ping),
 * BEP 43 (who asks is no node of the table). */
#include "protocols/lines.h"
#include "protocols/probes.h"

#include <stdio.h>

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "d1:ad2:id20:doorward.invalid.dowe1:q4:ping2:roi1e1:t2:dw1:y1:qe");
}

/* "1:v4:LT\2\x08": two letters of the client, and its version in two octets as libtorrent writes it. */
static void tell(struct span datagram, struct answer *answer)
{
	static const char key[] = "1:v4:LT";
	const size_t at = span_find(datagram, key);
	char version[16];
	uint8_t major, minor;

	if (at == SIZE_MAX)
		return;
	span_skip(&datagram, at + strlen(key));
	major = span_u8(&datagram);
	minor = span_u8(&datagram);
	(void)snprintf(version, sizeof(version), "%u.%u.%u", major, minor >> 4, minor & 0x0f);
	answer_product(answer, span_text("libtorrent"), span_text(datagram.failed ? "" : version));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const struct protocol *const bittorrent = protocol_named(span_text("bittorrent"));

	(void)state;
	(void)out;
	if (span_left(*heard) == 0)
		return ended ? PROBE_NOT : PROBE_WAIT;
	if (bittorrent->recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	tell(*heard, answer);
	heard->at = heard->end;
	return PROBE_DONE;
}

const struct probe bittorrent_probe = { .transports = PROBE_UDP, .greet = greet, .hear = hear };
