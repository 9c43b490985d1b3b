/* tarantool.h: what the files about Tarantool share. tarantool.c recognises it and asks a server,
 * tarantool_parse.c reads conversations. */
#ifndef PROTOCOLS_TARANTOOL_H
#define PROTOCOLS_TARANTOOL_H

#include "protocols/parse.h"

enum { TARANTOOL_LINE = 64 };
extern const char tarantool_greeting[], tarantool_console[];

extern const struct parser tarantool_parser;
extern const struct weakness tarantool_console_open, tarantool_no_auth;

#endif
