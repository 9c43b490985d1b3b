/* layout_pieces.c: what a statement consists of, in the order of the normal form. */
#include "base/clock.h"
#include "policy/format.h"
#include "policy/layout.h"

enum { OPTION_GAP = 2 };

/* Begins a piece; its text is what is written to texts until the next one. */
static struct piece *begin(struct layout *layout, uint32_t line, uint32_t column)
{
	struct piece *grown = arena_grow(layout->arena, layout->pieces, layout->count, &layout->capacity,
					 sizeof(*grown));

	if (grown == NULL) {
		layout->failed = true;
		return NULL;
	}
	layout->pieces = grown;
	grown[layout->count] = (struct piece){
		.line = line,
		.column = column,
		.text = layout->texts.length,
		.before = NO_COMMENT,
		.last_before = NO_COMMENT,
		.after = NO_COMMENT,
	};
	return &grown[layout->count++];
}

static void finish(struct layout *layout)
{
	struct piece *const piece = &layout->pieces[layout->count - 1];

	piece->length = layout->texts.length - piece->text;
}

/* The piece gets a comma when another of its list follows. */
static void finish_element(struct layout *layout, bool last)
{
	if (!last)
		buffer_u8(&layout->texts, ',');
	finish(layout);
}

static void gather_terms(struct layout *layout, const char *keyword, const struct address_term *terms,
			 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (begin(layout, terms[i].place.line, terms[i].place.column) == NULL)
			return;
		if (i == 0 && keyword != NULL)
			buffer_format(&layout->texts, "%s ", keyword);
		term_format(&terms[i], &layout->texts);
		finish_element(layout, i + 1 == count);
	}
}

static void gather_addresses(struct layout *layout, const char *keyword, const struct address_list *list)
{
	gather_terms(layout, keyword, list->terms, list->count);
	gather_terms(layout, "except", list->except, list->except_count);
}

static void gather_doors(struct layout *layout, const char *keyword, const struct door *doors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (begin(layout, doors[i].place.line, doors[i].place.column) == NULL)
			return;
		if (i == 0 && keyword != NULL)
			buffer_format(&layout->texts, "%s ", keyword);
		door_format(&doors[i], &layout->texts);
		finish_element(layout, i + 1 == count);
	}
}

/* Interfaces are short and few: they are one piece. */
static void gather_interfaces(struct layout *layout, const struct rule *rule)
{
	if (rule->interface_count == 0 || begin(layout, rule->on_place.line, rule->on_place.column) == NULL)
		return;
	for (size_t i = 0; i < rule->interface_count; i++) {
		buffer_text(&layout->texts, i == 0 ? "on " : ", ");
		word_format(rule->interfaces[i], &layout->texts);
	}
	finish(layout);
}

/* Where an option was written; known where there are comments, and needed only there. */
static struct written option_place(const struct statement *statement, enum option_number number)
{
	for (size_t i = 0; i < statement->written_count; i++) {
		if (statement->written[i].option == number)
			return statement->written[i];
	}
	return (struct written){ .line = statement->line };
}

bool rule_has_option(const struct rule *rule, const struct option *option)
{
	const void *const field = (const char *)rule + option->offset;

	switch (option->value) {
	case VALUE_SWITCH: return *(const bool *)field;
	case VALUE_RATE: return ((const struct rate *)field)->count > 0;
	case VALUE_ID: return rule->id_given;
	case VALUE_DATE: return *(const int32_t *)field != DATE_NONE;
	default: return *(const char *const *)field != NULL;
	}
}

static void date_format(int32_t day, struct buffer *out)
{
	char text[DATE_TEXT];

	buffer_text(out, date_text(day, text));
}

static void value_format(const struct rule *rule, const struct option *option, struct buffer *out)
{
	const void *const field = (const char *)rule + option->offset;

	switch (option->value) {
	case VALUE_SWITCH: break;
	case VALUE_RATE: buffer_format(out, "%u/%s", rule->limit.count, rule->limit.unit); break;
	case VALUE_ID: buffer_text(out, rule->id); break;
	case VALUE_PROCESS: word_format(rule->by, out); break;
	case VALUE_TEXT: text_format(*(const char *const *)field, out); break;
	case VALUE_APPROVED:
		text_format(rule->approved, out);
		if (rule->approved_on == DATE_NONE)
			break;
		buffer_u8(out, ' ');
		date_format(rule->approved_on, out);
		break;
	case VALUE_DATE: date_format(*(const int32_t *)field, out); break;
	}
}

