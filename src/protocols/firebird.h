/* firebird.h: what the files about Firebird share. firebird.c recognises it and asks a server,
 * firebird_parse.c reads conversations, firebird_message.c knows how long each message is. */
#ifndef PROTOCOLS_FIREBIRD_H
#define PROTOCOLS_FIREBIRD_H

#include "protocols/parse.h"

/* Operations: what the first number of a message says. */
enum firebird_operation {
	FIREBIRD_CONNECT = 1,
	FIREBIRD_ACCEPT = 3,
	FIREBIRD_REJECT = 4,
	FIREBIRD_RESPONSE = 9,
	FIREBIRD_ATTACH = 19,
	FIREBIRD_CREATE = 20,
	FIREBIRD_EXECUTE_IMMEDIATE = 64,
	FIREBIRD_PREPARE = 68,
	FIREBIRD_SERVICE_ATTACH = 82,
	FIREBIRD_CONTINUE = 92, /* the login takes a further step, on either side */
	FIREBIRD_ACCEPT_DATA = 94,
	FIREBIRD_CRYPT = 96,
	FIREBIRD_ACCEPT_IF = 98,
};

enum {
	FIREBIRD_FIELD = 4,
	FIREBIRD_NUMBERS = 8, /* of a message, that are kept */
	FIREBIRD_TEXTS = 4,
};

/* A message: its numbers and its texts in the order in which they stand. */
struct firebird_message {
	uint32_t operation;
	uint32_t numbers[FIREBIRD_NUMBERS];
	struct span texts[FIREBIRD_TEXTS];
	bool hidden; /* its end does not show: it carries rows of a form that was agreed on before, or is long
		      */
};

/* Takes it off s, up to where it is hidden. NO: it is damaged. */
enum verdict firebird_take(struct span *s, enum side side, struct firebird_message *ret_message);

extern const struct parser firebird_parser;
extern const struct weakness firebird_clear_login;

#endif
