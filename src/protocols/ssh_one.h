/* ssh_one.h: protocol 1 of SSH, up to the session key: what the server's public key message says. */
#ifndef PROTOCOLS_SSH_ONE_H
#define PROTOCOLS_SSH_ONE_H

#include "protocols/parse.h"

/* Begins as zeros. */
struct ssh_one {
	uint32_t server_key_bits, host_key_bits;
	uint32_t ciphers, authentications; /* bits, by number */
	uint8_t cipher;                    /* 1 + the one that the client chose; 0: not seen */
	bool has_key;
};

/* Takes packets off what one side sends. NO: it is none. YES: what follows is encrypted. */
enum verdict ssh_one_read(struct ssh_one *one, struct parse *parse, struct span *bytes);

/* The member "protocol_1"; nothing where nothing was seen. */
void ssh_one_emit(const struct ssh_one *one, struct json *json);

#endif
