/* Workers: the same words in the same order for any number of them. */
#include "base/hash.h"
#include "flow/ticker.h"
#include "flow/workers.h"
#include "frames.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t second = 1000000000;

struct run {
	struct worker_log *logs[WORKERS_MOST];
	struct {
		struct worker_log *log;
		size_t padding; /* bytes of each entry */
	} contexts[WORKERS_MOST];
	size_t padding;
	struct buffer heard;
	struct workers *workers;
};

struct listening {
	struct worker_log *log;
	size_t padding;
};

static void on_ended(void *context, const struct flow *flow, enum flow_reason reason, uint64_t frame)
{
	const struct listening *const listening = context;
	struct buffer *const b = worker_log_entry(listening->log, flow);

	buffer_format(b, "%llu %016llx ended %s %s %llu/%llu packets\n", (unsigned long long)frame,
		      (unsigned long long)flow_id(flow), flow_reason_text(reason), flow_app_proto(flow),
		      (unsigned long long)flow->sides[0].packets, (unsigned long long)flow->sides[1].packets);
	buffer_fill(b, '.', listening->padding);
}

static void on_identified(void *context, const struct flow *flow, int64_t time_ns, uint64_t frame)
{
	const struct listening *const listening = context;

	buffer_format(worker_log_entry(listening->log, flow), "%llu %016llx is %s at %lld\n",
		      (unsigned long long)frame, (unsigned long long)flow_id(flow), flow_app_proto(flow),
		      (long long)time_ns);
}

static void listen_to(void *context, unsigned nth, struct worker_log *log, struct flow_listener *ret_listener)
{
	struct run *const run = context;

	run->contexts[nth].log = log;
	run->contexts[nth].padding = run->padding;
	*ret_listener = (struct flow_listener){ .context = &run->contexts[nth],
						.ended = on_ended,
						.identified = on_identified };
}

static void on_told(void *context, struct span entries)
{
	struct run *const run = context;

	buffer_span(&run->heard, entries);
}

static void begin(struct run *run, unsigned count, size_t padding)
{
	const struct workers_options options = { .engine = { .limits = { .timeouts = flow_timeouts_usual } },
						 .count = count,
						 .copies = count == 3, /* any of them will do */
						 .context = run,
						 .listen = listen_to,
						 .told = on_told };

	*run = (struct run){ .padding = padding, .heard = buffer_new((size_t)1 << 30) };
	run->workers = workers_new(&options, NULL);
	assert_non_null(run->workers);
}

static void end(struct run *run)
{
	workers_free(run->workers);
	buffer_free(&run->heard);
}

static void read_all(struct run *run, const struct frames *frames)
{
	for (size_t at = 0; at < frames->count; at += CAPTURE_BATCH)
		workers_read(run->workers, frames->list + at,
			     frames->count - at < CAPTURE_BATCH ? frames->count - at : CAPTURE_BATCH);
}

/* Hosts that ask each other over hours: some time out, some are refused, some go on. */
static void make_traffic(struct frames *frames, int64_t step_ns)
{
	char source[16], destination[16];

	for (uint32_t i = 0; i < FRAMES_MOST; i++) {
		const uint64_t dice = hash_number(i);
		const struct ends ends = { source, (uint16_t)(1024 + dice % 7), destination, 53 };

		(void)snprintf(source, sizeof(source), "10.0.0.%u", (unsigned)(dice >> 8 & 31));
		(void)snprintf(destination, sizeof(destination), "10.0.1.%u", (unsigned)(dice >> 16 & 15));
		if (dice >> 60 < 8)
			frames_udp(frames, dice >> 59 & 1 ? ends : ends_back(ends), i * step_ns, "\xf0\xf0",
				   2);
		else
			frames_tcp(frames, dice >> 59 & 1 ? ends : ends_back(ends), i * step_ns,
				   dice >> 58 & 1 ? TCP_SYN : TCP_ACK | (dice >> 57 & 1 ? TCP_RST : TCP_PSH),
				   (uint32_t)dice, 1, dice >> 58 & 1 ? "" : "GET / HTTP/1.1\r\n\r\n");
	}
}

static struct frames frames;

