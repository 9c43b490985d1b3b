/* drda.h: what the files about DRDA share. drda.c recognises it and asks a server, drda_parse.c reads
 * conversations. */
#ifndef PROTOCOLS_DRDA_H
#define PROTOCOLS_DRDA_H

#include "protocols/parse.h"

enum {
	DRDA_HEAD = 6,   /* octets of a structure's head */
	DRDA_OBJECT = 4, /* of an object's */
	DRDA_MAGIC = 0xd0,
	DRDA_REQUEST = 1,
	DRDA_REPLY = 2,
	DRDA_KIND = 0x0f,
	DRDA_EXCHANGE = 0x1041,
	DRDA_EXCHANGED = 0x1443,
	DRDA_REFUSES_FIRST = 0x1210, /* of replies that say what is wrong */
	DRDA_REFUSES_LAST = 0x227f,
	DRDA_SERVER_CLASS = 0x1147,
	DRDA_SERVER_NAME = 0x116d,
	DRDA_SERVER_RELEASE = 0x115a,
	DRDA_CLIENT_NAME = 0x115e,
	DRDA_TEXT = 128,
};

/* Text that is in EBCDIC, or in ASCII where it has no octet of EBCDIC's letters, as text without blanks at
 * both ends. */
struct span drda_text(struct span value, char text[static DRDA_TEXT]);

/* Takes the next object off s: its code point and content. False: there is none. */
bool drda_take(struct span *s, uint16_t *ret_code, struct span *ret_value);

/* A product's name and version of a server's class and release; false where they are of none that is known.
 * Derby: "CSS10140/10.14.2.0 - (...)". Db2: "SQL11055", which is 11.5.5. */
bool drda_product(struct span class, struct span release, char version[static 16], struct span *ret_product);

extern const struct parser drda_parser;
extern const struct weakness drda_clear_login;

#endif
