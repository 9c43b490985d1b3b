/* probes.c: what probes share whose servers show who they are by answering at all. */
#include "protocols/probes.h"

enum probe_step probe_recognised(const struct protocol *protocol, unsigned transport, struct span *heard,
				 bool ended)
{
	const enum verdict verdict = span_left(*heard) > 0
					     ? protocol->recognise(*heard, SIDE_SERVER, transport)
					     : MORE;

	if (verdict != YES)
		return probe_step_for(verdict, ended);
	heard->at = heard->end;
	return PROBE_DONE;
}
