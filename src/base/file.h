/* file.h: whole files into memory, within bounds. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"
#include "base/error.h"

/* Reads a regular file, a pipe to its end, or standard input for "-", of at most `limit` bytes into the
 * arena. A directory, a device, a file that cannot be read or is too large is refused in words. The span has
 * a NUL behind it. */
bool file_read(struct arena *arena, const char *path, size_t limit, struct span *ret_content,
	       struct error *err);

/* Reads up to size-1 bytes of a file of the system, such as one in /proc, and ends them with NUL. The bytes
 * read, or -1 with errno set. Of a file larger than that the beginning is read. */
long file_read_text(const char *path, char *text, size_t size);

#endif
