/* TCP streams put in order. All positions are sequence numbers, compared by their distance (RFC 9293 3.4), so
 * that they may wrap. */
#include "flow/stream.h"
#include "base/hash.h"

#include <stdlib.h>

struct segment {
	struct segment *following;
	uint32_t sequence, length;
	uint32_t captured; /* bytes that are there; the others of `length` are missing */
	uint8_t bytes[];
};

/* What the public functions are called with. */
struct order {
	struct stream *stream;
	struct stream_counts *counts;
	stream_take *take;
	void *context;
};

/* A segment as far as it is not dealt with. */
struct piece {
	uint32_t sequence, length;
	struct span bytes; /* at most length */
};

/* How far b lies ahead of a; negative: behind. */
static int32_t distance(uint32_t a, uint32_t b)
{
	return (int32_t)(b - a);
}

static uint32_t end_of(const struct segment *segment)
{
	return segment->sequence + segment->length;
}

/* Cuts n bytes on the wire off the front. */
static void cut_front(struct piece *piece, uint32_t n)
{
	const size_t captured = span_left(piece->bytes);

	piece->sequence += n;
	piece->length -= n;
	piece->bytes.at += n < captured ? n : captured;
}

/* The first n bytes on the wire, as a piece of its own. */
static struct piece front_of(const struct piece *piece, uint32_t n)
{
	struct piece front = *piece;

	if (n < front.length) {
		front.length = n;
		if (n < span_left(front.bytes))
			front.bytes.end = front.bytes.at + n;
	}
	return front;
}

/* ---- what is handed on ---- */

/* What is not wanted is stepped over at once, as far ahead as sequence numbers can tell old from new; bytes
 * that come for it then are old. */
static void jump(struct stream *stream, uint32_t reach)
{
	if (!stream_has_jumped(stream))
		stream->jump_from = stream->next;
	while (stream->skip > 0 && distance(stream->next, reach) >= 0) {
		const uint32_t far = stream->skip < STREAM_WINDOW_LIMIT ? (uint32_t)stream->skip
									: STREAM_WINDOW_LIMIT;

		stream->next += far;
		stream->passed += far;
		stream->skip -= far;
		stream->jump = stream->next;
		stream->jumped = true;
	}
}

static bool hand_on(struct order *order, struct span bytes)
{
	struct stream *const stream = order->stream;

	stream->next += (uint32_t)span_left(bytes);
	stream->passed += span_left(bytes);
	return span_left(bytes) == 0 || order->take(order->context, bytes, 0);
}

static bool hand_on_gap(struct order *order, uint32_t length)
{
	struct stream *const stream = order->stream;

	if (length == 0)
		return true;
	stream->next += length;
	stream->passed += length;
	order->counts->gaps++;
	order->counts->gap_bytes += length;
	return order->take(order->context, span_of(NULL, 0), length);
}

/* A piece that stands at `next`, none of which waits. The taker may ask to skip in between. */
static bool hand_on_piece(struct order *order, struct piece piece)
{
	struct stream *const stream = order->stream;
	const uint32_t captured = (uint32_t)span_left(piece.bytes), end = piece.sequence + piece.length;

	if (!hand_on(order, piece.bytes))
		return false;
	if (captured < piece.length) {
		jump(stream, stream->next);
		if (distance(stream->next, end) > 0)
			return hand_on_gap(order, end - stream->next);
	}
	return true;
}

/* ---- what waits ---- */

static size_t cost_of(const struct segment *segment)
{
	return sizeof(*segment) + segment->captured;
}

static struct segment *wait_no_more(struct order *order)
{
	struct stream *const stream = order->stream;
	struct segment *const first = stream->waiting;

	stream->waiting = first->following;
	stream->waiting_segments--;
	stream->waiting_bytes -= first->captured;
	order->counts->waiting_bytes -= cost_of(first);
	return first;
}

