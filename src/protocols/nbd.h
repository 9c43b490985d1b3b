/* nbd.h: what the files about network block devices share. nbd.c recognises them and asks a server,
 * nbd_parse.c reads conversations. */
#ifndef PROTOCOLS_NBD_H
#define PROTOCOLS_NBD_H

#include "protocols/protocols.h"

enum { NBD_FLAGS = 4, NBD_FLAGS_MOST = 3, NBD_FIXED_NEW_STYLE = 1 };

#define NBD_SERVER_MARK "NBDMAGIC"
#define NBD_OPTION_MARK "IHAVEOPT"
#define NBD_NEW_STYLE   NBD_SERVER_MARK NBD_OPTION_MARK

enum nbd_option {
	NBD_EXPORT_NAME = 1,
	NBD_ABORT = 2,
	NBD_LIST = 3,
	NBD_START_TLS = 5,
	NBD_INFO = 6,
	NBD_GO = 7,
	NBD_STRUCTURED_REPLY = 8,
	NBD_LIST_META = 9,
	NBD_SET_META = 10,
	NBD_EXTENDED_HEADERS = 11,
};

extern const struct parser nbd_parser;
extern const struct weakness nbd_clear;

#endif
