#include "output/verdict.h"
#include "base/clock.h"

enum { NEAR_SHOWN = 5, RULE_TEXT = 4096 };

/* What differs; a rule is near when all but that agrees with the question. */
static const struct {
	const char *text;
	bool near;
} mismatches[] = {
	[MATCHES] = { "it matches", true },
	[OTHER_DIRECTION] = { "another direction", false },
	[OTHER_TRANSPORT] = { "another transport", false },
	[OTHER_PORT] = { "another port", false },
	[OTHER_SOURCE] = { "another source", true },
	[OTHER_DESTINATION] = { "another destination", true },
	[OTHER_INTERFACE] = { "another interface", true },
	[PAST_UNTIL] = { "past its time", true },
	[DEPENDS_ON_SOURCE] = { "depends on 'from'", true },
	[DEPENDS_ON_DESTINATION] = { "depends on 'to'", true },
	[DEPENDS_ON_INTERFACE] = { "depends on 'on'", true },
};

const char *mismatch_text(enum mismatch why)
{
	return mismatches[why].text;
}

static const char *question_words(struct out *out, const struct question *question)
{
	struct buffer text = buffer_new(RULE_TEXT);
	const char *kept;

	question_format(question, &text);
	kept = arena_span_text(out->arena, buffer_read(&text));
	buffer_free(&text);
	return kept != NULL ? kept : "";
}

static const char *rule_words(struct out *out, const struct rule *rule)
{
	struct buffer text = buffer_new(RULE_TEXT);
	const char *kept;

	rule_format(rule, &text);
	kept = text.failed ? arena_format(out->arena, "%.*s ...", 80, (const char *)rule->place.text.at)
			   : arena_span_text(out->arena, buffer_read(&text));
	buffer_free(&text);
	return kept != NULL ? kept : "";
}

static const char *place_words(struct out *out, const struct rule *rule)
{
	const char *const text = arena_format(out->arena, "%s:%u", rule->place.file, rule->place.line);

	return text != NULL ? text : "";
}

static enum style verdict_style(enum policy_verdict verdict)
{
	return verdict == VERDICT_ALLOW ? STYLE_GOOD : STYLE_BAD;
}

static const char *outcome(const struct verdict_view *view)
{
	static const char *const words[] = {
		[VERDICT_ALLOW] = "allowed",
		[VERDICT_DENY] = "denied",
		[VERDICT_REJECT] = "rejected",
	};

	return view->open ? "open" : words[view->decision.verdict];
}

static void print_headline(struct out *out, const struct verdict_view *view)
{
	const enum style style = view->open ? STYLE_WARNING : verdict_style(view->decision.verdict);

	screen_print(&out->screen, style, outcome(view));
	fputs(": ", out->screen.file);
	screen_print(&out->screen, STYLE_BOLD, question_words(out, view->question));
	fputc('\n', out->screen.file);
}

static void print_field(struct out *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	fprintf(out->screen.file, "    %-12s", name);
	screen_print(&out->screen, STYLE_PLAIN, value);
	fputc('\n', out->screen.file);
}

static void print_date(struct out *out, const char *name, int32_t day)
{
	char text[DATE_TEXT];

	if (day != DATE_NONE)
		print_field(out, name, date_text(day, text));
}

static void print_document(struct out *out, const struct rule *rule)
{
	char date[DATE_TEXT];

	print_field(out, "service", rule->service);
	print_field(out, "by", rule->by);
	print_field(out, "owner", rule->owner);
	print_field(out, "because", rule->because);
	if (rule->approved != NULL && rule->approved_on != DATE_NONE)
		print_field(out, "approved",
			    arena_format(out->arena, "%s, %s", rule->approved,
					 date_text(rule->approved_on, date)));
	else
		print_field(out, "approved", rule->approved);
	print_field(out, "mitigation", rule->mitigation);
	print_field(out, "boundary", rule->boundary);
	print_field(out, "data", rule->data);
	print_date(out, "review", rule->review);
	print_date(out, "until", rule->until);
}

static void print_rule(struct out *out, const char *lead, const struct rule *rule)
{
	fputs(lead, out->screen.file);
	screen_print(&out->screen, STYLE_DIM, place_words(out, rule));
	fputs("  ", out->screen.file);
	screen_print(&out->screen, STYLE_PLAIN, rule_words(out, rule));
	fputc('\n', out->screen.file);
}

