#include "policy/options.h"
#include "base/clock.h"
#include "base/suggest.h"

#include <stdio.h>

#define AT(member) offsetof(struct rule, member)

const struct option options[OPTIONS] = {
	[OPTION_LOG] = { "log", VALUE_SWITCH, AT(log), NO_FIELD, true, false, NULL },
	[OPTION_LIMIT] = { "limit", VALUE_RATE, AT(limit), NO_FIELD, true, true,
			   "what is refused already has no rate" },
	[OPTION_STRICT] = { "strict", VALUE_SWITCH, AT(strict), NO_FIELD, true, true,
			    "what is refused speaks nothing" },
	[OPTION_TEST] = { "test", VALUE_SWITCH, AT(test), NO_FIELD, true, false, NULL },
	[OPTION_ID] = { "id", VALUE_ID, AT(id), NO_FIELD, false, false, NULL },
	[OPTION_BY] = { "by", VALUE_PROCESS, AT(by), FIELD_BY, false, true,
			"no process stands behind a refused door" },
	[OPTION_SERVICE] = { "service", VALUE_TEXT, AT(service), FIELD_SERVICE, false, false, NULL },
	[OPTION_OWNER] = { "owner", VALUE_TEXT, AT(owner), FIELD_OWNER, false, false, NULL },
	[OPTION_BECAUSE] = { "because", VALUE_TEXT, AT(because), FIELD_BECAUSE, false, false, NULL },
	[OPTION_APPROVED] = { "approved", VALUE_APPROVED, AT(approved), FIELD_APPROVED, false, false, NULL },
	[OPTION_MITIGATION] = { "mitigation", VALUE_TEXT, AT(mitigation), FIELD_MITIGATION, false, false,
				NULL },
	[OPTION_BOUNDARY] = { "boundary", VALUE_TEXT, AT(boundary), FIELD_BOUNDARY, false, false, NULL },
	[OPTION_DATA] = { "data", VALUE_TEXT, AT(data), FIELD_DATA, false, false, NULL },
	[OPTION_REVIEW] = { "review", VALUE_DATE, AT(review), FIELD_REVIEW, false, false, NULL },
	[OPTION_UNTIL] = { "until", VALUE_DATE, AT(until), FIELD_UNTIL, false, false, NULL },
};

static const struct {
	const char *unit;
	uint32_t seconds;
} units[] = { { "second", 1 }, { "minute", 60 }, { "hour", 3600 }, { "day", 86400 } };

enum { UNITS = sizeof(units) / sizeof(units[0]), MOST_RATE = 1000000000 };

const struct option *option_named(struct span keyword)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		if (span_is(keyword, options[i].keyword))
			return &options[i];
	}
	return NULL;
}

bool note_option(struct parser *p, enum option_number number, const struct place *place)
{
	for (size_t i = 0; i < p->written_count; i++) {
		const struct written *const first = &p->written[i];
		struct diagnostic *error;

		if (first->option != number)
			continue;
		error = parser_error(p, place, "a second '%s' in one statement", options[number].keyword);
		parser_fix(p, error, "keep one of them; the first is on line %u", (unsigned)first->line);
		return false;
	}
	if (p->written_count < POLICY_WRITTEN)
		p->written[p->written_count++] = (struct written){ (uint8_t)number, place->line,
								   place->column };
	return true;
}

/* Takes the escapes of a quoted text out, \" and \\. */
static const char *unescape(struct parser *p, const struct token *token)
{
	struct span in = token->text;
	char *const text = arena_alloc(p->arena, span_left(in) + 1), *at = text;

	if (text == NULL) {
		parser_memory(p);
		return NULL;
	}
	while (span_left(in) > 0) {
		uint8_t byte = span_u8(&in);

		if (byte == '\\') {
			byte = span_u8(&in);
			if (byte != '"' && byte != '\\') {
				struct diagnostic *const error = parser_error(
					p, &token->place, "a text has an escape that does not exist");

				parser_fix(p, error,
					   "\\\" for a quote and \\\\ for a backslash are all there are");
				return NULL;
			}
		}
		*at++ = (char)byte;
	}
	return text;
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t")] == '\0';
}

