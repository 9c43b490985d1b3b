#include "policy/policy.h"

const char *const rule_field_names[RULE_FIELDS] = {
	[FIELD_OWNER] = "owner",       [FIELD_BECAUSE] = "because",
	[FIELD_APPROVED] = "approved", [FIELD_REVIEW] = "review",
	[FIELD_SERVICE] = "service",   [FIELD_MITIGATION] = "mitigation",
	[FIELD_BOUNDARY] = "boundary", [FIELD_DATA] = "data",
	[FIELD_UNTIL] = "until",       [FIELD_BY] = "by",
};

const char *verdict_text(enum policy_verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_ALLOW] = "allow",
		[VERDICT_DENY] = "deny",
		[VERDICT_REJECT] = "reject",
	};

	return names[verdict];
}

const char *direction_text(enum direction direction)
{
	static const char *const names[DIRECTIONS] = {
		[DIRECTION_IN] = "in",
		[DIRECTION_OUT] = "out",
		[DIRECTION_THROUGH] = "through",
	};

	return names[direction];
}

const char *mode_text(enum policy_mode mode)
{
	static const char *const names[] = {
		[MODE_ENFORCE] = "enforce",
		[MODE_TEST] = "test",
		[MODE_OBSERVE] = "observe",
	};

	return names[mode];
}
