#include "policy/lexer.h"
#include "base/escape.h"

/* What a byte is to the lexer. Everything that is not listed may stand in a word. */
enum byte_class { IN_WORD, BLANK, SPECIAL, CONTROL, NOT_ASCII };

static enum byte_class class_of(uint8_t byte)
{
	if (byte >= 0x80)
		return NOT_ASCII;
	if (byte == ' ' || byte == '\t')
		return BLANK;
	if (byte < ' ' || byte == 0x7f)
		return CONTROL;
	return byte == ',' || byte == '=' || byte == '"' || byte == '#' ? SPECIAL : IN_WORD;
}

/* What a reader of the file would not see, but for the two joiners, without which some languages cannot be
 * written. */
static bool is_hidden(int32_t c)
{
	enum { NON_JOINER = 0x200c, JOINER = 0x200d };

	return utf8_is_hidden(c) && c != '\t' && c != NON_JOINER && c != JOINER;
}

/* The characters of s; *ret_hidden is the first hidden one, or -1. */
static uint32_t measure(struct span s, int32_t *ret_hidden)
{
	uint32_t characters = 0;

	*ret_hidden = -1;
	for (; span_left(s) > 0 && s.at[0] >= ' ' && s.at[0] < 0x7f; s.at++) /* nearly all */
		characters++;
	while (span_left(s) > 0) {
		const int32_t c = s.at[0] < 0x80 ? span_u8(&s) : utf8_next(&s);

		if (*ret_hidden < 0 && is_hidden(c))
			*ret_hidden = c;
		characters++;
	}
	return characters;
}

static struct place place_here(const struct lexer *lexer, uint32_t length)
{
	return (struct place){
		.file = lexer->file->path,
		.line = lexer->number,
		.column = lexer->column,
		.length = length > 0 ? length : 1,
		.text = lexer->line,
	};
}

static void report(struct lexer *lexer, const struct place *place, const char *problem, const char *fix)
{
	struct diagnostic *added = diagnostics_add(lexer->diagnostics, SEVERITY_ERROR, "syntax", place, "%s",
						   problem);

	if (added != NULL)
		added->fix = fix;
}

/* Checks a part of the line that is about to become a token or a comment. */
static bool part_is_good(struct lexer *lexer, struct span part, uint32_t *ret_characters)
{
	int32_t hidden;
	struct place place;

	*ret_characters = measure(part, &hidden);
	place = place_here(lexer, *ret_characters);
	if (hidden >= 0) {
		struct diagnostic *added = diagnostics_add(
			lexer->diagnostics, SEVERITY_ERROR, "syntax", &place,
			"the invisible character U+%04X cannot stand in a policy", (unsigned)hidden);

		if (added != NULL)
			added->fix = "take it out; what is written must be what is seen";
		return false;
	}
	if (span_left(part) > POLICY_PART_LIMIT) {
		report(lexer, &place, "one word, text or comment has at most 4096 bytes", NULL);
		return false;
	}
	return true;
}

static void next_line(struct lexer *lexer)
{
	struct span tail = lexer->rest;

	if (span_left(tail) == 0) {
		lexer->ended = true;
		lexer->line = lexer->left = span_of(NULL, 0);
		return;
	}
	lexer->line = span_line(&tail);
	if (lexer->line.failed) {
		lexer->line = lexer->rest;
		tail = span_of(NULL, 0);
		if (lexer->line.end[-1] == '\r')
			lexer->line.end--;
	}
	lexer->rest = tail;
	lexer->left = lexer->line;
	lexer->number++;
	lexer->column = 1;
	lexer->code_on_line = false;
}

static void skip_blanks(struct lexer *lexer)
{
	while (span_left(lexer->left) > 0 && class_of(lexer->left.at[0]) == BLANK) {
		span_skip(&lexer->left, 1);
		lexer->column++;
	}
}

static void take_comment(struct lexer *lexer)
{
	struct source_file *const file = lexer->file;
	struct span text = lexer->left;
	struct comment *grown;
	uint32_t characters;

	while (span_left(text) > 0 && (class_of(text.end[-1]) == BLANK || text.end[-1] == '\r'))
		text.end--;
	lexer->left = span_of(NULL, 0);
	if (!part_is_good(lexer, text, &characters))
		return;
	grown = arena_grow(lexer->arena, file->comments, file->comment_count, &file->comment_capacity,
			   sizeof(*file->comments));
	if (grown == NULL) {
		lexer->exhausted = true;
		return;
	}
	file->comments = grown;
	grown[file->comment_count++] = (struct comment){
		.text = text,
		.line = lexer->number,
		.own_line = !lexer->code_on_line,
		.blank_before = lexer->blank_seen,
	};
	lexer->blank_seen = false;
}

/* Moves to the next line that has a word on it. True if it begins with a blank, and so continues what stands
 * above; false at the start of a statement or the end of the file. */
