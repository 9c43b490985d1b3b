/* parse_rule.c: rules, and the clauses that follow their doors. */
#include "base/suggest.h"
#include "policy/options.h"

static const struct place not_written[RULE_FIELDS];

bool parse_direction(struct parser *p, enum direction *ret_direction)
{
	for (int direction = 0; direction < DIRECTIONS; direction++) {
		if (parser_accept(p, direction_text((enum direction)direction))) {
			*ret_direction = (enum direction)direction;
			return true;
		}
	}
	return false;
}

static bool interface_is_good(struct parser *p, const struct token *token)
{
	const size_t length = span_left(token->text);
	struct diagnostic *error;

	if (token->kind == TOKEN_BAD)
		return false;
	if (token->kind == TOKEN_COMMA || token->kind == TOKEN_END || token->kind == TOKEN_EQUALS ||
	    begins_clause(token)) {
		error = parser_error(p, &token->place, "an interface is missing behind 'on'");
		parser_fix(p, error, "on eth0, or on eth*");
		return false;
	}
	/* IFNAMSIZ of Linux, without its NUL. */
	if (length == 0 || length > 15 || memchr(token->text.at, '/', length) != NULL ||
	    memchr(token->text.at, '"', length) != NULL || memchr(token->text.at, '\\', length) != NULL) {
		parser_error(p, &token->place, "'%s' cannot be the name of an interface",
			     parser_words(p, token));
		return false;
	}
	return true;
}

bool parse_interfaces(struct parser *p, const char ***ret_interfaces, size_t *ret_count)
{
	size_t count = 0;

	do {
		const struct token token = *parser_peek(p);
		const char **grown;

		if (token.kind != TOKEN_END && !begins_clause(&token))
			parser_take(p);
		if (!interface_is_good(p, &token))
			continue;
		grown = parser_grow(p, p->interfaces, count, &p->interfaces_capacity, sizeof(*grown));
		if (grown == NULL)
			return false;
		p->interfaces = grown;
		grown[count++] = arena_span_text(p->arena, token.text);
		if (grown[count - 1] == NULL)
			return parser_memory(p);
	} while (parser_comma(p));
	*ret_interfaces = parser_keep(p, p->interfaces, count, sizeof(*p->interfaces));
	*ret_count = count;
	return count > 0;
}

void skip_to_clause(struct parser *p)
{
	const uint32_t line = parser_peek(p)->place.line;

	while (parser_peek(p)->kind != TOKEN_END && parser_peek(p)->place.line == line &&
	       !begins_clause(parser_peek(p)))
		parser_take(p);
}

/* The characters of a line from one column to before another. */
static struct span columns(struct span line, uint32_t first, uint32_t behind)
{
	struct span part = line;
	uint32_t column = 1;

	for (; column < behind && span_left(line) > 0; column++) {
		if (column == first)
			part.at = line.at;
		do
			span_skip(&line, 1);
		while (span_left(line) > 0 && (line.at[0] & 0xc0) == 0x80);
	}
	part.end = line.at;
	return part;
}

/* A text of several words that was written without quotes: shows it with them. */
static void propose_quotes(struct parser *p, const struct token *token)
{
	struct diagnostic *const error = parser_error(p, &token->place,
						      "a text of several words needs quotes");
	struct span text;

	skip_to_clause(p);
	text = columns(p->bare.text, p->bare.column, p->lexer.last.column + p->lexer.last.length);
	if (span_left(text) >= 2 && text.at[0] == '\'' && text.end[-1] == '\'') {
		text.at++;
		text.end--;
	}
	if (memchr(text.at, '"', span_left(text)) != NULL)
		parser_fix(p, error, "put all of it between one \" and another");
	else
		parser_fix(p, error, "\"%.*s\"", (int)span_left(text), (const char *)text.at);
}

static bool is_door(const struct token *token)
{
	struct span rest = token->text;

	return token->kind == TOKEN_WORD &&
	       (!span_until(&rest, '/').failed || catalog_service(token->text) != NULL ||
		catalog_transport_named(token->text) != NULL);
}

static void unknown_option(struct parser *p, const struct token *token)
{
	struct suggestion near = { .typed = parser_words(p, token) };
	struct diagnostic *const error = parser_error(p, &token->place, "there is no option '%s'",
						      near.typed);
	uint64_t number;

	suggest_offer(&near, "from");
	suggest_offer(&near, "to");
	suggest_offer(&near, "on");
	for (size_t i = 0; i < OPTIONS; i++)
		suggest_offer(&near, options[i].keyword);
	if (near.best != NULL)
		parser_fix(p, error, "did you mean '%s'?", near.best);
	else if (span_number(token->text, UINT16_MAX, &number))
		parser_fix(p, error, "a port is written behind its protocol: http/%u", (unsigned)number);
}

