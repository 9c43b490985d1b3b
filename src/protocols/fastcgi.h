/* fastcgi.h: what the files about FastCGI share. fastcgi.c recognises it and asks a program, fastcgi_parse.c
 * reads conversations. */
#ifndef PROTOCOLS_FASTCGI_H
#define PROTOCOLS_FASTCGI_H

#include "protocols/protocols.h"

enum { FASTCGI_VERSION = 1, FASTCGI_HEAD = 8 };

enum fastcgi_type {
	FASTCGI_BEGIN_REQUEST = 1,
	FASTCGI_ABORT_REQUEST,
	FASTCGI_END_REQUEST,
	FASTCGI_PARAMETERS,
	FASTCGI_INPUT,
	FASTCGI_OUTPUT,
	FASTCGI_ERRORS,
	FASTCGI_DATA,
	FASTCGI_GET_VALUES,
	FASTCGI_VALUES,
	FASTCGI_UNKNOWN,
};

extern const struct parser fastcgi_parser;
extern const struct weakness fastcgi_open;

#endif
