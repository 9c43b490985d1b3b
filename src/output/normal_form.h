/* normal_form.h: a policy as the formatter writes it, or its model as one `policy` event. */
#ifndef OUTPUT_NORMAL_FORM_H
#define OUTPUT_NORMAL_FORM_H

#include "output/output.h"
#include "policy/policy.h"

void normal_form_text(struct out *out, const struct policy *policy, struct span text);
void normal_form_json(struct out *out, const struct policy *policy, struct span text);

#endif
