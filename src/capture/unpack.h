/* unpack.h: a file's bytes as they are packed, and what gzip (RFC 1952) or zstd (RFC 8878) make of them. */
#ifndef CAPTURE_UNPACK_H
#define CAPTURE_UNPACK_H

#include "base/error.h"
#include "base/span.h"

#include <sys/types.h>

/* Bytes as they lie in the file. */
struct feed {
	int fd;
	uint64_t position; /* how far it was read */
};

/* Reads once; 0 at the end, -1 with errno. */
ssize_t feed_read(struct feed *feed, uint8_t *to, size_t room);

struct unpacker;

/* Whether a file that begins so is packed. */
bool unpacker_knows(struct span beginning);

/* For a file that begins so, of which this much was read from the feed, which is borrowed. NULL with words.
 */
struct unpacker *unpacker_new(struct feed *feed, struct span beginning, bool follow, struct error *err);
void unpacker_free(struct unpacker *unpacker);

/* Unpacks at least a byte into room bytes. Returns how many; 0 at the end, -1 with words. */
ssize_t unpacker_read(struct unpacker *unpacker, uint8_t *to, size_t room, struct error *err);

#endif
