/* source.h: a policy file as it was written: its text, its comments and the order of its statements. The
 * model says what the rules mean; this says how they were laid out, so that policy_format() can keep it. */
#ifndef POLICY_SOURCE_H
#define POLICY_SOURCE_H

#include "policy/policy.h"

enum {
	POLICY_PART_LIMIT = 4096, /* bytes of one word, one text or one comment */
};

struct comment {
	struct span text; /* from the '#', without blanks at the end */
	uint32_t line;
	bool own_line;     /* nothing but the comment stands on its line */
	bool blank_before; /* an empty line before it */
};

enum statement_kind {
	STATEMENT_RULE,
	STATEMENT_NAME,
	STATEMENT_EXPECTATION,
	STATEMENT_ACCEPTANCE,
	STATEMENT_PLAIN /* a setting or an include: its normal form is kept in text */
};

/* An option where it was written; options.h has the list that `option` counts in. */
struct written {
	uint8_t option;
	uint32_t line, column;
};

/* One statement. Its comments are a stretch of the file's: those before it are [lead, inner), those inside
 * it and behind it [inner, end). */
struct statement {
	enum statement_kind kind;
	size_t index; /* in the model's array of that kind */
	const char *text;
	uint32_t line;
	bool blank_before;
	size_t lead, inner, end;
	struct written *written; /* only where there are comments inside */
	size_t written_count;
};

struct source_file {
	const char *path;
	struct span text;
	struct comment *comments;
	size_t comment_count, comment_capacity;
	struct statement *statements;
	size_t statement_count, statement_capacity;
};

/* Looks at a whole file before it is read: text, UTF-8, no endless line. False with one error, and then the
 * file is not worth reading on. */
bool source_check(const struct source_file *file, struct diagnostics *diagnostics);

/* The place that a file as a whole has: line 0. */
struct place source_place(const char *path);

#endif
