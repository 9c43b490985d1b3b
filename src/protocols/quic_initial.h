/* quic_initial.h: opens the first packets of QUIC, whose keys are made of what they say in the clear (RFC
 * 9001 5). */
#ifndef PROTOCOLS_QUIC_INITIAL_H
#define PROTOCOLS_QUIC_INITIAL_H

#include "base/span.h"

/* Versions; drafts are 0xff000000 and their number. */
enum { QUIC_V2 = 0x6b3343cf };
static const uint32_t QUIC_DRAFT = 0xff000000u;
/* Facebook's experiments: draft 27 under numbers of their own. */
static const uint32_t QUIC_MVFST_2 = 0xfaceb002u, QUIC_MVFST_E = 0xfaceb00eu;

/* Whether the keys of this version are known. */
bool quic_is_known(uint32_t version);

/* Opens the Initial of a client: `packet` from its first octet to its end, the packet number at `number_at`,
 * and the client's choice of the server's id. Writes the frames to plain, which has room for `size` octets;
 * returns how many, or 0. Its seal is not verified: who reads the frames sees at once whether it was opened.
 */
size_t quic_open_initial(uint32_t version, struct span packet, size_t number_at, struct span id,
			 uint8_t *plain, size_t size);

#endif
