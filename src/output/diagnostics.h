/* diagnostics.h: errors and remarks about a policy, for people with the line and a caret, as events for
 * programs. */
#ifndef OUTPUT_DIAGNOSTICS_H
#define OUTPUT_DIAGNOSTICS_H

#include "output/output.h"
#include "policy/policy.h"

void diagnostics_text(struct out *out, const struct diagnostics *diagnostics);
void diagnostics_json(struct out *out, const struct diagnostics *diagnostics);

#endif
