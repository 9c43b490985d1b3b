/* The report as events: a `report`, then an `entry` for each row with all that is known of it, whatever the
 * columns are, then the findings. */
#include "base/clock.h"
#include "output/check.h"
#include "output/report_text.h"

static void write_sources(struct json *json, const struct report *report)
{
	json_open_array(json, "policy");
	for (size_t i = 0; i < report->source_count; i++) {
		json_begin(json);
		json_text(json, "file", report->sources[i].path);
		json_text(json, "sha256", report->sources[i].sha256);
		json_end(json);
	}
	json_end(json);
}

/* The name as events write their keys: approved_on. */
enum { KEY = 64 };
static const char *as_key(const char *name, char key[static KEY])
{
	size_t i = 0;

	for (; name[i] != '\0' && i < KEY - 1; i++)
		key[i] = name[i] == '-' || name[i] == ' ' ? '_' : name[i];
	key[i] = '\0';
	return key;
}

static void write_head(struct out *out, const struct report *report)
{
	struct json json = event_begin(out, "report");
	char key[KEY];

	json_open_object(&json, "report");
	json_text(&json, "host", report_host(report));
	json_text(&json, "version", report->version);
	write_sources(&json, report);
	json_text(&json, "editions", report_editions);
	json_bool(&json, "knocked", report->knocked);
	json_open_object(&json, "entries");
	for (size_t state = 0; state < REPORT_STATES; state++)
		json_unsigned(&json, as_key(report_state_text((enum report_state)state), key),
			      report->states[state]);
	json_end(&json);
	json_unsigned(&json, "elsewhere", report->elsewhere);
	json_open_array(&json, "incomplete");
	for (size_t i = 0; i < report->audit->incomplete_count; i++)
		json_text(&json, NULL, report->audit->incomplete[i]);
	json_end(&json);
	json_end(&json);
	event_end(out, &json);
}

static void write_row(struct out *out, const struct report_row *row)
{
	struct json json = event_begin(out, "entry");
	char key[KEY];

	json_open_object(&json, "entry");
	for (size_t field = REPORT_NUMBER; field < REPORT_FIELDS; field++)
		json_text(&json, as_key(report_field_names[field], key), row->cells[field]);
	json_text(&json, "state", report_state_text(row->state));
	json_end(&json);
	event_end(out, &json);
}

void report_json(struct out *out, const struct report *report)
{
	write_head(out, report);
	for (size_t r = 0; r < report->row_count; r++)
		write_row(out, &report->rows[r]);
	for (size_t i = 0; i < report->audit->finding_count; i++)
		finding_event(out, report->audit, &report->audit->findings[i]);
}
