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

static enum step next_record(struct reader *reader, struct frame *frame)
{
	const struct span window = source_window(reader->source);
	const size_t here = span_left(window);
	struct span s = window;
	uint32_t seconds, fraction, captured, length;

	if (here == 0 && reader->source_ended)
		return STEP_NOTHING;
	if (here < reader->record_header)
		return reader_want(reader, reader->record_header, "the header of a record");
	seconds = reader_u32(reader, &s);
	fraction = reader_u32(reader, &s);
	captured = reader_u32(reader, &s);
	length = reader_u32(reader, &s);
	if (captured > CAPTURE_FRAME_LIMIT)
		return reader_damaged(reader, "a record claims %u bytes, and no frame is so long", captured);
	if (here < reader->record_header + captured) {
		if (!reader->source_ended) {
			reader->wanted = reader->record_header + captured;
			return STEP_FILL;
		}
		reader->file.truncated = true;
		captured = (uint32_t)(here - reader->record_header);
	}
	s = window;
	span_skip(&s, reader->record_header);
	source_take(reader->source, reader->record_header + captured);
	return reader_give(reader, frame, 0, span_take(&s, captured), length,
			   (int64_t)seconds * 1000000000 +
				   (int64_t)fraction * (reader->nanoseconds ? 1 : 1000));
}

/* The rest of the file's header, once the window holds it. */
static enum step read_header(struct reader *reader, struct frame *frame)
{
	struct span s = source_window(reader->source);
	struct interface *interface;
	uint32_t snap_length, link;

	(void)frame;
	if (span_left(s) < FILE_HEADER)
		return reader_want(reader, FILE_HEADER, "the header of the file");
	span_skip(&s, 16);
	snap_length = reader_u32(reader, &s);
	link = reader_u32(reader, &s);
	source_take(reader->source, FILE_HEADER);
	interface = reader_add_interface(reader,
					 (uint16_t)link); /* the upper half tells of frame check sequences */
	if (interface == NULL)
		return STEP_DAMAGED;
	interface->snap_length = snap_length;
	reader->next = next_record;
	return STEP_NOTHING;
}

bool pcap_begin(struct reader *reader)
{
	struct span s = source_window(reader->source), other = s;
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
