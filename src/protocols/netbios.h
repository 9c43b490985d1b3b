/* netbios.h: names of NetBIOS (RFC 1001 section 14.1), for its name, datagram and session services. */
#ifndef PROTOCOLS_NETBIOS_H
#define PROTOCOLS_NETBIOS_H

#include "base/span.h"

enum { NETBIOS_TEXT = 24 };

/* Writes a name of 32 letters as "ALPHA<20>": fifteen characters without the blanks behind them, and its
 * kind. False if it is none. */
bool netbios_name_text(const char *letters, char text[static NETBIOS_TEXT]);

#endif
