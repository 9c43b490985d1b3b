/* doorward watch: what `read` shows of captures, from interfaces and as it comes. */
#include "base/clock.h"
#include "capture/live.h"
#include "cmd/ending.h"
#include "cmd/news.h"
#include "cmd/traffic.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	WAIT_MS = 100,
	PAUSE_MS = 200, /* what is told waits no longer, even while frames come without a break */
	SNAP_LEAST = 64,
	RING_LEAST = 1 << 20,
};

/* ---- options ---- */

struct watch {
	struct traffic_session session;
	struct live *live; /* owned */
	const char *names[LIVE_INTERFACES];
	size_t name_count;
	uint64_t frames_left; /* of --count */
	int64_t end_ms;       /* of --duration, on the monotonic clock; 0: none */
	int64_t paused_ms;
	struct news news;
};

static bool read_interfaces(struct watch *watch, const struct invocation *invocation)
{
	const char *name;

	while (watch->name_count < LIVE_INTERFACES &&
	       (name = invocation_nth(invocation, "interface", watch->name_count)) != NULL)
		watch->names[watch->name_count++] = name;
	if (watch->name_count == 0)
		watch->names[watch->name_count++] = "any";
	return invocation_nth(invocation, "interface", LIVE_INTERFACES) == NULL;
}

static bool read_limits(struct watch *watch, const struct invocation *invocation,
			struct live_options *options, struct error *err)
{
	size_t count = SIZE_MAX, seconds = 0, snap = 0, ring = 0;

	if (!traffic_option_number(invocation, "count", 1, SIZE_MAX, &count, err) ||
	    !traffic_option_number(invocation, "duration", 1, INT32_MAX, &seconds, err) ||
	    !traffic_option_number(invocation, "snap-length", SNAP_LEAST, CAPTURE_FRAME_LIMIT, &snap, err) ||
	    !traffic_option_size(invocation, "ring", RING_LEAST, INT32_MAX, &ring, err))
		return false;
	watch->frames_left = count;
	if (seconds > 0)
		watch->end_ms = clock_monotonic_ms() + (int64_t)seconds * 1000;
	options->snap_length = (uint32_t)snap;
	options->ring_bytes = (uint32_t)ring;
	return true;
}

static bool open_live(struct watch *watch, const struct invocation *invocation, struct error *err)
{
	struct live_options options = {
		.filter = invocation_value(invocation, "filter"),
		.promiscuous = !invocation_has(invocation, "no-promiscuous"),
		.rings = (unsigned)(watch->session.worker_count < LIVE_RINGS ? watch->session.worker_count
									     : LIVE_RINGS),
	};

	if (!read_interfaces(watch, invocation))
		return error_set(err, "at most %d interfaces can be watched", LIVE_INTERFACES);
	options.interfaces = watch->names;
	options.interface_count = watch->name_count;
	if (!read_limits(watch, invocation, &options, err))
		return false;
	watch->session.copies = true;
	watch->live = live_open(&options, err);
	return watch->live != NULL;
}

/* ---- watching ---- */

static void pause_at_times(struct watch *watch, bool nothing_waits)
{
	const int64_t now = clock_monotonic_ms();

	if (!nothing_waits && now - watch->paused_ms < PAUSE_MS)
		return;
	watch->paused_ms = now;
	traffic_session_pause(&watch->session);
	news_tell(&watch->news, &watch->session);
}

static bool is_over(const struct watch *watch)
{
	return ending_asked() || watch->frames_left == 0 || live_ended(watch->live) ||
	       (watch->end_ms != 0 && clock_monotonic_ms() >= watch->end_ms);
}

/* What is waited for ends when the time is over. */
static int wait_of(const struct watch *watch)
{
	const int64_t left = watch->end_ms - clock_monotonic_ms();

	return watch->end_ms == 0 || left > WAIT_MS ? WAIT_MS : left > 0 ? (int)left : 0;
}

static void watch_all(struct watch *watch)
{
	struct frame frames[CAPTURE_BATCH];

	while (!is_over(watch)) {
		size_t count = live_read(watch->live, frames, wait_of(watch));

		if (count > watch->frames_left)
			count = watch->frames_left;
		watch->frames_left -= count;
		if (count > 0)
			traffic_session_read(&watch->session, frames, count);
		else
			traffic_session_tick(&watch->session, clock_wall_us() * 1000);
		pause_at_times(watch, count < CAPTURE_BATCH);
	}
}