const char *parse_text(struct parser *p, const char *what)
{
	const struct token token = *parser_peek(p);
	struct diagnostic *error;
	const char *text;

	if ((token.kind != TOKEN_WORD && token.kind != TOKEN_STRING && token.kind != TOKEN_BAD) ||
	    begins_clause(&token)) {
		error = parser_error(p, &token.place, "a text is missing behind '%s'", what);
		parser_fix(p, error, "%s \"...\"", what);
		return NULL;
	}
	parser_take(p);
	if (token.kind == TOKEN_BAD)
		return NULL;
	if (token.kind == TOKEN_WORD)
		p->bare = token.place;
	text = token.kind == TOKEN_WORD ? arena_span_text(p->arena, token.text) : unescape(p, &token);
	if (text != NULL && is_blank(text)) {
		error = parser_error(p, &token.place, "the text behind '%s' is empty", what);
		parser_fix(p, error, "say something, or leave '%s' out", what);
		return NULL;
	}
	return text;
}

/* Three numbers with '-', '.' or '/' between them, in the order of a date or the other way round. */
static bool read_date_numbers(const char *typed, unsigned number[static 3])
{
	struct span rest = span_text(typed);

	for (size_t i = 0; i < 3; i++) {
		struct span part = rest;
		uint64_t value;

		while (span_left(rest) > 0 && strchr("-./", rest.at[0]) == NULL)
			span_skip(&rest, 1);
		part.end = rest.at;
		if (!span_number(part, 9999, &value) || (i < 2) != (span_left(rest) > 0))
			return false;
		span_skip(&rest, 1);
		number[i] = (unsigned)value;
	}
	return true;
}

/* A date that is nearly one: other separators, or digits that are missing. The last day of a month that has
 * fewer than were written. */
static void propose_date(struct parser *p, struct diagnostic *error, const char *typed)
{
	char text[DATE_TEXT + 16];
	unsigned number[3];
	int32_t day;

	if (read_date_numbers(typed, number)) {
		const bool year_first = number[2] <= 31;

		for (unsigned less = 0; less < 4; less++) {
			snprintf(text, sizeof(text), "%04u-%02u-%02u", number[year_first ? 0 : 2], number[1],
				 number[year_first ? 2 : 0] - less);
			if (!date_parse(text, &day))
				continue;
			parser_fix(p, error, "did you mean %s?", text);
			return;
		}
	}
	parser_fix(p, error, "a date is written YYYY-MM-DD, such as 2027-03-31");
}

int32_t parse_date(struct parser *p, const char *what)
{
	const struct token token = *parser_peek(p);
	struct diagnostic *error;
	char text[64];
	int32_t day;

	if (token.kind == TOKEN_BAD) {
		parser_take(p);
		return DATE_NONE;
	}
	if (token.kind != TOKEN_WORD || begins_clause(&token)) {
		error = parser_error(p, &token.place, "a date is missing behind '%s'", what);
		parser_fix(p, error, "%s 2027-03-31", what);
		if (token.kind == TOKEN_STRING)
			parser_take(p);
		return DATE_NONE;
	}
	parser_take(p);
	if (date_parse(span_copy_text(token.text, text, sizeof(text)), &day) && span_left(token.text) == 10)
		return day;
	error = parser_error(p, &token.place, "'%s' is no day of the calendar", parser_words(p, &token));
	propose_date(p, error, text);
	return DATE_NONE;
}

static void refuse_rate(struct parser *p, const struct token *token, struct span count, struct span unit)
{
	struct diagnostic *const error = parser_error(p, &token->place, "'%s' is not a rate",
						      parser_words(p, token));
	struct suggestion near;
	char typed[32];
	uint64_t n;

	near = (struct suggestion){ .typed = span_copy_text(unit, typed, sizeof(typed)) };
	for (size_t i = 0; i < UNITS; i++) {
		suggest_offer(&near, units[i].unit);
		if (near.best == NULL && typed[0] != '\0' &&
		    strncmp(units[i].unit, typed, strlen(typed)) == 0)
			near.best = units[i].unit;
	}
	if (near.best != NULL && span_number(count, MOST_RATE, &n) && n > 0)
		parser_fix(p, error, "%u/%s", (unsigned)n, near.best);
	else
		parser_fix(p, error, "a number from 1 on, and second, minute, hour or day: 10/second");
}