static void print_decision(struct out *out, const struct verdict_view *view)
{
	if (view->decision.rule == NULL) {
		screen_paragraph(&out->screen, 2, STYLE_PLAIN,
				 view->policy->rule_count > 0
					 ? "No rule matches, and what no rule allows is denied."
					 : "There is no rule, and what no rule allows is denied.");
		return;
	}
	print_rule(out, view->open ? "  else by " : "  by ", view->decision.rule);
	print_document(out, view->decision.rule);
}

static void remark(struct out *out, const char *text)
{
	if (text != NULL)
		screen_paragraph(&out->screen, 2, STYLE_NOTICE, text);
}

/* The protocol that the rule documents at the door that is asked about. */
static const char *documented(const struct verdict_view *view)
{
	const struct rule *const rule = view->decision.rule;

	for (size_t i = 0; i < rule->door_count; i++) {
		if (door_holds(&rule->doors[i], &view->question->door) && rule->doors[i].service != NULL)
			return rule->doors[i].service->name;
	}
	return "another protocol";
}

static void print_remarks(struct out *out, const struct verdict_view *view)
{
	const struct decision *const decision = &view->decision;
	const bool tested = decision->rule != NULL && decision->rule->test;

	if (!decision->spoken_agrees)
		remark(out, arena_format(out->arena,
					 "The port decides, but the rule documents %s there, and not %s.",
					 documented(view), view->question->service->name));
	if (decision->verdict != VERDICT_ALLOW && (tested || view->policy->mode != MODE_ENFORCE))
		remark(out, arena_format(out->arena, "It passes all the same and is reported: %s.",
					 tested ? "the rule is being tested"
						: arena_format(out->arena, "the policy is in mode %s",
							       mode_text(view->policy->mode))));
	if (decision->rule != NULL && decision->rule->limit.count > 0)
		remark(out, arena_format(out->arena, "Up to %u a %s only.", decision->rule->limit.count,
					 decision->rule->limit.unit));
}

static void add_passed(struct table *table, struct out *out, const struct passed_rule *passed)
{
	const bool depends = passed->why >= DEPENDS_ON_SOURCE;

	table_row(table);
	table_format(table, 0, STYLE_DIM, "    %s", place_words(out, passed->rule));
	table_cell(table, 1, depends ? STYLE_WARNING : STYLE_PLAIN, mismatch_text(passed->why));
	table_cell(table, 2, STYLE_PLAIN, rule_words(out, passed->rule));
}

/* Of many near rules the first are shown: in a policy of first matches they come closest to deciding. */
static size_t add_near(struct table *table, struct out *out, const struct verdict_view *view)
{
	size_t near = 0;

	for (size_t i = 0; i < view->passed_count; i++) {
		const struct passed_rule *const passed = &view->passed[i];

		if (view->all || (mismatches[passed->why].near && near < NEAR_SHOWN)) {
			add_passed(table, out, passed);
			near++;
		}
	}
	return near;
}

static void count_rest(const struct verdict_view *view, size_t counts[static DEPENDS_ON_INTERFACE + 1])
{
	size_t near = 0;

	for (size_t i = 0; i < view->passed_count; i++) {
		const enum mismatch why = view->passed[i].why;

		if (!mismatches[why].near || near++ >= NEAR_SHOWN)
			counts[why]++;
	}
}

/* "... 12 more: another port (10), another source (2)" */
static void print_rest(struct out *out, const struct verdict_view *view, size_t shown)
{
	size_t counts[DEPENDS_ON_INTERFACE + 1] = { 0 };
	bool first = true;

	if (shown == view->passed_count)
		return;
	count_rest(view, counts);
	fprintf(out->screen.file, "    %zu %s: ", view->passed_count - shown, shown > 0 ? "more" : "in all");
	for (size_t why = 0; why <= DEPENDS_ON_INTERFACE; why++) {
		if (counts[why] == 0)
			continue;
		fprintf(out->screen.file, "%s%s (%zu)", first ? "" : ", ", mismatches[why].text, counts[why]);
		first = false;
	}
	fputs("\n", out->screen.file);
}

