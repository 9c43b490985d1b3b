#include "frames.h"
#include "base/address.h"
#include "catalog/catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LINK_RAW = 101 };

void frames_free(struct frames *frames)
{
	while (frames->count > 0)
		free((void *)(uintptr_t)frames->list[--frames->count].bytes);
}

void put_before(struct buffer *b, const void *bytes, size_t length)
{
	const size_t behind = b->length;

	assert_non_null(buffer_extend(b, length));
	memmove(b->bytes + length, b->bytes, behind);
	memcpy(b->bytes, bytes, length);
}

static void put_header(struct buffer *b, struct buffer *header)
{
	put_before(b, header->bytes, header->length);
	buffer_free(header);
}

void put_udp(struct buffer *b, struct ends ends)
{
	struct buffer header = buffer_new(64);

	buffer_u16(&header, ends.source_port);
	buffer_u16(&header, ends.destination_port);
	buffer_u16(&header, (uint16_t)(8 + b->length));
	buffer_u16(&header, 0);
	put_header(b, &header);
}

void put_tcp(struct buffer *b, struct ends ends, uint8_t flags, uint32_t sequence, uint32_t acknowledgement)
{
	struct buffer header = buffer_new(64);

	buffer_u16(&header, ends.source_port);
	buffer_u16(&header, ends.destination_port);
	buffer_u32(&header, sequence);
	buffer_u32(&header, acknowledgement);
	buffer_u8(&header, 5 << 4);
	buffer_u8(&header, flags);
	buffer_u16(&header, 8192);
	buffer_u32(&header, 0);
	put_header(b, &header);
}

static struct address address_of(const char *text)
{
	struct address address;

	assert_true(address_parse(span_text(text), &address));
	return address;
}

static void put_ipv4(struct buffer *b, const struct address *source, const struct address *destination,
		     uint8_t transport)
{
	struct buffer header = buffer_new(64);
	uint32_t sum = 0;

	buffer_u16(&header, 0x4500);
	buffer_u16(&header, (uint16_t)(20 + b->length));
	buffer_u32(&header, 0);
	buffer_u8(&header, 64);
	buffer_u8(&header, transport);
	buffer_u16(&header, 0);
	buffer_u32(&header, address_to_v4(source));
	buffer_u32(&header, address_to_v4(destination));
	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)(header.bytes[i] << 8 | header.bytes[i + 1]);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	buffer_set_u16(&header, 10, (uint16_t)~sum);
	put_header(b, &header);
}

void put_ip(struct buffer *b, struct ends ends, uint8_t transport)
{
	const struct address source = address_of(ends.source), destination = address_of(ends.destination);
	struct buffer header = buffer_new(64);

	if (address_is_v4(&source)) {
		put_ipv4(b, &source, &destination, transport);
		return;
	}
	buffer_u32(&header, (uint32_t)6 << 28);
	buffer_u16(&header, (uint16_t)b->length);
	buffer_u8(&header, transport);
	buffer_u8(&header, 64);
	buffer_add(&header, source.bytes, 16);
	buffer_add(&header, destination.bytes, 16);
	put_header(b, &header);
}

void put_ethernet(struct buffer *b)
{
	put_before(b, "\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\x00", 14);
}

void frames_add(struct frames *frames, struct buffer *b, int64_t time_ns)
{
	uint8_t *const exact = malloc(b->length);

	assert_non_null(exact);
	assert_true(frames->count < FRAMES_MOST);
	memcpy(exact, b->bytes, b->length);
	frames->list[frames->count] = (struct frame){ .bytes = exact,
						      .captured = (uint32_t)b->length,
						      .length = (uint32_t)b->length,
						      .time_ns = time_ns,
						      .link = LINK_RAW };
	frames->numbers[frames->count] = frames->count + 1;
	frames->count++;
	buffer_free(b);
	*b = buffer_new(1 << 16);
}

void frames_udp(struct frames *frames, struct ends ends, int64_t time_ns, const void *payload, size_t length)
{
	struct buffer b = buffer_new(1 << 16);

	buffer_add(&b, payload, length);
	put_udp(&b, ends);
	put_ip(&b, ends, TRANSPORT_UDP);
	frames_add(frames, &b, time_ns);
	buffer_free(&b);
}

void frames_tcp(struct frames *frames, struct ends ends, int64_t time_ns, uint8_t flags, uint32_t sequence,
		uint32_t acknowledgement, const char *payload)
{
	struct buffer b = buffer_new(1 << 16);

	buffer_text(&b, payload);
	put_tcp(&b, ends, flags, sequence, acknowledgement);
	put_ip(&b, ends, TRANSPORT_TCP);
	frames_add(frames, &b, time_ns);
	buffer_free(&b);
}
