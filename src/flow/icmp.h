/* icmp.h: errors that speak of other flows (RFC 792, RFC 4443). */
#ifndef FLOW_ICMP_H
#define FLOW_ICMP_H

#include "flow/table.h"

bool icmp_is_error(const struct packet *packet);

/* Notes the error at the flow whose packet it quotes, and counts it. `context` is the error's own. Returns
 * the context of the flow to which the error itself belongs, and in ret_about the one of which it speaks, or
 * NULL: errors between the same two ends that speak of different pairs of ends are different flows, as
 * different workers may read them. */
uint32_t icmp_join(struct flow_table *table, const struct packet *error, uint32_t context,
		   struct engine_counts *counts, const struct flow **ret_about);

#endif
