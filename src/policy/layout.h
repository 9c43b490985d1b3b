/* layout.h: statements as pieces, and pieces as lines. A piece is what is never broken: a door, an address,
 * an option. It knows where it stood in the file, so that comments stay beside what they speak of, even where
 * the normal form has another order. */
#ifndef POLICY_LAYOUT_H
#define POLICY_LAYOUT_H

#include "policy/options.h"

enum { NO_COMMENT = UINT32_MAX };

struct piece {
	uint32_t line, column; /* in the file; 0: it has no comments, and it does not matter */
	size_t text, length;   /* in layout.texts */
	bool option_line;      /* gets a line of its own */
	unsigned from_column;  /* blanks before it up to this column, if it follows on the same line */
	uint32_t before, last_before, after; /* comments: a chain by layout.next[], and one */
};

struct layout {
	struct arena *arena;
	const struct source_file *file;
	const struct statement *statement;
	struct buffer texts;
	struct piece *pieces;
	struct piece **by_place; /* the same, as they stood in the file */
	size_t count, capacity, places_capacity;
	uint32_t *next; /* of comment i of the statement, counted from statement->inner */
	size_t next_capacity;
	unsigned verdict_width, doors_width; /* columns that the neighbours of a rule agree on */
	bool failed;                         /* memory ran out */
};

/* The pieces of a statement, in the order of the normal form. */
void layout_gather(struct layout *layout, const struct policy *policy, const struct statement *statement);

/* Gives the comments inside the statement to its pieces. */
void layout_comments(struct layout *layout);

/* Writes the pieces as lines. */
void layout_write(struct layout *layout, struct buffer *out);

/* The width of a text in characters. */
unsigned characters(struct span text);

#endif
