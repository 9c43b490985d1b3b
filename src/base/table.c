#include "base/table.h"
#include "base/escape.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { GAP = 2, CELL_LIMIT = 64 * 1024 };

struct cell {
	const char *text; /* escaped, in the arena; NULL: empty */
	size_t width;
	enum style style;
};

struct row {
	bool is_line; /* one cell over all columns */
	struct cell *cells;
};

struct table {
	struct arena *arena;
	struct column *columns;
	size_t count;
	struct row *rows;
	size_t row_count, row_capacity;
	bool failed;
};

static const char *const style_codes[STYLES] = {
	[STYLE_PLAIN] = "",         [STYLE_BOLD] = "\033[1m",    [STYLE_DIM] = "\033[2m",
	[STYLE_GOOD] = "\033[32m",  [STYLE_NOTICE] = "\033[36m", [STYLE_WARNING] = "\033[33m",
	[STYLE_BAD] = "\033[1;31m",
};

static bool wants_colour(FILE *file, enum colour_choice choice)
{
	const char *const no = getenv("NO_COLOR"), *const force = getenv("CLICOLOR_FORCE");
	const char *const term = getenv("TERM");

	if (choice != COLOUR_AUTO)
		return choice == COLOUR_ALWAYS;
	if (no != NULL && *no != '\0')
		return false;
	if (force != NULL && *force != '\0' && strcmp(force, "0") != 0)
		return true;
	if (term == NULL || strcmp(term, "dumb") == 0)
		return false;
	return isatty(fileno(file));
}

