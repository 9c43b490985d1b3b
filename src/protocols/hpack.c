#include "protocols/hpack.h"

enum {
	STATIC_ENTRIES = 61,
	DEFAULT_LIMIT = 4096,
	ENTRY_COST = 32,
	NUMBER_MOST = 1 << 24,
	CODE_MOST = 30, /* bits */
	END_OF_STRING = 256,
	NAME_LIMIT = 64,
};

/* RFC 7541 A. */
static const struct {
	const char *name, *value;
} fixed[STATIC_ENTRIES] = {
	{ ":authority", "" },
	{ ":method", "GET" },
	{ ":method", "POST" },
	{ ":path", "/" },
	{ ":path", "/index.html" },
	{ ":scheme", "http" },
	{ ":scheme", "https" },
	{ ":status", "200" },
	{ ":status", "204" },
	{ ":status", "206" },
	{ ":status", "304" },
	{ ":status", "400" },
	{ ":status", "404" },
	{ ":status", "500" },
	{ "accept-charset", "" },
	{ "accept-encoding", "gzip, deflate" },
	{ "accept-language", "" },
	{ "accept-ranges", "" },
	{ "accept", "" },
	{ "access-control-allow-origin", "" },
	{ "age", "" },
	{ "allow", "" },
	{ "authorization", "" },
	{ "cache-control", "" },
	{ "content-disposition", "" },
	{ "content-encoding", "" },
	{ "content-language", "" },
	{ "content-length", "" },
	{ "content-location", "" },
	{ "content-range", "" },
	{ "content-type", "" },
	{ "cookie", "" },
	{ "date", "" },
	{ "etag", "" },
	{ "expect", "" },
	{ "expires", "" },
	{ "from", "" },
	{ "host", "" },
	{ "if-match", "" },
	{ "if-modified-since", "" },
	{ "if-none-match", "" },
	{ "if-range", "" },
	{ "if-unmodified-since", "" },
	{ "last-modified", "" },
	{ "link", "" },
	{ "location", "" },
	{ "max-forwards", "" },
	{ "proxy-authenticate", "" },
	{ "proxy-authorization", "" },
	{ "range", "" },
	{ "referer", "" },
	{ "refresh", "" },
	{ "retry-after", "" },
	{ "server", "" },
	{ "set-cookie", "" },
	{ "strict-transport-security", "" },
	{ "transfer-encoding", "" },
	{ "user-agent", "" },
	{ "vary", "" },
	{ "via", "" },
	{ "www-authenticate", "" },
};

static const struct {
	const char *text;
	enum hpack_name name;
} names[] = {
	{ ":authority", HPACK_AUTHORITY },
	{ ":method", HPACK_METHOD },
	{ ":path", HPACK_PATH },
	{ ":status", HPACK_STATUS },
	{ ":protocol", HPACK_PROTOCOL },
	{ "user-agent", HPACK_USER_AGENT },
	{ "content-type", HPACK_CONTENT_TYPE },
	{ "referer", HPACK_REFERER },
	{ "server", HPACK_SERVER },
	{ "location", HPACK_LOCATION },
	{ "authorization", HPACK_AUTHORIZATION },
	{ "proxy-authorization", HPACK_PROXY_AUTHORIZATION },
	{ "x-forwarded-for", HPACK_FORWARDED_FOR },
	{ "content-length", HPACK_CONTENT_LENGTH },
	{ "www-authenticate", HPACK_WWW_AUTHENTICATE },
	{ "grpc-status", HPACK_GRPC_STATUS },
};

/* RFC 7541 B. The code is canonical: the symbols by length and number, and how many there are of each length.
 */
static const uint8_t counts[CODE_MOST + 1] = { 0, 0, 0, 0, 0, 10, 26, 32, 6,  0, 5,  3,  2,  6, 2, 3,
					       0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19, 29, 0, 4 };
