/* Streams, against a model that keeps every byte in its place: what is handed on must be what came first
 * there, in order, without holes; a gap must be where nothing was; and nothing may wait that could be handed
 * on. The input is a sequence number to begin at and operations of six bytes. */
#include "flow/stream.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { PLACES = 1 << 17 };
enum { NOTHING, BYTE, MISSING };

struct model {
	struct stream stream;
	struct stream_counts counts;
	uint8_t what[PLACES], byte[PLACES];
	uint64_t position, fin_at, refuse_at;
	uint32_t start;
	bool fin_known, closed;
	uint32_t skip_now; /* asked for by the taker with the next bytes */
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool take(void *context, struct span bytes, uint64_t gap)
{
	struct model *const model = context;

	must(span_left(bytes) == 0 || gap == 0);
	must(model->stream.passed == model->position + span_left(bytes) + gap);
	must(model->position + span_left(bytes) + gap <= PLACES);
	for (uint64_t i = 0; i < gap; i++)
		must(model->what[model->position++] != BYTE);
	for (size_t i = 0; i < span_left(bytes); i++, model->position++)
		must(model->what[model->position] == BYTE && model->byte[model->position] == bytes.at[i]);
	model->stream.skip += model->skip_now;
	model->position += model->skip_now;
	model->skip_now = 0;
	return model->position < model->refuse_at;
}

static void note_segment(struct model *model, uint64_t at, struct span bytes, uint32_t length, bool fin)
{
	const struct stream *const stream = &model->stream;
	const bool skipped = stream->jumped && stream->jump == stream->next;

	if (fin && !model->fin_known && (at + length >= stream->passed || skipped)) {
		model->fin_known = true;
		model->fin_at = at + length;
	}
	for (uint64_t i = 0; i < length && at + i < PLACES; i++) {
		if (model->what[at + i] != NOTHING || (model->fin_known && at + i >= model->fin_at))
			continue;
		model->what[at + i] = i < span_left(bytes) ? BYTE : MISSING;
		model->byte[at + i] = span_peek(bytes, i);
	}
}

/* A call that stream_steps_over() and stream_knows() say need not be made changes nothing. */
static void check_unchanged(const struct model *model, const struct stream *before,
			    const struct stream_counts *counts)
{
	must(memcmp(before, &model->stream, sizeof(*before)) == 0);
	must(memcmp(counts, &model->counts, sizeof(*counts)) == 0);
	must(!model->closed);
}

static void segment(struct model *model, uint64_t at, uint32_t length, unsigned flags)
{
	uint8_t content[2048];
	const uint32_t captured = (flags & 1) != 0 ? length / 2 : length;
	const uint32_t sequence = model->start + 1 + (uint32_t)at;
	const struct stream before = model->stream;
	const struct stream_counts counts = model->counts;
	uint8_t *exact;

	for (uint32_t i = 0; i < length; i++)
		content[i] = (uint8_t)((at + i) * 7 + (flags & 2) + i * (flags & 4));
	exact = malloc(captured > 0 ? captured : 1);
	must(exact != NULL);
	memcpy(exact, content, captured);
	note_segment(model, at, span_of(exact, captured), length, (flags & 8) != 0);
	model->closed = !stream_segment(&model->stream, sequence, span_of(exact, captured), length,
					(flags & 8) != 0, &model->counts, take, model);
	if ((flags & 8) == 0 && stream_steps_over(&before, sequence, length))
		check_unchanged(model, &before, &counts);
	free(exact);
}

static void check(const struct model *model)
{
	const struct stream *const stream = &model->stream;

	must(stream->waiting_bytes <= STREAM_WAITING_LIMIT &&
	     stream->waiting_segments <= STREAM_SEGMENTS_LIMIT);
	must((stream->waiting == NULL) == (stream->waiting_segments == 0));
	must(stream->ended || stream->passed + stream->skip >= model->position);
	if (!stream->ended && model->position < PLACES && stream->skip == 0)
		must(model->what[model->position] == NOTHING);
}

static void acknowledge(struct model *model, uint32_t sequence)
{
	const struct stream before = model->stream;
	const struct stream_counts counts = model->counts;

	model->closed = !stream_acknowledged(&model->stream, sequence, &model->counts, take, model);
	if (stream_knows(&before, sequence))
		check_unchanged(model, &before, &counts);
}

static void operate(struct model *model, struct span *script)
{
	const unsigned what = span_u8(script), flags = span_u8(script);
	const uint16_t place = span_u16(script), size = span_u16(script);
	const uint64_t near = model->position > 600 ? model->position - 600 : 0;
	const uint64_t at = (what & 1) != 0 ? place : near + place % 1800;
	const uint32_t length = size % 1500;

	if (at + length >= PLACES / 2 || model->position >= PLACES / 2)
		return;
	switch (what >> 1 & 7) {
	case 0: acknowledge(model, model->start + 1 + (uint32_t)at); break;
	case 1: model->skip_now = size % 3000; break;
	case 2: /* the next in order */ segment(model, model->position, length, flags); break;
	case 3:
		if (flags == 0)
			model->refuse_at = at;
		break;
	default: segment(model, at, length, flags);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct model *const model = calloc(1, sizeof(*model));
	struct span script = span_of(bytes, length);

	must(model != NULL);
	model->start = span_u32(&script);
	model->refuse_at = PLACES;
	stream_open(&model->stream, model->start);
	while (!model->closed && !model->stream.ended && span_left(script) >= 6) {
		operate(model, &script);
		if (!model->closed)
			check(model);
	}
	if (!model->closed)
		(void)stream_flush(&model->stream, &model->counts, take, model);
	stream_close(&model->stream, &model->counts);
	must(model->counts.waiting_bytes == 0);
	free(model);
	return 0;
}
