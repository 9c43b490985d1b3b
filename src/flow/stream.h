/* stream.h: what one side of a TCP connection sent, in order (RFC 9293 3.4, 3.10.7.4).
 *
 * Segments come in any order, more than once, overlapping, or not at all. In the usual case, the next segment in
 * order, nothing is copied: the span that is handed on points into the packet. What comes early waits, within
 * bounds, until the gap is filled; it is filled by what arrives, or given up when the bound is reached, when the
 * other side has acknowledged what was never seen, or at the end. Where segments overlap, the bytes that came
 * first hold, and it is counted.
 *
 * A stream that is first seen in its middle begins with the first segment that is seen. */
#ifndef FLOW_STREAM_H
#define FLOW_STREAM_H

#include "base/span.h"

enum {
	STREAM_WAITING_LIMIT = 1 << 18,	 /* bytes of one side that may wait behind a gap */
	STREAM_SEGMENTS_LIMIT = 256,	 /* segments, likewise */
	STREAM_WINDOW_LIMIT = 1 << 24,	 /* a segment that lies further ahead is not believed */
};

struct stream_counts {
	uint64_t gaps, gap_bytes, overlaps, waiting_bytes_most;
};

/* One side. Zeroed at first. */
struct stream {
	uint32_t next;		 /* sequence number of the byte that comes next */
	bool begun, from_start;	 /* from_start: the SYN was seen */
	bool ended;		 /* FIN or RST stands at `next` */
	uint16_t waiting_segments;
	uint32_t waiting_bytes;
	uint64_t passed;	 /* bytes handed on or lost so far */
	uint64_t skip;		 /* of the next bytes, how many are not wanted */
	struct segment *waiting; /* owned; by sequence number */
};

/* Takes bytes in order, or a gap of `length` bytes (bytes are empty then). False: no more is wanted, and the stream
 * must be closed by the caller. */
typedef bool stream_take(void *context, struct span bytes, uint64_t gap);

/* A SYN, which says where the stream begins. */
void stream_open(struct stream *stream, uint32_t sequence);

/* A segment: `length` bytes on the wire, of which `bytes` were captured; what is missing is a gap. False as take()
 * says. */
bool stream_segment(struct stream *stream, uint32_t sequence, struct span bytes, uint32_t length, bool fin,
		    struct stream_counts *counts, stream_take *take, void *context);

/* The other side has acknowledged up to here: what is not there by now was lost by the capture and not by the
 * network. */
bool stream_acknowledged(struct stream *stream, uint32_t acknowledgement, struct stream_counts *counts,
			 stream_take *take, void *context);

/* The end: hands on what waits, gaps and all. And gives back the memory. */
bool stream_flush(struct stream *stream, struct stream_counts *counts, stream_take *take, void *context);
void stream_close(struct stream *stream);

#endif
