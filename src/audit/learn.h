/* learn.h: the two halves of `learn`: which doors make a rule (learn.c), and how it is written
 * (learn_rule.c). */
#ifndef AUDIT_LEARN_H
#define AUDIT_LEARN_H

#include "audit/audit.h"
#include "base/buffer.h"

/* A door on its way into a rule. */
struct learned {
	const struct audit_door *door;
	const struct audit_door *first; /* of the doors that share its rule */
	bool bound;                     /* to addresses that the rule names */
};

/* Writes one rule for doors that share it. */
void learn_rule(struct buffer *out, const struct learned *doors, size_t count);

/* Writes text from outside so that it cannot leave its line: what is not printable ASCII becomes \xNN. */
void learn_plain(struct buffer *out, const char *text);

#endif
