#include "flow/engine.h"

#include <stdlib.h>

static void on_end(void *context, struct flow *flow, enum flow_reason reason)
{
	struct engine *const engine = context;

	conversation_end(engine->conversations, flow, engine->frame);
	if (engine->listener.ended != NULL)
		engine->listener.ended(engine->listener.context, flow, reason, engine->frame);
}

/* Who hears of lines that cannot be used. */
struct key_errors {
	const struct engine_options *options;
	struct error *err;
	size_t count;
};

static void on_key_error(void *context, const struct error *err)
{
	struct key_errors *const errors = context;

	errors->count++;
	if (errors->options->key_error != NULL)
		errors->options->key_error(errors->options->key_error_context, err);
	else if (errors->err != NULL)
		*errors->err = *err;
}

static bool take_keys(struct engine *engine, const struct engine_options *options, struct error *err)
{
	struct key_errors errors = { .options = options, .err = err };

	engine->has_keys = options->keys_path != NULL;
	if (!engine->has_keys ||
	    ipsec_read_keys(engine->ipsec, options->keys_path, options->keys, on_key_error, &errors))
		return true;
	if (options->key_error != NULL)
		error_set(err, "%s: %zu line%s cannot be used", options->keys_path, errors.count,
			  errors.count == 1 ? "" : "s");
	return false;
}

/* A small part of what flows may take, within what is sensible. */
static size_t fragments_memory(const struct flow_limits *limits)
{
	const size_t part = limits->memory > 0 ? limits->memory / 64 : FRAGMENTS_MEMORY;

	return part < FRAGMENTS_MEMORY_LEAST ? FRAGMENTS_MEMORY_LEAST
	       : part < FRAGMENTS_MEMORY     ? part
					     : FRAGMENTS_MEMORY;
}

/* Half of all, so that neither flows nor what is read of them leave the other without any. */
static size_t conversations_memory(const struct flow_limits *limits)
{
	return (limits->memory > 0 ? limits->memory : FLOW_MEMORY) / 2;
}

static struct flow_limits table_limits(const struct flow_limits *limits)
{
	struct flow_limits half = *limits;

	if (limits->memory == 0 || limits->memory >= FLOW_TABLE_LEAST)
		half.memory = conversations_memory(limits);
	if (half.memory < FLOW_TABLE_LEAST && limits->memory >= FLOW_TABLE_LEAST)
		half.memory = FLOW_TABLE_LEAST;
	return half;
}

static bool make_parts(struct engine *engine, const struct engine_options *options)
{
	engine->fragments = fragments_new(fragments_memory(&options->limits));
	engine->ipsec = ipsec_new();
	engine->expectations = expectations_new();
	engine->links = links_new(&engine->listener, &engine->counts);
	if (engine->expectations != NULL)
		engine->conversations = conversations_new(conversations_memory(&options->limits),
							  &engine->listener, engine->expectations,
							  &engine->counts);
	return engine->fragments != NULL && engine->ipsec != NULL && engine->links != NULL &&
	       engine->conversations != NULL;
}

struct engine *engine_new(const struct engine_options *options, const struct flow_listener *listener,
			  struct error *err)
{
	struct engine *const engine = calloc(1, sizeof(*engine));
	const struct flow_ending ending = { on_end, engine };
	const struct flow_limits limits = table_limits(&options->limits);

	if (engine == NULL) {
		error_memory(err);
		return NULL;
	}
	engine->listener = *listener;
	engine->checksums = options->checksums;
	engine->handed = options->handed;
	engine->table = flow_table_new(&limits, &ending, err);
	if (engine->table != NULL && !make_parts(engine, options))
		error_memory(err);
	else if (engine->table != NULL && take_keys(engine, options, err)) {
		engine->looks_closely = engine->has_keys || engine->checksums;
		return engine;
	}
	engine_free(engine);
	return NULL;
}

void engine_free(struct engine *engine)
{
	if (engine == NULL)
		return;
	engine->listener = (struct flow_listener){ 0 }; /* who listened may be gone */
	if (engine->conversations != NULL)
		flow_table_end_all(engine->table, REASON_END_OF_INPUT);
	flow_table_free(engine->table);
	conversations_free(engine->conversations);
	expectations_free(engine->expectations);
	links_free(engine->links);
	fragments_free(engine->fragments);
	ipsec_free(engine->ipsec);
	free(engine);
}

/* ---- ends ---- */

bool engine_expire(struct engine *engine, int64_t now_ns, uint64_t frame, uint64_t most)
{
	engine->frame = frame;
	engine->time_ns = now_ns;
	if (flow_table_expire(engine->table, now_ns, most))
		return true;
	fragments_expire(engine->fragments, now_ns);
	return false;
}

bool engine_finish(struct engine *engine, uint64_t most)
{
	fragments_expire(engine->fragments, INT64_MAX);
	return flow_table_end_some(engine->table, REASON_END_OF_INPUT, most);
}

/* ---- counts ---- */

const struct engine_counts *engine_counts(struct engine *engine)
{
	const struct fragments_counts *const fragments = fragments_counts(engine->fragments);

	engine->counts.flows = *flow_table_counts(engine->table);
	engine->counts.fragments = fragments->pieces;
	engine->counts.reassembled = fragments->whole;
	engine->counts.fragments_overlapping = fragments->overlaps + fragments->conflicts;
	engine->counts.fragments_dropped = fragments->refused + fragments->timeouts + fragments->evicted;
	return &engine->counts;
}

/* All of them are counters of 64 bits. */
_Static_assert(sizeof(struct engine_counts) % sizeof(uint64_t) == 0 && sizeof(size_t) == sizeof(uint64_t),
	       "counts are added as one row");

void engine_counts_add(struct engine_counts *sum, const struct engine_counts *counts)
{
	uint64_t mine[sizeof(*sum) / sizeof(uint64_t)], theirs[sizeof(*sum) / sizeof(uint64_t)];

	memcpy(mine, sum, sizeof(mine));
	memcpy(theirs, counts, sizeof(theirs));
	for (size_t i = 0; i < sizeof(mine) / sizeof(*mine); i++)
		mine[i] += theirs[i];
	memcpy(sum, mine, sizeof(mine));
}

uint64_t engine_frame(const struct engine *engine)
{
	return engine->frame;
}
