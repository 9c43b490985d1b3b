/* reader.h: one capture file being read. The two formats fill in `next`; everything else is shared. */
#ifndef CAPTURE_READER_H
#define CAPTURE_READER_H

#include "capture/capture.h"
#include "capture/filter.h"
#include "capture/mapping.h"
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

enum {
	LINE = 64,         /* of the processor's memory */
	LONG_FRAME = 512,  /* longer ones are left in a mapped file, */
	BEGINNING = 128,   /* but for their headers */
	RECORDS_AHEAD = 6, /* at which the mapped file is asked for what follows */
};

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

/* The next records are probably as long as this one: their headers are asked for. */
static inline void reader_expect(const struct window *window, size_t record)
{
	const uint64_t to = RECORDS_AHEAD * record;

	if (to + BEGINNING > window->file_size - window->taken)
		return;
	for (size_t line = 0; line <= BEGINNING; line += LINE)
		__builtin_prefetch(window->file + window->taken + to + line);
}

/* A record of a mapped file, of which the window has lent the beginning: its frame comes behind the header.
 */
struct lent {
	size_t header;
	uint32_t captured;
	size_t record;
};

/* Gives that frame, which no filter may have to see. False if the file cannot be copied from. */
static inline bool reader_lend(struct reader *reader, const struct lent *lent, struct frame *frame,
			       uint32_t interface, uint32_t length, int64_t time_ns)
{
	struct window *const window = reader->window;
	const uint8_t *const at = window->bytes + window->start;
	const uint32_t all = (uint32_t)lent->header + lent->captured;
	uint32_t here = all < BEGINNING ? all : BEGINNING;

	if (all > BEGINNING && all <= LONG_FRAME) {
		window_copy(window, BEGINNING, all - BEGINNING);
		here = all;
	}
	if (mapping_is_broken())
		return false;
	reader_expect(window, lent->record);
	reader_give(reader, frame, interface, span_of(at + lent->header, lent->captured), length, time_ns);
	frame->rest = (struct frame_rest){ .from = window->file + window->taken + here,
					   .to = window->bytes + window->start + here,
					   .length = all - here };
	window_take_lent(window, lent->record);
	return true;
}

#endif