/* Hands on what waits without a gap before it. */
static bool drain(struct order *order)
{
	struct stream *const stream = order->stream;
	bool on = true;

	while (on) {
		struct segment *segment = stream->waiting;
		struct piece piece;

		if (!stream_has_jumped(stream))
			jump(stream, stream->next);
		if (segment == NULL || distance(stream->next, segment->sequence) > 0)
			break;
		segment = wait_no_more(order);
		piece = (struct piece){
			.sequence = segment->sequence,
			.length = segment->length,
			.bytes = span_of(segment->bytes, segment->captured),
		};
		if (distance(end_of(segment), stream->next) < 0) {
			cut_front(&piece, stream->next - piece.sequence);
			on = hand_on_piece(order, piece);
		}
		free(segment);
	}
	return on;
}

/* Gives up the gap before `sequence`, or before what waits if that comes first. */
static bool give_up(struct order *order, uint32_t sequence)
{
	struct stream *const stream = order->stream;

	jump(stream, stream->next);
	if (stream->waiting != NULL && distance(stream->waiting->sequence, sequence) > 0)
		sequence = stream->waiting->sequence;
	if (distance(stream->next, sequence) > 0 && !hand_on_gap(order, sequence - stream->next))
		return false;
	return drain(order);
}

static bool has_room(const struct order *order, const struct piece *piece)
{
	const size_t bytes = span_left(piece->bytes);

	return order->stream->waiting_segments < STREAM_SEGMENTS_LIMIT &&
	       order->stream->waiting_bytes + bytes <= STREAM_WAITING_LIMIT &&
	       order->counts->waiting_bytes + sizeof(struct segment) + bytes <= STREAM_ALL_LIMIT;
}

/* Without memory it is as if it had not come. */
static void wait_at(struct order *order, struct segment **place, struct piece piece)
{
	const size_t captured = span_left(piece.bytes);
	struct segment *const segment = malloc(sizeof(*segment) + captured);

	if (segment == NULL)
		return;
	*segment = (struct segment){
		.following = *place,
		.sequence = piece.sequence,
		.length = piece.length,
		.captured = (uint32_t)captured,
	};
	memcpy(segment->bytes, piece.bytes.at, captured);
	*place = segment;
	order->stream->waiting_segments++;
	order->stream->waiting_bytes += (uint32_t)captured;
	order->counts->waiting_bytes += cost_of(segment);
	if (order->counts->waiting_bytes > order->counts->most)
		order->counts->most = order->counts->waiting_bytes;
}

/* ---- what comes again ---- */

static uint32_t hash_of(struct span bytes)
{
	return (uint32_t)hash_bytes(bytes.at, span_left(bytes));
}

static void remember(struct stream *stream, uint32_t sequence, struct span bytes)
{
	stream->recent[stream->recent_next].sequence = sequence;
	stream->recent[stream->recent_next].length = (uint32_t)span_left(bytes);
	stream->recent[stream->recent_next].hash = hash_of(bytes);
	stream->recent_next = (stream->recent_next + 1) % STREAM_RECENT;
}

/* Compares a segment that has been handed on with itself, if it was among the last. The byte of a keep-alive
 * is nothing that was sent (RFC 9293 3.8.4). */
static bool contradicts_recent(const struct stream *stream, const struct piece *piece)
{
	const uint32_t length = (uint32_t)span_left(piece->bytes);

	if (length == 0 || (length == 1 && piece->sequence + 1 == stream->next))
		return false;
	for (size_t i = 0; i < STREAM_RECENT; i++)
		if (stream->recent[i].sequence == piece->sequence && stream->recent[i].length == length)
			return stream->recent[i].hash != hash_of(piece->bytes);
	return false;
}

/* Whether both have bytes in the same place, and not the same ones. */
static bool contradicts(const struct segment *segment, const struct piece *piece)
{
	const int32_t offset = distance(segment->sequence, piece->sequence);
	const size_t in_segment = offset > 0 ? (size_t)offset : 0,
		     in_piece = offset < 0 ? (size_t) - (int64_t)offset : 0;
	size_t length;

	if (in_segment >= segment->captured || in_piece >= span_left(piece->bytes))
		return false;
	length = segment->captured - in_segment;
	if (length > span_left(piece->bytes) - in_piece)
		length = span_left(piece->bytes) - in_piece;
	return memcmp(segment->bytes + in_segment, piece->bytes.at + in_piece, length) != 0;
}

