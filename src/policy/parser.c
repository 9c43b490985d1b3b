/* parser.c: files and their statements, and what every other room of the parser needs. */
#include "policy/parser.h"
#include "base/suggest.h"
#include "policy/options.h"

#include <stdarg.h>
#include <stdio.h>

enum { WORDS_SHOWN = 60, MESSAGE_LIMIT = 1024, ROOM_MOST = 1 << 16 };

static const struct {
	const char *keyword;
	parse_statement *parse;
} statements[] = {
	{ "allow", parse_rule },      { "deny", parse_rule },       { "reject", parse_rule },
	{ "let", parse_let },         { "expect", parse_expected }, { "accept", parse_accept },
	{ "mode", parse_mode },       { "host", parse_host },       { "require", parse_require },
	{ "include", parse_include },
};

enum { STATEMENTS = sizeof(statements) / sizeof(statements[0]) };

struct diagnostic *parser_error(struct parser *p, const struct place *place, const char *format, ...)
{
	char text[MESSAGE_LIMIT];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	return diagnostics_add(p->diagnostics, SEVERITY_ERROR, "syntax", place, "%s", text);
}

void parser_fix(struct parser *p, struct diagnostic *diagnostic, const char *format, ...)
{
	char text[MESSAGE_LIMIT];
	va_list list;

	if (diagnostic == NULL)
		return;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	diagnostic->fix = arena_text(p->arena, text);
}

bool parser_memory(struct parser *p)
{
	p->exhausted = true;
	return false;
}

void *parser_grow(struct parser *p, void *array, size_t count, size_t *capacity, size_t size)
{
	void *const grown = arena_grow(p->arena, array, count, capacity, size);

	if (grown == NULL)
		parser_memory(p);
	return grown;
}

void *parser_keep(struct parser *p, const void *list, size_t count, size_t size)
{
	void *const kept = count > 0 ? arena_array(p->arena, count, size) : NULL;

	if (kept != NULL)
		memcpy(kept, list, count * size);
	else if (count > 0)
		parser_memory(p);
	return kept;
}

const struct token *parser_peek(struct parser *p)
{
	return lexer_peek(&p->lexer);
}

struct token parser_take(struct parser *p)
{
	const struct token token = lexer_take(&p->lexer);

	if (token.kind != TOKEN_END && token.place.line == p->first_line)
		p->first_line_end = token.place.column + token.place.length;
	return token;
}

bool parser_accept(struct parser *p, const char *word)
{
	if (!token_is(parser_peek(p), word))
		return false;
	parser_take(p);
	return true;
}

bool parser_comma(struct parser *p)
{
	if (parser_peek(p)->kind != TOKEN_COMMA)
		return false;
	parser_take(p);
	return true;
}

const char *parser_words(struct parser *p, const struct token *token)
{
	struct span text = token->text;
	const char *words;

	if (token->kind == TOKEN_END)
		return "the end of the statement";
	if (span_left(text) <= WORDS_SHOWN)
		words = arena_span_text(p->arena, text);
	else {
		text.end = text.at + WORDS_SHOWN;
		while (text.end > text.at && (text.end[0] & 0xc0) == 0x80)
			text.end--;
		words = arena_format(p->arena, "%.*s...", (int)span_left(text), (const char *)text.at);
	}
	return words != NULL ? words : "";
}

struct place statement_place(const struct parser *p, const struct token *keyword)
{
	struct place place = keyword->place;

	if (p->first_line == place.line && p->first_line_end > place.column)
		place.length = p->first_line_end - place.column;
	return place;
}

bool is_reserved(struct span word)
{
	static const char *const words[] = { "in",        "out",       "through", "from", "to",
					     "on",        "except",    "any",     "self", "local",
					     "multicast", "broadcast", "all" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (span_is(word, words[i]))
			return true;
	}
	for (size_t i = 0; i < STATEMENTS; i++) {
		if (span_is(word, statements[i].keyword))
			return true;
	}
	return option_named(word) != NULL;
}

bool begins_clause(const struct token *token)
{
	return token->kind == TOKEN_WORD && (span_is(token->text, "from") || span_is(token->text, "to") ||
					     span_is(token->text, "on") || option_named(token->text) != NULL);
}

static void unknown_statement(struct parser *p, const struct token *first)
{
	struct suggestion near = { .typed = parser_words(p, first) };
	struct diagnostic *error;

	if (first->kind == TOKEN_BAD)
		return;
	error = parser_error(p, &first->place, "no statement begins with '%s'", near.typed);
	for (size_t i = 0; first->kind == TOKEN_WORD && i < STATEMENTS; i++)
		suggest_offer(&near, statements[i].keyword);
	if (near.best != NULL)
		parser_fix(p, error, "did you mean '%s'?", near.best);
	else if (option_named(first->text) != NULL)
		parser_fix(p, error, "an option of the rule above begins with a blank");
	else
		parser_fix(p, error,
			   "a statement begins with allow, deny, reject, let, expect, accept, mode, host, "
			   "require or include");
}

static void parse_one(struct parser *p, struct statement *statement)
{
	const struct token first = parser_take(p);

	for (size_t i = 0; i < STATEMENTS; i++) {
		if (!token_is(&first, statements[i].keyword))
			continue;
		statements[i].parse(p, statement, &first);
		if (parser_peek(p)->kind != TOKEN_END)
			parse_unexpected(p);
		lexer_skip_statement(&p->lexer);
		return;
	}
	unknown_statement(p, &first);
	lexer_skip_statement(&p->lexer);
}

