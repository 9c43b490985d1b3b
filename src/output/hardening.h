/* hardening.h: how doors that are not needed would be closed: for people, as events, and as a script to
 * review. */
#ifndef OUTPUT_HARDENING_H
#define OUTPUT_HARDENING_H

#include "audit/hardening.h"
#include "output/output.h"

struct hardening_view {
	const struct audit *audit;
	const struct hardening *list;
	size_t count;
};

void hardening_text(struct out *out, const struct hardening_view *view);
void hardening_json(struct out *out, const struct hardening_view *view);

/* A script in which every command is commented out, and which ends before any of them. */
void hardening_script(struct buffer *out, const struct hardening_view *view);

#endif
