/* memcached.h: what the files about memcached share. memcached.c recognises it and asks a server,
 * memcached_parse.c reads conversations. */
#ifndef PROTOCOLS_MEMCACHED_H
#define PROTOCOLS_MEMCACHED_H

#include "protocols/protocols.h"

enum {
	MEMCACHED_UDP_HEAD = 8, /* request id, sequence number, count of datagrams, zero */
	MEMCACHED_BINARY_HEAD = 24,
	MEMCACHED_REQUEST = 0x80, /* the first octet of binary packets */
	MEMCACHED_RESPONSE = 0x81,
	MEMCACHED_VALUE_MOST = 128 * 1024 * 1024,
};

extern const struct parser memcached_parser;
extern const struct weakness memcached_no_auth, memcached_udp_open, memcached_clear_login;

#endif