/* Where comments stand inside a statement, they are put beside its options again by their lines. */
static void keep_layout(struct parser *p, struct statement *statement)
{
	struct source_file *const file = p->file;
	struct statement *grown;

	statement->end = p->lexer.last_inner;
	if (statement->end > statement->inner) {
		statement->written = parser_keep(p, p->written, p->written_count, sizeof(*p->written));
		statement->written_count = p->written_count;
	}
	grown = parser_grow(p, file->statements, file->statement_count, &file->statement_capacity,
			    sizeof(*file->statements));
	if (grown == NULL)
		return;
	file->statements = grown;
	grown[file->statement_count++] = *statement;
}

/* A line that neither is indented nor begins with a comment begins a statement. */
static size_t count_statements(struct span text)
{
	size_t count = 0;

	while (count < ROOM_MOST && span_left(text) > 0) {
		count += strchr(" \t\r\n#", text.at[0]) == NULL;
		if (span_until(&text, '\n').failed)
			break;
	}
	return count;
}

/* What grows step by step leaves all its former places behind. Where there is no memory for this, growing
 * will say so. */
static void make_room(struct parser *p)
{
	const size_t count = count_statements(p->file->text);
	struct policy *const policy = p->policy;

	if (policy->rule_count == 0 && p->rules_capacity < count) {
		policy->rules = arena_array(p->arena, count, sizeof(*policy->rules));
		p->rules_capacity = policy->rules != NULL ? count : 0;
	}
	if (p->file->statements == NULL && count > 0) {
		p->file->statements = arena_array(p->arena, count, sizeof(*p->file->statements));
		p->file->statement_capacity = p->file->statements != NULL ? count : 0;
	}
}

void parse_file(struct parser *p)
{
	struct statement statement;

	if (!source_check(p->file, p->diagnostics))
		return;
	make_room(p);
	lexer_begin(&p->lexer, p->arena, p->file, p->diagnostics);
	while (!p->exhausted && lexer_statement(&p->lexer, &statement)) {
		p->written_count = 0;
		p->has_options = false;
		p->first_line = statement.line;
		p->first_line_end = 0;
		p->bare = (struct place){ 0 };
		memset(p->places, 0, sizeof(p->places));
		parse_one(p, &statement);
		keep_layout(p, &statement);
	}
	p->exhausted |= p->lexer.exhausted;
}

bool parser_begin(struct parser *p, struct arena *arena, struct diagnostics *diagnostics)
{
	*p = (struct parser){
		.arena = arena,
		.diagnostics = diagnostics,
		.policy = arena_alloc(arena, sizeof(*p->policy)),
	};
	return p->policy != NULL || parser_memory(p);
}

/* Adds one more to a list of what a rule lacks. */
static void list_missing(struct buffer *words, struct buffer *proposal, enum rule_field field)
{
	const char *const name = rule_field_names[field];
	const bool is_date = field == FIELD_REVIEW || field == FIELD_UNTIL;

	buffer_format(words, "%s'%s'", words->length > 0 ? ", " : "", name);
	buffer_format(proposal, "%s%s %s", proposal->length > 0 ? ", " : "", name,
		      is_date ? "2027-03-31" : "\"...\"");
}

/* A rule that `require` asks more of; deny rules document themselves. */
static void check_required(struct parser *p, const struct rule *rule)
{
	struct buffer words = buffer_new(MESSAGE_LIMIT), proposal = buffer_new(MESSAGE_LIMIT);

	for (int field = 0; field < RULE_FIELDS; field++) {
		if (p->policy->required[field] && rule->option_places[field].file == NULL)
			list_missing(&words, &proposal, (enum rule_field)field);
	}
	if (words.length > 0)
		parser_fix(p,
			   parser_error(p, &rule->place, "the rule has no %.*s, which `require` asks for",
					(int)words.length, (const char *)words.bytes),
			   "add, each on an indented line: %.*s", (int)proposal.length,
			   (const char *)proposal.bytes);
	buffer_free(&words);
	buffer_free(&proposal);
}

static bool keep_files(struct parser *p)
{
	p->policy->files = arena_array(p->arena, p->file_count, sizeof(*p->policy->files));
	if (p->policy->files == NULL)
		return p->file_count == 0 || parser_memory(p);
	for (size_t i = 0; i < p->file_count; i++)
		p->policy->files[i] = *p->files[i];
	p->policy->file_count = p->file_count;
	return true;
}

struct policy *parser_end(struct parser *p, const char *path)
{
	const struct place whole = source_place(path);

	for (size_t i = 0; !p->exhausted && i < p->policy->rule_count; i++) {
		if (p->policy->rules[i].verdict == VERDICT_ALLOW)
			check_required(p, &p->policy->rules[i]);
	}
	if (!p->exhausted && p->diagnostics->errors == 0 && keep_names(p) && make_rule_ids(p) &&
	    keep_files(p)) {
		p->policy->path = path;
		return p->policy;
	}
	if (p->exhausted)
		parser_error(p, &whole, "the policy needs more memory than there is");
	diagnostics_sort(p->diagnostics);
	return NULL;
}

struct policy *policy_parse(struct arena *arena, const char *name, struct span text,
			    struct diagnostics *diagnostics)
{
	struct parser p;
	struct source_file file = { .path = name, .text = text };
	struct source_file *files[] = { &file };

	if (parser_begin(&p, arena, diagnostics)) {
		p.file = &file;
		p.files = files;
		p.file_count = 1;
		parse_file(&p);
	}
	return p.policy != NULL ? parser_end(&p, name) : NULL;
}
