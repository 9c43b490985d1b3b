/* utf16.h: text of Microsoft's protocols, which is UTF-16 with the low octet first. */
#ifndef PROTOCOLS_UTF16_H
#define PROTOCOLS_UTF16_H

#include "base/span.h"

/* Writes s as UTF-8, cut to fit and always ended by NUL; returns text. A zero ends it; what is no character
 * becomes U+FFFD. */
char *utf16_text(struct span s, char *text, size_t size);

#endif
