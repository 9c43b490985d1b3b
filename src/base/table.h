/* table.h: text for people. Aligned columns that fit the terminal, and colour where it is wanted.
 *
 * Cells are plain text: the table escapes what is dangerous and measures in columns, so UTF-8 lines up.
 * When the rows are wider than the screen, columns marked as flexible give way, the widest first, and a cut
 * cell ends in an ellipsis; when output is not a terminal nothing is cut. A flexible column that no row fills
 * is left out. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/arena.h"

#include <stdio.h>

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_NOTICE, STYLE_WARNING, STYLE_BAD, STYLES };

/* Where text goes and what it may do there. */
struct screen {
	FILE *file;
	unsigned width; /* columns; 0: not a terminal, no limit */
	bool colour;
};

enum colour_choice { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* Looks at the file: width from COLUMNS or the terminal; colour by choice, else NO_COLOR, CLICOLOR_FORCE,
 * TERM=dumb and whether it is a terminal, in that order. */
struct screen screen_of(FILE *file, enum colour_choice choice);

/* Prints one text, escaped and styled. */
void screen_print(const struct screen *screen, enum style style, const char *text);

/* Prints a paragraph, escaped, broken between words at the screen's width (or 80), each line indented. */
void screen_paragraph(const struct screen *screen, unsigned indent, enum style style, const char *text);

/* The same behind what stands in its first `indent` columns already. */
void screen_hanging(const struct screen *screen, unsigned indent, enum style style, const char *text);

enum align { ALIGN_LEFT, ALIGN_RIGHT };

struct column {
	const char *title;
	enum align align;
	unsigned least; /* columns it keeps when it must give way; 0: it never gives way */
};

struct table;

/* A table of `count` columns; the definitions are copied. Rows live in the arena, as does the table. */
struct table *table_new(struct arena *arena, const struct column *columns, size_t count);

/* Sets the cell of the row begun last. The text is copied; NULL is an empty cell. */
void table_row(struct table *table);
void table_cell(struct table *table, size_t column, enum style style, const char *text);
void table_format(struct table *table, size_t column, enum style style, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Adds a line that spans all columns, such as a heading between rows. */
void table_line(struct table *table, enum style style, const char *text);

/* False if memory ran out while the table was filled, and then what there is was printed. */
bool table_print(const struct table *table, const struct screen *screen);

#endif
