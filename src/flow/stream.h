/* stream.h: what one side of a TCP connection sent, in order (RFC 9293 3.4, 3.10.7.4).
 *
 * Segments come in any order, more than once, overlapping, or not at all. In the usual case, the next segment
 * in order, nothing is copied: the span that is handed on points into the packet. What comes early waits,
 * within bounds, until the gap is filled; it is filled by what arrives, or given up when a bound is reached,
 * when the other side has acknowledged what was never seen, or at the end. Where segments overlap, the bytes
 * that came first hold. Bytes that are said again in other words are counted: somebody may want one reader to
 * see what another does not.
 *
 * A stream that is first seen in its middle begins with the first bytes that are seen. */
#ifndef FLOW_STREAM_H
#define FLOW_STREAM_H

#include "base/span.h"

enum {
	STREAM_WAITING_LIMIT = 1 << 18, /* bytes of one side that may wait behind a gap */
	STREAM_SEGMENTS_LIMIT = 256,    /* segments, likewise */
	STREAM_ALL_LIMIT = 1 << 26,     /* bytes that may wait in all streams that share their counts */
	STREAM_WINDOW_LIMIT = 1 << 24,  /* a segment further ahead is believed only if another follows it */
	STREAM_OLD_LIMIT = 1 << 30,     /* so far behind `next` bytes are still old ones */
	STREAM_RECENT = 4,              /* segments that are remembered to compare what is sent again */
};

/* What the streams of one engine share. */
struct stream_counts {
	uint64_t gaps, gap_bytes;   /* handed on as gaps */
	uint64_t overlaps;          /* segments that brought new bytes behind some that had come already */
	uint64_t conflicts;         /* segments that said other words in the place of those that came first */
	uint64_t not_believed;      /* segments that lay too far from all others */
	size_t waiting_bytes, most; /* now, with what it costs to keep them; and the most there ever were */
};

/* One side. Zeroed at first. */
struct stream {
	uint32_t next;          /* sequence number of the byte that comes next */
	bool begun, from_start; /* from_start: the SYN was seen */
	bool ended;             /* nothing follows: `next` has reached the FIN, or all was flushed */
	bool fin_known;         /* the FIN stands at fin_at */
	bool stray;             /* the last segment was not believed: one at stray_next would confirm it */
	bool jumped;            /* bytes from jump_from to `jump` were skipped unseen */
	uint8_t recent_next;
	uint16_t waiting_segments;
	uint32_t waiting_bytes;
	uint32_t fin_at, stray_next, jump_from, jump;
	uint64_t passed;         /* bytes handed on, lost or skipped so far */
	uint64_t skip;           /* the taker may add to it: so many of the next bytes are not wanted */
	struct segment *waiting; /* owned; by sequence number, without overlaps */
	struct {
		uint32_t sequence, length, hash;
	} recent[STREAM_RECENT];
};

/* Takes bytes in order, or a gap of so many (bytes are empty then). False: no more is wanted, and the stream
 * must be closed by the caller. */
typedef bool stream_take(void *context, struct span bytes, uint64_t gap);

/* A SYN, which says where the stream begins. Bytes that come with it have the sequence number behind its own.
 */
void stream_open(struct stream *stream, uint32_t sequence);

/* A segment: `length` bytes on the wire, of which `bytes` were captured; what is missing is a gap. False as
 * take() says. */
bool stream_segment(struct stream *stream, uint32_t sequence, struct span bytes, uint32_t length, bool fin,
		    struct stream_counts *counts, stream_take *take, void *context);

/* The other side has acknowledged up to here: what is not there by now was lost by the capture and not by the
 * network. */
bool stream_acknowledged(struct stream *stream, uint32_t acknowledgement, struct stream_counts *counts,
			 stream_take *take, void *context);

/* Whether `next` was reached by a jump: the bytes before it may still come, and are not wanted. */
static inline bool stream_has_jumped(const struct stream *stream)
{
	return stream->jumped && stream->jump == stream->next;
}

/* Whether a segment without FIN lies wholly among bytes that were skipped: then stream_segment() need not be
 * called. */
static inline bool stream_steps_over(const struct stream *stream, uint32_t sequence, uint32_t length)
{
	const uint32_t behind = stream->next - sequence;

	return stream_has_jumped(stream) && !stream->stray && !stream->fin_known && behind > length &&
	       behind <= stream->next - stream->jump_from && behind < STREAM_OLD_LIMIT;
}

/* Whether an acknowledgement tells nothing: stream_acknowledged() need not be called. */
static inline bool stream_knows(const struct stream *stream, uint32_t acknowledgement)
{
	const int32_t ahead = (int32_t)(acknowledgement - stream->next);

	return !stream->begun || stream->ended || ahead <= 0 || ahead > STREAM_WINDOW_LIMIT;
}

/* At the end (a RST, a timeout): hands on what waits, gaps and all. And gives back the memory. */
bool stream_flush(struct stream *stream, struct stream_counts *counts, stream_take *take, void *context);
void stream_close(struct stream *stream, struct stream_counts *counts);

#endif
