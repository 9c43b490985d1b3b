#include "output/plan.h"
#include "base/clock.h"

enum { RULE_TEXT = 1 << 16, BECOMES_TEXT = 8192 };

static const char *const change_names[] = {
	[CHANGE_NONE] = "stays",
	[CHANGE_NEW] = "new",
	[CHANGE_DIFFERS] = "changes",
	[CHANGE_GONE] = "gone",
};

static const char *rule_words(struct out *out, const struct rule *rule)
{
	struct buffer text = buffer_new(RULE_TEXT);
	const char *words;

	rule_format(rule, &text);
	words = arena_span_text(out->arena, buffer_read(&text));
	buffer_free(&text);
	return words;
}

static const char *fate(const struct plan_view *view, const struct rule *rule)
{
	const bool lets_pass = view->policy->mode != MODE_ENFORCE || rule->test;

	switch (rule->verdict) {
	case VERDICT_ALLOW: return "passes";
	case VERDICT_DENY: return lets_pass ? "passes; would be dropped" : "is dropped";
	case VERDICT_REJECT: return lets_pass ? "passes; would be refused" : "is refused";
	}
	return "";
}

/* "passes, at most 10/second, logged" */
static const char *becomes(struct out *out, const struct plan_view *view, const struct rule_change *change)
{
	const struct rule *const rule = change->rule->rule;
	char date[DATE_TEXT];
	struct buffer text = buffer_new(BECOMES_TEXT);
	const char *words;

	buffer_text(&text, fate(view, rule));
	if (rule->limit.count > 0)
		buffer_format(&text, ", at most %u/%s", rule->limit.count, rule->limit.unit);
	if (rule->by != NULL && rule->direction == DIRECTION_OUT && change->rule->unenforced == NULL)
		buffer_format(&text, ", of %s alone", rule->by);
	if (rule->log)
		buffer_text(&text, ", logged");
	if (rule->until != DATE_NONE)
		buffer_format(&text, ", until %s", date_text(rule->until, date));
	words = arena_span_text(out->arena, buffer_read(&text));
	buffer_free(&text);
	return words;
}

static void print_rules(struct out *out, const struct plan_view *view)
{
	static const struct column columns[] = {
		{ .title = "CHANGE" },
		{ .title = "RULE" },
		{ .title = "TRAFFIC", .least = 20 },
		{ .title = "BECOMES", .least = 12 },
	};
	static const enum style styles[] = {
		[CHANGE_NEW] = STYLE_GOOD, [CHANGE_DIFFERS] = STYLE_WARNING, [CHANGE_GONE] = STYLE_BAD
	};
	struct table *const table = table_new(out->arena, columns, 4);
	bool any = false;

	if (table == NULL)
		return;
	for (size_t i = 0; i < view->plan->rule_count; i++) {
		const struct rule_change *const change = &view->plan->rules[i];

		if (change->change == CHANGE_NONE && !view->all)
			continue;
		any = true;
		table_row(table);
		table_cell(table, 0, styles[change->change], change_names[change->change]);
		table_cell(table, 1, STYLE_PLAIN, change->id);
		if (change->rule == NULL)
			continue;
		table_cell(table, 2, STYLE_PLAIN, rule_words(out, change->rule->rule));
		table_cell(table, 3, STYLE_PLAIN, becomes(out, view, change));
	}
	if (any) {
		table_print(table, &out->screen);
		fputc('\n', out->screen.file);
	}
}

static void paragraph(struct out *out, enum style style, const char *words)
{
	if (words != NULL)
		screen_paragraph(&out->screen, 0, style, words);
}

static const char *mode_words(enum policy_mode mode)
{
	switch (mode) {
	case MODE_ENFORCE: return "What no rule allows is dropped.";
	case MODE_TEST: return "The policy is in mode test: all passes, and what would be refused is logged.";
	case MODE_OBSERVE: return "The policy is in mode observe: all passes and is counted.";
	}
	return "";
}

static void print_summary(struct out *out, const struct plan_view *view)
{
	const size_t *const counts = view->plan->counts;

	if (!view->loaded->seen)
		paragraph(out, STYLE_NOTICE,
			  "What is loaded could not be seen (needs CAP_NET_ADMIN): all is shown as new.");
	else if (view->plan->same)
		paragraph(out, STYLE_GOOD, "This very rule set is loaded: nothing would change.");
	else if (!view->loaded->present)
		paragraph(out, STYLE_PLAIN, "No table inet doorward is loaded.");
	else
		paragraph(out, STYLE_PLAIN,
			  arena_format(
				  out->arena,
				  "Against what is loaded: %zu new, %zu changed, %zu gone, %zu as they are.",
				  counts[CHANGE_NEW], counts[CHANGE_DIFFERS], counts[CHANGE_GONE],
				  counts[CHANGE_NONE]));
	paragraph(out, STYLE_PLAIN, mode_words(view->policy->mode));
	paragraph(out, STYLE_PLAIN,
		  "Before any rule pass answers to what was let through, this host's traffic with itself, "
		  "neighbour "
		  "discovery, path MTU, and its own DHCP.");
}