static bool next_code_line(struct lexer *lexer)
{
	for (;;) {
		next_line(lexer);
		if (lexer->ended)
			return false;
		skip_blanks(lexer);
		if (span_left(lexer->left) == 0)
			lexer->blank_seen = true;
		else if (lexer->left.at[0] == '#')
			take_comment(lexer);
		else
			return lexer->column > 1;
	}
}

static void finish_token(struct lexer *lexer, enum token_kind kind, struct span text, size_t bytes)
{
	struct span whole = span_take(&lexer->left, bytes);
	uint32_t characters;
	const bool good = part_is_good(lexer, whole, &characters);

	lexer->next.kind = good ? kind : TOKEN_BAD;
	lexer->next.text = text;
	lexer->next.place = place_here(lexer, characters);
	lexer->column += characters;
	lexer->code_on_line = true;
}

static void read_word(struct lexer *lexer)
{
	size_t bytes = 0;

	while (bytes < span_left(lexer->left)) {
		const enum byte_class class = class_of(lexer->left.at[bytes]);

		if (class == BLANK || class == SPECIAL)
			break;
		bytes++;
	}
	finish_token(lexer, TOKEN_WORD, span_of(lexer->left.at, bytes), bytes);
}

/* A text between quotes, RFC 8259's two simplest escapes inside it. What lacks its second quote ends with the
 * line. */
static void read_string(struct lexer *lexer)
{
	const size_t left = span_left(lexer->left);
	size_t bytes = 1;

	while (bytes < left && lexer->left.at[bytes] != '"')
		bytes += lexer->left.at[bytes] == '\\' && bytes + 1 < left ? 2 : 1;
	if (bytes < left) {
		finish_token(lexer, TOKEN_STRING, span_of(lexer->left.at + 1, bytes - 1), bytes + 1);
		return;
	}
	finish_token(lexer, TOKEN_BAD, span_of(NULL, 0), left);
	report(lexer, &lexer->next.place, "the text has no closing quote",
	       "end it with \" on the same line; a quote inside it is written \\\"");
}

static void end_statement(struct lexer *lexer)
{
	lexer->next.kind = TOKEN_END;
	lexer->next.text = span_of(NULL, 0);
	lexer->next.place = lexer->last;
	lexer->next.place.column += lexer->last.length;
	lexer->next.place.length = 1;
}

static void read_token(struct lexer *lexer)
{
	skip_blanks(lexer);
	if (span_left(lexer->left) > 0 && lexer->left.at[0] == '#') {
		take_comment(lexer);
		lexer->last_inner = lexer->file->comment_count;
	}
	if (span_left(lexer->left) == 0) {
		if (!next_code_line(lexer)) {
			lexer->at_statement = true;
			end_statement(lexer);
			return;
		}
		lexer->last_inner = lexer->file->comment_count;
	}
	lexer->blank_seen = false;
	switch (lexer->left.at[0]) {
	case '"': read_string(lexer); break;
	case ',': finish_token(lexer, TOKEN_COMMA, span_of(lexer->left.at, 1), 1); break;
	case '=': finish_token(lexer, TOKEN_EQUALS, span_of(lexer->left.at, 1), 1); break;
	default: read_word(lexer);
	}
}

void lexer_begin(struct lexer *lexer, struct arena *arena, struct source_file *file,
		 struct diagnostics *diagnostics)
{
	*lexer = (struct lexer){
		.arena = arena, .file = file, .diagnostics = diagnostics, .rest = file->text
	};
	/* Some editors put a byte order mark before UTF-8; it says nothing. */
	if (span_begins(lexer->rest, "\xef\xbb\xbf"))
		span_skip(&lexer->rest, 3);
	if (!next_code_line(lexer))
		return;
	const struct place place = place_here(lexer, 1);

	report(lexer, &place, "the line is indented, and there is no statement above that it could continue",
	       "begin it at the start of the line");
}

bool lexer_statement(struct lexer *lexer, struct statement *ret_statement)
{
	const size_t before = lexer->last_inner;

	if (lexer->ended)
		return false;
	*ret_statement = (struct statement){
		.line = lexer->number,
		.lead = before,
		.inner = lexer->file->comment_count,
		.blank_before = lexer->blank_seen,
	};
	lexer->last_inner = lexer->file->comment_count;
	lexer->at_statement = false;
	read_token(lexer);
	return true;
}

const struct token *lexer_peek(struct lexer *lexer)
{
	return &lexer->next;
}

struct token lexer_take(struct lexer *lexer)
{
	const struct token taken = lexer->next;

	if (taken.kind == TOKEN_END)
		return taken;
	lexer->last = taken.place;
	read_token(lexer);
	return taken;
}

void lexer_skip_line(struct lexer *lexer)
{
	const uint32_t line = lexer->next.place.line;

	while (lexer->next.kind != TOKEN_END && lexer->next.place.line == line)
		lexer_take(lexer);
}

void lexer_skip_statement(struct lexer *lexer)
{
	while (lexer->next.kind != TOKEN_END)
		lexer_take(lexer);
}

bool token_is(const struct token *token, const char *word)
{
	return token->kind == TOKEN_WORD && span_is(token->text, word);
}
