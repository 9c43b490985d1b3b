/* The pcapng format: draft-ietf-opsawg-pcapng. Blocks that hold frames, interfaces and their statistics are
 * read; name resolution is counted; secrets, journals, custom and unknown blocks are stepped over. */
#include "capture/reader.h"

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete, and still found */
	BLOCK_SIMPLE = 3,
	BLOCK_NAMES = 4,
	BLOCK_STATISTICS = 5,
	BLOCK_ENHANCED = 6,

	BLOCK_HEADER = 8,
	BLOCK_TRAILER = 4,
	BLOCK_LEAST = BLOCK_HEADER + BLOCK_TRAILER,
	ENHANCED_HEADER = BLOCK_HEADER + 20,
	BLOCK_MOST = 128 * 1024 * 1024, /* a block that claims more is damage */
	BODY_READ = 64 * 1024,          /* of blocks that hold options; what stands behind is stepped over */

	OPTION_END = 0,
	OPTION_TIME_RESOLUTION = 9,
	OPTION_TIME_OFFSET = 14,
	OPTION_DROPPED = 5,
};

struct block {
	uint32_t type, length;
	struct span body; /* what of it is in the window: all, or what was asked for */
};

/* One option off the list: its value is a span of its own. False at the end of the list. */
static bool next_option(const struct reader *reader, struct span *list, uint16_t *ret_code,
			struct span *ret_value)
{
	uint16_t length;

	if (span_left(*list) < 4)
		return false;
	*ret_code = reader_u16(reader, list);
	length = reader_u16(reader, list);
	*ret_value = span_take(list, length);
	span_skip(list, (4 - length % 4) % 4);
	return *ret_code != OPTION_END && !ret_value->failed;
}

/* if_tsresol: a power of ten, or of two when the top bit is set. */
static uint64_t units_per_second(uint8_t resolution)
{
	const unsigned power = resolution & 0x7f;
	uint64_t units = 1;

	if ((resolution & 0x80) != 0)
		return power < 63 ? (uint64_t)1 << power : (uint64_t)1 << 63;
	for (unsigned i = 0; i < power && i < 19; i++)
		units *= 10;
	return units;
}

/* Half of what the type holds is left to those who add times up, and take one from the other. */
static int64_t time_of(const struct interface *interface, uint64_t units)
{
	const int64_t latest = INT64_MAX / 2 / 1000000000 - 1;
	const uint64_t per_second = interface->units_per_second;
	const uint64_t seconds = units / per_second, rest = units % per_second;
	int64_t nanoseconds, whole = seconds > (uint64_t)latest ? latest : (int64_t)seconds;

	if (per_second <= 1000000000)
		nanoseconds = (int64_t)(rest * 1000000000 / per_second);
	else
		nanoseconds = (int64_t)((long double)rest * 1e9L / (long double)per_second);
	if (interface->offset_seconds > latest - whole)
		whole = latest;
	else if (interface->offset_seconds < -latest - whole)
		whole = -latest;
	else
		whole += interface->offset_seconds;
	return whole * 1000000000 + nanoseconds;
}

static enum step read_section(struct reader *reader, struct block *block, struct frame *frame)
{
	(void)frame;
	(void)block; /* its byte order was read with the header */
	reader->section_base = reader->interface_count;
	return STEP_NOTHING;
}

static enum step read_interface(struct reader *reader, struct block *block, struct frame *frame)
{
	struct span s = block->body, value;
	struct interface *const interface = reader_add_interface(reader, reader_u16(reader, &s));
	uint16_t code;

	(void)frame;
	if (interface == NULL)
		return STEP_DAMAGED;
	span_skip(&s, 2);
	interface->snap_length = reader_u32(reader, &s);
	while (next_option(reader, &s, &code, &value)) {
		if (code == OPTION_TIME_RESOLUTION && span_left(value) == 1)
			interface->units_per_second = units_per_second(span_u8(&value));
		else if (code == OPTION_TIME_OFFSET && span_left(value) == 8)
			interface->offset_seconds = (int64_t)reader_u64(reader, &value);
	}
	return STEP_NOTHING;
}

static enum step read_statistics(struct reader *reader, struct block *block, struct frame *frame)
{
	struct span s = block->body, value;
	uint16_t code;

