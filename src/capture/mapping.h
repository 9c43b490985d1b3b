/* mapping.h: a file's octets where the kernel keeps them, to be copied from.
 *
 * Copying what is wanted of a long frame, its headers, costs less than reading the whole of it. But who
 * writes to the file changes what lies here, so nobody looks at it in place: each octet is copied once, and
 * the copy is what is checked and read.
 *
 * A file that is cut, or a disk that fails, would be a signal. Zeros stand then where the octets were, and
 * mapping_is_broken() says so; read() has the words for it. Signals belong to the whole process, and so there
 * is one mapping at a time. */
#ifndef CAPTURE_MAPPING_H
#define CAPTURE_MAPPING_H

#include <stdbool.h>
#include <stdint.h>

/* The first size octets of the file, until mapping_close(). NULL if there is a mapping already, or if this
 * file cannot be mapped: it is to be read then. */
const uint8_t *mapping_open(int fd, uint64_t size);
void mapping_close(void);

bool mapping_is_broken(void);

/* What lies before this octet is hardly wanted again: it no longer counts as memory of this process. */
void mapping_passed(uint64_t up_to);

#endif
