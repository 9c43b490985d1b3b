#include "output/diagnostics.h"
#include "base/escape.h"

enum { INDENT = 4, SHOWN_BEFORE = 60, SHOWN = 100, TEXT_LIMIT = 1 << 20 };

static const struct {
	const char *name;
	enum style style;
} levels[] = {
	[SEVERITY_ERROR] = { "error", STYLE_BAD },
	[SEVERITY_WARNING] = { "warning", STYLE_WARNING },
	[SEVERITY_REMARK] = { "remark", STYLE_NOTICE },
};

/* Text for a terminal in which a backslash is itself: policies have escapes of their own, and doubled they
 * would not read as they were written. A tab is one column, as the carets below it count. */
static void add_shown(struct buffer *out, struct span text)
{
	while (span_left(text) > 0) {
		size_t run = 0;

		while (run < span_left(text) && text.at[run] != '\\' && text.at[run] != '\t')
			run++;
		escape_terminal(out, span_take(&text, run));
		if (span_left(text) > 0)
			buffer_u8(out, span_u8(&text) == '\t' ? ' ' : '\\');
	}
}

static void print_shown(const struct screen *screen, struct span text)
{
	struct buffer shown = buffer_new(TEXT_LIMIT);

	add_shown(&shown, text);
	if (shown.length > 0)
		fwrite(shown.bytes, 1, shown.length, screen->file);
	buffer_free(&shown);
}

static void print_place(const struct screen *screen, const struct place *place)
{
	print_shown(screen, span_text(place->file));
	if (place->line > 0)
		fprintf(screen->file, ":%u", (unsigned)place->line);
	if (place->line > 0 && place->column > 0)
		fprintf(screen->file, ":%u", (unsigned)place->column);
	fputs(": ", screen->file);
}

/* The bytes of the first n characters. */
static struct span take_characters(struct span *text, size_t n)
{
	const uint8_t *const at = text->at;

	for (; n > 0 && span_left(*text) > 0; n--)
		utf8_next(text);
	return span_of(at, (size_t)(text->at - at));
}

static size_t shown_width(struct span text)
{
	struct buffer shown = buffer_new(TEXT_LIMIT);
	size_t width;

	add_shown(&shown, text);
	buffer_u8(&shown, '\0');
	width = shown.failed ? 0 : text_width((const char *)shown.bytes);
	buffer_free(&shown);
	return width;
}

/* The line with carets under what is meant. Of a long line, the part around it. */
static void print_line(const struct screen *screen, const struct place *place, enum style style)
{
	struct span rest = place->text, before, meant, after;
	struct buffer carets = buffer_new(SHOWN * 16);
	size_t skipped = 0, width;

	if (place->line == 0 || place->column == 0 || span_left(place->text) == 0)
		return;
	if (place->column > SHOWN_BEFORE) {
		skipped = place->column - SHOWN_BEFORE;
		take_characters(&rest, skipped);
	}
	before = take_characters(&rest, place->column - 1 - skipped);
	meant = take_characters(&rest, place->length < SHOWN ? place->length : SHOWN);
	after = take_characters(&rest, SHOWN);
	fprintf(screen->file, "%*s%s", INDENT, "", skipped > 0 ? "..." : "");
	print_shown(screen, before);
	print_shown(screen, meant);
	print_shown(screen, after);
	fprintf(screen->file, "%s\n%*s", span_left(rest) > 0 ? "..." : "",
		(int)(INDENT + (skipped > 0 ? 3 : 0) + shown_width(before)), "");
	width = shown_width(meant);
	buffer_fill(&carets, '^', width > 0 ? width : 1);
	buffer_u8(&carets, '\0');
	screen_print(screen, style, carets.failed ? "^" : (const char *)carets.bytes);
	buffer_free(&carets);
	fputc('\n', screen->file);
}

static void print_other(const struct screen *screen, const struct place *other)
{
	if (other->file == NULL || other->line == 0)
		return;
	print_place(screen, other);
	screen_print(screen, STYLE_NOTICE, "note");
	fputs(": the other one is here\n", screen->file);
	print_line(screen, other, STYLE_NOTICE);
}

static void print_one(const struct screen *screen, const struct diagnostic *d)
{
	print_place(screen, &d->place);
	screen_print(screen, levels[d->severity].style, levels[d->severity].name);
	fputs(": ", screen->file);
	print_shown(screen, span_text(d->text));
	if (d->severity != SEVERITY_ERROR)
		fprintf(screen->file, " [%s]", d->id);
	fputc('\n', screen->file);
	print_line(screen, &d->place, levels[d->severity].style);
	if (d->fix != NULL) {
		fprintf(screen->file, "%*s", INDENT, "");
		screen_print(screen, STYLE_GOOD, "help");
		fputs(": ", screen->file);
		print_shown(screen, span_text(d->fix));
		fputc('\n', screen->file);
	}
	print_other(screen, &d->other);
}

void diagnostics_print(const struct screen *screen, const struct diagnostics *diagnostics)
{
	const size_t all = diagnostics->errors + diagnostics->warnings + diagnostics->remarks;

	for (size_t i = 0; i < diagnostics->count; i++)
		print_one(screen, &diagnostics->list[i]);
	if (all > diagnostics->count)
		fprintf(screen->file, "... and %zu more\n", all - diagnostics->count);
}

void diagnostics_text(struct out *out, const struct diagnostics *diagnostics)
{
	diagnostics_print(&out->screen, diagnostics);
}

static void place_json(struct json *json, const struct place *place)
{
	json_text(json, "file", place->file);
	if (place->line == 0)
		return;
	json_unsigned(json, "line", place->line);
	if (place->column == 0)
		return;
	json_unsigned(json, "column", place->column);
	json_unsigned(json, "length", place->length);
}

void diagnostics_json(struct out *out, const struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *const d = &diagnostics->list[i];
		struct json json = event_begin(out, "diagnostic");

		json_open_object(&json, "diagnostic");
		json_number(&json, "severity", (int)d->severity + 1);
		json_text(&json, "level", levels[d->severity].name);
		json_text(&json, "id", d->id);
		place_json(&json, &d->place);
		json_text(&json, "text", d->text);
		json_text(&json, "fix", d->fix);
		if (d->other.file != NULL) {
			json_open_object(&json, "other");
			place_json(&json, &d->other);
			json_end(&json);
		}
		json_end(&json);
		event_end(out, &json);
	}
}
