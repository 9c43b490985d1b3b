/* frames.h: frames made for a test, one after the other. */
#ifndef TEST_UNIT_FRAMES_H
#define TEST_UNIT_FRAMES_H

#include "base/buffer.h"
#include "capture/capture.h"

enum { FRAMES_MOST = 4096 };

struct frames {
	struct frame list[FRAMES_MOST];
	uint64_t numbers[FRAMES_MOST];
	size_t count;
};

/* Ends of a packet, in text. */
struct ends {
	const char *source;
	uint16_t source_port;
	const char *destination;
	uint16_t destination_port;
};
static inline struct ends ends_back(struct ends ends)
{
	return (struct ends){ ends.destination, ends.destination_port, ends.source, ends.source_port };
}

void frames_free(struct frames *frames);

/* Layers, from the inside out: each puts its header before what stands in the buffer. */
void put_udp(struct buffer *b, struct ends ends);
void put_tcp(struct buffer *b, struct ends ends, uint8_t flags, uint32_t sequence, uint32_t acknowledgement);
void put_ip(struct buffer *b, struct ends ends, uint8_t transport); /* IPv4 or IPv6, as the addresses are */
void put_before(struct buffer *b, const void *bytes, size_t length);
void put_ethernet(struct buffer *b);

/* Adds what the buffer holds, an IP packet, as a frame at this time, and empties it. */
void frames_add(struct frames *frames, struct buffer *b, int64_t time_ns);

/* Whole packets. */
void frames_udp(struct frames *frames, struct ends ends, int64_t time_ns, const void *payload, size_t length);
void frames_tcp(struct frames *frames, struct ends ends, int64_t time_ns, uint8_t flags, uint32_t sequence,
		uint32_t acknowledgement, const char *payload);

#endif
