/* quic_initial.h: opens the first packets of QUIC, whose keys are made of what they say in the clear (RFC
 * 9001 5). */
#ifndef PROTOCOLS_QUIC_INITIAL_H
#define PROTOCOLS_QUIC_INITIAL_H

#include "protocols/quic.h"

/* Versions; drafts are 0xff000000 and their number. */
enum { QUIC_V2 = 0x6b3343cf, QUIC_V2_DRAFT = 0x709a50c4, QUIC_Q050 = 0x51303530 };

/* Version 2, or its drafts as they were used: with types and labels of its own. */
static inline bool quic_is_v2(uint32_t version)
{
	return version == QUIC_V2 || version == QUIC_V2_DRAFT;
}

static const uint32_t QUIC_DRAFT = 0xff000000u;
/* Facebook's experiments: draft 27 under numbers of their own. */
static const uint32_t QUIC_MVFST_2 = 0xfaceb002u, QUIC_MVFST_E = 0xfaceb00eu;

/* Whether the keys of this version are known. */
bool quic_is_known(uint32_t version);

/* Opens an Initial that `sealer` has sealed, with the id that the client made up for the server in its first
 * packet (after a Retry: the one that the server asked for). Writes the frames to plain, which has room for
 * `size` octets; returns how many, or 0 where the seal is not of these keys. */
size_t quic_open_initial(const struct quic_packet *packet, enum side sealer, struct span id, uint8_t *plain,
			 size_t size);

#endif
