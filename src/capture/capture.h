/* capture.h: capture files -> frames with time and link type.
 *
 * Reads pcap (micro- and nanoseconds, both byte orders, the "modified" kind) and pcapng (every block type
 * read or stepped over, several sections, several interfaces with link types of their own), plain, gzip or
 * zstd compressed, from files, pipes and standard input; several files as one stream in time order; a file
 * that grows. It reads in large pieces and gives frames in batches that point into them: nothing is allocated
 * per frame. Of a long frame only the beginning may be at hand, since most are counted by their headers
 * alone; capture_fetch() brings the others. A piece stays until the next batch is asked for or, with `keep`,
 * until its frames are released.
 *
 *     struct capture *capture = capture_new(&options, &err);
 *     capture_add(capture, "trace.pcapng", &err);
 *     while ((count = capture_read(capture, frames, CAPTURE_BATCH)) > 0)
 *             ...
 *
 * A damaged file is read up to the damage. What was wrong, and at which offset, is kept for each file. */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include "base/error.h"
#include "base/span.h"

enum {
	CAPTURE_BATCH = 32,
	CAPTURE_FRAME_LIMIT = 256 * 1024, /* bytes; a record that claims more is damage */
	CAPTURE_FILES = 1024,
	CAPTURE_INTERFACES = 4096, /* of one file */
};

/* What of a frame was left in its file. */
struct frame_rest {
	const uint8_t *from; /* nobody's to read but capture_fetch()'s */
	uint8_t *to;         /* behind what is at hand */
	uint32_t length;     /* 0: nothing was left */
};

/* One captured frame. bytes are good until the next capture_read(), or capture_release(). */
struct frame {
	const uint8_t *bytes;
	uint32_t captured;  /* bytes that there are, with the rest */
	uint32_t length;    /* bytes that were on the wire; never below captured */
	int64_t time_ns;    /* since 1970, UTC; never more than 146 years from it, whatever a file claims */
	uint32_t file;      /* index of the file in the order of capture_add() */
	uint16_t link;      /* LINKTYPE value of tcpdump.org */
	uint16_t interface; /* of its file, counted over all sections */
	struct frame_rest rest;
};

/* The beginning of a frame, or all of it, that can be read now. */
static inline struct span frame_at_hand(const struct frame *frame)
{
	return span_of(frame->bytes, frame->captured - frame->rest.length);
}

struct capture_options {
	const char *filter; /* BPF expression, or NULL */
	bool follow;        /* at the end of a file wait for more */
	bool keep;          /* frames stay good until they are released */
};

/* What was read of one file, for the statistics and for what is said at the end. */
struct capture_file {
	const char *path;
	uint64_t frames, bytes; /* given out; bytes as captured */
	uint64_t filtered;      /* kept back by the filter */
	uint64_t offset;        /* how far it was read, after decompression */
	uint64_t size;          /* of the file as it lies on the disk; 0 if unknown */
	uint64_t position;      /* how far of size it was read */
	bool truncated;         /* the file ends inside its last frame, which was read as far as it goes */
	bool ended;
	bool damaged; /* problem says what and where */
	struct error problem;
	/* pcapng: what the interfaces and name resolution say. */
	uint64_t dropped; /* by the capturing side, from interface statistics */
	uint64_t names;   /* name resolution records */
	uint64_t skipped; /* blocks that hold no frame and no statistics */
	uint32_t interfaces;
};

struct capture;

/* A capture without files. NULL without memory, or for a filter that does not compile. */
struct capture *capture_new(const struct capture_options *options, struct error *err);
void capture_free(struct capture *capture);

/* Opens a file, or standard input for "-". False with words if it is no capture, cannot be read or is a
 * directory; the others can still be read. The path must outlive the capture. */
bool capture_add(struct capture *capture, const char *path, struct error *err);

/* Gives the next frames of all files in the order of time (of files whose own order is not, each in its own).
 * Zero at the end; with `follow`, zero also when there is nothing new for now: capture_ended() tells. */
size_t capture_read(struct capture *capture, struct frame frames[static CAPTURE_BATCH]);
bool capture_ended(const struct capture *capture);

/* With `keep`: nobody needs the bytes of the first so many frames any more. False if too much is kept all the
 * same: more should be released before more is read. */
bool capture_release(struct capture *capture, uint64_t frames);

/* Brings the rest of a frame, and returns all of it. Any thread may, for a frame of its own, as long as its
 * bytes are good. */
static inline struct span capture_fetch(const struct frame *frame)
{
	if (frame->rest.length > 0)
		memcpy(frame->rest.to, frame->rest.from, frame->rest.length);
	return span_of(frame->bytes, frame->captured);
}

size_t capture_file_count(const struct capture *capture);
const struct capture_file *capture_file(const struct capture *capture, size_t nth);

#endif