/* What is there already of a piece, and whether it says the same. */
static void compare(struct order *order, const struct piece *piece)
{
	const struct stream *const stream = order->stream;
	const uint32_t end = piece->sequence + piece->length;
	const bool skipped = stream_has_jumped(stream);
	const int32_t ahead = distance(stream->next, piece->sequence);
	uint32_t old = ahead < 0 && !skipped ? (uint32_t) - (int64_t)ahead : 0;
	bool conflict = contradicts_recent(stream, piece);

	for (const struct segment *s = stream->waiting; s != NULL && distance(s->sequence, end) > 0;
	     s = s->following) {
		const bool later = distance(s->sequence, piece->sequence) > 0;

		if (distance(piece->sequence, end_of(s)) <= 0)
			continue;
		conflict |= contradicts(s, piece);
		old += (distance(end_of(s), end) > 0 ? end_of(s) : end) -
		       (later ? piece->sequence : s->sequence);
	}
	order->counts->conflicts += conflict;
	order->counts->overlaps += old > 1 &&
				   old < piece->length; /* one byte is a probe of a closed window */
}

/* ---- segments ---- */

/* Takes off what stands before `next`. */
static void cut_old(struct order *order, struct piece *piece)
{
	const struct stream *const stream = order->stream;
	const int32_t ahead = distance(stream->next, piece->sequence);
	const uint32_t old = ahead < 0 ? (uint32_t) - (int64_t)ahead : 0;

	if (old > 0)
		cut_front(piece, old < piece->length ? old : piece->length);
}

/* Where a piece belongs among what waits; what waits already is taken off its front. */
static struct segment **place_of(struct stream *stream, struct piece *piece)
{
	struct segment **place = &stream->waiting;

	for (; *place != NULL && distance((*place)->sequence, piece->sequence) >= 0;
	     place = &(*place)->following) {
		const int32_t covered = distance(piece->sequence, end_of(*place));

		if (covered > 0)
			cut_front(piece,
				  (uint32_t)covered < piece->length ? (uint32_t)covered : piece->length);
	}
	return place;
}

/* Hands on, or lets wait, the first part of a piece between two others, and takes it off. */
static bool place_part(struct order *order, struct piece *piece)
{
	struct segment **const place = place_of(order->stream, piece);
	const struct piece part = front_of(piece, *place != NULL ? (*place)->sequence - piece->sequence
								 : piece->length);
	bool on = true;

	if (part.length == 0)
		return true;
	if (part.sequence == order->stream->next) {
		on = hand_on_piece(order, part) && drain(order);
	} else if (!has_room(order, &part)) {
		return give_up(order, part.sequence);
	} else {
		wait_at(order, place, part);
	}
	cut_front(piece, part.length);
	return on;
}

/* A segment that lies far from all others is somebody's mistake or invention, unless the next one follows it:
 * then much was lost in between. */
static bool is_stray(struct order *order, const struct piece *piece)
{
	struct stream *const stream = order->stream;
	const int32_t ahead = distance(stream->next, piece->sequence);
	const bool confirmed = stream->stray && piece->sequence == stream->stray_next;

	if (ahead <= STREAM_WINDOW_LIMIT && ahead > -STREAM_OLD_LIMIT) {
		stream->stray = false;
		return false;
	}
	stream->stray = true;
	stream->stray_next = piece->sequence + piece->length;
	order->counts->not_believed += !confirmed;
	return !confirmed;
}

/* Begins anew at a place that is far away. */
static bool move_to(struct order *order, uint32_t sequence)
{
	struct stream *const stream = order->stream;
	uint32_t lost, skipped;

	while (stream->waiting != NULL)
		if (!give_up(order, stream->waiting->sequence))
			return false;
	lost = sequence - stream->next;
	skipped = stream->skip < lost ? (uint32_t)stream->skip : lost;
	stream->skip -= skipped;
	stream->next += skipped;
	stream->passed += skipped;
	stream->stray = stream->fin_known = false;
	return hand_on_gap(order, lost - skipped);
}

