/* spice.h: what the files about SPICE share. spice.c recognises it and asks a server, spice_parse.c reads
 * conversations. */
#ifndef PROTOCOLS_SPICE_H
#define PROTOCOLS_SPICE_H

#include "protocols/parse.h"

/* Of a link message: the mark, two numbers of the version, and the length of what follows. */
enum { SPICE_HEAD = 16, SPICE_MAJOR = 2, SPICE_LINK_MOST = 4096 };

extern const char spice_mark[];

extern const struct parser spice_parser;
extern const struct weakness spice_clear;

#endif
