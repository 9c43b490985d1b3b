/* pgsql.h: what the files about PostgreSQL share. pgsql.c recognises it and asks a server, pgsql_parse.c
 * reads conversations. */
#ifndef PROTOCOLS_PGSQL_H
#define PROTOCOLS_PGSQL_H

#include "protocols/protocols.h"

enum {
	PGSQL_CODE_CANCEL = 80877102, /* in the place of a version */
	PGSQL_CODE_TLS = 80877103,
	PGSQL_CODE_GSS = 80877104,
	PGSQL_STARTUP_MOST = 10000, /* as the server bounds it */
};

extern const struct parser pgsql_parser;
extern const struct weakness pgsql_clear_login;

#endif
