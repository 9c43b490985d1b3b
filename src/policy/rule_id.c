/* rule_id.c: an id for every rule. It is made of what the rule does, not of where it stands or how it is
 * explained, so that counters and accepted findings keep their rule when a policy is moved about or reviewed.
 */
#include "base/hash.h"
#include "policy/format.h"
#include "policy/options.h"

#include <stdio.h>

/* How many rules have the same content so far. */
struct repeated {
	size_t times;
};

static struct repeated *count(struct parser *p, struct names *made, const char *id)
{
	struct repeated *known = names_find(made, span_text(id));
	const char *name;

	if (known == NULL) {
		known = arena_alloc(p->arena, sizeof(*known));
		name = arena_text(p->arena, id);
		if (known == NULL || name == NULL || !names_add(made, p->arena, name, known))
			return NULL;
	}
	known->times++;
	return known;
}

static void write_id(uint32_t hash, char id[static 11])
{
	memcpy(id, "r-", 2);
	number_hex_digits(hash, 8, id + 10);
	id[10] = '\0';
}

/* r- and eight digits; a second rule that does the same has -2 behind it. */
static bool make_id(struct parser *p, struct names *made, struct rule *rule, struct span content)
{
	const unsigned hash = (unsigned)(hash_bytes(content.at, span_left(content)) >> 32);
	struct repeated *repeated;
	char id[40];

	write_id(hash, id);
	repeated = count(p, made, id);
	if (repeated == NULL)
		return false;
	while (repeated->times > 1 || names_find(&p->ids, span_text(id)) != NULL) {
		snprintf(id, sizeof(id), "r-%08x-%zu", hash, repeated->times);
		if (names_find(&p->ids, span_text(id)) == NULL)
			break;
		repeated->times++;
	}
	rule->id = arena_text(p->arena, id);
	return rule->id != NULL;
}

bool make_rule_ids(struct parser *p)
{
	struct buffer content = buffer_new(SIZE_MAX);
	struct names made = { 0 };
	bool done = names_reserve(&made, p->arena, p->policy->rule_count);

	for (size_t i = 0; done && i < p->policy->rule_count; i++) {
		struct rule *const rule = &p->policy->rules[i];

		if (rule->id_given)
			continue;
		buffer_clear(&content);
		rule_format(rule, &content);
		done = !content.failed && make_id(p, &made, rule, buffer_read(&content));
	}
	buffer_free(&content);
	return done || parser_memory(p);
}
