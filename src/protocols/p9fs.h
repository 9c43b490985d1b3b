/* p9fs.h: what the files about Plan 9's file protocol share. p9fs.c recognises it and asks a server,
 * p9fs_parse.c reads conversations. */
#ifndef PROTOCOLS_P9FS_H
#define PROTOCOLS_P9FS_H

#include "protocols/parse.h"

enum {
	P9FS_HEAD = 7,
	P9FS_ASKS_VERSION = 100,
	P9FS_TELLS_VERSION = 101,
};

extern const struct parser p9fs_parser;
extern const struct weakness p9fs_no_auth;

#endif
