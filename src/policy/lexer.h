/* lexer.h: the words of a policy file. Plain lines: a statement begins at the start of a line, and the lines
 * below it that begin with a blank belong to it. Comments are taken out of the way and kept in the file. */
#ifndef POLICY_LEXER_H
#define POLICY_LEXER_H

#include "policy/source.h"

enum token_kind {
	TOKEN_WORD,
	TOKEN_STRING, /* text is what stands between the quotes, with its escapes */
	TOKEN_COMMA,
	TOKEN_EQUALS,
	TOKEN_BAD, /* something that cannot be read; the error was reported */
	TOKEN_END  /* of the statement; its place is behind the last word */
};

struct token {
	enum token_kind kind;
	struct span text;
	struct place place;
};

struct lexer {
	struct arena *arena;
	struct source_file *file;
	struct diagnostics *diagnostics;
	struct span rest;       /* the lines behind the present one */
	struct span line, left; /* the present line, and what of it is not read yet */
	uint32_t number, column;
	bool code_on_line; /* a word of the present line was read already */
	bool blank_seen;   /* an empty line since the last word or comment */
	bool at_statement; /* the present line begins the next statement */
	bool ended;        /* the file did */
	bool exhausted;    /* memory ran out: a comment is lost */
	struct token next; /* the one looked at */
	size_t last_inner; /* comments that belong to the statement so far */
	struct place last; /* the last word taken */
};

void lexer_begin(struct lexer *lexer, struct arena *arena, struct source_file *file,
		 struct diagnostics *diagnostics);

/* Moves to the next statement, and fills what the file keeps of its surroundings: line, blank_before, lead
 * and inner. False at the end of the file. The statement before it must have been read to its end. */
bool lexer_statement(struct lexer *lexer, struct statement *ret_statement);

/* The next word of the statement, without taking it. Good until one is taken. */
const struct token *lexer_peek(struct lexer *lexer);
struct token lexer_take(struct lexer *lexer);

/* Leaves out what stands on the line of the next word, or all that is left of the statement. */
void lexer_skip_line(struct lexer *lexer);
void lexer_skip_statement(struct lexer *lexer);

/* Whether the token is this word. */
bool token_is(const struct token *token, const char *word);

#endif
