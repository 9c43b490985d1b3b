/* zeromq.h: what the files about ZeroMQ share. zeromq.c recognises it and asks a socket, zeromq_parse.c reads
 * conversations. */
#ifndef PROTOCOLS_ZEROMQ_H
#define PROTOCOLS_ZEROMQ_H

#include "protocols/protocols.h"

/* RFC 23 and 37 of ZeroMQ: what both sides begin with. */
enum { ZEROMQ_SIGNATURE = 10, ZEROMQ_MECHANISM = 20, ZEROMQ_GREETING = 64, ZEROMQ_MAJOR = 3 };

extern const struct parser zeromq_parser;
extern const struct weakness zeromq_no_auth, zeromq_clear_login;

#endif