static void print_passed(struct out *out, const struct verdict_view *view)
{
	static const struct column columns[] = {
		{ .title = "    RULE" },
		{ .title = "DIFFERS" },
		{ .title = "", .least = 20 },
	};
	struct table *const table = table_new(out->arena, columns, 3);
	size_t shown;

	if (view->passed_count == 0 || table == NULL)
		return;
	fprintf(out->screen.file, "  The rules%s do not match%s:\n",
		view->decision.rule != NULL ? " before it" : "", view->open ? ", or it depends" : "");
	shown = add_near(table, out, view);
	if (shown > 0)
		table_print(table, &out->screen);
	print_rest(out, view, shown);
}

void verdict_view_text(struct out *out, const struct verdict_view *view)
{
	if (out->subjects++ > 0)
		fputc('\n', out->screen.file);
	print_headline(out, view);
	if (view->open)
		screen_paragraph(&out->screen, 2, STYLE_PLAIN,
				 "It depends on what the question leaves open: ask again, and say more.");
	print_decision(out, view);
	print_remarks(out, view);
	print_passed(out, view);
}

/* ---- as an event ---- */

static void json_rule(struct out *out, struct json *json, const char *key, const struct rule *rule)
{
	char date[DATE_TEXT];

	json_open_object(json, key);
	json_text(json, "id", rule->id);
	json_text(json, "file", rule->place.file);
	json_unsigned(json, "line", rule->place.line);
	json_text(json, "text", rule_words(out, rule));
	json_text(json, "service", rule->service);
	json_text(json, "by", rule->by);
	json_text(json, "owner", rule->owner);
	json_text(json, "because", rule->because);
	json_text(json, "approved", rule->approved);
	json_text(json, "mitigation", rule->mitigation);
	if (rule->review != DATE_NONE)
		json_text(json, "review", date_text(rule->review, date));
	if (rule->until != DATE_NONE)
		json_text(json, "until", date_text(rule->until, date));
	json_end(json);
}

static void json_passed(struct out *out, struct json *json, const struct verdict_view *view)
{
	size_t counts[DEPENDS_ON_INTERFACE + 1] = { 0 };
	size_t near = 0;

	json_open_array(json, "passed");
	for (size_t i = 0; i < view->passed_count; i++) {
		const struct passed_rule *const passed = &view->passed[i];

		counts[passed->why]++;
		if (!view->all && (!mismatches[passed->why].near || near++ >= NEAR_SHOWN))
			continue;
		json_open_object(json, NULL);
		json_text(json, "id", passed->rule->id);
		json_text(json, "file", passed->rule->place.file);
		json_unsigned(json, "line", passed->rule->place.line);
		json_text(json, "why", mismatch_text(passed->why));
		json_text(json, "text", rule_words(out, passed->rule));
		json_end(json);
	}
	json_end(json);
	json_open_object(json, "passed_counts");
	for (size_t why = 0; why <= DEPENDS_ON_INTERFACE; why++) {
		if (counts[why] > 0)
			json_unsigned(json, mismatches[why].text, counts[why]);
	}
	json_end(json);
}

void verdict_view_json(struct out *out, const struct verdict_view *view)
{
	const struct question *const question = view->question;
	const struct transport *const transport = catalog_transport(question->door.transport);
	const bool ports = transport != NULL && transport->has_ports;
	struct json json = event_begin(out, "verdict");

	event_source(&json, question->has_source ? &question->source : NULL, false, 0);
	event_destination(&json, question->has_destination ? &question->destination : NULL, ports,
			  question->door.first);
	event_transport(&json, question->door.transport);
	json_open_object(&json, "verdict");
	json_text(&json, "question", question_words(out, question));
	json_text(&json, "outcome", outcome(view));
	json_text(&json, "verdict", verdict_text(view->decision.verdict));
	json_text(&json, "direction", direction_text(question->direction));
	json_text(&json, "mode", mode_text(view->policy->mode));
	if (view->decision.rule != NULL)
		json_rule(out, &json, "rule", view->decision.rule);
	if (view->open && view->decision.undecided != NULL)
		json_rule(out, &json, "depends_on", view->decision.undecided);
	json_bool(&json, "spoken_agrees", view->decision.spoken_agrees);
	json_passed(out, &json, view);
	json_end(&json);
	event_end(out, &json);
}
