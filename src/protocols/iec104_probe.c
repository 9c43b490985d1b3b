/* iec104_probe.c: what a station of IEC 60870-5-104 is asked: whether the line works (5.2, TESTFR act). Data
 * is not asked for, and no transfer is begun. */
#include "protocols/probes.h"

extern const struct protocol protocol_iec104;

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const uint8_t test[] = { 0x68, 4, 0x43, 0, 0, 0 };

	(void)state;
	(void)transport;
	buffer_add(out, test, sizeof(test));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	(void)state;
	(void)out;
	(void)answer;
	return probe_recognised(&protocol_iec104, TRANSPORT_TCP, heard, ended);
}

const struct probe iec104_probe = {
	.rare = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};