static void compare(int64_t step_ns, size_t padding)
{
	static const unsigned numbers[] = { 2, 3, 8 };
	struct run alone;

	make_traffic(&frames, step_ns);
	begin(&alone, 1, padding);
	read_all(&alone, &frames);
	assert_true(workers_finish(alone.workers));
	assert_true(alone.heard.length > 1000);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct run several;

		begin(&several, numbers[i], padding);
		read_all(&several, &frames);
		assert_true(workers_finish(several.workers));
		assert_int_equal(several.heard.length, alone.heard.length);
		assert_memory_equal(several.heard.bytes, alone.heard.bytes, alone.heard.length);
		assert_int_equal(workers_counts(several.workers).flows.flows,
				 workers_counts(alone.workers).flows.flows);
		assert_int_equal(workers_counts(several.workers).packets, FRAMES_MOST);
		assert_int_equal(workers_frames(several.workers), FRAMES_MOST);
		end(&several);
	}
	end(&alone);
	frames_free(&frames);
}

static void the_words_are_the_same_for_any_number(void **unused)
{
	(void)unused;
	compare(second / 1000, 0);
	compare(second, 0);
	compare(100 * second, 0);
}

/* Each log takes several pages, and its worker has to wait for them to be read. */
static void full_logs_wait_and_stay_in_order(void **unused)
{
	(void)unused;
	compare(second / 1000, 32 << 10);
	compare(second, 16 << 10);
}

/* ---- real captures ---- */

static void read_capture(const char *path, unsigned count, struct buffer *ret_heard)
{
	const struct capture_options options = { .keep = count > 1 };
	struct capture *const capture = capture_new(&options, NULL);
	struct frame batch[CAPTURE_BATCH];
	struct engine_counts counts;
	struct run run;
	size_t n;

	assert_non_null(capture);
	begin(&run, count, 0);
	if (capture_add(capture, path, NULL))
		while ((n = capture_read(capture, batch)) > 0) {
			workers_read(run.workers, batch, n);
			assert_true(capture_release(capture, workers_read_up_to(run.workers)));
		}
	assert_true(workers_finish(run.workers));
	counts = workers_counts(run.workers);
	assert_int_equal(counts.frames, workers_frames(run.workers));
	assert_int_equal(counts.flows.live, 0);
	*ret_heard = run.heard;
	run.heard = buffer_new(0);
	capture_free(capture);
	end(&run);
}

static void compare_capture(const char *path)
{
	static const unsigned numbers[] = { 2, 3 };
	struct buffer alone, several;

	read_capture(path, 1, &alone);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		read_capture(path, numbers[i], &several);
		if (alone.length != several.length ||
		    (alone.length > 0 && memcmp(alone.bytes, several.bytes, alone.length) != 0))
			fail_msg("%s: %u workers tell something else than one", path, numbers[i]);
		buffer_free(&several);
	}
	buffer_free(&alone);
}

static void real_captures_too(void **unused)
{
	char pattern[4096];
	glob_t found;

	(void)unused;
	assert_non_null(getenv("DOORWARD_TEST_DATA"));
	(void)snprintf(pattern, sizeof(pattern), "%s/../../../shared/captures/*/*.pcap*",
		       getenv("DOORWARD_TEST_DATA"));
	if (glob(pattern, 0, NULL, &found) != 0)
		skip();
	for (size_t i = 0; i < found.gl_pathc; i++)
		compare_capture(found.gl_pathv[i]);
	globfree(&found);
}

static void time_alone_ends_flows(void **unused)
{
	static const unsigned numbers[] = { 1, 2 };

	(void)unused;
	frames_udp(&frames, (struct ends){ "10.0.0.1", 1, "10.0.0.2", 2 }, second, "?", 1);
	for (size_t i = 0; i < 2; i++) {
		struct run run;

		begin(&run, numbers[i], 0);
		workers_read(run.workers, frames.list, 1);
		assert_true(workers_flush(run.workers));
		assert_int_equal(run.heard.length, 0);
		workers_tick(run.workers, 100 * second);
		assert_true(workers_flush(run.workers));
		assert_true(run.heard.length > 0);
		assert_int_equal(workers_counts(run.workers).flows.live, 0);
		end(&run);
	}
	frames_free(&frames);
}

