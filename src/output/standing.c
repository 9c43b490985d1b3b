/* How the rules stand: loaded or not, changed by others or not, and what each has counted. */
#include "base/clock.h"
#include "output/enforcement.h"

#include <stdlib.h>

static const char *const drift_names[] = {
	[DRIFT_NONE] = "none",       [DRIFT_NOTHING] = "nothing", [DRIFT_GONE] = "gone",
	[DRIFT_CHANGED] = "changed", [DRIFT_FOREIGN] = "foreign", [DRIFT_UNRECORDED] = "unrecorded",
};
static const char *const deviation_names[] = {
	[DEVIATION_GONE] = "gone", [DEVIATION_NEW] = "new", [DEVIATION_CHANGED] = "changed"
};

/* The words of all rules, by their ids. */
struct words {
	struct span id, words;
};
struct rule_words {
	struct words *list;
	size_t count;
};

static int by_id(const void *a, const void *b)
{
	const struct span *const x = &((const struct words *)a)->id, *const y =
									     &((const struct words *)b)->id;
	const size_t left = span_left(*x), right = span_left(*y);
	const int order = memcmp(x->at, y->at, left < right ? left : right);

	return order != 0 ? order : (left > right) - (left < right);
}

/* From lines "id TAB words"; without memory there are no words. */
static struct rule_words read_words(struct out *out, struct span rules)
{
	struct rule_words all = { 0 };
	size_t capacity = 0;

	while (span_left(rules) > 0) {
		struct words *const list = arena_grow(out->arena, all.list, all.count, &capacity,
						      sizeof(*list));
		struct span line = span_until(&rules, '\n');

		if (list == NULL || line.failed)
			break;
		all.list = list;
		list[all.count].id = span_until(&line, '\t');
		list[all.count].words = line;
		all.count += !line.failed;
	}
	if (all.count > 1)
		qsort(all.list, all.count, sizeof(*all.list), by_id);
	return all;
}

static const char *words_of(struct out *out, const struct rule_words *all, const char *id)
{
	const struct words asked = { .id = span_text(id) };
	const struct words *const found = all->count > 0 ? bsearch(&asked, all->list, all->count,
								   sizeof(asked), by_id)
							 : NULL;

	return found != NULL ? arena_span_text(out->arena, found->words) : NULL;
}

static const char *day_of(struct out *out, int64_t since_s)
{
	char text[CLOCK_TEXT];

	if (since_s <= 0)
		return NULL;
	clock_text(since_s * 1000000, text);
	return arena_format(out->arena, "%.10s %.5s", text, text + 11);
}

static void print_rules(struct out *out, const struct standing_view *view)
{
	static const struct column columns[] = {
		{ .title = "RULE" },
		{ .title = "PACKETS", .align = ALIGN_RIGHT },
		{ .title = "BYTES", .align = ALIGN_RIGHT },
		{ .title = "SINCE" },
		{ .title = "TRAFFIC", .least = 20 },
	};
	struct table *const table = table_new(out->arena, columns, 5);
	const struct rule_words words = read_words(out, view->rules);

	if (table == NULL || view->loaded.rule_count == 0)
		return;
	for (size_t i = 0; i < view->loaded.rule_count; i++) {
		const struct loaded_rule *const rule = &view->loaded.rules[i];

		table_row(table);
		table_cell(table, 0, STYLE_PLAIN, rule->id);
		table_format(table, 1, rule->packets == 0 ? STYLE_DIM : STYLE_PLAIN, "%llu",
			     (unsigned long long)rule->packets);
		table_format(table, 2, rule->packets == 0 ? STYLE_DIM : STYLE_PLAIN, "%llu",
			     (unsigned long long)rule->bytes);
		table_cell(table, 3, STYLE_PLAIN, day_of(out, rule->since_s));
		table_cell(table, 4, STYLE_PLAIN, words_of(out, &words, rule->id));
	}
	table_print(table, &out->screen);
	fputc('\n', out->screen.file);
}

static size_t never_hit(const struct loaded *loaded)
{
	size_t count = 0;

	for (size_t i = 0; i < loaded->rule_count; i++)
		count += loaded->rules[i].packets == 0;
	return count;
}

static void paragraph(struct out *out, enum style style, const char *words)
{
	if (words != NULL)
		screen_paragraph(&out->screen, 0, style, words);
}

static void print_entry(struct out *out, const struct standing_view *view)
{
	const struct entry *const e = view->entry;
	char when[CLOCK_TEXT];

	if (e == NULL || e->digest == 0)
		return;
	clock_text(e->when_us, when);
	paragraph(out, STYLE_PLAIN,
		  arena_format(out->arena, "Number %u, put in place on %.10s at %.8s by %s%s%s.", e->number,
			       when, when + 11, e->user, e->policy[0] != '\0' ? " from " : "", e->policy));
	if (e->standing != STANDING_ARMED)
		return;
	if (view->left_ms > 0)
		paragraph(out, STYLE_WARNING,
			  arena_format(out->arena,
				       "It waits to be confirmed: it is taken back in %lld seconds unless "
				       "'doorward confirm' comes before.",
				       (long long)(view->left_ms + 999) / 1000));
	if (!view->kept)
		paragraph(out, STYLE_BAD,
			  "The process that takes it back is not there: 'doorward undo' does it, 'doorward "
			  "confirm' keeps it.");
}

