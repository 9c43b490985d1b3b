/* socks.h: what the files about SOCKS share. socks.c recognises it, socks_message.c reads its messages,
 * socks_parse.c reads conversations. */
#ifndef PROTOCOLS_SOCKS_H
#define PROTOCOLS_SOCKS_H

#include "protocols/parse.h"

enum { SOCKS_VERSION_4 = 4, SOCKS_VERSION_5 = 5, SOCKS_NAME_MOST = 256 };
enum { SOCKS_METHOD_NONE = 0, SOCKS_METHOD_GSSAPI = 1, SOCKS_METHOD_PASSWORD = 2 };
enum { SOCKS_TYPE_V4 = 1, SOCKS_TYPE_NAME = 3, SOCKS_TYPE_V6 = 4 };
enum { SOCKS_ASSOCIATE = 3 }; /* the command of those who will send datagrams */

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

extern const struct parser socks_parser;
extern const struct weakness socks_clear_login, socks_no_auth;

#endif
