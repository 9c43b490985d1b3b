/* question.c: concrete questions, in `expect` lines and on the command line. */
#include "policy/format.h"
#include "policy/options.h"

/* What is asked, as it was written. */
struct asked {
	struct question question; /* without its door */
	struct door *doors;
	size_t door_count;
};

static bool parse_party(struct parser *p, const char *what, bool *ret_has, struct address *ret_address)
{
	const struct token token = *parser_peek(p);
	struct diagnostic *error;

	if (*ret_has) {
		parser_error(p, &token.place, "a second '%s' in one question", what);
		skip_to_clause(p);
		return false;
	}
	if (token.kind != TOKEN_END && !begins_clause(&token))
		parser_take(p);
	if (token.kind == TOKEN_BAD)
		return false;
	if (token.kind == TOKEN_WORD && address_parse(token.text, ret_address)) {
		*ret_has = true;
		return true;
	}
	error = parser_error(p, &token.place, "a question has one address behind '%s'", what);
	if (token_is(&token, "any"))
		parser_fix(p, error, "leave '%s any' out: what is not said is left open", what);
	else
		parser_fix(p, error, "%s 192.0.2.1, or %s 2001:db8::1", what, what);
	skip_to_clause(p);
	return false;
}

static void parse_asked_interface(struct parser *p, struct question *question)
{
	const struct token token = *parser_peek(p);
	const char **interfaces = NULL;
	size_t count = 0;

	if (!parse_interfaces(p, &interfaces, &count))
		return;
	if (count == 1 && question->interface == NULL && strchr(interfaces[0], '*') == NULL)
		question->interface = interfaces[0];
	else
		parser_error(p, &token.place, "a question has one interface behind 'on'");
}

static void parse_asked(struct parser *p, struct asked *asked)
{
	struct question *const q = &asked->question;

	parse_direction(p, &q->direction);
	parse_doors(p, &asked->doors, &asked->door_count);
	while (parser_peek(p)->kind != TOKEN_END) {
		if (parser_accept(p, "from"))
			parse_party(p, "from", &q->has_source, &q->source);
		else if (parser_accept(p, "to"))
			parse_party(p, "to", &q->has_destination, &q->destination);
		else if (parser_accept(p, "on"))
			parse_asked_interface(p, q);
		else if (begins_clause(parser_peek(p))) {
			parser_error(p, &parser_peek(p)->place, "'%s' does not belong to a question",
				     parser_words(p, parser_peek(p)));
			parser_take(p);
			skip_to_clause(p);
		} else
			parse_unexpected(p);
	}
}

/* Two families in one question can never meet. */
static bool check_families(struct parser *p, const struct asked *asked)
{
	const struct question *const q = &asked->question;
	struct diagnostic *error;

	if (!q->has_source || !q->has_destination ||
	    address_is_v4(&q->source) == address_is_v4(&q->destination))
		return true;
	error = parser_error(p, &asked->doors[0].place, "the addresses are of two families");
	parser_fix(p, error, "both IPv4, or both IPv6");
	return false;
}

/* The concrete doors behind a written one: a single port of each transport. */
static bool check_door(struct parser *p, const struct asked *asked)
{
	const struct door *const door = asked->doors;
	struct diagnostic *error;

	if (asked->door_count > 1) {
		error = parser_error(p, &asked->doors[1].place, "a question is about one door");
		parser_fix(p, error, "ask about each on a line of its own");
		return false;
	}
	for (size_t i = 0; i < door->match_count; i++) {
		const struct match *const match = &door->matches[i];
		const struct transport *const transport = catalog_transport(match->transport);
		const bool is_icmp = match->transport == TRANSPORT_ICMP ||
				     match->transport == TRANSPORT_ICMPV6;

		if (match->first == match->last || (transport != NULL && !transport->has_ports && !is_icmp))
			continue;
		error = parser_error(p, &door->place, "a question is about one %s",
				     is_icmp ? "message type" : "port");
		if (is_icmp && transport != NULL)
			parser_fix(p, error, "%s/echo-request", transport->name);
		else
			parser_fix(p, error, "name it, as in tcp/22 or http/8080");
		return false;
	}
	return true;
}

static struct question *make_questions(struct parser *p, const struct asked *asked)
{
	const struct door *const door = asked->doors;
	struct question *const list = arena_array(p->arena, door->match_count, sizeof(*list));

