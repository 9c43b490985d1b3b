/* ajp.h: what the files about AJP share. ajp.c recognises it and asks a container, ajp_parse.c reads
 * conversations. */
#ifndef PROTOCOLS_AJP_H
#define PROTOCOLS_AJP_H

#include "protocols/protocols.h"

enum {
	AJP_HEAD = 4, /* mark and length */
	AJP_CLIENT_MARK = 0x1234,
	AJP_SERVER_MARK = 0x4142,
	AJP_METHODS = 28,
};

/* The kinds of messages: their first octet. */
enum ajp_message {
	AJP_FORWARD_REQUEST = 2,
	AJP_SEND_BODY_CHUNK = 3,
	AJP_SEND_HEADERS = 4,
	AJP_END_RESPONSE = 5,
	AJP_GET_BODY_CHUNK = 6,
	AJP_SHUTDOWN = 7,
	AJP_PING = 8,
	AJP_PONG = 9,
	AJP_CPING = 10,
};

extern const struct parser ajp_parser;
extern const struct weakness ajp_no_secret;

#endif