static unsigned width_of(FILE *file)
{
	const char *const columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t width;

	if (!isatty(fileno(file)))
		return 0;
	if (columns != NULL && span_number(span_text(columns), 10000, &width) && width >= 20)
		return (unsigned)width;
	if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

struct screen screen_of(FILE *file, enum colour_choice choice)
{
	return (struct screen){ .file = file, .width = width_of(file), .colour = wants_colour(file, choice) };
}

static void print_styled(const struct screen *screen, enum style style, const char *text, size_t bytes)
{
	const bool styled = screen->colour && style != STYLE_PLAIN && bytes > 0;

	if (styled)
		fputs(style_codes[style], screen->file);
	fwrite(text, 1, bytes, screen->file);
	if (styled)
		fputs("\033[0m", screen->file);
}

void screen_print(const struct screen *screen, enum style style, const char *text)
{
	struct buffer escaped = buffer_new(CELL_LIMIT);

	escape_terminal(&escaped, span_text(text));
	if (escaped.length > 0)
		print_styled(screen, style, (const char *)escaped.bytes, escaped.length);
	buffer_free(&escaped);
}

/* Prints what was gathered of a line, and begins the next one. */
static void end_line(const struct screen *screen, unsigned indent, enum style style, struct buffer *line)
{
	if (line->length > 0) {
		fprintf(screen->file, "%*s", (int)indent, "");
		print_styled(screen, style, (const char *)line->bytes, line->length);
	}
	fputc('\n', screen->file);
	buffer_clear(line);
}

/* `first` is what its first line is indented by. */
static void paragraph(const struct screen *screen, unsigned first, unsigned indent, enum style style,
		      const char *text)
{
	const unsigned width = screen->width > 0 ? screen->width : 80;
	struct buffer word = buffer_new(CELL_LIMIT), line = buffer_new(2 * CELL_LIMIT);
	struct span rest = span_text(text);
	size_t column = indent;

	while (span_left(rest) > 0) {
		const size_t space = span_find(rest, " ");
		size_t columns;

		buffer_clear(&word);
		escape_terminal(&word, span_take(&rest, space == SIZE_MAX ? span_left(rest) : space));
		span_skip(&rest, span_left(rest) > 0 ? 1 : 0);
		buffer_u8(&word, '\0');
		columns = word.failed ? 0 : text_width((const char *)word.bytes);
		if (columns == 0)
			continue;
		if (line.length > 0 && column + 1 + columns > width) {
			end_line(screen, first, style, &line);
			first = indent;
			column = indent;
		}
		if (line.length > 0)
			buffer_u8(&line, ' ');
		column += columns + (column > indent ? 1 : 0);
		buffer_add(&line, word.bytes, word.length - 1);
	}
	end_line(screen, first, style, &line);
	buffer_free(&line);
	buffer_free(&word);
}

void screen_paragraph(const struct screen *screen, unsigned indent, enum style style, const char *text)
{
	paragraph(screen, indent, indent, style, text);
}

void screen_hanging(const struct screen *screen, unsigned indent, enum style style, const char *text)
{
	paragraph(screen, 0, indent, style, text);
}

struct table *table_new(struct arena *arena, const struct column *columns, size_t count)
{
	struct table *table = arena_alloc(arena, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->arena = arena;
	table->count = count;
	table->columns = arena_array(arena, count, sizeof(*columns));
	if (table->columns == NULL)
		return NULL;
	memcpy(table->columns, columns, count * sizeof(*columns));
	return table;
}

static struct row *add_row(struct table *table, size_t cells)
{
	struct row *rows = arena_grow(table->arena, table->rows, table->row_count, &table->row_capacity,
				      sizeof(*rows));
	struct cell *const row_cells = arena_array(table->arena, cells, sizeof(struct cell));

	if (rows == NULL || row_cells == NULL) {
		table->failed = true;
		return NULL;
	}
	table->rows = rows;
	rows[table->row_count] = (struct row){ .cells = row_cells };
	return &rows[table->row_count++];
}

static void set_cell(struct table *table, struct cell *cell, enum style style, struct span text)
{
	struct buffer escaped = buffer_new(CELL_LIMIT);

	escape_terminal(&escaped, text);
	cell->text = arena_span_text(table->arena, buffer_read(&escaped));
	buffer_free(&escaped);
	if (cell->text == NULL) {
		table->failed = true;
		return;
	}
	cell->width = text_width(cell->text);
	cell->style = style;
}

void table_row(struct table *table)
{
	add_row(table, table->count);
}

void table_cell(struct table *table, size_t column, enum style style, const char *text)
{
	if (table->failed || table->row_count == 0 || column >= table->count || text == NULL)
		return;
	set_cell(table, &table->rows[table->row_count - 1].cells[column], style, span_text(text));
}

void table_format(struct table *table, size_t column, enum style style, const char *format, ...)
{
	struct buffer text = buffer_new(CELL_LIMIT);
	va_list list;

	va_start(list, format);
	buffer_format_list(&text, format, list);
	va_end(list);
	buffer_u8(&text, '\0');
	if (!text.failed)
		table_cell(table, column, style, (const char *)text.bytes);
	buffer_free(&text);
}

void table_line(struct table *table, enum style style, const char *text)
{
	struct row *const row = table->failed ? NULL : add_row(table, 1);

	if (row == NULL)
		return;
	row->is_line = true;
	set_cell(table, &row->cells[0], style, span_text(text));
}

static void natural_widths(const struct table *table, size_t *widths)
{
	for (size_t c = 0; c < table->count; c++)
		widths[c] = text_width(table->columns[c].title);
	for (size_t r = 0; r < table->row_count; r++) {
		for (size_t c = 0; c < table->count && !table->rows[r].is_line; c++) {
			if (table->rows[r].cells[c].width > widths[c])
				widths[c] = table->rows[r].cells[c].width;
		}
	}
}

/* A flexible column that no row fills is left out: its width becomes 0. */
static void leave_out_empty(const struct table *table, size_t *widths)
{
	for (size_t c = 0; c < table->count; c++) {
		bool filled = table->columns[c].least == 0;

		for (size_t r = 0; r < table->row_count && !filled; r++)
			filled = !table->rows[r].is_line && table->rows[r].cells[c].width > 0;
		if (!filled)
			widths[c] = 0;
	}
}

/* What the columns take with the gaps between them. */
static size_t total_width(const struct table *table, const size_t *widths)
{
	size_t total = 0;

	for (size_t c = 0; c < table->count; c++)
		total += widths[c] + (widths[c] > 0 && total > 0 ? GAP : 0);
	return total;
}

/* Takes columns from the widest flexible one until the row fits, or none can give way any more. */
static void fit_widths(const struct table *table, size_t *widths, size_t screen)
{
	size_t total = total_width(table, widths);

	while (total > screen) {
		size_t widest = table->count;

		for (size_t c = 0; c < table->count; c++) {
			if (table->columns[c].least > 0 && widths[c] > table->columns[c].least &&
			    (widest == table->count || widths[c] > widths[widest]))
				widest = c;
		}
		if (widest == table->count)
			return;
		widths[widest]--;
		total--;
	}
}

/* Bytes of text that fit into so many columns. */
static size_t fitting(const char *text, size_t columns)
{
	struct span s = span_text(text);
	const uint8_t *good = s.at;
	size_t used = 0;

	while (span_left(s) > 0) {
		used += (size_t)utf8_width(utf8_next(&s));
		if (used > columns)
			break;
		good = s.at;
	}
	return (size_t)(good - (const uint8_t *)text);
}

static void print_cell(const struct screen *screen, const struct cell *cell, size_t width, enum align align,
		       bool last)
{
	const char *const text = cell->text != NULL ? cell->text : "";
	const bool cut = cell->width > width;
	const size_t bytes = cut ? fitting(text, width - 1) : strlen(text);
	const int fill = cut ? 0 : (int)(width - cell->width);

	if (align == ALIGN_RIGHT)
		fprintf(screen->file, "%*s", fill, "");
	print_styled(screen, cell->style, text, bytes);
	if (cut)
		fputs("…", screen->file);
	if (align == ALIGN_LEFT && !last)
		fprintf(screen->file, "%*s", fill, "");
	if (!last)
		fprintf(screen->file, "%*s", GAP, "");
}

static void print_row(const struct table *table, const struct screen *screen, const struct cell *cells,
		      const size_t *widths)
{
	size_t last = table->count;

	while (last > 0 && (cells[last - 1].text == NULL || cells[last - 1].text[0] == '\0'))
		last--;
	for (size_t c = 0; c < last; c++) {
		if (widths[c] > 0)
			print_cell(screen, &cells[c], widths[c], table->columns[c].align, c + 1 == last);
	}
	fputc('\n', screen->file);
}

static void print_titles(const struct table *table, const struct screen *screen, const size_t *widths)
{
	size_t last = table->count;

	while (last > 0 && (widths[last - 1] == 0 || table->columns[last - 1].title[0] == '\0'))
		last--;
	for (size_t c = 0; c < last; c++) {
		const char *const title = table->columns[c].title;
		const struct cell cell = { .text = title, .width = text_width(title), .style = STYLE_BOLD };

		if (widths[c] > 0)
			print_cell(screen, &cell, widths[c], table->columns[c].align, c + 1 == last);
	}
	fputc('\n', screen->file);
}

bool table_print(const struct table *table, const struct screen *screen)
{
	size_t *const widths = arena_array(table->arena, table->count, sizeof(*widths));

	if (widths == NULL)
		return false;
	natural_widths(table, widths);
	leave_out_empty(table, widths);
	if (screen->width > 0)
		fit_widths(table, widths, screen->width);
	print_titles(table, screen, widths);
	for (size_t r = 0; r < table->row_count; r++) {
		const struct row *const row = &table->rows[r];

		if (row->is_line) {
			print_styled(screen, row->cells[0].style, row->cells[0].text,
				     strlen(row->cells[0].text));
			fputc('\n', screen->file);
		} else {
			print_row(table, screen, row->cells, widths);
		}
	}
	return !table->failed;
}