	if (list == NULL) {
		parser_memory(p);
		return NULL;
	}
	for (size_t i = 0; i < door->match_count; i++) {
		list[i] = asked->question;
		list[i].service = door->service;
		list[i].door = door->matches[i];
		/* A transport without ports asks for no port. */
		if (list[i].door.first != list[i].door.last)
			list[i].door.first = list[i].door.last = 0;
	}
	return list;
}

/* The question as it was written, in normal form. */
static const char *asked_text(struct parser *p, const struct asked *asked)
{
	const struct question *const q = &asked->question;
	struct buffer text = buffer_new(POLICY_LINE_LIMIT);
	char address[ADDRESS_TEXT];
	const char *kept;

	if (q->direction != DIRECTION_IN)
		buffer_format(&text, "%s ", direction_text(q->direction));
	door_format(asked->doors, &text);
	if (q->has_source)
		buffer_format(&text, " from %s", address_text(&q->source, address));
	if (q->has_destination)
		buffer_format(&text, " to %s", address_text(&q->destination, address));
	if (q->interface != NULL) {
		buffer_text(&text, " on ");
		word_format(q->interface, &text);
	}
	kept = text.failed ? NULL : arena_span_text(p->arena, buffer_read(&text));
	buffer_free(&text);
	if (kept == NULL)
		parser_memory(p);
	return kept;
}

struct question *parse_question(struct parser *p, size_t *ret_count, const char **ret_text)
{
	const size_t errors = p->diagnostics->errors;
	struct asked asked = { 0 };
	struct question *list;

	parse_asked(p, &asked);
	if (p->diagnostics->errors != errors || asked.door_count == 0 || !check_door(p, &asked) ||
	    !check_families(p, &asked))
		return NULL;
	*ret_count = asked.doors->match_count;
	*ret_text = asked_text(p, &asked);
	list = make_questions(p, &asked);
	return p->exhausted ? NULL : list;
}

static bool parse_expected_verdict(struct parser *p, enum policy_verdict *ret_verdict)
{
	static const enum policy_verdict verdicts[] = { VERDICT_ALLOW, VERDICT_DENY, VERDICT_REJECT };
	struct diagnostic *error;

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (parser_accept(p, verdict_text(verdicts[i]))) {
			*ret_verdict = verdicts[i];
			return true;
		}
	}
	if (parser_peek(p)->kind == TOKEN_BAD)
		return false;
	error = parser_peek(p)->kind == TOKEN_END
			? parser_error(p, &parser_peek(p)->place, "a verdict is missing behind 'expect'")
			: parser_error(p, &parser_peek(p)->place, "'%s' is not a verdict",
				       parser_words(p, parser_peek(p)));
	parser_fix(p, error, "expect allow, expect deny or expect reject, and a question");
	return false;
}

void parse_expected(struct parser *p, struct statement *statement, const struct token *keyword)
{
	struct policy *const policy = p->policy;
	struct policy_expectation expectation = { 0 }, *grown;

	if (!parse_expected_verdict(p, &expectation.verdict)) {
		lexer_skip_statement(&p->lexer);
		return;
	}
	expectation.questions = parse_question(p, &expectation.question_count, &expectation.text);
	expectation.place = statement_place(p, keyword);
	if (expectation.questions == NULL)
		return;
	grown = parser_grow(p, policy->expectations, policy->expectation_count, &p->expectations_capacity,
			    sizeof(*grown));
	if (grown == NULL)
		return;
	policy->expectations = grown;
	statement->kind = STATEMENT_EXPECTATION;
	statement->index = policy->expectation_count;
	grown[policy->expectation_count++] = expectation;
}

struct question *question_parse(struct arena *arena, const char *text, size_t *ret_count,
				struct diagnostics *diagnostics)
{
	struct source_file file = { .path = "question", .text = span_text(text) };
	const char *normal;
	struct statement statement;
	struct question *list = NULL;
	struct parser p;

	if (!parser_begin(&p, arena, diagnostics))
		return NULL;
	p.file = &file;
	if (!source_check(&file, diagnostics))
		return NULL;
	lexer_begin(&p.lexer, arena, &file, diagnostics);
	if (!lexer_statement(&p.lexer, &statement)) {
		const struct place place = source_place(file.path);

		parser_fix(&p, parser_error(&p, &place, "the question is empty"),
			   "mysql/3306 from 203.0.113.9");
		return NULL;
	}
	p.first_line = statement.line;
	list = parse_question(&p, ret_count, &normal);
	if (lexer_statement(&p.lexer, &statement)) {
		parser_error(&p, &lexer_peek(&p.lexer)->place, "a question is one line");
		return NULL;
	}
	return diagnostics->errors == 0 ? list : NULL;
}