static bool parse_rate(struct parser *p, struct rate *ret_rate)
{
	const struct token token = *parser_peek(p);
	struct span unit = token.text, count = token.kind == TOKEN_WORD ? span_until(&unit, '/') : unit;
	struct diagnostic *error;
	uint64_t n;

	if (token.kind != TOKEN_WORD || begins_clause(&token)) {
		error = token.kind != TOKEN_BAD
				? parser_error(p, &token.place, "a rate is missing behind 'limit'")
				: NULL;
		parser_fix(p, error, "limit 10/second");
		if (token.kind == TOKEN_BAD || token.kind == TOKEN_STRING)
			parser_take(p);
		return false;
	}
	parser_take(p);
	if (count.failed)
		count = token.text;
	for (size_t i = 0; i < UNITS; i++) {
		if (!span_is(unit, units[i].unit) || !span_number(count, MOST_RATE, &n) || n == 0)
			continue;
		*ret_rate = (struct rate){ (uint32_t)n, units[i].seconds, units[i].unit };
		return true;
	}
	refuse_rate(p, &token, count, unit);
	return false;
}

static bool is_id(struct span word)
{
	for (size_t i = 0; i < span_left(word); i++) {
		const uint8_t c = word.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (i > 0 && (c == '-' || c == '_' || c == '.'))))
			return false;
	}
	return span_left(word) > 0 && span_left(word) <= 64;
}

/* Ids appear in counters, log lines and findings, so they are short, plain and given once. */
static bool parse_id(struct parser *p, struct rule *rule)
{
	const struct token token = *parser_peek(p);
	struct diagnostic *error;
	const struct place *known;
	struct place *place;

	if (token.kind != TOKEN_END)
		parser_take(p);
	if (token.kind == TOKEN_BAD)
		return false;
	if (token.kind != TOKEN_WORD || !is_id(token.text)) {
		error = parser_error(p, &token.place, "an id is missing behind 'id'");
		parser_fix(p, error, "id NAME: up to 64 letters, digits, '-', '_' and '.', without quotes");
		return false;
	}
	known = names_find(&p->ids, token.text);
	if (known != NULL) {
		error = parser_error(p, &token.place, "the id '%s' is given twice", parser_words(p, &token));
		if (error != NULL)
			error->other = *known;
		return false;
	}
	rule->id = arena_span_text(p->arena, token.text);
	rule->id_given = true;
	place = parser_keep(p, &token.place, 1, sizeof(token.place));
	return rule->id != NULL && place != NULL && names_add(&p->ids, p->arena, rule->id, place)
		       ? true
		       : parser_memory(p);
}

/* TEXT [DATE]: a word that begins with a digit can only be the date. */
static void parse_approved(struct parser *p, struct rule *rule)
{
	const struct token *next;

	rule->approved = parse_text(p, "approved");
	next = parser_peek(p);
	if (rule->approved != NULL && next->kind == TOKEN_WORD && span_peek(next->text, 0) >= '0' &&
	    span_peek(next->text, 0) <= '9')
		rule->approved_on = parse_date(p, "approved");
}

static void parse_value(struct parser *p, const struct option *option, struct rule *rule)
{
	void *const field = option_field(option, rule);

	switch (option->value) {
	case VALUE_SWITCH: *(bool *)field = true; break;
	case VALUE_RATE: parse_rate(p, field); break;
	case VALUE_ID: parse_id(p, rule); break;
	case VALUE_PROCESS:
	case VALUE_TEXT: *(const char **)field = parse_text(p, option->keyword); break;
	case VALUE_APPROVED: parse_approved(p, rule); break;
	case VALUE_DATE: *(int32_t *)field = parse_date(p, option->keyword); break;
	}
}

void parse_option(struct parser *p, const struct option *option, struct rule *rule)
{
	const struct token keyword = parser_take(p);
	struct rule ignored = *rule;
	struct rule *target = rule;

	p->bare = (struct place){ 0 };
	if (option->allow_only && rule->verdict != VERDICT_ALLOW) {
		struct diagnostic *const error = parser_error(
			p, &keyword.place, "'%s' is for allow rules: %s", option->keyword, option->why);

		parser_fix(p, error, "take it out");
		target = &ignored;
	} else if (!note_option(p, (enum option_number)(option - options), &keyword.place))
		target = &ignored;
	parse_value(p, option, target);
	if (option->field != NO_FIELD && target == rule)
		p->places[option->field] = keyword.place;
}
