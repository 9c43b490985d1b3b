/* Which columns a report has, and which boundaries a rule can name by number: small tables of two columns,
 * built in or of the user's own. */
#include "base/file.h"
#include "base/suggest.h"
#include "output/embed.h"
#include "output/report.h"

#include <unistd.h>

enum { TABLE_LIMIT = 64 * 1024, ROWS_LIMIT = 256 };

const char *const report_field_names[REPORT_FIELDS] = {
	[REPORT_NOTHING] = "-",
	[REPORT_NUMBER] = "number",
	[REPORT_ID] = "id",
	[REPORT_VERDICT] = "verdict",
	[REPORT_SERVICE] = "service",
	[REPORT_PROTOCOL] = "protocol",
	[REPORT_DATA_SERVICE] = "data-service",
	[REPORT_TRANSPORT] = "transport",
	[REPORT_PORT] = "port",
	[REPORT_LOW_PORT] = "low-port",
	[REPORT_HIGH_PORT] = "high-port",
	[REPORT_DIRECTION] = "direction",
	[REPORT_SOURCE] = "source",
	[REPORT_DESTINATION] = "destination",
	[REPORT_SOURCE_NAME] = "source-name",
	[REPORT_SOURCE_ADDRESSES] = "source-addresses",
	[REPORT_DESTINATION_NAME] = "destination-name",
	[REPORT_DESTINATION_ADDRESSES] = "destination-addresses",
	[REPORT_BOUNDARY] = "boundary",
	[REPORT_DATA] = "data",
	[REPORT_PURPOSE] = "purpose",
	[REPORT_OWNER] = "owner",
	[REPORT_APPROVER] = "approver",
	[REPORT_APPROVED_ON] = "approved-on",
	[REPORT_REVIEW] = "review",
	[REPORT_UNTIL] = "until",
	[REPORT_MITIGATION] = "mitigation",
	[REPORT_INSECURE] = "insecure",
	[REPORT_TUNNEL] = "tunnel",
	[REPORT_TUNNEL_TYPE] = "tunnel-type",
	[REPORT_PROCESS] = "process",
	[REPORT_OBSERVED] = "observed",
	[REPORT_STATUS] = "status",
	[REPORT_PLACE] = "place",
};

const char *embedded_text(const char *name)
{
	for (const struct embedded *file = embedded_files; file->name != NULL; file++) {
		if (strcmp(file->name, name) == 0)
			return file->text;
	}
	return NULL;
}

/* A table being read: what takes its rows, and where the reading is. */
struct reading {
	struct report *report;
	const char *shown; /* file, for errors */
	unsigned line;
	struct error *err;
	bool (*take)(struct reading *reading, const char *left, const char *right);
};

static bool take_column(struct reading *reading, const char *heading, const char *name)
{
	struct report *const report = reading->report;
	struct suggestion near = { .typed = name };

	for (size_t field = 0; field < REPORT_FIELDS; field++) {
		if (strcmp(report_field_names[field], name) == 0) {
			report->columns[report->column_count++] = (struct report_column){
				heading, (enum report_field)field
			};
			return true;
		}
		suggest_offer(&near, report_field_names[field]);
	}
	return error_set(reading->err, "%s:%u: there is no field '%s'%s%s%s", reading->shown, reading->line,
			 name, near.best != NULL ? "; did you mean '" : "",
			 near.best != NULL ? near.best : "", near.best != NULL ? "'?" : "");
}

static bool take_boundary(struct reading *reading, const char *number, const char *title)
{
	struct report *const report = reading->report;

	for (size_t i = 0; i < report->boundary_count; i++) {
		if (strcmp(report->boundaries[i].number, number) == 0)
			return error_set(reading->err, "%s:%u: the number %s is given twice", reading->shown,
					 reading->line, number);
	}
	report->boundaries[report->boundary_count++] = (struct report_boundary){ number, title };
	return true;
}

/* One line: two cells parted by a tab. The first line names the columns and is stepped over. */
static bool read_line(struct reading *reading, struct span line, size_t *rows)
{
	struct span right = line, left = span_until(&right, '\t');
	const char *texts[2];

	if (left.failed || span_left(left) == 0 || span_left(right) == 0 ||
	    span_find(right, "\t") != SIZE_MAX)
		return error_set(reading->err, "%s:%u: a row is two texts parted by one tab", reading->shown,
				 reading->line);
	if ((*rows)++ == 0)
		return true;
	if (*rows > ROWS_LIMIT)
		return error_set(reading->err, "%s:%u: more than %d rows", reading->shown, reading->line,
				 ROWS_LIMIT - 1);
	texts[0] = arena_span_text(reading->report->arena, left);
	texts[1] = arena_span_text(reading->report->arena, right);
	if (texts[0] == NULL || texts[1] == NULL)
		return error_memory(reading->err);
	return reading->take(reading, texts[0], texts[1]);
}

/* The last line may lack its end. */
static struct span next_line(struct span *text)
{
	return span_find(*text, "\n") == SIZE_MAX ? span_take(text, span_left(*text)) : span_line(text);
}

static bool read_table(struct reading *reading, struct span text)
{
	size_t rows = 0;

	while (span_left(text) > 0) {
		const struct span line = next_line(&text);

		reading->line++;
		if (span_left(line) > 0 && line.at[0] != '#' && !read_line(reading, line, &rows))
			return false;
	}
	if (rows < 2)
		return error_set(reading->err, "%s: no rows: a heading and at least one row are needed",
				 reading->shown);
	return true;
}

/* The text built in under this name, else the file's. */
static bool table_text(struct report *report, const char *built_in, const char *path, struct span *ret_text,
		       struct error *err)
{
	const char *const text = embedded_text(built_in);

	if (text == NULL)
		return file_read(report->arena, path, TABLE_LIMIT, ret_text, err);
	*ret_text = span_text(text);
	return true;
}

bool report_read_columns(struct report *report, const char *name, struct error *err)
{
	struct reading reading = { .report = report, .shown = name, .err = err, .take = take_column };
	char built_in[64];
	struct span text;

	snprintf(built_in, sizeof(built_in), "columns/%s", name);
	report->columns = arena_array(report->arena, ROWS_LIMIT, sizeof(*report->columns));
	report->column_count = 0;
	if (report->columns == NULL)
		return error_memory(err);
	if (embedded_text(built_in) == NULL && strchr(name, '/') == NULL && access(name, F_OK) != 0)
		return error_set(err, "%s: neither a file nor the columns default, ppsm or pci", name);
	return table_text(report, built_in, name, &text, err) && read_table(&reading, text);
}

bool report_read_boundaries(struct report *report, const char *name, struct error *err)
{
	struct reading reading = { .report = report, .shown = name, .err = err, .take = take_boundary };
	struct span text;

	report->boundaries = arena_array(report->arena, ROWS_LIMIT, sizeof(*report->boundaries));
	report->boundary_count = 0;
	if (report->boundaries == NULL)
		return error_memory(err);
	return table_text(report, name, name, &text, err) && read_table(&reading, text);
}
