/* Several files as one stream: of the frames that stand first in each, the earliest goes out. A batch ends
 * where a file's window must move, because frames point into it. */
#include "capture/capture.h"
#include "capture/reader.h"

#include <stdlib.h>

enum head { HEAD_EMPTY, HEAD_FRAME, HEAD_FILL, HEAD_IDLE, HEAD_ENDED };

enum { STRETCH = 1 << 15 }; /* the least by which frames to come are judged */

struct stream {
	struct reader reader;
	enum head head;
	struct frame frame; /* with HEAD_FRAME */
	struct stretch {
		uint64_t frames, end;
	} stretch; /* what was read before the window moved last */
};

struct capture {
	struct filter *filter; /* owned, or NULL */
	bool follow, keep;
	struct shelf shelf;
	struct stream *streams[CAPTURE_FILES]; /* owned */
	size_t count;
};

struct capture *capture_new(const struct capture_options *options, struct error *err)
{
	struct capture *const capture = calloc(1, sizeof(*capture));

	if (capture == NULL) {
		error_memory(err);
		return NULL;
	}
	capture->follow = options->follow;
	capture->keep = options->keep;
	if (options->filter != NULL) {
		capture->filter = filter_new(options->filter, err);
		if (capture->filter == NULL) {
			free(capture);
			return NULL;
		}
	}
	return capture;
}

void capture_free(struct capture *capture)
{
	if (capture == NULL)
		return;
	for (size_t i = 0; i < capture->count; i++) {
		reader_close(&capture->streams[i]->reader);
		free(capture->streams[i]);
	}
	filter_free(capture->filter);
	shelf_free(&capture->shelf);
	free(capture);
}

bool capture_add(struct capture *capture, const char *path, struct error *err)
{
	struct stream *stream;

	if (capture->count == CAPTURE_FILES)
		return error_set(err, "%s: more than %d files", path, CAPTURE_FILES);
	stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		return error_memory(err);
	stream->reader.filter = capture->filter;
	stream->reader.shelf = capture->keep ? &capture->shelf : NULL;
	stream->reader.number = (uint32_t)capture->count;
	if (!reader_open(&stream->reader, path, capture->follow)) {
		*err = stream->reader.file.problem;
		reader_close(&stream->reader);
		free(stream);
		return false;
	}
	capture->streams[capture->count++] = stream;
	return true;
}

/* Reads on until there is a frame, or until the window must move. */
static enum head advance(struct reader *reader, struct frame *frame)
{
	for (;;) {
		const uint64_t before = reader->window->taken;

		switch (reader->next(reader, frame)) {
		case STEP_FRAME: return HEAD_FRAME;
		case STEP_FILL: return HEAD_FILL;
		case STEP_DAMAGED: return HEAD_ENDED;
		case STEP_NOTHING:
			if (reader->source_ended && reader->window->taken == before)
				return HEAD_ENDED;
		}
	}
}

/* Moves the window of a stream that waits for it. Frames given out of it before are gone. */
static void refill(struct stream *stream)
{
	struct reader *const reader = &stream->reader;
	struct error err;

	switch (source_fill(reader->source, reader->wanted, &err)) {
	case SOURCE_MORE: stream->head = HEAD_EMPTY; break;
	case SOURCE_IDLE: stream->head = HEAD_IDLE; break;
	case SOURCE_END:
		reader->source_ended = true;
		stream->head = HEAD_EMPTY;
		break;
	case SOURCE_FAILED:
		reader_damaged(reader, "%s", err.text);
		stream->head = HEAD_ENDED;
		break;
	}
}

/* Makes every head ready. False if one must move its window and may not. */
static bool prepare(struct capture *capture, bool may_move)
{
	for (size_t i = 0; i < capture->count; i++) {
		struct stream *const stream = capture->streams[i];

		while (stream->head == HEAD_EMPTY || stream->head == HEAD_FILL) {
			if (stream->head == HEAD_EMPTY) {
				stream->head = advance(&stream->reader, &stream->frame);
				continue;
			}
			if (!may_move)
				return false;
			refill(stream);
		}
	}
	return true;
}

static struct stream *earliest(struct capture *capture)
{
	struct stream *first = NULL;

	for (size_t i = 0; i < capture->count; i++) {
		struct stream *const stream = capture->streams[i];

		if (stream->head == HEAD_FRAME &&
		    (first == NULL || stream->frame.time_ns < first->frame.time_ns))
			first = stream;
	}
	return first;
}

/* Long frames are left in a file that is mapped, as most are wanted for their headers alone; short ones are
 * read sooner. What comes next is probably like what came before. A filter wants to see frames whole. */
static void choose_way(struct stream *stream)
{
	const struct reader *const reader = &stream->reader;
	const struct stretch now = { reader->file.frames, reader->window->taken };
	const uint64_t frames = now.frames - stream->stretch.frames, bytes = now.end - stream->stretch.end;

	if (bytes < STRETCH)
		return;
	source_map(reader->source, reader->filter == NULL && bytes / LONG_FRAME > frames);
	stream->stretch = now;
}

/* Of one file alone there is no order to be kept: frames go out as they are read. */
static size_t read_alone(struct stream *stream, struct frame frames[static CAPTURE_BATCH])
{
	size_t count = 0;

	while (count < CAPTURE_BATCH && (stream->head == HEAD_EMPTY || stream->head == HEAD_FILL)) {
		if (stream->head == HEAD_EMPTY) {
			if (stream->reader.many != NULL)
				count += stream->reader.many(&stream->reader, frames + count,
							     CAPTURE_BATCH - count);
			if (count == CAPTURE_BATCH)
				break;
			stream->head = advance(&stream->reader, &frames[count]);
			if (stream->head == HEAD_FRAME) {
				stream->head = HEAD_EMPTY;
				count++;
			}
		} else if (count == 0) {
			choose_way(stream);
			refill(stream);
		} else {
			break;
		}
	}
	return count;
}

static size_t read_merged(struct capture *capture, struct frame frames[static CAPTURE_BATCH])
{
	size_t count = 0;

	while (count < CAPTURE_BATCH && prepare(capture, count == 0)) {
		struct stream *const stream = earliest(capture);

		if (stream == NULL)
			break;
		frames[count++] = stream->frame;
		stream->head = HEAD_EMPTY;
	}
	return count;
}

size_t capture_read(struct capture *capture, struct frame frames[static CAPTURE_BATCH])
{
	size_t count;

	for (size_t i = 0; i < capture->count; i++) {
		if (capture->streams[i]->head == HEAD_IDLE)
			capture->streams[i]->head = HEAD_FILL;
	}
	if (capture->count == 1 && capture->streams[0]->head != HEAD_FRAME)
		count = read_alone(capture->streams[0], frames);
	else
		count = read_merged(capture, frames);
	capture->shelf.given += count;
	return count;
}

bool capture_release(struct capture *capture, uint64_t frames)
{
	return shelf_release(&capture->shelf, frames);
}

bool capture_ended(const struct capture *capture)
{
	for (size_t i = 0; i < capture->count; i++) {
		if (capture->streams[i]->head != HEAD_ENDED)
			return false;
	}
	return true;
}

size_t capture_file_count(const struct capture *capture)
{
	return capture->count;
}

const struct capture_file *capture_file(const struct capture *capture, size_t nth)
{
	struct reader *const reader = &capture->streams[nth]->reader;

	reader->file.offset = reader->window->taken;
	reader->file.position = source_position(reader->source);
	reader->file.ended = capture->streams[nth]->head == HEAD_ENDED;
	return &reader->file;
}
