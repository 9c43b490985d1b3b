/* doorward read: which services are used in captures, by whom, speaking what, and what is odd. */
#include "base/clock.h"
#include "cmd/ending.h"
#include "cmd/traffic.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	PROGRESS_BYTES = 64 << 20, /* of files that are worth a bar */
	PROGRESS_BATCHES = 512,    /* between two looks at the clock */
	PROGRESS_MS = 200,
	BAR_WIDTH = 30,
	FOLLOW_NS = 100000000,
};

/* ---- progress ---- */

struct progress {
	const struct capture *capture;
	bool shown;
	unsigned batches;
	int64_t last_ms;
};

static uint64_t total_size(const struct capture *capture)
{
	uint64_t size = 0;

	for (size_t i = 0; i < capture_file_count(capture); i++)
		size += capture_file(capture, i)->size;
	return size;
}

static struct progress progress_of(const struct capture *capture)
{
	return (struct progress){ .capture = capture,
				  .shown = isatty(STDERR_FILENO) && total_size(capture) >= PROGRESS_BYTES };
}

static void progress_clear(const struct progress *progress)
{
	if (progress->last_ms != 0)
		fputs("\r\033[K", stderr);
}

static void progress_draw(struct progress *progress)
{
	const uint64_t size = total_size(progress->capture);
	char done[QUANTITY_TEXT], all[QUANTITY_TEXT], bar[BAR_WIDTH + 1];
	uint64_t position = 0;
	size_t filled;

	for (size_t i = 0; i < capture_file_count(progress->capture); i++)
		position += capture_file(progress->capture, i)->position;
	if (position > size)
		position = size;
	filled = (size_t)(position * BAR_WIDTH / size);
	memset(bar, ' ', BAR_WIDTH);
	memset(bar, '=', filled);
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\rreading [%s] %3u%%  %s of %s\033[K", bar, (unsigned)(position * 100 / size),
		bytes_text(position, done), bytes_text(size, all));
}

static void progress_tell(struct progress *progress)
{
	int64_t now;

	if (!progress->shown || ++progress->batches % PROGRESS_BATCHES != 0)
		return;
	now = clock_monotonic_ms();
	if (now - progress->last_ms < PROGRESS_MS)
		return;
	progress->last_ms = now;
	progress_draw(progress);
}

/* ---- reading ---- */

/* The files that could not be opened, each with its words. */
struct files {
	struct capture *capture; /* owned */
	struct error *unopened;  /* owned */
	size_t unopened_count;
};

static bool open_files(struct files *files, const struct traffic_session *session, struct error *err)
{
	const struct invocation *const invocation = session->invocation;
	const struct capture_options options = { .filter = invocation_value(invocation, "filter"),
						 .follow = invocation_has(invocation, "follow"),
						 .keep = session->worker_count > 1 };

	files->unopened = calloc(invocation->argument_count, sizeof(*files->unopened));
	if (files->unopened == NULL)
		return error_memory(err);
	files->capture = capture_new(&options, err);
	if (files->capture == NULL)
		return false;
	for (size_t i = 0; i < invocation->argument_count; i++) {
		struct error *const problem = &files->unopened[files->unopened_count];

		if (capture_add(files->capture, invocation->arguments[i], problem))
			continue;
		files->unopened_count++;
		command_trouble(invocation, problem);
	}
	*err = files->unopened[0];
	return files->unopened_count < invocation->argument_count;
}

static void wait_for_more(void)
{
	const struct timespec while_nothing_comes = { .tv_nsec = FOLLOW_NS };

	nanosleep(&while_nothing_comes, NULL);
}

/* What was read of the capture need not be kept. A capture of little else than what are no frames would have
 * much kept for few of them: then all are waited for. */
static void release(const struct traffic_session *session, struct capture *capture)
{
	if (capture_release(capture, workers_read_up_to(session->workers)))
		return;
	(void)workers_flush(session->workers);
	(void)capture_release(capture, workers_read_up_to(session->workers));
}

static void read_all(struct traffic_session *session, struct capture *capture)
{
	struct frame frames[CAPTURE_BATCH];
	struct progress progress = progress_of(capture);

	while (!ending_asked()) {
		const size_t count = capture_read(capture, frames);

		if (count > 0) {
			traffic_session_read(session, frames, count);
			release(session, capture);
			progress_tell(&progress);
		} else if (capture_ended(capture)) {
			break;
		} else {
			traffic_session_pause(session);
			wait_for_more();
		}
	}
	progress_clear(&progress);
}

static int finish(struct traffic_session *session, const struct files *files)
{
	const size_t count = capture_file_count(files->capture);
	const struct capture_file **const list = calloc(count + 1, sizeof(struct capture_file *));
	const struct traffic_input input = { .files = list,
					     .file_count = count,
					     .unopened = files->unopened,
					     .unopened_count = files->unopened_count };
	struct error err;
	int status;

	if (list == NULL) {
		error_memory(&err);
		return command_trouble(session->invocation, &err);
	}
	for (size_t i = 0; i < count; i++)
		list[i] = capture_file(files->capture, i);
	status = traffic_session_end(session, &input);
	free(list);
	return status;
}

static int run(const struct invocation *invocation)
{
	struct traffic_session session;
	struct files files = { 0 };
	struct error err;
	int status = STATUS_TROUBLE;

	if (!traffic_session_open(&session, invocation, &err) || !traffic_session_start(&session, &err)) {
		command_trouble(invocation, &err);
	} else if (!open_files(&files, &session, &err)) {
		if (files.unopened_count == 0) /* otherwise it was said for each */
			command_trouble(invocation, &err);
	} else {
		ending_heed(); /* a growing file has no end: Ctrl-C is how one leaves */
		read_all(&session, files.capture);
		status = finish(&session, &files);
	}
	traffic_session_close(&session);
	capture_free(files.capture);
	free(files.unopened);
	return status;
}

static const struct command_option options[] = {
	TRAFFIC_OPTIONS,
	{ .name = "follow", .help = "wait for more at the end of a file, until interrupted" },
	{ 0 },
};

extern const struct command command_read;
const struct command command_read = {
	.name = "read",
	.arguments = "FILE...",
	.summary = "the services used in captures, by whom, speaking what, and what is odd",
	.description = "Reads captures (pcap and pcapng, plain, gzip or zstd; - for standard input), several "
		       "as one in the "
		       "order of time, and shows the doors that were used: what was truly spoken, at which "
		       "transport and "
		       "port of which server, by how many parties, how much, when, and what is odd about it; "
		       "then weaknesses "
		       "of the servers. With a policy and the addresses of its host it reports what the "
		       "policy does not "
		       "expect there. What a protocol is told from is its content, never the port. "
		       "Exit status: 0 nothing was found, 1 there are findings, 2 it could not be done, 3 "
		       "there are no "
		       "findings, but a file was damaged, cut or could not be read.",
	.options = options,
	.least_arguments = 1,
	.most_arguments = CAPTURE_FILES,
	.completes = COMPLETES_FILE,
	.run = run,
};
