/* base64.h: base64 (RFC 4648 4). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/span.h"

/* The bytes that `text` stands for, written to `room`; what does not fit is left out. Empty and failed if it
 * is not base64. Missing padding is allowed. */
struct span base64_read(struct span text, uint8_t *room, size_t size);

/* Writes bytes as base64 without padding, cut to fit a text of `size` bytes; returns text. */
char *base64_text(struct span bytes, char *text, size_t size);

#endif
