/* check.h: the screen of `check` and its events. check.c draws the doors, findings.c what disagrees. */
#ifndef OUTPUT_CHECK_H
#define OUTPUT_CHECK_H

#include "audit/audit.h"
#include "output/output.h"

void check_text(struct out *out, const struct check_view *view);
void check_json(struct out *out, const struct check_view *view);

/* What could not be seen; how many doors and findings of each kind there are. */
void check_incomplete(const struct screen *screen, const struct audit *audit);
void check_summary(const struct screen *screen, const struct audit *audit);

enum style severity_style(int severity);

/* The findings, worst first, those of one kind together. */
void findings_text(const struct screen *screen, const struct audit *audit);

/* What stands before the doors of findings that belong together, and behind them. */
void finding_heading(const struct screen *screen, const struct finding *finding);
void finding_advice(const struct screen *screen, const struct finding *finding);
void finding_event(struct out *out, const struct audit *audit, const struct finding *finding);

/* How it is known what a door speaks: "greeting", "answer"; "silent" and the like where it is not; "" when it
 * was not asked. */
const char *known_by(const struct audit_door *door);

/* Writes the keys that say which door an event is about. */
void event_door(struct json *json, const struct audit_door *door);

#endif
