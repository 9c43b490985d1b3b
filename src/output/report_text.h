/* report_text.h: words of a report that several formats write, and the one way in which text from outside
 * becomes text of a report. */
#ifndef OUTPUT_REPORT_TEXT_H
#define OUTPUT_REPORT_TEXT_H

#include "output/report.h"

/* Appends a text: what `escape` gives for a character stands in its place, NULL lets it stand. Characters
 * that control something (lines, terminals, the direction of writing) become blanks, and bytes that are not
 * UTF-8 become U+FFFD, whatever the format. */
void report_escaped(struct buffer *out, const char *text, const char *(*escape)(int32_t character));

/* When it was made, to the minute, with the zone: "2026-11-21 05:10 +0000". */
enum { REPORT_DATE = 40 };
const char *report_date(const struct report *report, char text[static REPORT_DATE]);

/* Says how the right side was come by: "by asking this host's own doors", or not. */
const char *report_observation(const struct report *report);

/* What the table leaves out, or NULL. */
enum { REPORT_NOTE = 160 };
const char *report_left_out(const struct report *report, char text[static REPORT_NOTE]);

/* The first finding behind `begin` that is not told together with it. */
size_t report_findings_end(const struct report *report, size_t begin);

/* "good", "notice", "bad" or "calm": what a state or a severity looks like. */
const char *report_state_look(enum report_state state);
const char *report_severity_look(const struct finding *finding);

#endif