static const char *drift_words(const struct standing_view *view)
{
	if (!view->loaded.seen)
		return "What is loaded could not be seen (needs root, or CAP_NET_ADMIN).";
	switch (view->drift) {
	case DRIFT_NONE: return "It is loaded as it was put in place.";
	case DRIFT_NOTHING: return "No policy is in force, and no table inet doorward is loaded.";
	case DRIFT_GONE:
		return "Its table inet doorward is not loaded any more: somebody removed it. 'doorward "
		       "apply' "
		       "puts it in place again.";
	case DRIFT_CHANGED: return "The table inet doorward was changed since, and not by doorward:";
	case DRIFT_FOREIGN: return "A table inet doorward is loaded that no 'doorward apply' put there.";
	case DRIFT_UNRECORDED:
		return "It is loaded. Whether it was changed since cannot be told: whoever put it in place "
		       "was "
		       "killed before it was written down how it stood.";
	}
	return "";
}

static void print_differences(struct out *out, const struct standing_view *view)
{
	for (size_t i = 0; i < view->difference_count && i < STANDING_DIFFERENCES; i++) {
		const struct ruleset_difference *const d = &view->differences[i];
		const char *words = arena_format(out->arena, "%s: %s", d->part, deviation_names[d->kind]);

		if (d->kind == DEVIATION_CHANGED)
			words = arena_format(out->arena, "%s: was \"%s\", is \"%s\"", d->part,
					     d->before != NULL ? d->before : "",
					     d->behind != NULL ? d->behind : "");
		if (words != NULL)
			screen_paragraph(&out->screen, 4, STYLE_PLAIN, words);
	}
	if (view->difference_count > STANDING_DIFFERENCES)
		screen_paragraph(&out->screen, 4, STYLE_PLAIN,
				 arena_format(out->arena, "and %zu more",
					      view->difference_count - STANDING_DIFFERENCES));
}

void standing_view_text(struct out *out, const struct standing_view *view)
{
	const bool good = view->drift == DRIFT_NONE || view->drift == DRIFT_NOTHING;

	print_rules(out, view);
	print_entry(out, view);
	paragraph(out, view->loaded.seen && good ? STYLE_GOOD : STYLE_WARNING, drift_words(view));
	print_differences(out, view);
	if (view->loaded.rule_count > 0)
		paragraph(out, STYLE_PLAIN,
			  arena_format(out->arena, "%zu of %zu rules were never hit since they count.",
				       never_hit(&view->loaded), view->loaded.rule_count));
}

/* ---- as an event ---- */

static void json_rules(struct out *out, struct json *json, const struct standing_view *view)
{
	const struct rule_words words = read_words(out, view->rules);
	char when[CLOCK_TEXT];

	json_open_array(json, "rules");
	for (size_t i = 0; i < view->loaded.rule_count; i++) {
		const struct loaded_rule *const rule = &view->loaded.rules[i];

		json_open_object(json, NULL);
		json_text(json, "id", rule->id);
		json_text(json, "text", words_of(out, &words, rule->id));
		json_unsigned(json, "packets", rule->packets);
		json_unsigned(json, "bytes", rule->bytes);
		if (rule->since_s > 0)
			json_text(json, "since", clock_text(rule->since_s * 1000000, when));
		json_end(json);
	}
	json_end(json);
}

static void json_differences(struct json *json, const struct standing_view *view)
{
	json_open_array(json, "differences");
	for (size_t i = 0; i < view->difference_count && i < STANDING_DIFFERENCES; i++) {
		const struct ruleset_difference *const d = &view->differences[i];

		json_open_object(json, NULL);
		json_text(json, "part", d->part);
		json_text(json, "change", deviation_names[d->kind]);
		json_text(json, "before", d->before);
		json_text(json, "now", d->behind);
		json_end(json);
	}
	json_end(json);
}

void standing_view_json(struct out *out, const struct standing_view *view)
{
	struct json json = event_begin(out, "status");
	const struct entry *const e = view->entry;

	json_open_object(&json, "status");
	json_bool(&json, "loaded_seen", view->loaded.seen);
	if (view->loaded.seen) {
		json_bool(&json, "loaded", view->loaded.present);
		json_text(&json, "drift", drift_names[view->drift]);
		json_unsigned(&json, "never_hit", never_hit(&view->loaded));
	}
	if (e != NULL) {
		json_unsigned(&json, "number", e->number);
		json_text(&json, "state", standing_text(e->standing));
		if (e->standing == STANDING_ARMED) {
			json_number(&json, "seconds_left", view->left_ms / 1000);
			json_bool(&json, "way_back", view->kept);
		}
	}
	json_rules(out, &json, view);
	json_differences(&json, view);
	json_end(&json);
	event_end(out, &json);
}
