/* Packets of any kind in one engine, with all recognisers and parsers behind it: each is two octets of time
 * since the one before (in 64ths of a second), two of length, and the packet. What is told must not depend on
 * how many are read at once, and each flow that began must end. */
#include "base/hash.h"
#include "flow/flow.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { FRAMES = 256, LINK_RAW = 101, EVENT_LIMIT = 1 << 20 };

struct told {
	uint64_t hash, begun, ended;
};

static void tell(struct told *told, uint64_t what)
{
	told->hash = hash_number(told->hash + what);
}

static void on_identified(void *context, const struct flow *flow, int64_t time_ns, uint64_t frame)
{
	(void)time_ns;
	tell(context, flow_id(flow) ^ frame ^ flow->protocol);
}

static void on_message(void *context, const struct flow *flow, const struct flow_message *message,
		       int64_t time_ns, uint64_t frame)
{
	struct buffer out = buffer_new(EVENT_LIMIT);
	struct json json = json_new(&out);

	(void)time_ns;
	json_begin(&json);
	message->emit(message->record, &json);
	json_end(&json);
	if (json.failed)
		abort();
	tell(context, hash_bytes(out.bytes, out.length) ^ flow_id(flow) ^ frame);
	buffer_free(&out);
}

static void on_weakness(void *context, const struct flow *flow, const struct weakness *weakness,
			const char *evidence, int64_t time_ns, uint64_t frame)
{
	(void)time_ns;
	tell(context, hash_bytes(weakness->id, strlen(weakness->id)) ^
			      hash_bytes(evidence, strlen(evidence)) ^ flow_id(flow) ^ frame);
}

static void on_ended(void *context, const struct flow *flow, enum flow_reason reason, uint64_t frame)
{
	struct told *const told = context;
	const char *const name = flow_app_proto(flow);

	told->ended++;
	tell(told,
	     flow_id(flow) ^ frame ^ hash_bytes(name, strlen(name)) ^ reason ^ flow->sides[1].packets << 32);
}

static size_t cut(struct span s, struct frame *frames, uint64_t *numbers)
{
	int64_t now = 0;
	size_t count = 0;

	while (count < FRAMES && span_left(s) > 4) {
		const int64_t passed = span_u16(&s);
		const size_t size = span_u16(&s);
		const struct span packet = span_take(&s, size < span_left(s) ? size : span_left(s));

		now += passed * 15625000;
		frames[count] = (struct frame){ .bytes = packet.at,
						.captured = (uint32_t)span_left(packet),
						.length = (uint32_t)span_left(packet),
						.time_ns = now,
						.link = LINK_RAW };
		numbers[count] = count + 1;
		count++;
	}
	return count;
}

static struct told run(const struct frame *frames, const uint64_t *numbers, size_t count, size_t at_once)
{
	const struct engine_options options = { .limits = { .memory = 4 << 20,
							    .timeouts = flow_timeouts_usual } };
	struct told told = { 0 };
	const struct flow_listener listener = { .context = &told,
						.identified = on_identified,
						.message = on_message,
						.weakness = on_weakness,
						.ended = on_ended };
	struct engine *const engine = engine_new(&options, &listener, NULL);

	if (engine == NULL)
		abort();
	for (size_t at = 0; at < count; at += at_once)
		engine_read(engine, frames + at, numbers + at, count - at < at_once ? count - at : at_once);
	if (count > 0)
		(void)engine_expire(engine, frames[count - 1].time_ns, count, UINT64_MAX);
	while (engine_finish(engine, UINT64_MAX))
		;
	told.begun = engine_counts(engine)->flows.flows;
	if (engine_counts(engine)->flows.live != 0 || told.begun != told.ended)
		abort();
	engine_free(engine);
	return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct frame frames[FRAMES];
	static uint64_t numbers[FRAMES];
	const size_t count = cut(span_of(bytes, length), frames, numbers);
	const struct told one = run(frames, numbers, count, 1),
			  many = run(frames, numbers, count, CAPTURE_BATCH);

	if (one.hash != many.hash || one.begun != many.begun)
		abort();
	return 0;
}
