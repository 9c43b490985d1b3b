#include "output/report_text.h"
#include "base/escape.h"

#include <stdio.h>
#include <time.h>

/* C0, DEL and C1; line and paragraph separators; marks, embeddings, overrides and isolates of direction. */
static bool controls(int32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x200e ||
	       character == 0x200f || (character >= 0x2028 && character <= 0x202e) ||
	       (character >= 0x2066 && character <= 0x2069);
}

void report_escaped(struct buffer *out, const char *text, const char *(*escape)(int32_t character))
{
	struct span rest = span_text(text);

	while (span_left(rest) > 0) {
		const uint8_t *const at = rest.at;
		const int32_t character = utf8_next(&rest);
		const char *const instead = character >= 0 ? escape(character) : "\xef\xbf\xbd";

		if (instead != NULL)
			buffer_text(out, instead);
		else if (controls(character))
			buffer_u8(out, ' ');
		else
			buffer_add(out, at, (size_t)(rest.at - at));
	}
}

const char *report_date(const struct report *report, char text[static REPORT_DATE])
{
	const time_t seconds = (time_t)(report->made_us / 1000000);
	struct tm local;

	localtime_r(&seconds, &local);
	strftime(text, REPORT_DATE, "%Y-%m-%d %H:%M %z", &local);
	return text;
}

const char *report_observation(const struct report *report)
{
	return report->knocked ? "the sockets of this host and what its servers answered when asked"
			       : "the sockets of this host; its servers were not asked what they speak";
}

const char *report_left_out(const struct report *report, char text[static REPORT_NOTE])
{
	if (report->elsewhere == 0)
		return NULL;
	snprintf(text, REPORT_NOTE,
		 "%zu open door%s in other network namespaces, such as containers, of which this "
		 "policy does not speak",
		 report->elsewhere, report->elsewhere == 1 ? "" : "s");
	return text;
}

size_t report_findings_end(const struct report *report, size_t begin)
{
	const struct finding *const findings = report->audit->findings;
	size_t end = begin + 1;

	while (end < report->audit->finding_count && strcmp(findings[end].id, findings[begin].id) == 0 &&
	       findings[end].severity == findings[begin].severity &&
	       findings[end].accepted == findings[begin].accepted)
		end++;
	return end;
}

const char *report_state_look(enum report_state state)
{
	static const char *const looks[REPORT_STATES] = {
		[REPORTED_DOCUMENTED] = "calm",  [REPORTED_OPEN] = "good",
		[REPORTED_NOT_OPEN] = "notice",  [REPORTED_WRONG] = "bad",
		[REPORTED_UNDOCUMENTED] = "bad", [REPORTED_ACCEPTED] = "notice",
	};

	return looks[state];
}

const char *report_severity_look(const struct finding *finding)
{
	if (finding->accepted != NULL || finding->severity >= AUDIT_NOTE)
		return "calm";
	return finding->severity <= AUDIT_HIGH ? "bad" : "notice";
}
