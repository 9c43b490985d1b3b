/* reader.h: one capture file being read. The two formats fill in `next`; everything else is shared. */
#ifndef CAPTURE_READER_H
#define CAPTURE_READER_H

#include "capture/capture.h"
#include "capture/filter.h"
#include "capture/source.h"

enum step {
	STEP_FRAME,   /* *frame is filled, and lies in the window */
	STEP_NOTHING, /* something else was read; ask again */
	STEP_FILL,    /* `wanted` bytes must be in the window first */
	STEP_DAMAGED, /* file->problem says what */
};

struct interface {
	uint16_t link;
	uint32_t snap_length; /* 0: none */
	uint64_t units_per_second;
	int64_t offset_seconds;
	const struct filter_program *filter; /* borrowed; NULL: all pass */
	bool excluded;                       /* the filter cannot be applied to this link type */
};

struct reader {
	struct source *source; /* owned */
	struct window *window; /* the source's */
	struct capture_file file;
	uint32_t number;       /* of the file, in the order of capture_add() */
	struct filter *filter; /* borrowed from the capture; NULL without one */
	struct shelf *shelf;   /* the same */
	enum step (*next)(struct reader *reader, struct frame *frame);
	/* Frames that are at hand without more being read, at most so many; NULL: `next` gives each. */
	size_t (*many)(struct reader *reader, struct frame *frames, size_t room);
	size_t wanted;
	bool big_endian;
	bool source_ended;            /* what is in the window is all there is */
	struct interface *interfaces; /* owned */
	uint32_t interface_count, interface_capacity;
	uint32_t section_base; /* first interface of this section */
	/* pcap only */
	size_t record_header;
	bool nanoseconds;
};

/* Reads the beginning of the file and chooses the format. False with words in file.problem. */
bool reader_open(struct reader *reader, const char *path, bool follow);
void reader_close(struct reader *reader);

/* Each sees whether the window begins with its format, and if so sets the reader up. */
bool pcap_begin(struct reader *reader);
bool pcapng_begin(struct reader *reader);

/* Numbers in the byte order of the file. */
static inline uint16_t reader_u16(const struct reader *reader, struct span *s)
{
	return reader->big_endian ? span_u16(s) : span_u16_le(s);
}

static inline uint32_t reader_u32(const struct reader *reader, struct span *s)
{
	return reader->big_endian ? span_u32(s) : span_u32_le(s);
}

static inline uint64_t reader_u64(const struct reader *reader, struct span *s)
{
	return reader->big_endian ? span_u64(s) : span_u64_le(s);
}

/* Asks for n bytes of window, or says STEP_DAMAGED when there will never be so many. */
enum step reader_want(struct reader *reader, size_t n, const char *what);

/* Fills file.problem with words and the offset; returns STEP_DAMAGED. */
enum step reader_damaged(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds an interface; NULL, with words, past the bound or without memory. */
struct interface *reader_add_interface(struct reader *reader, uint16_t link);

enum { LINE = 64 }; /* of the processor's memory */

/* Fills the frame from bytes in the window and decides whether the filter lets it through. */
static inline enum step reader_give(struct reader *reader, struct frame *frame, uint32_t interface,
				    struct span bytes, uint32_t length, int64_t time_ns)
{
	const struct interface *const on = &reader->interfaces[interface];
	const uint32_t captured = (uint32_t)span_left(bytes);

	if (captured > LINE)
		__builtin_prefetch(bytes.at + LINE); /* the transport's header */
	*frame = (struct frame){
		.bytes = bytes.at,
		.captured = captured,
		.length = length > captured ? length : captured,
		.time_ns = time_ns,
		.file = reader->number,
		.link = on->link,
		.interface = (uint16_t)interface,
	};
	if (on->excluded || (on->filter != NULL && !filter_matches(on->filter, frame))) {
		reader->file.filtered++;
		return STEP_NOTHING;
	}
	reader->file.frames++;
	reader->file.bytes += captured;
	return STEP_FRAME;
}

#endif
