/* radius.h: what the files about RADIUS share. radius.c recognises it, radius_parse.c reads conversations. */
#ifndef PROTOCOLS_RADIUS_H
#define PROTOCOLS_RADIUS_H

#include "protocols/parse.h"

enum radius_code {
	RADIUS_ACCESS_REQUEST = 1,
	RADIUS_ACCESS_ACCEPT,
	RADIUS_ACCESS_REJECT,
	RADIUS_ACCOUNTING_REQUEST,
	RADIUS_ACCOUNTING_RESPONSE,
	RADIUS_ACCESS_CHALLENGE = 11,
	RADIUS_STATUS_SERVER,
	RADIUS_STATUS_CLIENT,
	RADIUS_DISCONNECT_REQUEST = 40,
	RADIUS_COA_NAK = 45,
};
enum { RADIUS_HEADER = 20, RADIUS_LENGTH_MOST = 4096 };

struct radius_probe_state {
	bool over_tls;
};

bool radius_is_code(uint8_t code);

/* Takes an attribute off: a type, a length that counts both, a value. */
bool radius_next_attribute(struct span *s, uint8_t *type, struct span *value);

extern const struct parser radius_parser;
extern const struct weakness radius_no_authenticator, radius_password;

#endif