/* What is said about a word depends on what it would be elsewhere. */
static void refuse_word(struct parser *p, const struct token *token)
{
	const char *const word = parser_words(p, token);
	struct diagnostic *error;

	if (begins_clause(token))
		parser_error(p, &token->place, "'%s' does not belong to this statement", word);
	else if (token->place.line != p->first_line && is_reserved(token->text)) {
		error = parser_error(p, &token->place, "'%s' cannot stand inside a statement", word);
		parser_fix(p, error, "a statement begins at the start of the line: take the blanks away");
	} else if (is_door(token) || looks_like_address(token->text)) {
		error = parser_error(p, &token->place, "a comma is missing before '%s'", word);
		parser_fix(p, error, ", %s", word);
	} else if (p->has_options)
		unknown_option(p, token);
	else
		parser_error(p, &token->place, "'%s' is not expected here", word);
}

void parse_unexpected(struct parser *p)
{
	const struct token token = *parser_peek(p);

	if (token.place.line == p->bare.line && token.place.file == p->bare.file && token.kind != TOKEN_BAD) {
		propose_quotes(p, &token);
		return;
	}
	if (token.kind == TOKEN_WORD)
		refuse_word(p, &token);
	else if (token.kind != TOKEN_BAD)
		parser_error(p, &token.place, "%s is not expected here",
			     token.kind == TOKEN_STRING  ? "a text"
			     : token.kind == TOKEN_COMMA ? "a comma"
							 : "'='");
	parser_take(p);
	skip_to_clause(p);
}

static bool seen_before(struct parser *p, const struct token *token, bool seen)
{
	if (seen) {
		struct diagnostic *const error = parser_error(p, &token->place, "a second '%s' in one rule",
							      parser_words(p, token));

		parser_fix(p, error, "several are separated by commas");
	}
	return seen;
}

static void parse_clause(struct parser *p, struct rule *rule)
{
	const struct token token = *parser_peek(p);
	const struct option *const option = token.kind == TOKEN_WORD ? option_named(token.text) : NULL;
	struct address_list list;

	if (option != NULL) {
		parse_option(p, option, rule);
		return;
	}
	if (parser_accept(p, "from")) {
		if (parse_addresses(p, &list, "'from'") && !seen_before(p, &token, rule->from.count > 0))
			rule->from = list;
	} else if (parser_accept(p, "to")) {
		if (parse_addresses(p, &list, "'to'") && !seen_before(p, &token, rule->to.count > 0))
			rule->to = list;
	} else if (parser_accept(p, "on")) {
		seen_before(p, &token, rule->interface_count > 0);
		rule->on_place = token.place;
		parse_interfaces(p, &rule->interfaces, &rule->interface_count);
	} else
		parse_unexpected(p);
}

/* `strict` ends connections that speak another protocol than the rule names. */
static void check_strict(struct parser *p, const struct rule *rule)
{
	struct diagnostic *error;

	if (!rule->strict)
		return;
	for (size_t i = 0; i < rule->door_count; i++) {
		if (rule->doors[i].service != NULL)
			continue;
		error = parser_error(p, &rule->doors[i].place,
				     "'strict' needs a protocol to be strict about");
		parser_fix(p, error, "name it: http/8080 instead of tcp/8080");
		return;
	}
}

/* Most rules of a long policy have no option; they share one array of places. */
static const struct place *keep_places(struct parser *p)
{
	for (size_t i = 0; i < RULE_FIELDS; i++) {
		if (p->places[i].file != NULL)
			return parser_keep(p, p->places, RULE_FIELDS, sizeof(*p->places));
	}
	return not_written;
}

static void keep_rule(struct parser *p, struct statement *statement, const struct rule *rule)
{
	struct policy *const policy = p->policy;
	struct rule *grown = parser_grow(p, policy->rules, policy->rule_count, &p->rules_capacity,
					 sizeof(*policy->rules));

	if (grown == NULL)
		return;
	policy->rules = grown;
	statement->kind = STATEMENT_RULE;
	statement->index = policy->rule_count;
	grown[policy->rule_count] = *rule;
	grown[policy->rule_count].number = policy->rule_count;
	grown[policy->rule_count].option_places = keep_places(p);
	policy->rule_count++;
}

static enum policy_verdict verdict_of(const struct token *keyword)
{
	return token_is(keyword, "allow")  ? VERDICT_ALLOW
	       : token_is(keyword, "deny") ? VERDICT_DENY
					   : VERDICT_REJECT;
}

void parse_rule(struct parser *p, struct statement *statement, const struct token *keyword)
{
	const size_t errors = p->diagnostics->errors;
	struct rule rule = {
		.verdict = verdict_of(keyword),
		.approved_on = DATE_NONE,
		.review = DATE_NONE,
		.until = DATE_NONE,
	};

	p->has_options = true;
	rule.direction_given = parse_direction(p, &rule.direction);
	parse_doors(p, &rule.doors, &rule.door_count);
	while (parser_peek(p)->kind != TOKEN_END)
		parse_clause(p, &rule);
	rule.place = statement_place(p, keyword);
	check_strict(p, &rule);
	if (p->diagnostics->errors == errors)
		keep_rule(p, statement, &rule);
}
