/* The screen of traffic: doors, findings, totals, and what was wrong. */
#include "output/traffic.h"
#include "base/clock.h"
#include "output/check.h"

enum { LINE = 2048, PROTOCOLS_SHOWN = 12, TIME_SHOWN = 19 };

const char *count_text(uint64_t count, char text[static QUANTITY_TEXT])
{
	char digits[QUANTITY_TEXT];
	const int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
	char *at = text;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = '\0';
	return text;
}

const char *bytes_text(uint64_t bytes, char text[static QUANTITY_TEXT])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double value = (double)bytes;
	size_t unit = 0;

	for (; value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		value /= 1000;
	snprintf(text, QUANTITY_TEXT, unit > 0 && value < 99.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return text;
}

static const char *moment_text(int64_t time_ns, char text[static CLOCK_TEXT])
{
	clock_text(time_ns / 1000, text);
	text[10] = ' ';
	text[TIME_SHOWN] = '\0';
	return text;
}

static void print_totals(struct out *out, const struct traffic_view *view)
{
	const struct traffic_summary *const summary = view->summary;
	char flows[QUANTITY_TEXT], doors[QUANTITY_TEXT], packets[QUANTITY_TEXT], bytes[QUANTITY_TEXT];
	char first[CLOCK_TEXT], last[CLOCK_TEXT], line[LINE];

	if (summary->flows == 0) {
		snprintf(line, sizeof(line), "No flows in %s frame%s.",
			 count_text(view->counts->frames, flows), view->counts->frames == 1 ? "" : "s");
		screen_paragraph(&out->screen, 0, STYLE_PLAIN, line);
		return;
	}
	snprintf(line, sizeof(line), "%s flow%s at %s door%s, %s packet%s, %s, from %s to %s.",
		 count_text(summary->flows, flows), summary->flows == 1 ? "" : "s",
		 count_text(summary->door_count, doors), summary->door_count == 1 ? "" : "s",
		 count_text(summary->packets, packets), summary->packets == 1 ? "" : "s",
		 bytes_text(summary->bytes, bytes), moment_text(summary->first_ns, first),
		 moment_text(summary->last_ns, last));
	screen_paragraph(&out->screen, 0, STYLE_PLAIN, line);
}

static void print_protocols(struct out *out, const struct traffic_summary *summary)
{
	struct buffer line = buffer_new(LINE);
	char count[QUANTITY_TEXT];

	if (summary->protocol_count == 0)
		return;
	buffer_text(&line, "Flows by protocol: ");
	for (size_t i = 0; i < summary->protocol_count && i < PROTOCOLS_SHOWN; i++)
		buffer_format(&line, "%s%s %s", i > 0 ? ", " : "", summary->protocols[i].name,
			      count_text(summary->protocols[i].flows, count));
	if (summary->protocol_count > PROTOCOLS_SHOWN)
		buffer_format(&line, " and %zu more", summary->protocol_count - PROTOCOLS_SHOWN);
	buffer_text(&line, ".");
	buffer_u8(&line, '\0');
	if (!line.failed)
		screen_paragraph(&out->screen, 0, STYLE_PLAIN, (const char *)line.bytes);
	buffer_free(&line);
}

static void print_judged(struct out *out, const struct traffic_view *view)
{
	const struct traffic_summary *const summary = view->summary;
	char judged[QUANTITY_TEXT], allowed[QUANTITY_TEXT], kept_out[QUANTITY_TEXT], line[LINE];

	if (view->host == NULL)
		return;
	snprintf(line, sizeof(line),
		 "Of %s: %s flow%s, %s as the policy allows, %s refused or not answered as it denies.",
		 view->host, count_text(summary->judged, judged), summary->judged == 1 ? "" : "s",
		 count_text(summary->allowed, allowed), count_text(summary->kept_out, kept_out));
	screen_paragraph(&out->screen, 0, STYLE_PLAIN, line);
}

static void print_sentences(struct out *out, const char *title, const char *const *list, size_t count,
			    enum style style)
{
	if (count == 0)
		return;
	fprintf(out->screen.file, "\n%s\n", title);
	for (size_t i = 0; i < count; i++)
		screen_paragraph(&out->screen, 2, style, list[i]);
}

static void print_input(struct out *out, const struct traffic_view *view)
{
	const char **list;
	size_t count = traffic_incomplete(view, out->arena, &list);

	print_sentences(out, "Not seen:", list, count, STYLE_WARNING);
	count = traffic_remarks(view, out->arena, &list);
	print_sentences(out, "Odd in the input:", list, count, STYLE_NOTICE);
}

static void print_statistic(struct table *table, const char *name, uint64_t count)
{
	char text[QUANTITY_TEXT];

	table_row(table);
	table_cell(table, 0, STYLE_PLAIN, name);
	table_cell(table, 1, STYLE_PLAIN, count_text(count, text));
}

/* A line for each number that is not zero, and for those whose zero says something. */
static void print_statistics(struct out *out, const struct traffic_view *view)
{
	static const struct column columns[] = { { "STATISTIC", ALIGN_LEFT, 0 },
						 { "COUNT", ALIGN_RIGHT, 0 } };
	const struct engine_counts *const counts = view->counts;
	struct table *const table = table_new(out->arena, columns, 2);

	if (table == NULL) {
		out->buffer.failed = true;
		return;
	}
	print_statistic(table, "frames", counts->frames);
	print_statistic(table, "packets", counts->packets);
	print_statistic(table, "bytes", counts->bytes);
	print_statistic(table, "frames without IP", counts->not_ip);
	print_statistic(table, "packets inside tunnels", counts->tunnelled);
	print_statistic(table, "fragments", counts->fragments);
	print_statistic(table, "datagrams put together", counts->reassembled);
	print_statistic(table, "ICMP errors", counts->icmp_errors);
	print_statistic(table, "flows", counts->flows.flows);
	print_statistic(table, "most flows at once", counts->flows.most_live);
	for (enum flow_reason reason = 0; reason < REASONS; reason++) {
		if (counts->flows.ended[reason] > 0)
			print_statistic(table,
					arena_format(out->arena, "flows ended: %s", flow_reason_text(reason)),
					counts->flows.ended[reason]);
	}
	if (!table_print(table, &out->screen))
		out->buffer.failed = true;
}

void traffic_text(struct out *out, const struct traffic_view *view)
{
	out_flush(out);
	if (view->only_stats) {
		print_statistics(out, view);
		fputc('\n', out->screen.file);
	} else {
		if (view->doors && view->summary->door_count > 0 && !traffic_doors_print(out, view))
			out->buffer.failed = true;
		findings_text(&out->screen, view->summary->audit);
		if (view->summary->door_count > 0 || view->summary->audit->finding_count > 0)
			fputc('\n', out->screen.file);
	}
	print_totals(out, view);
	print_protocols(out, view->summary);
	print_judged(out, view);
	print_input(out, view);
}

void traffic_finding_text(struct out *out, const struct audit *audit, const struct finding *finding)
{
	const struct screen *const screen = &out->screen;

	(void)audit;
	out_flush(out);
	screen_print(screen, severity_style(finding->severity), audit_severity_text(finding->severity));
	fputs("  ", screen->file);
	screen_print(screen, STYLE_BOLD, finding->id);
	fputs("  ", screen->file);
	screen_print(screen, STYLE_PLAIN, finding->subject);
	fputs(": ", screen->file);
	screen_print(screen, STYLE_PLAIN, finding->evidence);
	fputc('\n', screen->file);
}