/* What was captured before the end was asked for is read, too, when the kernel hands it over. */
static void read_rest(struct watch *watch)
{
	const int64_t end_ns = clock_wall_us() * 1000, deadline_ms = clock_monotonic_ms() + 2 * LIVE_DELAY_MS;
	struct frame frames[CAPTURE_BATCH];
	int64_t left_ms = deadline_ms - clock_monotonic_ms();

	while (watch->frames_left > 0 && left_ms > 0 && !live_ended(watch->live)) {
		size_t count = live_read(watch->live, frames, (int)left_ms);

		while (count > 0 && frames[count - 1].time_ns > end_ns)
			count--;
		if (count > watch->frames_left)
			count = watch->frames_left;
		watch->frames_left -= count;
		traffic_session_read(&watch->session, frames, count);
		left_ms = deadline_ms - clock_monotonic_ms();
	}
}

static int finish(struct watch *watch, const struct invocation *invocation)
{
	struct error gone[LIVE_INTERFACES];
	struct traffic_input input = { .unopened = gone, .now_ns = clock_wall_us() * 1000 };

	for (size_t i = 0; i < watch->name_count; i++) {
		const struct live_interface *const interface = live_interface(watch->live, i);

		input.kernel_dropped += interface->dropped + interface->dropped_before;
		if (interface->gone) {
			command_trouble(invocation, &interface->problem);
			gone[input.unopened_count++] = interface->problem;
		}
	}
	return traffic_session_end(&watch->session, &input);
}

static void say_what_is_watched(const struct watch *watch)
{
	if (!isatty(STDERR_FILENO))
		return;
	fputs("doorward watch:", stderr);
	for (size_t i = 0; i < watch->name_count; i++)
		fprintf(stderr, "%s %s", i > 0 ? "," : "", watch->names[i]);
	fputs(" (Ctrl-C ends and shows what was seen)\n", stderr);
}

/* Files are read with the privileges that opening needs, and all that comes from outside without. */
static int run(const struct invocation *invocation)
{
	struct watch *const watch = calloc(1, sizeof(*watch));
	struct error err;
	int status = STATUS_TROUBLE;

	if (watch == NULL) {
		error_memory(&err);
		return command_trouble(invocation, &err);
	}
	if (traffic_session_open(&watch->session, invocation, &err) && open_live(watch, invocation, &err) &&
	    privileges_give_up(&err) && traffic_session_start(&watch->session, &err)) {
		ending_heed();
		say_what_is_watched(watch);
		watch_all(watch);
		read_rest(watch);
		status = finish(watch, invocation);
	} else {
		command_trouble(invocation, &err);
	}
	traffic_session_close(&watch->session);
	live_close(watch->live);
	free(watch);
	return status;
}

static const struct command_option options[] = {
	{ .letter = 'i',
	  .name = "interface",
	  .argument = "NAME",
	  .help = "watch this one; may be repeated (default: any, all of them)",
	  .completes = COMPLETES_INTERFACE },
	TRAFFIC_OPTIONS,
	{ .letter = 'c', .name = "count", .argument = "N", .help = "end after N frames" },
	{ .name = "duration", .argument = "SECONDS", .help = "end after so long" },
	{ .letter = 'p', .name = "no-promiscuous", .help = "only frames that are meant for the interface" },
	{ .letter = 's',
	  .name = "snap-length",
	  .argument = "N",
	  .help = "keep N octets of each frame (default: all)" },
	{ .letter = 'B',
	  .name = "ring",
	  .argument = "SIZE",
	  .help = "room in the kernel, of each worker (default: 32M)" },
	{ 0 },
};

extern const struct command command_watch;
const struct command command_watch = {
	.name = "watch",
	.summary = "the services used on the wire, as they are used",
	.description = "Watches interfaces, and shows what `doorward read` shows of captures. With --json "
		       "events come as they "
		       "happen, with --flows flows as they end, and findings when they are made; the doors "
		       "and statistics come at "
		       "the end, which is an "
		       "interrupt, a number of frames or a time. To open interfaces takes CAP_NET_RAW, as "
		       "root has it; once "
		       "they are open all privileges are given up. Frames that the kernel could not keep are "
		       "counted. "
		       "Exit status: 0 nothing was found, 1 there are findings, 2 it could not be done, 3 "
		       "there are no "
		       "findings, but frames were lost or an interface has gone.",
	.options = options,
	.run = run,
};
