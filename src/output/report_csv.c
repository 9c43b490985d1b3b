/* The report as a sheet: RFC 4180, one line of headings. Spreadsheets take a cell that begins with = + - or @
 * for a formula, even a harmful one that came with a process name; such a cell begins with an apostrophe. */
#include "output/report_text.h"

static const char *escape(int32_t character)
{
	return character == '"' ? "\"\"" : NULL;
}

static void cell(struct buffer *out, const char *text, bool first)
{
	if (!first)
		buffer_u8(out, ',');
	buffer_u8(out, '"');
	if (strchr("=+-@\t\r", text[0]) != NULL && text[0] != '\0' && strcmp(text, "-") != 0)
		buffer_u8(out, '\'');
	report_escaped(out, text, escape);
	buffer_u8(out, '"');
}

void report_csv(struct out *out, const struct report *report)
{
	for (size_t c = 0; c < report->column_count; c++)
		cell(&out->buffer, report->columns[c].heading, c == 0);
	buffer_text(&out->buffer, "\r\n");
	for (size_t r = 0; r < report->row_count; r++) {
		for (size_t c = 0; c < report->column_count; c++)
			cell(&out->buffer, report_cell(&report->rows[r], &report->columns[c]), c == 0);
		buffer_text(&out->buffer, "\r\n");
		out_flush(out);
	}
}
