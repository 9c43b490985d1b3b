#include "firewall/load.h"
#include "base/clock.h"
#include "firewall/batch.h"
#include "firewall/delta.h"
#include "firewall/kernel.h"

enum { TEXT_LIMIT = 1 << 30 };

bool load_text(const char *head, const struct loaded *loaded, struct span text, struct error *err)
{
	struct buffer dressed = buffer_new(TEXT_LIMIT);
	bool done;

	buffer_text(&dressed, head);
	ruleset_dress(text, loaded, clock_wall_us() / 1000000, &dressed);
	done = dressed.failed ? error_memory(err) : kernel_load((const char *)dressed.bytes, err);
	buffer_free(&dressed);
	return done;
}

/* Only what differs, if it is known what is there. */
void load_prepare(struct loading *loading)
{
	const struct present *const present = loading->present;
	struct error other;

	loading->difference = buffer_new(TEXT_LIMIT);
	loading->differs_little = present->entry != NULL && delta_write(loading->state->arena, present->text,
									loading->text, &loading->difference);
	if (!loading->differs_little)
		(void)kernel_ready(&other);
}

void load_end(struct loading *loading)
{
	buffer_free(&loading->difference);
}

/* By messages of our own, where they know all that differs. */
static bool send_difference(struct loading *loading)
{
	struct buffer dressed = buffer_new(TEXT_LIMIT);
	struct batch batch;
	bool done;

	ruleset_dress(buffer_read(&loading->difference), &loading->present->loaded, clock_wall_us() / 1000000,
		      &dressed);
	batch_begin(&batch, loading->present->generation.number);
	done = !dressed.failed && batch_text(&batch, span_text((const char *)dressed.bytes)) &&
	       batch_send(&batch) == 0;
	buffer_free(&dressed);
	return done;
}

/* Whoever changes something in between makes that a wrong sum: then the whole is loaded. */
static bool load_difference(struct loading *loading)
{
	struct error other;

	return loading->differs_little &&
	       (send_difference(loading) ||
		load_text("", &loading->present->loaded, buffer_read(&loading->difference), &other)) &&
	       seen_only_ours(&loading->present->generation, &loading->now);
}

static bool load_whole(struct loading *loading, struct error *err)
{
	struct chain_generation before = { 0 };
	struct loaded loaded = loading->present->loaded;

	(void)seen_now(&before);
	if (loading->present->entry != NULL && !place_loaded(loading->state, &loaded, err))
		return false;
	if (!load_text(RULESET_REPLACES, &loaded, loading->text, err))
		return false;
	loading->only_ours = seen_only_ours(&before, &loading->now);
	return true;
}

bool load_now(struct loading *loading, struct error *err)
{
	loading->only_ours = load_difference(loading);
	return loading->only_ours || load_whole(loading, err);
}
