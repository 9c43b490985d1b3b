/* The whole way of a capture: its bytes as a file, frames, packets, flows, and every event as a line of JSON,
 * which is read back. No frame may disappear: each packet, at whatever depth, is in a flow or was a piece of
 * a datagram, and each flow that began must end. */
#include "capture/capture.h"
#include "output/flow_events.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { LINE_LIMIT = 1 << 22, FRAMES = 4096 };

struct told {
	struct flow_events *events;
	struct clock_texts times;
	uint64_t ended, packets;
};

static void read_back(struct buffer *line)
{
	json_t *const value = json_loadb((const char *)line->bytes, line->length,
					 JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, NULL);

	if (line->failed || line->length == 0 || !json_is_object(value))
		abort();
	json_decref(value);
	buffer_free(line);
}

static void on_message(void *context, const struct flow *flow, const struct flow_message *message,
		       int64_t time_ns, uint64_t frame)
{
	struct told *const told = context;
	struct buffer line = buffer_new(LINE_LIMIT);

	(void)frame;
	message_event(told->events, &line, flow, message, time_ns);
	read_back(&line);
}

static void on_ended(void *context, const struct flow *flow, enum flow_reason reason, uint64_t frame)
{
	struct told *const told = context;
	struct buffer line = buffer_new(LINE_LIMIT);

	(void)frame;
	flow_event(told->events, &line, flow, reason);
	read_back(&line);
	line = buffer_new(LINE_LIMIT);
	flow_line(&told->times, &line, flow);
	if (line.failed)
		abort();
	buffer_free(&line);
	told->ended++;
	told->packets += flow->sides[0].packets + flow->sides[1].packets;
}

static void read_all(struct capture *capture, struct engine *engine)
{
	struct frame frames[CAPTURE_BATCH];
	uint64_t numbers[CAPTURE_BATCH], number = 0;
	size_t count;

	while (number < FRAMES && (count = capture_read(capture, frames)) > 0) {
		for (size_t i = 0; i < count; i++)
			numbers[i] = ++number;
		engine_read(engine, frames, numbers, count);
		(void)engine_expire(engine, frames[count - 1].time_ns, number, UINT64_MAX);
	}
	while (engine_finish(engine, UINT64_MAX))
		;
}

/* Pieces count once each: in a flow, or among those that are in none. */
static void check_sums(struct engine *engine, const struct told *told)
{
	const struct engine_counts *const counts = engine_counts(engine);

	if (counts->flows.live != 0 || counts->flows.flows != told->ended)
		abort();
	if (told->packets + counts->fragments - counts->fragments_in_flows != counts->packets)
		abort();
	if (counts->not_ip > counts->frames)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const struct capture_options capture_options = { .follow = false };
	const struct engine_options options = { .limits = { .memory = 4 << 20,
							    .timeouts = flow_timeouts_usual } };
	struct told told = { .events = flow_events_new(NULL, 0) };
	const struct flow_listener listener = { .context = &told, .message = on_message, .ended = on_ended };
	const int fd = memfd_create("capture", 0);
	struct capture *const capture = capture_new(&capture_options, NULL);
	struct engine *const engine = engine_new(&options, &listener, NULL);
	char path[64];
	struct error err;

	if (fd < 0 || told.events == NULL || capture == NULL || engine == NULL ||
	    write(fd, bytes, length) != (ssize_t)length)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (capture_add(capture, path, &err)) {
		read_all(capture, engine);
		check_sums(engine, &told);
	}
	engine_free(engine);
	capture_free(capture);
	flow_events_free(told.events);
	close(fd);
	return 0;
}
