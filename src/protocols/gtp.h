/* gtp.h: messages of GTP, the tunnels of mobile networks: version 1 (3GPP TS 29.060 and TS 29.281) with user
 * data and control, and version 2 (TS 29.274), control alone. */
#ifndef PROTOCOLS_GTP_H
#define PROTOCOLS_GTP_H

#include "protocols/told.h"

enum {
	GTP_HEADER = 8,          /* of version 1 without optional fields */
	GTP_IS_GTP = 0x10,       /* of version 1; without it, GTP' (TS 32.295) */
	GTP_HAS_SEQUENCE = 0x02, /* of version 1 */

	GTP_ECHO_REQUEST = 1,
	GTP_ECHO_RESPONSE = 2,
	GTP_END_MARKER = 254,
	GTP_USER_DATA = 255,
};

struct gtp_message {
	uint8_t version, flags, type;
	bool has_tunnel, has_sequence;
	uint16_t length; /* of what follows the first eight octets, or of version 2 four */
	uint32_t tunnel, sequence;
	struct span body; /* of version 1 all that is there, which may be more or less than the length says */
	size_t before;    /* of version 1: octets of optional fields and extensions before the body */
};

/* The message of a datagram. False where the header is damaged, or another's. */
bool gtp_read_v1(struct span s, struct gtp_message *ret_message);

/* Takes one message off the datagram, whole; another follows where *ret_followed. */
bool gtp_take_v2(struct span *s, struct gtp_message *ret_message, bool *ret_followed);

struct gtp_element {
	uint8_t type;
	struct span value;
};

/* Cuts the next information element off; s fails where its length is not known or goes beyond the end. */
struct gtp_element gtp_take_element(struct span *s, uint8_t version);

/* Names by the specification of the version; NULL where it has none. */
const char *gtp_message_name(uint8_t version, uint8_t type);
const char *gtp_cause_name(uint8_t version, uint8_t cause);
const char *gtp_interface_name(uint8_t type); /* of a TEID in version 2 */
const char *gtp_radio_name(uint8_t type);

/* Tells of a message of control, which was recognised before. */
void gtp_tell(struct parse *parse, const struct gtp_message *message);

#endif