/* Behind the FIN nothing is sent. One among bytes that were handed on is nobody's, unless they were skipped.
 */
static void note_fin(struct stream *stream, struct piece *piece, bool fin)
{
	const uint32_t end = piece->sequence + piece->length;

	const bool skipped = stream_has_jumped(stream);

	if (fin && !stream->fin_known && (distance(stream->next, end) >= 0 || skipped)) {
		stream->fin_known = true;
		stream->fin_at = end;
	} else if (stream->fin_known && distance(stream->fin_at, end) > 0) {
		*piece = front_of(piece, distance(piece->sequence, stream->fin_at) > 0
						 ? stream->fin_at - piece->sequence
						 : 0);
	}
}

static void end_at_fin(struct order *order)
{
	struct stream *const stream = order->stream;

	if (stream->fin_known && distance(stream->next, stream->fin_at) <= 0) {
		stream->ended = true;
		stream_close(stream, order->counts);
	}
}

static bool sort(struct order *order, struct piece piece)
{
	struct stream *const stream = order->stream;
	bool on = true;

	jump(stream, piece.sequence + piece.length);
	compare(order, &piece);
	for (cut_old(order, &piece); on && piece.length > 0; cut_old(order, &piece))
		on = place_part(order, &piece);
	return on && drain(order);
}

void stream_open(struct stream *stream, uint32_t sequence)
{
	if (!stream->begun || (stream->passed == 0 && stream->waiting == NULL))
		stream->next = sequence + 1;
	stream->from_start |= stream->next - (uint32_t)stream->passed == sequence + 1;
	stream->begun = true;
}

bool stream_segment(struct stream *stream, uint32_t sequence, struct span bytes, uint32_t length, bool fin,
		    struct stream_counts *counts, stream_take *take, void *context)
{
	struct order order = { .stream = stream, .counts = counts, .take = take, .context = context };
	struct piece piece = { .sequence = sequence, .length = length, .bytes = bytes };

	if (stream->ended || (length == 0 && !fin))
		return true;
	if (!stream->begun)
		stream->next = sequence;
	stream->begun = true;
	if (is_stray(&order, &piece))
		return true;
	if (stream->stray && !move_to(&order, sequence))
		return false;
	note_fin(stream, &piece, fin);
	if (sequence == stream->next && stream->skip == 0)
		remember(stream, sequence, piece.bytes);
	if (sequence == stream->next && stream->waiting == NULL && stream->skip == 0) {
		if (!hand_on_piece(&order, piece))
			return false;
	} else if (!sort(&order, piece)) {
		return false;
	}
	end_at_fin(&order);
	return true;
}

bool stream_acknowledged(struct stream *stream, uint32_t acknowledgement, struct stream_counts *counts,
			 stream_take *take, void *context)
{
	struct order order = { .stream = stream, .counts = counts, .take = take, .context = context };
	bool on = true;

	if (stream_knows(stream, acknowledgement))
		return true;
	if (stream->fin_known && distance(stream->fin_at, acknowledgement) > 0)
		acknowledgement = stream->fin_at;
	jump(stream, acknowledgement);
	while (on && distance(stream->next, acknowledgement) > 0) {
		/* The one that is missing may be a FIN that was not captured. */
		if (acknowledgement - stream->next == 1 && !stream->fin_known && stream->waiting == NULL)
			break;
		on = give_up(&order, acknowledgement);
	}
	on = on && drain(&order);
	if (on)
		end_at_fin(&order);
	return on;
}

bool stream_flush(struct stream *stream, struct stream_counts *counts, stream_take *take, void *context)
{
	struct order order = { .stream = stream, .counts = counts, .take = take, .context = context };

	while (stream->waiting != NULL)
		if (!give_up(&order, stream->waiting->sequence))
			return false;
	if (stream->fin_known && !stream->ended && !give_up(&order, stream->fin_at))
		return false;
	stream->ended = true;
	return true;
}

void stream_close(struct stream *stream, struct stream_counts *counts)
{
	struct order order = { .stream = stream, .counts = counts };

	while (stream->waiting != NULL)
		free(wait_no_more(&order));
}