static const uint16_t symbols[] = {
	48,  49,  50,  97,  99,  101, 105, 111, 115, 116, 32,  37,  45,  46,  47,  51,  52,  53,  54,  55,
	56,  57,  61,  65,  95,  98,  100, 102, 103, 104, 108, 109, 110, 112, 114, 117, 58,  66,  67,  68,
	69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  80,  81,  82,  83,  84,  85,  86,  87,  89,
	106, 107, 113, 118, 119, 120, 121, 122, 38,  42,  44,  59,  88,  90,  33,  34,  40,  41,  63,  39,
	43,  124, 35,  62,  0,   36,  64,  91,  93,  126, 94,  125, 60,  96,  123, 92,  195, 208, 128, 130,
	131, 162, 184, 194, 224, 226, 153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230, 129,
	132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190,
	196, 198, 228, 232, 233, 1,   135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157,
	158, 165, 166, 168, 174, 175, 180, 182, 183, 188, 191, 197, 231, 239, 9,   142, 144, 145, 148, 159,
	171, 206, 215, 225, 236, 237, 199, 207, 234, 235, 192, 193, 200, 201, 202, 205, 210, 213, 218, 219,
	238, 240, 242, 243, 255, 203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250,
	251, 252, 253, 254, 2,   3,   4,   5,   6,   7,   8,   11,  12,  14,  15,  16,  17,  18,  19,  20,
	21,  23,  24,  25,  26,  27,  28,  29,  30,  31,  127, 220, 249, 10,  13,  22,  256,
};

static enum hpack_name name_of(struct span text)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (span_is(text, names[i].text))
			return names[i].name;
	return HPACK_OTHER;
}

/* ---- numbers and strings ---- */

/* RFC 7541 5.1: the lower bits of the first octet, and further ones if they are all set. */
static uint32_t read_number(struct span *s, unsigned bits)
{
	const uint32_t most = (1u << bits) - 1;
	uint32_t number = span_u8(s) & most;
	uint8_t octet = 0x80;

	if (number < most)
		return number;
	for (unsigned shift = 0; shift <= 21 && octet & 0x80; shift += 7) {
		octet = span_u8(s);
		number += (uint32_t)(octet & 0x7f) << shift;
	}
	if (octet & 0x80 || number > NUMBER_MOST)
		s->failed = true;
	return number;
}

/* A text as sent: its first octets in `room`, and its whole length. */
struct text {
	uint8_t *room;
	size_t size, length;
};

static struct span text_read(const struct text *text)
{
	return span_of(text->room, text->length < text->size ? text->length : text->size);
}

static void text_add(struct text *text, uint8_t c)
{
	if (text->length < text->size)
		text->room[text->length] = c;
	text->length++;
}

/* RFC 7541 5.2: what is left at the end are the first bits of END_OF_STRING, fewer than eight ones. */
static bool read_huffman(struct span s, struct text *text)
{
	uint32_t code = 0, first = 0, index = 0;
	unsigned length = 0;

	for (; s.at < s.end; s.at++) {
		for (int bit = 7; bit >= 0; bit--) {
			code = code << 1 | (*s.at >> bit & 1u);
			if (++length > CODE_MOST)
				return false;
			if (code - first < counts[length]) {
				const uint16_t symbol = symbols[index + code - first];

				if (symbol == END_OF_STRING)
					return false;
				text_add(text, (uint8_t)symbol);
				code = first = index = 0;
				length = 0;
				continue;
			}
			index += counts[length];
			first = (first + counts[length]) << 1;
		}
	}
	return length < 8 && code == (1u << length) - 1;
}

static bool read_string(struct span *s, struct text *text)
{
	const bool huffman = span_peek(*s, 0) & 0x80;
	const uint32_t length = read_number(s, 7);
	struct span bytes = span_take(s, length);

	if (s->failed)
		return false;
	if (huffman)
		return read_huffman(bytes, text);
	for (; bytes.at < bytes.end; bytes.at++)
		text_add(text, *bytes.at);
	return true;
}

/* ---- the table ---- */

static struct hpack_entry *entry_of(struct hpack *table, uint32_t age)
{
	return &table->entries[(table->added - 1 - age) % HPACK_ENTRIES];
}

static void make_room(struct hpack *table, uint32_t size)
{
	while (table->count > 0 && table->size + size > table->limit)
		table->size -= entry_of(table, --table->count)->size;
}

static void keep_value(struct hpack *table, struct hpack_entry *entry, struct span value)
{
	entry->at = table->kept;
	if (entry->name == HPACK_OTHER)
		return;
	if (span_left(value) > HPACK_ROOM / 4)
		value.end = value.at + HPACK_ROOM / 4;
	entry->length = (uint16_t)span_left(value);
	for (; value.at < value.end; value.at++)
		table->room[table->kept++ % HPACK_ROOM] = *value.at;
}

