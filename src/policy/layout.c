/* layout.c: comments beside their pieces, and pieces on lines. */
#include "policy/layout.h"

#include <stdlib.h>

enum { LINE_WIDTH = 100, HEAD_INDENT = 8, OPTION_INDENT = 4 };

unsigned characters(struct span text)
{
	unsigned count = 0;

	for (; span_left(text) > 0; span_skip(&text, 1))
		count += (text.at[0] & 0xc0) != 0x80;
	return count;
}

static int by_place(const void *a, const void *b)
{
	const struct piece *const x = *(struct piece *const *)a, *const y = *(struct piece *const *)b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Puts pieces in the order of the file, and makes room for the chains of comments. */
static bool prepare(struct layout *layout)
{
	const size_t comments = layout->statement->end - layout->statement->inner;

	if (layout->count > layout->places_capacity) {
		layout->by_place = arena_array(layout->arena, layout->capacity, sizeof(struct piece *));
		layout->places_capacity = layout->by_place != NULL ? layout->capacity : 0;
	}
	if (comments > layout->next_capacity) {
		layout->next = arena_array(layout->arena, comments, sizeof(*layout->next));
		layout->next_capacity = layout->next != NULL ? comments : 0;
	}
	if (layout->by_place == NULL || layout->next == NULL) {
		layout->failed = true;
		return false;
	}
	for (size_t i = 0; i < layout->count; i++)
		layout->by_place[i] = &layout->pieces[i];
	qsort(layout->by_place, layout->count, sizeof(struct piece *), by_place);
	return true;
}

static void put_before(struct layout *layout, struct piece *piece, uint32_t comment)
{
	layout->next[comment] = NO_COMMENT;
	if (piece->before == NO_COMMENT)
		piece->before = comment;
	else
		layout->next[piece->last_before] = comment;
	piece->last_before = comment;
}

/* The piece that a comment at the end of a line speaks of, among those on the line, [first, behind) in the
 * order of the file: the last that the normal form has on the head's line, else the last one. */
static struct piece *spoken_of(struct layout *layout, size_t first, size_t behind)
{
	struct piece *found = NULL;

	for (size_t i = first; i < behind; i++) {
		struct piece *const piece = layout->by_place[i];

		if (!piece->option_line && (found == NULL || piece > found))
			found = piece;
	}
	if (found != NULL)
		return found;
	return layout->by_place[behind > 0 ? behind - 1 : 0];
}

void layout_comments(struct layout *layout)
{
	const struct statement *const statement = layout->statement;
	size_t first = 0, behind = 0;

	if (statement->inner == statement->end || layout->count == 0 || !prepare(layout))
		return;
	for (size_t i = statement->inner; i < statement->end; i++) {
		const struct comment *const comment = &layout->file->comments[i];
		const uint32_t number = (uint32_t)(i - statement->inner);
		struct piece *piece;

		while (first < layout->count && layout->by_place[first]->line < comment->line)
			first++;
		behind = behind > first ? behind : first;
		while (behind < layout->count && layout->by_place[behind]->line == comment->line)
			behind++;
		if (comment->own_line) {
			piece = behind < layout->count ? layout->by_place[behind] : &layout->pieces[0];
			put_before(layout, piece, number);
			continue;
		}
		piece = spoken_of(layout, first, behind);
		if (piece->after == NO_COMMENT)
			piece->after = number;
		else
			put_before(layout, piece, number);
	}
}

/* One line as it grows. */
struct line {
	struct buffer *out;
	unsigned column; /* characters written so far */
	bool full;       /* a comment ended it */
};

static void new_line(struct line *line, unsigned indent)
{
	buffer_u8(line->out, '\n');
	buffer_fill(line->out, ' ', indent);
	line->column = indent;
	line->full = false;
}

static void write_comment(const struct layout *layout, struct line *line, uint32_t number)
{
	buffer_span(line->out, layout->file->comments[layout->statement->inner + number].text);
	line->full = true;
}

static void write_comments_before(const struct layout *layout, const struct piece *piece, struct line *line,
				  unsigned indent)
{
	for (uint32_t i = piece->before; i != NO_COMMENT; i = layout->next[i]) {
		if (piece != layout->pieces)
			new_line(line, indent);
		write_comment(layout, line, i);
		if (piece == layout->pieces)
			new_line(line, 0);
	}
}

static void write_separator(const struct piece *piece, struct line *line, unsigned width, unsigned indent)
{
	const unsigned blanks = piece->from_column > line->column ? piece->from_column - line->column : 1;

	if (piece->option_line || line->full || line->column + blanks + width > LINE_WIDTH) {
		new_line(line, indent);
		return;
	}
	buffer_fill(line->out, ' ', blanks);
	line->column += blanks;
}

static void write_piece(const struct layout *layout, const struct piece *piece, struct line *line)
{
	const struct span text = span_of(layout->texts.bytes + piece->text, piece->length);
	const unsigned width = characters(text), indent = piece->option_line ? OPTION_INDENT : HEAD_INDENT;

	write_comments_before(layout, piece, line, indent);
	if (piece != layout->pieces)
		write_separator(piece, line, width, indent);
	buffer_span(line->out, text);
	line->column += width;
	if (piece->after == NO_COMMENT)
		return;
	buffer_text(line->out, "  ");
	write_comment(layout, line, piece->after);
}

void layout_write(struct layout *layout, struct buffer *out)
{
	struct line line = { .out = out };

	for (size_t i = 0; i < layout->count; i++)
		write_piece(layout, &layout->pieces[i], &line);
	buffer_u8(out, '\n');
}
