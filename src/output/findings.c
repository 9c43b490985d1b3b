#include "audit/traffic.h"
#include "base/clock.h"
#include "output/check.h"

enum { LINE = 2048 };

enum style severity_style(int severity)
{
	return severity <= AUDIT_HIGH ? STYLE_BAD : severity == AUDIT_MEDIUM ? STYLE_WARNING : STYLE_NOTICE;
}

/* Findings that are told in one paragraph: what differs is only where. */
static bool belong_together(const struct finding *a, const struct finding *b)
{
	return a->severity == b->severity && strcmp(a->id, b->id) == 0 && a->accepted == b->accepted;
}

/* A sentence begins with a capital, wherever it came from. */
static void begin_sentence(char *line)
{
	if (line[0] >= 'a' && line[0] <= 'z')
		line[0] = (char)(line[0] - 'a' + 'A');
}

/* ... and ends with a full stop. */
static void end_sentence(char line[static LINE])
{
	const size_t length = strlen(line);

	if (length > 0 && length + 1 < LINE && line[length - 1] != '.')
		memcpy(line + length, ".", 2);
}

void finding_heading(const struct screen *screen, const struct finding *finding)
{
	char title[LINE];

	fputc('\n', screen->file);
	if (finding->accepted != NULL)
		screen_print(screen, STYLE_DIM, "accepted");
	else
		screen_print(screen, severity_style(finding->severity),
			     audit_severity_text(finding->severity));
	fputs("  ", screen->file);
	screen_print(screen, STYLE_BOLD, finding->id);
	snprintf(title, sizeof(title), "%s", finding->title);
	begin_sentence(title);
	fprintf(screen->file, "  %s\n", title);
}

void finding_advice(const struct screen *screen, const struct finding *finding)
{
	char line[LINE], date[DATE_TEXT];

	if (finding->accepted != NULL) {
		snprintf(line, sizeof(line), "Accepted until %s: %s",
			 date_text(finding->accepted->until, date), finding->accepted->because);
		screen_paragraph(screen, 2, STYLE_PLAIN, line);
		return;
	}
	snprintf(line, sizeof(line), "What to do: %s", finding->remedy);
	begin_sentence(line + strlen("What to do: "));
	end_sentence(line);
	screen_paragraph(screen, 2, STYLE_PLAIN, line);
	snprintf(line, sizeof(line), "References: %s", finding->references);
	screen_paragraph(screen, 2, STYLE_DIM, line);
}

void findings_text(const struct screen *screen, const struct audit *audit)
{
	for (size_t i = 0, end; i < audit->finding_count; i = end) {
		const struct finding *const first = &audit->findings[i];

		finding_heading(screen, first);
		for (end = i; end < audit->finding_count && belong_together(first, &audit->findings[end]);
		     end++) {
			screen_paragraph(screen, 2, STYLE_PLAIN, audit->findings[end].subject);
			screen_paragraph(screen, 6, STYLE_PLAIN, audit->findings[end].evidence);
		}
		finding_advice(screen, first);
	}
}

static void write_place(struct json *json, const struct rule *rule)
{
	json_open_object(json, "rule");
	json_text(json, "id", rule->id);
	json_text(json, "file", rule->place.file);
	json_unsigned(json, "line", rule->place.line);
	json_text(json, "owner", rule->owner);
	json_end(json);
}

void finding_event(struct out *out, const struct audit *audit, const struct finding *finding)
{
	const struct traffic_door *const seen = finding->door != NULL ? finding->door->seen : NULL;
	char date[DATE_TEXT], when[CLOCK_TEXT];
	struct json json = event_begin_at(
		out, clock_text(seen != NULL ? seen->last_ns / 1000 : clock_wall_us(), when), "finding");

	if (finding->door != NULL)
		event_door(&json, finding->door);
	json_open_object(&json, "finding");
	json_text(&json, "id", finding->id);
	json_text(&json, "kind", finding_types[finding->kind].id);
	json_text(&json, "key", finding->key);
	json_number(&json, "severity", finding->severity);
	json_text(&json, "title", finding->title);
	json_text(&json, "subject", finding->subject);
	json_text(&json, "evidence", finding->evidence);
	json_text(&json, "remedy", finding->remedy);
	event_references(&json, finding->references);
	if (finding->accepted != NULL) {
		json_open_object(&json, "accepted");
		json_text(&json, "because", finding->accepted->because);
		json_text(&json, "until", date_text(finding->accepted->until, date));
		json_end(&json);
	}
	json_end(&json);
	json_open_object(&json, "doorward");
	json_text(&json, "host", audit->host != NULL ? audit->host->name : NULL);
	if (finding->rule != NULL)
		write_place(&json, finding->rule);
	json_end(&json);
	event_end(out, &json);
}