static void gather_option(struct layout *layout, const struct rule *rule, enum option_number number,
			  size_t width)
{
	const struct option *const option = &options[number];
	const struct written place = option_place(layout->statement, number);
	struct piece *const piece = begin(layout, place.line, place.column);
	const size_t length = strlen(option->keyword);

	if (piece == NULL)
		return;
	piece->option_line = !option->on_head;
	buffer_text(&layout->texts, option->keyword);
	if (option->value != VALUE_SWITCH)
		buffer_fill(&layout->texts, ' ', option->on_head ? 1 : width - length + OPTION_GAP);
	value_format(rule, option, &layout->texts);
	finish(layout);
}

static void gather_options(struct layout *layout, const struct rule *rule)
{
	size_t width = 0;

	for (size_t i = 0; i < OPTIONS; i++) {
		if (!options[i].on_head && rule_has_option(rule, &options[i]) &&
		    strlen(options[i].keyword) > width)
			width = strlen(options[i].keyword);
	}
	for (size_t i = 0; i < OPTIONS; i++) {
		if (rule_has_option(rule, &options[i]))
			gather_option(layout, rule, (enum option_number)i, width);
	}
}

static void gather_rule(struct layout *layout, const struct rule *rule)
{
	size_t doors_end;

	if (begin(layout, rule->place.line, rule->place.column) == NULL)
		return;
	buffer_text(&layout->texts, verdict_text(rule->verdict));
	if (rule->direction_given)
		buffer_format(&layout->texts, " %s", direction_text(rule->direction));
	finish(layout);
	gather_doors(layout, NULL, rule->doors, rule->door_count);
	doors_end = layout->count;
	gather_addresses(layout, "from", &rule->from);
	gather_addresses(layout, "to", &rule->to);
	gather_interfaces(layout, rule);
	gather_options(layout, rule);
	if (layout->count > 1)
		layout->pieces[1].from_column = layout->verdict_width + 1;
	if (doors_end < layout->count)
		layout->pieces[doors_end].from_column = layout->verdict_width + 1 + layout->doors_width + 1;
}

static void gather_name(struct layout *layout, const struct policy_name *name)
{
	if (begin(layout, name->place.line, name->place.column) == NULL)
		return;
	buffer_format(&layout->texts, "let %s =", name->name);
	finish(layout);
	gather_addresses(layout, NULL, &name->addresses);
}

static void gather_expectation(struct layout *layout, const struct policy_expectation *expectation)
{
	if (begin(layout, expectation->place.line, expectation->place.column) == NULL)
		return;
	buffer_format(&layout->texts, "expect %s %s", verdict_text(expectation->verdict), expectation->text);
	finish(layout);
}

/* An acceptance has two of a rule's options. */
static void gather_acceptance(struct layout *layout, const struct acceptance *acceptance)
{
	const struct rule documented = {
		.because = acceptance->because,
		.until = acceptance->until,
		.approved_on = DATE_NONE,
		.review = DATE_NONE,
	};

	if (begin(layout, acceptance->place.line, acceptance->place.column) == NULL)
		return;
	buffer_format(&layout->texts, "accept %s", acceptance->finding);
	finish(layout);
	gather_doors(layout, "on", acceptance->doors, acceptance->door_count);
	gather_options(layout, &documented);
}

static void gather_plain(struct layout *layout, const struct statement *statement)
{
	if (begin(layout, statement->line, 1) == NULL)
		return;
	buffer_text(&layout->texts, statement->text);
	finish(layout);
}

void layout_gather(struct layout *layout, const struct policy *policy, const struct statement *statement)
{
	layout->statement = statement;
	layout->count = 0;
	buffer_clear(&layout->texts);
	switch (statement->kind) {
	case STATEMENT_RULE: gather_rule(layout, &policy->rules[statement->index]); break;
	case STATEMENT_NAME: gather_name(layout, &policy->names[statement->index]); break;
	case STATEMENT_EXPECTATION:
		gather_expectation(layout, &policy->expectations[statement->index]);
		break;
	case STATEMENT_ACCEPTANCE: gather_acceptance(layout, &policy->acceptances[statement->index]); break;
	case STATEMENT_PLAIN: gather_plain(layout, statement); break;
	}
	layout->failed |= layout->texts.failed;
}
