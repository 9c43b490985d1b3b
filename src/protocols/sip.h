/* sip.h: what the files of SIP share. */
#ifndef PROTOCOLS_SIP_H
#define PROTOCOLS_SIP_H

#include "protocols/parse.h"

/* Whether this begins with a request or a status line of SIP/2.0. */
enum verdict sip_recognise(struct span first, enum side side, unsigned transport);

/* A field by its name, or by the letter that may stand for it (RFC 3261 7.3.3). */
struct span sip_field(struct span fields, const char *name, const char *letter);

extern const struct parser sip_parser;

#endif
