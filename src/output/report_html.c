/* The report as one page that needs nothing else: style inside, no script, no reference to anywhere. */
#include "base/clock.h"
#include "output/embed.h"
#include "output/report_text.h"

static const char *escape(int32_t character)
{
	switch (character) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

static void text(struct out *out, const char *words)
{
	report_escaped(&out->buffer, words, escape);
}

static void raw(struct out *out, const char *markup)
{
	buffer_text(&out->buffer, markup);
}

static void head(struct out *out, const struct report *report)
{
	char date[REPORT_DATE];

	raw(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Ports, "
		 "protocols "
		 "and services of ");
	text(out, report_host(report));
	raw(out, "</title>\n<style>\n");
	raw(out, embedded_text("report.css"));
	raw(out, "</style>\n</head>\n<body>\n<header>\n<h1>Ports, protocols and services of ");
	text(out, report_host(report));
	raw(out, "</h1>\n<p>What is documented, what is open, and whether the two agree. Made ");
	text(out, report_date(report, date));
	raw(out, "</p>\n</header>\n");
}

static void figure(struct out *out, const char *look, size_t number, const char *name)
{
	buffer_format(&out->buffer, "<li class=\"%s\"><b>%zu</b><span>%s</span></li>\n", look, number, name);
}

static void figures(struct out *out, const struct report *report)
{
	const size_t counting = audit_counting(report->audit);

	raw(out, "<ul class=\"figures\">\n");
	for (size_t state = 0; state < REPORT_STATES; state++) {
		const enum report_state each = (enum report_state)state;

		if (report->states[state] > 0)
			figure(out, report_state_look(each), report->states[state], report_state_text(each));
	}
	figure(out, counting > 0 ? "bad" : "good", counting, counting == 1 ? "finding" : "findings");
	raw(out, "</ul>\n");
}

static void row(struct out *out, const struct report *report, const struct report_row *cells)
{
	buffer_format(&out->buffer, "<tr class=\"%s\">", report_state_look(cells->state));
	for (size_t c = 0; c < report->column_count; c++) {
		const struct report_column *const column = &report->columns[c];
		const char *const words = report_cell(cells, column);

		buffer_format(&out->buffer, "<td class=\"%s%s\">",
			      column->field == REPORT_NOTHING ? "open" : report_field_names[column->field],
			      strcmp(words, "-") == 0 ? " empty" : "");
		text(out, words);
		raw(out, "</td>");
	}
	raw(out, "</tr>\n");
	out_flush(out);
}

static void table(struct out *out, const struct report *report)
{
	raw(out, "<h2>Doors</h2>\n<div class=\"scroll\">\n<table>\n<thead>\n<tr>");
	for (size_t c = 0; c < report->column_count; c++) {
		raw(out, "<th scope=\"col\">");
		text(out, report->columns[c].heading);
		raw(out, "</th>");
	}
	raw(out, "</tr>\n</thead>\n<tbody>\n");
	for (size_t r = 0; r < report->row_count; r++)
		row(out, report, &report->rows[r]);
	raw(out, "</tbody>\n</table>\n</div>\n");
}

static void advice(struct out *out, const struct finding *finding)
{
	char date[DATE_TEXT];

	if (finding->accepted != NULL) {
		buffer_format(&out->buffer,
			      "<p>Accepted until %s: ", date_text(finding->accepted->until, date));
		text(out, finding->accepted->because);
	} else {
		raw(out, "<p><b>What to do:</b> ");
		text(out, finding->remedy);
	}
	raw(out, "</p>\n<p class=\"references\">");
	text(out, finding->references);
	raw(out, "</p>\n</article>\n");
}

static void findings(struct out *out, const struct report *report)
{
	const struct audit *const audit = report->audit;

	raw(out, audit->finding_count > 0 ? "<h2>Findings</h2>\n" : "<h2>Findings</h2>\n<p>None.</p>\n");
	for (size_t i = 0, end; i < audit->finding_count; i = end) {
		const struct finding *const first = &audit->findings[i];

		buffer_format(&out->buffer, "<article class=\"%s\">\n<h3><span class=\"mark\">%s</span>",
			      report_severity_look(first),
			      first->accepted != NULL ? "accepted" : audit_severity_text(first->severity));
		text(out, first->title);
		buffer_format(&out->buffer, " <code>%s</code></h3>\n<ul>\n", first->id);
		end = report_findings_end(report, i);
		for (size_t f = i; f < end; f++) {
			raw(out, "<li><b>");
			text(out, audit->findings[f].subject);
			raw(out, "</b>: ");
			text(out, audit->findings[f].evidence);
			raw(out, "</li>\n");
		}
		raw(out, "</ul>\n");
		advice(out, first);
		out_flush(out);
	}
}

static void term(struct out *out, const char *name, const char *words)
{
	buffer_format(&out->buffer, "<dt>%s</dt><dd>", name);
	text(out, words);
	raw(out, "</dd>\n");
}

static void foot(struct out *out, const struct report *report)
{
	char note[REPORT_NOTE];

	raw(out, "<footer>\n<dl>\n");
	for (size_t i = 0; i < report->source_count; i++) {
		raw(out, "<dt>Policy</dt><dd>");
		text(out, report->sources[i].path);
		buffer_format(&out->buffer, "<br>SHA-256 <code>%s</code></dd>\n", report->sources[i].sha256);
	}
	if (report->source_count == 0)
		term(out, "Policy", "none: nothing is documented");
	term(out, "Observed", report_observation(report));
	for (size_t i = 0; i < report->audit->incomplete_count; i++)
		term(out, "Not seen", report->audit->incomplete[i]);
	if (report_left_out(report, note) != NULL)
		term(out, "Left out", note);
	term(out, "Editions", report_editions);
	term(out, "Made by", report->version);
	raw(out, "</dl>\n</footer>\n</body>\n</html>\n");
}

void report_html(struct out *out, const struct report *report)
{
	head(out, report);
	figures(out, report);
	table(out, report);
	findings(out, report);
	foot(out, report);
}
