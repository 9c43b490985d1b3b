/* The pcap format: draft-ietf-opsawg-pcap, and the "modified" kind of Alexey Kuznetsov's patches, whose
 * record headers carry eight bytes more. */
#include "capture/reader.h"

enum { FILE_HEADER = 24, RECORD_HEADER = 16, MODIFIED_RECORD_HEADER = 24 };

static const struct {
	uint32_t magic;
	bool nanoseconds, modified;
} kinds[] = {
	{ 0xa1b2c3d4, false, false },
	{ 0xa1b23c4d, true, false },
	{ 0xa1b2cd34, false, true },
};

/* A number of the record's header, in the byte order of the file. */
static inline uint32_t field(const uint8_t *at, bool big_endian)
{
	const uint32_t n = load_u32(at);

	return big_endian ? n : __builtin_bswap32(n);
}

/* The record is longer than what the window holds: more of it is read, or it is the last one and cut off. */
static enum step cut_record(struct reader *reader, size_t wanted, uint32_t *ret_captured)
{
	if (!reader->source_ended) {
		reader->wanted = wanted;
		return STEP_FILL;
	}
	reader->file.truncated = true;
	*ret_captured = (uint32_t)(span_left(window_span(reader->window)) - reader->record_header);
	return STEP_NOTHING;
}

static inline int64_t time_of(const struct reader *reader, const uint8_t *at)
{
	const int64_t fraction = field(at + 4, reader->big_endian);

	return (int64_t)field(at, reader->big_endian) * 1000000000 +
	       (reader->nanoseconds ? fraction : fraction * 1000);
}

/* Gives the frame of a record of which so many bytes are in the window. */
static inline enum step give(struct reader *reader, const uint8_t *at, uint32_t captured, struct frame *frame)
{
	window_take(reader->window, reader->record_header + captured);
	return reader_give(reader, frame, 0, span_of(at + reader->record_header, captured),
			   field(at + 12, reader->big_endian), time_of(reader, at));
}

/* Records of a mapped file. One of no bytes is unusual, and may be what stands where a file was cut. */
static size_t mapped_records(struct reader *reader, struct frame *frames, size_t room)
{
	struct window *const window = reader->window;
	const size_t header = reader->record_header;
	size_t count = 0;

	while (count < room && window_lends(window, BEGINNING)) {
		const uint8_t *const at = window_copy(window, 0, BEGINNING);
		const uint32_t captured = field(at + 8, reader->big_endian);
		const struct lent lent = { header, captured, header + captured };

		if (captured == 0 || captured > CAPTURE_FRAME_LIMIT || !window_lends(window, lent.record) ||
		    !reader_lend(reader, &lent, &frames[count], 0, field(at + 12, reader->big_endian),
				 time_of(reader, at)))
			break;
		count++;
	}
	return count;
}

/* The usual records stand in the window whole. */
static size_t whole_records(struct reader *reader, struct frame *frames, size_t room)
{
	size_t count = mapped_records(reader, frames, room);

	while (count < room) {
		const struct span s = window_span(reader->window);
		const size_t here = span_left(s), header = reader->record_header;
		const uint32_t captured = here >= header ? field(s.at + 8, reader->big_endian) : 0;

		if (here < header || captured > CAPTURE_FRAME_LIMIT || captured > here - header)
			break;
		count += give(reader, s.at, captured, &frames[count]) == STEP_FRAME;
	}
	return count;
}

static enum step next_record(struct reader *reader, struct frame *frame)
{
	struct span s = window_span(reader->window);
	const size_t here = span_left(s);
	const uint8_t *const at = span_header(&s, reader->record_header);
	uint32_t captured;

	if (here == 0 && reader->source_ended)
		return STEP_NOTHING;
	if (at == NULL)
		return reader_want(reader, reader->record_header, "the header of a record");
	captured = field(at + 8, reader->big_endian);
	if (captured > CAPTURE_FRAME_LIMIT)
		return reader_damaged(reader, "a record claims %u bytes, and no frame is so long", captured);
	if (captured > span_left(s) &&
	    cut_record(reader, reader->record_header + captured, &captured) == STEP_FILL)
		return STEP_FILL;
	return give(reader, at, captured, frame);
}

/* The rest of the file's header, once the window holds it. */
static enum step read_header(struct reader *reader, struct frame *frame)
{
	struct span s = window_span(reader->window);
	struct interface *interface;
	uint32_t snap_length, link;

	(void)frame;
	if (span_left(s) < FILE_HEADER)
		return reader_want(reader, FILE_HEADER, "the header of the file");
	span_skip(&s, 16);
	snap_length = reader_u32(reader, &s);
	link = reader_u32(reader, &s);
	window_take(reader->window, FILE_HEADER);
	interface = reader_add_interface(reader,
					 (uint16_t)link); /* the upper half tells of frame check sequences */
	if (interface == NULL)
		return STEP_DAMAGED;
	interface->snap_length = snap_length;
	reader->next = next_record;
	reader->many = whole_records;
	return STEP_NOTHING;
}

bool pcap_begin(struct reader *reader)
{
	struct span s = window_span(reader->window), other = s;
	const uint32_t big = span_u32(&s), little = span_u32_le(&other);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].magic != big && kinds[i].magic != little)
			continue;
		reader->big_endian = kinds[i].magic == big;
		reader->nanoseconds = kinds[i].nanoseconds;
		reader->record_header = kinds[i].modified ? MODIFIED_RECORD_HEADER : RECORD_HEADER;
		reader->next = read_header;
		return true;
	}
	return false;
}