	(void)frame;
	span_skip(&s, 12);
	while (next_option(reader, &s, &code, &value)) {
		if (code == OPTION_DROPPED && span_left(value) == 8)
			reader->file.dropped += reader_u64(reader, &value);
	}
	return STEP_NOTHING;
}

static enum step count_names(struct reader *reader, struct block *block, struct frame *frame)
{
	struct span s = block->body, value;
	uint16_t code;

	(void)frame;
	while (next_option(reader, &s, &code, &value)) /* records are formed as options are */
		reader->file.names++;
	return STEP_NOTHING;
}

/* Gives the frame whose bytes come next in s, of which `captured` were kept. */
static enum step give(struct reader *reader, struct frame *frame, struct span *s, uint32_t interface,
		      uint64_t units, uint32_t captured, uint32_t length)
{
	const uint32_t index = reader->section_base + interface;

	if (interface >= reader->interface_count - reader->section_base)
		return reader_damaged(reader, "a frame of interface %u, which was not described", interface);
	if (captured > span_left(*s))
		return reader_damaged(reader, "a frame of %u bytes in a block that is shorter", captured);
	return reader_give(reader, frame, index, span_take(s, captured), length,
			   time_of(&reader->interfaces[index], units));
}

static enum step read_enhanced(struct reader *reader, struct block *block, struct frame *frame)
{
	struct span s = block->body;
	const uint32_t interface = reader_u32(reader, &s);
	const uint64_t high = reader_u32(reader, &s), low = reader_u32(reader, &s);
	const uint32_t captured = reader_u32(reader, &s), length = reader_u32(reader, &s);

	if (s.failed)
		return reader_damaged(reader, "a block too short for its frame's header");
	return give(reader, frame, &s, interface, high << 32 | low, captured, length);
}

static enum step read_packet(struct reader *reader, struct block *block, struct frame *frame)
{
	struct span s = block->body;
	const uint32_t interface = reader_u16(reader, &s), drops = reader_u16(reader, &s);
	const uint64_t high = reader_u32(reader, &s), low = reader_u32(reader, &s);
	const uint32_t captured = reader_u32(reader, &s), length = reader_u32(reader, &s);

	if (s.failed)
		return reader_damaged(reader, "a block too short for its frame's header");
	if (drops != UINT16_MAX)
		reader->file.dropped += drops;
	return give(reader, frame, &s, interface, high << 32 | low, captured, length);
}

/* Has neither interface nor time: the first interface, and the beginning of time. */
static enum step read_simple(struct reader *reader, struct block *block, struct frame *frame)
{
	struct span s = block->body;
	const uint32_t length = reader_u32(reader, &s);
	const bool described = reader->interface_count > reader->section_base;
	const uint32_t snap = described ? reader->interfaces[reader->section_base].snap_length : 0;
	uint32_t captured = length;

	if (s.failed)
		return reader_damaged(reader, "a block too short for its frame's header");
	if (snap > 0 && captured > snap)
		captured = snap;
	if (captured > span_left(s))
		captured = (uint32_t)span_left(s);
	return give(reader, frame, &s, 0, 0, captured, length);
}

/* How much of the body must be in the window, and who reads it. */
static const struct block_kind {
	uint32_t type;
	size_t most;
	enum step (*read)(struct reader *reader, struct block *block, struct frame *frame);
} kinds[] = {
	{ BLOCK_ENHANCED, CAPTURE_FRAME_LIMIT + BODY_READ, read_enhanced },
	{ BLOCK_SIMPLE, CAPTURE_FRAME_LIMIT + BODY_READ, read_simple },
	{ BLOCK_PACKET, CAPTURE_FRAME_LIMIT + BODY_READ, read_packet },
	{ BLOCK_INTERFACE, BODY_READ, read_interface },
	{ BLOCK_STATISTICS, BODY_READ, read_statistics },
	{ BLOCK_NAMES, BODY_READ, count_names },
	{ BLOCK_SECTION, BODY_READ, read_section },
};

static const struct block_kind *kind_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].type == type)
			return &kinds[i];
	}
	return NULL;
}

/* A section's header says in which byte order it, and what follows, is written. */
static bool read_byte_order(struct reader *reader, struct span header)
{
	span_skip(&header, BLOCK_HEADER);
	const uint32_t magic = span_u32(&header);

	if (magic != 0x1a2b3c4d && magic != 0x4d3c2b1a)
		return false;
	reader->big_endian = magic == 0x1a2b3c4d;
	return true;
}

