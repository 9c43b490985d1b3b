#include "output/normal_form.h"

void normal_form_text(struct out *out, const struct policy *policy, struct span text)
{
	(void)policy;
	fwrite(text.at, 1, span_left(text), out->screen.file);
}

void normal_form_json(struct out *out, const struct policy *policy, struct span text)
{
	struct json json = event_begin(out, "policy");

	(void)text;
	policy_json(policy, "policy", true, &json);
	event_end(out, &json);
}