/* ---- time ---- */

static bool sees(struct ticker *ticker, int64_t seconds)
{
	return ticker_sees(ticker, seconds * second + 5);
}

static void time_jumps_when_several_frames_agree(void **unused)
{
	const int64_t far = (int64_t)400 * 365 * 86400 / 2, day = 86400;
	struct ticker ticker = { 0 };

	(void)unused;
	assert_false(sees(&ticker, 1000));
	assert_false(sees(&ticker, 1000));
	assert_true(sees(&ticker, 1001));
	assert_false(sees(&ticker, 999));
	assert_true(sees(&ticker, 1000 + day));
	for (int64_t i = 0; i < 100; i++) { /* one that strays does not stop the others */
		assert_false(sees(&ticker, i % 2 ? far : -far));
		assert_true(sees(&ticker, 1001 + day + i));
	}
	assert_false(sees(&ticker, far));
	for (int64_t i = 2; i < TICKER_WITNESSES; i++)
		assert_false(sees(&ticker, 20 * day - i));
	assert_true(sees(&ticker, 20 * day));
	assert_int_equal(ticker.now_ns, (20 * day - TICKER_WITNESSES + 1) * second);
	for (int64_t i = 1; i < TICKER_WITNESSES; i++)
		assert_false(sees(&ticker, 2 * day + i));
	assert_true(sees(&ticker, 2 * day));
	assert_int_equal(ticker.now_ns, (2 * day + TICKER_WITNESSES - 1) * second);
	assert_false(ticker_sees(&ticker, INT64_MIN));
	assert_false(ticker_sees(&ticker, INT64_MAX));
}

static void time_does_not_go_back_for_ever(void **unused)
{
	struct ticker ticker = { 0 };
	unsigned ticks = 0;

	(void)unused;
	for (int64_t i = 0; i < 1000 * TICKER_WITNESSES; i++)
		ticks += sees(&ticker, i / TICKER_WITNESSES % 2 ? (int64_t)1 << 32 : 0);
	assert_true(ticks > 2 && ticks <= 2 * TICKER_BACK + 1);
}

/* A frame of another century, the first of all or any other, changes no flow but its own. */
static void a_frame_that_strays_delays_no_end(void **unused)
{
	const struct ends ends = { "10.0.0.1", 1, "10.0.0.2", 2 }, other = { "10.0.0.3", 1, "10.0.0.4", 2 },
			  stray = { "10.0.0.5", 1, "10.0.0.6", 2 };
	const int64_t far = (int64_t)4000000000 * second;

	(void)unused;
	for (unsigned place = 0; place < 3; place++) {
		struct run run;

		begin(&run, 1 + place, 0);
		for (unsigned i = 0; i < 100; i++) {
			if (i == 10 * place)
				frames_udp(&frames, stray, far, "?", 1);
			frames_udp(&frames, i < 20 ? ends : other, i * 4 * second, "?", 1);
		}
		read_all(&run, &frames);
		assert_true(workers_flush(run.workers));
		buffer_u8(&run.heard, 0);
		assert_non_null(strstr((const char *)run.heard.bytes, "20/0 packets"));
		assert_true(workers_finish(run.workers));
		end(&run);
		frames_free(&frames);
	}
}

static void an_end_in_the_middle_is_clean(void **unused)
{
	struct run run;

	(void)unused;
	make_traffic(&frames, second);
	begin(&run, 4, 64 << 10);
	read_all(&run, &frames);
	end(&run);
	begin(&run, 4, 0);
	end(&run);
	begin(&run, 3, 0);
	assert_true(workers_finish(run.workers));
	assert_int_equal(run.heard.length, 0);
	end(&run);
	frames_free(&frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_words_are_the_same_for_any_number),
		cmocka_unit_test(full_logs_wait_and_stay_in_order),
		cmocka_unit_test(real_captures_too),
		cmocka_unit_test(time_alone_ends_flows),
		cmocka_unit_test(time_jumps_when_several_frames_agree),
		cmocka_unit_test(time_does_not_go_back_for_ever),
		cmocka_unit_test(a_frame_that_strays_delays_no_end),
		cmocka_unit_test(an_end_in_the_middle_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