static void print_unenforced(struct out *out, const struct plan_view *view)
{
	const struct firewall_rule *rules;
	const size_t count = firewall_rules(view->firewall, &rules);

	for (size_t i = 0; i < count; i++) {
		if (rules[i].idle)
			paragraph(out, STYLE_NOTICE,
				  arena_format(out->arena, "Rule %s never matches and is left out.",
					       rules[i].rule->id));
		else if (rules[i].unenforced != NULL)
			paragraph(out, STYLE_NOTICE,
				  arena_format(out->arena, "Rule %s: not held to %s.", rules[i].rule->id,
					       rules[i].unenforced));
	}
}

static void print_neighbours(struct out *out, const struct loaded *loaded)
{
	for (size_t i = 0; i < loaded->neighbour_count; i++) {
		const struct neighbour *const n = &loaded->neighbours[i];

		paragraph(out, STYLE_NOTICE,
			  arena_format(out->arena,
				       "Table %s%s%s%s decides as well (%s%s): what it drops stays dropped, "
				       "whatever this policy allows.",
				       n->table, n->made_by != NULL ? " (" : "",
				       n->made_by != NULL ? n->made_by : "", n->made_by != NULL ? ")" : "",
				       n->hooks, n->drops ? "; what none of its rules names, it drops" : ""));
	}
}

void plan_text(struct out *out, const struct plan_view *view)
{
	if (view->form != PLAN_WORDS) {
		fwrite(view->text.at, 1, span_left(view->text), out->screen.file);
		return;
	}
	print_rules(out, view);
	print_summary(out, view);
	print_unenforced(out, view);
	print_neighbours(out, view->loaded);
}

/* ---- as an event ---- */

static void json_rules(struct out *out, struct json *json, const struct plan_view *view)
{
	json_open_array(json, "rules");
	for (size_t i = 0; i < view->plan->rule_count; i++) {
		const struct rule_change *const change = &view->plan->rules[i];

		json_open_object(json, NULL);
		json_text(json, "id", change->id);
		json_text(json, "change", change_names[change->change]);
		if (change->rule != NULL) {
			json_text(json, "text", rule_words(out, change->rule->rule));
			json_text(json, "becomes", becomes(out, view, change));
			json_text(json, "unenforced", change->rule->unenforced);
		}
		json_end(json);
	}
	json_end(json);
}

static void json_idle(struct json *json, const struct plan_view *view)
{
	const struct firewall_rule *rules;
	const size_t count = firewall_rules(view->firewall, &rules);

	json_open_array(json, "left_out");
	for (size_t i = 0; i < count; i++) {
		if (rules[i].idle)
			json_text(json, NULL, rules[i].rule->id);
	}
	json_end(json);
}

static void json_neighbours(struct json *json, const struct loaded *loaded)
{
	json_open_array(json, "neighbours");
	for (size_t i = 0; i < loaded->neighbour_count; i++) {
		const struct neighbour *const n = &loaded->neighbours[i];

		json_open_object(json, NULL);
		json_text(json, "table", n->table);
		json_text(json, "hooks", n->hooks);
		json_text(json, "made_by", n->made_by);
		json_bool(json, "drops", n->drops);
		json_end(json);
	}
	json_end(json);
}

void plan_json(struct out *out, const struct plan_view *view)
{
	struct json json = event_begin(out, "plan");

	json_open_object(&json, "plan");
	json_text(&json, "mode", mode_text(view->policy->mode));
	json_bool(&json, "loaded_seen", view->loaded->seen);
	if (view->loaded->seen) {
		json_bool(&json, "loaded", view->loaded->present);
		json_bool(&json, "same", view->plan->same);
	}
	json_rules(out, &json, view);
	json_idle(&json, view);
	json_neighbours(&json, view->loaded);
	if (view->form == PLAN_NFT)
		json_span(&json, "nft", view->text);
	else if (view->form == PLAN_LOWERED)
		json_span(&json, "lowered", view->text);
	json_end(&json);
	event_end(out, &json);
}
