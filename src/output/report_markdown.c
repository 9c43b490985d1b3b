/* The report as Markdown, with a table in the form of GitHub Flavored Markdown. */
#include "base/clock.h"
#include "output/report_text.h"

static const char *escape(int32_t character)
{
	switch (character) {
	case '\\': return "\\\\";
	case '`': return "\\`";
	case '*': return "\\*";
	case '_': return "\\_";
	case '[': return "\\[";
	case ']': return "\\]";
	case '|': return "\\|";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '&': return "&amp;";
	default: return NULL;
	}
}

static void text(struct out *out, const char *words)
{
	report_escaped(&out->buffer, words, escape);
}

static void line(struct out *out, const char *name, const char *words)
{
	buffer_format(&out->buffer, "- %s: ", name);
	text(out, words);
	buffer_u8(&out->buffer, '\n');
}

static void head(struct out *out, const struct report *report)
{
	char date[REPORT_DATE], note[REPORT_NOTE];

	buffer_text(&out->buffer, "# Ports, protocols and services of ");
	text(out, report_host(report));
	buffer_text(&out->buffer, "\n\n");
	line(out, "Made", report_date(report, date));
	for (size_t i = 0; i < report->source_count; i++) {
		line(out, "Policy", report->sources[i].path);
		line(out, "SHA-256 of it", report->sources[i].sha256);
	}
	if (report->source_count == 0)
		line(out, "Policy", "none: nothing is documented");
	line(out, "Observed", report_observation(report));
	for (size_t i = 0; i < report->audit->incomplete_count; i++)
		line(out, "Not seen", report->audit->incomplete[i]);
	if (report_left_out(report, note) != NULL)
		line(out, "Left out", note);
	line(out, "Editions", report_editions);
	line(out, "Made by", report->version);
}

static void table(struct out *out, const struct report *report)
{
	buffer_text(&out->buffer, "\n|");
	for (size_t c = 0; c < report->column_count; c++) {
		buffer_u8(&out->buffer, ' ');
		text(out, report->columns[c].heading);
		buffer_text(&out->buffer, " |");
	}
	buffer_text(&out->buffer, "\n|");
	for (size_t c = 0; c < report->column_count; c++)
		buffer_text(&out->buffer, " --- |");
	buffer_u8(&out->buffer, '\n');
	for (size_t r = 0; r < report->row_count; r++) {
		buffer_u8(&out->buffer, '|');
		for (size_t c = 0; c < report->column_count; c++) {
			buffer_u8(&out->buffer, ' ');
			text(out, report_cell(&report->rows[r], &report->columns[c]));
			buffer_text(&out->buffer, " |");
		}
		buffer_u8(&out->buffer, '\n');
		out_flush(out);
	}
}

static void advice(struct out *out, const struct finding *finding)
{
	char date[DATE_TEXT];

	buffer_u8(&out->buffer, '\n');
	if (finding->accepted != NULL) {
		buffer_format(&out->buffer, "Accepted until %s: ", date_text(finding->accepted->until, date));
		text(out, finding->accepted->because);
	} else {
		buffer_text(&out->buffer, "What to do: ");
		text(out, finding->remedy);
		buffer_text(&out->buffer, "\n\nReferences: ");
		text(out, finding->references);
	}
	buffer_text(&out->buffer, "\n");
}

static void findings(struct out *out, const struct report *report)
{
	const struct audit *const audit = report->audit;

	buffer_text(&out->buffer, "\n## Findings\n");
	if (audit->finding_count == 0)
		buffer_text(&out->buffer, "\nNone.\n");
	for (size_t i = 0, end; i < audit->finding_count; i = end) {
		const struct finding *const first = &audit->findings[i];

		buffer_format(&out->buffer, "\n### %s: ",
			      first->accepted != NULL ? "accepted" : audit_severity_text(first->severity));
		text(out, first->title);
		buffer_format(&out->buffer, " (%s)\n\n", first->id);
		end = report_findings_end(report, i);
		for (size_t f = i; f < end; f++) {
			buffer_text(&out->buffer, "- ");
			text(out, audit->findings[f].subject);
			buffer_text(&out->buffer, ": ");
			text(out, audit->findings[f].evidence);
			buffer_u8(&out->buffer, '\n');
		}
		advice(out, first);
		out_flush(out);
	}
}

void report_markdown(struct out *out, const struct report *report)
{
	head(out, report);
	table(out, report);
	findings(out, report);
}
