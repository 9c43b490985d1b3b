/* settings.c: what holds for a policy as a whole: mode, host, require; and findings that are accepted. */
#include "base/suggest.h"
#include "policy/format.h"
#include "policy/options.h"

static const enum policy_mode modes[] = { MODE_OBSERVE, MODE_TEST, MODE_ENFORCE };

/* A setting that may stand once in all files. */
static bool first_time(struct parser *p, struct place *first, const struct token *keyword)
{
	struct diagnostic *error;

	if (first->file == NULL) {
		*first = keyword->place;
		return true;
	}
	error = parser_error(p, &keyword->place, "'%s' is set twice", parser_words(p, keyword));
	parser_fix(p, error, "keep one of them");
	if (error != NULL)
		error->other = *first;
	return false;
}

static void plain(struct parser *p, struct statement *statement, const char *text)
{
	statement->kind = STATEMENT_PLAIN;
	statement->text = text;
	if (text == NULL)
		parser_memory(p);
}

void parse_mode(struct parser *p, struct statement *statement, const struct token *keyword)
{
	const struct token token = *parser_peek(p);
	struct suggestion near = { .typed = parser_words(p, &token) };
	struct diagnostic *error;

	first_time(p, &p->mode_place, keyword);
	if (token.kind != TOKEN_END)
		parser_take(p);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		suggest_offer(&near, mode_text(modes[i]));
		if (!token_is(&token, mode_text(modes[i])))
			continue;
		p->policy->mode = modes[i];
		plain(p, statement, arena_format(p->arena, "mode %s", mode_text(modes[i])));
		return;
	}
	if (token.kind == TOKEN_BAD)
		return;
	error = token.kind == TOKEN_END ? parser_error(p, &token.place, "a mode is missing behind 'mode'")
					: parser_error(p, &token.place, "'%s' is not a mode", near.typed);
	if (near.best != NULL)
		parser_fix(p, error, "did you mean '%s'?", near.best);
	else
		parser_fix(p, error, "observe, test or enforce");
}

void parse_host(struct parser *p, struct statement *statement, const struct token *keyword)
{
	const bool first = first_time(p, &p->host_place, keyword);
	const char *const text = parse_text(p, "host");

	if (text == NULL)
		return;
	if (first)
		p->policy->host = text;
	plain(p, statement, text_statement(p->arena, "host", text));
}

static bool read_field(struct parser *p, const struct token *token, enum rule_field *ret_field)
{
	struct suggestion near = { .typed = parser_words(p, token) };
	struct diagnostic *error;

	for (int field = 0; field < RULE_FIELDS; field++) {
		suggest_offer(&near, rule_field_names[field]);
		if (!token_is(token, rule_field_names[field]))
			continue;
		*ret_field = (enum rule_field)field;
		return true;
	}
	if (token->kind == TOKEN_BAD)
		return false;
	error = token->kind == TOKEN_END
			? parser_error(p, &token->place, "what rules must have is missing here")
			: parser_error(p, &token->place,
				       "'%s' is nothing that a rule can be required to have", near.typed);
	if (near.best != NULL)
		parser_fix(p, error, "did you mean '%s'?", near.best);
	else
		parser_fix(
			p, error,
			"owner, because, approved, review, service, mitigation, boundary, data, until or by");
	return false;
}

void parse_require(struct parser *p, struct statement *statement, const struct token *keyword)
{
	const char *text = "require", *separator = " ";

	(void)keyword;
	do {
		const struct token token = *parser_peek(p);
		enum rule_field field;

		if (token.kind != TOKEN_END)
			parser_take(p);
		if (!read_field(p, &token, &field))
			continue;
		p->policy->required[field] = true;
		text = arena_format(p->arena, "%s%s%s", text, separator, rule_field_names[field]);
		separator = ", ";
		if (text == NULL) {
			parser_memory(p);
			return;
		}
	} while (parser_comma(p));
	plain(p, statement, text);
}

/* The id of a finding, as the audit and the lint write them. */
static const char *read_finding(struct parser *p)
{
	const struct token token = *parser_peek(p);
	struct diagnostic *error;
	bool good = token.kind == TOKEN_WORD && !is_reserved(token.text) && span_left(token.text) <= 64;

	for (size_t i = 0; good && i < span_left(token.text); i++)
		good = token.text.at[i] == '-' || (token.text.at[i] >= 'a' && token.text.at[i] <= 'z') ||
		       (token.text.at[i] >= '0' && token.text.at[i] <= '9');
	if (good) {
		parser_take(p);
		return arena_span_text(p->arena, token.text);
	}
	if (token.kind == TOKEN_BAD) {
		parser_take(p);
		return NULL;
	}
	error = parser_error(p, &token.place, "the finding is missing behind 'accept'");
	parser_fix(p, error,
		   "its id, as the findings show it:  accept cleartext on telnet/23 because \"...\" until "
		   "2027-03-31");
	if (token.kind != TOKEN_END && !begins_clause(&token))
		parser_take(p);
	return NULL;
}

static void accept_clause(struct parser *p, struct acceptance *acceptance)
{
	const struct token token = *parser_peek(p);

	p->bare = (struct place){ 0 };
	if (parser_accept(p, "because")) {
		note_option(p, OPTION_BECAUSE, &token.place);
		acceptance->because = parse_text(p, "because");
	} else if (parser_accept(p, "until")) {
		note_option(p, OPTION_UNTIL, &token.place);
		acceptance->until = parse_date(p, "until");
	} else if (acceptance->door_count == 0 && parser_accept(p, "on")) {
		parse_doors(p, &acceptance->doors, &acceptance->door_count);
	} else if (begins_clause(&token)) {
		parser_error(p, &token.place, "'%s' does not belong to 'accept'", parser_words(p, &token));
		parser_take(p);
		skip_to_clause(p);
	} else
		parse_unexpected(p);
}

/* An acceptance says why, and ends: nobody answers for a thing for ever. */
static void check_acceptance(struct parser *p, const struct acceptance *acceptance)
{
	if (acceptance->because == NULL)
		parser_fix(p, parser_error(p, &acceptance->place, "an accepted finding needs a reason"),
			   "add:  because \"...\"");
	if (acceptance->until == DATE_NONE)
		parser_fix(p, parser_error(p, &acceptance->place, "an accepted finding needs an end"),
			   "add:  until 2027-03-31");
}

void parse_accept(struct parser *p, struct statement *statement, const struct token *keyword)
{
	const size_t errors = p->diagnostics->errors;
	struct policy *const policy = p->policy;
	struct acceptance acceptance = { .until = DATE_NONE }, *grown;

	acceptance.finding = read_finding(p);
	while (parser_peek(p)->kind != TOKEN_END)
		accept_clause(p, &acceptance);
	acceptance.place = statement_place(p, keyword);
	if (p->diagnostics->errors == errors)
		check_acceptance(p, &acceptance);
	if (p->diagnostics->errors != errors)
		return;
	grown = parser_grow(p, policy->acceptances, policy->acceptance_count, &p->acceptances_capacity,
			    sizeof(*grown));
	if (grown == NULL)
		return;
	policy->acceptances = grown;
	statement->kind = STATEMENT_ACCEPTANCE;
	statement->index = policy->acceptance_count;
	grown[policy->acceptance_count++] = acceptance;
}
