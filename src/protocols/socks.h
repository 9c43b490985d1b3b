/* socks.h: what the files about SOCKS share. socks.c recognises it, socks_message.c reads its messages,
 * socks_parse.c reads conversations, socks_relay.c the datagrams that were agreed on in one. */
#ifndef PROTOCOLS_SOCKS_H
#define PROTOCOLS_SOCKS_H

#include "protocols/parse.h"

enum { SOCKS_VERSION_4 = 4, SOCKS_VERSION_5 = 5, SOCKS_NAME_MOST = 256 };
enum { SOCKS_METHOD_NONE = 0, SOCKS_METHOD_GSSAPI = 1, SOCKS_METHOD_PASSWORD = 2 };
enum { SOCKS_TYPE_V4 = 1, SOCKS_TYPE_NAME = 3, SOCKS_TYPE_V6 = 4 };
enum { SOCKS_BIND = 2, SOCKS_ASSOCIATE = 3 }; /* commands: to be called, and to send datagrams */

/* Where the client would go. */
struct socks_target {
	uint8_t command;
	char host[SOCKS_NAME_MOST];
	uint16_t port;
};

/* Each takes one message off s, and leaves it alone when it says NO or MORE: what a client offers, a request
 * of version 5 or the answer to one, whose second octet is at most `most`, and a request of version 4. */
enum verdict socks_take_methods(struct span *s);
enum verdict socks_take_request(struct span *s, uint8_t most, struct socks_target *target);
enum verdict socks_take_request_4(struct span *s, struct socks_target *target, struct span *ret_user);

/* RFC 1928 4: an address of one of three kinds, and a port. MORE: it has not come whole. */
enum verdict socks_take_address(struct span *s, struct socks_target *target);

/* What went through the relay for datagrams. Begins as zeros. */
struct socks_relay {
	char targets[512], inside[128]; /* texts: ends and what is spoken with them */
	uint32_t looked, fragments;
};

/* RFC 1928 7: one datagram. NO: it is none of the relay's. */
enum verdict socks_relay_read(struct socks_relay *relay, struct parse *parse, struct span datagram);
void socks_relay_emit(const struct socks_relay *relay, struct json *json);

extern const struct parser socks_parser;
extern const struct weakness socks_clear_login, socks_no_auth;

#endif
