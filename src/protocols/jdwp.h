/* jdwp.h: what the files about the Java Debug Wire Protocol share. jdwp.c recognises it and asks a virtual
 * machine, jdwp_parse.c reads conversations. */
#ifndef PROTOCOLS_JDWP_H
#define PROTOCOLS_JDWP_H

#include "protocols/protocols.h"

enum { JDWP_HEAD = 11, JDWP_ANSWERS = 0x80 };

/* Both sides begin with it. */
extern const char jdwp_handshake[];

/* What the answer to VirtualMachine.Version says; false where it is damaged. A product of which others build
 * their own has one name. */
bool jdwp_version(struct span s, struct span *ret_name, struct span *ret_product, struct span *ret_version);

extern const struct parser jdwp_parser;
extern const struct weakness jdwp_no_auth;

#endif