/* RFC 7541 4.4. An entry more than there is place for drops the oldest, which can then no longer be told. */
static void add(struct hpack *table, enum hpack_name name, size_t name_length, const struct text *value)
{
	const size_t size = name_length + value->length + ENTRY_COST;
	struct hpack_entry *entry;

	make_room(table, (uint32_t)(size < NUMBER_MOST ? size : NUMBER_MOST));
	if (size > table->limit || size > UINT16_MAX)
		return;
	if (table->count == HPACK_ENTRIES)
		table->size -= entry_of(table, --table->count)->size;
	entry = &table->entries[table->added++ % HPACK_ENTRIES];
	*entry = (struct hpack_entry){
		.name = (uint8_t)name,
		.name_length = (uint16_t)name_length,
		.size = (uint16_t)size,
	};
	keep_value(table, entry, text_read(value));
	table->count++;
	table->size += (uint32_t)size;
}

static struct span kept_value(const struct hpack *table, const struct hpack_entry *entry, uint8_t *memory)
{
	if (table->kept - entry->at > HPACK_ROOM)
		return span_of(NULL, 0);
	for (uint16_t i = 0; i < entry->length; i++)
		memory[i] = table->room[(entry->at + i) % HPACK_ROOM];
	return span_of(memory, entry->length);
}

/* ---- fields ---- */

struct field {
	enum hpack_name name;
	size_t name_length;
	struct span value; /* of an indexed one */
	uint8_t memory[HPACK_VALUE];
};

static bool look_up(struct hpack *table, uint32_t index, struct field *field)
{
	const struct hpack_entry *entry;

	if (index == 0)
		return false;
	if (index <= STATIC_ENTRIES) {
		field->name = name_of(span_text(fixed[index - 1].name));
		field->name_length = strlen(fixed[index - 1].name);
		field->value = span_text(fixed[index - 1].value);
		return true;
	}
	*field = (struct field){ .name = HPACK_OTHER };
	if (index - STATIC_ENTRIES > table->count)
		return table->limit > DEFAULT_LIMIT; /* dropped */
	entry = entry_of(table, index - STATIC_ENTRIES - 1);
	field->name = entry->name;
	field->name_length = entry->name_length;
	field->value = kept_value(table, entry, field->memory);
	return true;
}

/* RFC 7541 6.2: a name, by its number or as it is, and a value; and perhaps it is added. */
static bool read_literal(struct hpack *table, struct span *block, unsigned bits, bool adds, hpack_take *take,
			 void *context)
{
	const uint32_t index = read_number(block, bits);
	uint8_t name_room[NAME_LIMIT], value_room[HPACK_VALUE];
	struct text name = { name_room, sizeof(name_room), 0 }, value = { value_room, sizeof(value_room), 0 };
	struct field field;

	if (index > 0 && !look_up(table, index, &field))
		return false;
	if (index == 0) {
		if (!read_string(block, &name))
			return false;
		field.name = name_of(text_read(&name));
		field.name_length = name.length;
	}
	if (!read_string(block, &value))
		return false;
	if (adds)
		add(table, field.name, field.name_length, &value);
	if (field.name != HPACK_OTHER)
		take(context, field.name, text_read(&value));
	return true;
}

static bool read_field(struct hpack *table, struct span *block, hpack_take *take, void *context)
{
	const uint8_t first = span_peek(*block, 0);
	struct field field;

	if (first & 0x80) {
		if (!look_up(table, read_number(block, 7), &field))
			return false;
		if (field.name != HPACK_OTHER)
			take(context, field.name, field.value);
		return true;
	}
	if (first & 0x40)
		return read_literal(table, block, 6, true, take, context);
	if (first & 0x20) {
		table->limit = read_number(block, 5);
		make_room(table, 0);
		return true;
	}
	return read_literal(table, block, 4, false, take, context);
}

bool hpack_read(struct hpack *table, struct span block, hpack_take *take, void *context)
{
	if (!table->begun)
		table->limit = DEFAULT_LIMIT;
	table->begun = true;
	while (span_left(block) > 0)
		if (!read_field(table, &block, take, context) || block.failed)
			return false;
	return true;
}