/* The end of the file: a frame whose block was cut off is still given as far as it goes. */
static enum step cut_off(struct reader *reader, struct block *block, const struct block_kind *kind,
			 struct span body, struct frame *frame)
{
	struct span s = body;
	uint32_t captured, length;
	uint64_t high, low, interface;

	if (kind == NULL || kind->type != BLOCK_ENHANCED || span_left(body) < 20)
		return reader_damaged(reader, "the file ends inside a block of %u bytes", block->length);
	interface = reader_u32(reader, &s);
	high = reader_u32(reader, &s);
	low = reader_u32(reader, &s);
	captured = reader_u32(reader, &s);
	length = reader_u32(reader, &s);
	reader->file.truncated = true;
	if (captured > span_left(s))
		captured = (uint32_t)span_left(s);
	window_take(reader->window, span_left(window_span(reader->window)));
	return give(reader, frame, &s, (uint32_t)interface, high << 32 | low, captured, length);
}

static enum step next_block(struct reader *reader, struct frame *frame)
{
	const struct span window = window_span(reader->window);
	const size_t here = span_left(window);
	struct span s = window;
	struct block block;
	const struct block_kind *kind;
	size_t body, needed;

	if (here == 0 && reader->source_ended) {
		reader->file.truncated |= source_missing(reader->source) > 0;
		return STEP_NOTHING;
	}
	if (here < BLOCK_LEAST)
		return reader_want(reader, BLOCK_LEAST, "the header of a block");
	block.type = reader_u32(reader, &s);
	if (block.type == BLOCK_SECTION && !read_byte_order(reader, window))
		return reader_damaged(reader, "a section without a byte order");
	block.length = reader_u32(reader, &s);
	if (block.length < BLOCK_LEAST || block.length > BLOCK_MOST)
		return reader_damaged(reader, "a block claims %u bytes", block.length);
	block.length += (4 - block.length % 4) % 4;
	kind = kind_of(block.type);
	body = block.length - BLOCK_LEAST;
	needed = kind == NULL ? 0 : body < kind->most ? body : kind->most;
	if (here < BLOCK_HEADER + needed) {
		if (reader->source_ended)
			return cut_off(reader, &block, kind, s, frame);
		reader->wanted = BLOCK_HEADER + needed;
		return STEP_FILL;
	}
	source_skip(reader->source, block.length);
	if (kind == NULL) {
		reader->file.skipped++;
		return STEP_NOTHING;
	}
	block.body = span_take(&s, needed);
	return kind->read(reader, &block, frame);
}

static inline uint32_t field(const struct reader *reader, const uint8_t *at)
{
	const uint32_t n = load_u32(at);

	return reader->big_endian ? n : __builtin_bswap32(n);
}

/* Enhanced packet blocks of a mapped file, whole and of interfaces that are known; next_block() has the
 * others. */
static size_t mapped_blocks(struct reader *reader, struct frame *frames, size_t room)
{
	struct window *const window = reader->window;
	size_t count = 0;

	while (count < room && window_lends(window, BEGINNING)) {
		const uint8_t *const at = window_copy(window, 0, BEGINNING);
		const uint32_t type = field(reader, at), length = field(reader, at + 4);
		const uint32_t interface = reader->section_base + field(reader, at + 8);
		const uint64_t units = (uint64_t)field(reader, at + 12) << 32 | field(reader, at + 16);
		const struct lent lent = { ENHANCED_HEADER, field(reader, at + 20), length };

		if (type != BLOCK_ENHANCED || length % 4 != 0 || length < ENHANCED_HEADER + BLOCK_TRAILER ||
		    lent.captured > CAPTURE_FRAME_LIMIT ||
		    lent.captured > length - ENHANCED_HEADER - BLOCK_TRAILER ||
		    field(reader, at + 8) >= reader->interface_count - reader->section_base ||
		    !window_lends(window, length) ||
		    !reader_lend(reader, &lent, &frames[count], interface, field(reader, at + 24),
				 time_of(&reader->interfaces[interface], units)))
			break;
		count++;
	}
	return count;
}

bool pcapng_begin(struct reader *reader)
{
	struct span s = window_span(reader->window);

	if (span_u32(&s) != BLOCK_SECTION)
		return false;
	reader->next = next_block;
	reader->many = mapped_blocks;
	return true;
}
