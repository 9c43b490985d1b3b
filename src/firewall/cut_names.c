/* What is not a line of numbers: transports, interfaces, and days on which rules end. */
#include "base/clock.h"
#include "firewall/divide.h"

#include <stdlib.h>

/* The rules of a list for which `holds` is true, or that do not ask, up to the first that is settled. */
typedef bool holding(const struct rule *rule, const void *what);

static bool pick(struct division *d, struct spot below, struct rule_list list, enum dimension by,
		 holding *holds, const void *what, struct target *ret_target)
{
	uint32_t *const rules = division_works(d, list.count) ? division_array(d, list.count, sizeof(*rules))
							      : NULL;
	size_t count = 0;

	if (rules == NULL)
		return false;
	for (size_t i = 0; i < list.count; i++) {
		const uint32_t rule = list.rules[i];

		if (rule_asks(d->firewall, rule, by, TRANSPORT_ANY) &&
		    (holds == NULL || !holds(&d->firewall->policy->rules[rule], what)))
			continue;
		rules[count++] = rule;
		if (rule_is_settled(d, rule, below))
			break;
	}
	return divide(d, below, (struct rule_list){ rules, count }, ret_target);
}

/* ---- transports ---- */

static bool has_transport(const struct rule *rule, const void *what)
{
	const uint32_t transport = *(const uint32_t *)what;

	for (size_t i = 0; i < rule->door_count; i++) {
		for (size_t k = 0; k < rule->doors[i].match_count; k++) {
			if (rule->doors[i].matches[k].transport == transport)
				return true;
		}
	}
	return false;
}

static void mark_transports(const struct rule *rule, bool marked[static TRANSPORT_ANY + 1])
{
	for (size_t i = 0; i < rule->door_count; i++) {
		for (size_t k = 0; k < rule->doors[i].match_count; k++)
			marked[rule->doors[i].matches[k].transport] = true;
	}
}

bool cut_transports(struct division *d, struct spot spot, struct rule_list list, struct node *node)
{
	bool marked[TRANSPORT_ANY + 1] = { false };
	size_t capacity = 0;

	for (size_t i = 0; i < list.count; i++)
		mark_transports(&d->firewall->policy->rules[list.rules[i]], marked);
	if (!pick(d, (struct spot){ spot.depth + 1, TRANSPORT_ANY }, list, BY_TRANSPORT, NULL, NULL,
		  &node->otherwise))
		return false;
	for (uint32_t transport = 0; transport < TRANSPORT_ANY; transport++) {
		const struct number number = { 0, transport };
		struct entry entry = { .first = number, .last = number };

		if (!marked[transport])
			continue;
		if (!pick(d, (struct spot){ spot.depth + 1, transport }, list, BY_TRANSPORT, has_transport,
			  &transport, &entry.target))
			return false;
		if (!same_target(entry.target, node->otherwise) && !node_add(d, node, &capacity, entry))
			return false;
	}
	return true;
}

/* ---- interfaces ---- */

static bool is_pattern(const char *name)
{
	return name[strcspn(name, "*")] != '\0';
}

/* Whether the rule names this interface, or a pattern that it fits. */
static bool has_interface(const struct rule *rule, const void *what)
{
	for (size_t i = 0; i < rule->interface_count; i++) {
		if (interface_matches(rule->interfaces[i], what))
			return true;
	}
	return false;
}

/* Whether the rule names a pattern that holds all that this one holds. */
static bool has_pattern(const struct rule *rule, const void *what)
{
	for (size_t i = 0; i < rule->interface_count; i++) {
		const size_t length = strcspn(rule->interfaces[i], "*");

		if (is_pattern(rule->interfaces[i]) && strncmp(rule->interfaces[i], what, length) == 0)
			return true;
	}
	return false;
}

/* Names before patterns, and of these the longer before the shorter, so that the first that fits is the
 * narrowest. */
static int by_narrowness(const void *a, const void *b)
{
	const char *const x = *(const char *const *)a, *const y = *(const char *const *)b;
	const size_t x_length = strlen(x), y_length = strlen(y);

	if (is_pattern(x) != is_pattern(y))
		return is_pattern(x) ? 1 : -1;
	if (is_pattern(x) && x_length != y_length)
		return x_length > y_length ? -1 : 1;
	return strcmp(x, y);
}

/* All names and patterns of the list, once each. */
static const char **interfaces_of(struct division *d, struct rule_list list, size_t *ret_count)
{
	const struct rule *const rules = d->firewall->policy->rules;
	size_t count = 0, kept = 0;
	const char **names;

	for (size_t i = 0; i < list.count; i++)
		count += rules[list.rules[i]].interface_count;
	names = division_array(d, count, sizeof(*names));
	if (names == NULL)
		return NULL;
	count = 0;
	for (size_t i = 0; i < list.count; i++) {
		for (size_t k = 0; k < rules[list.rules[i]].interface_count; k++)
			names[count++] = rules[list.rules[i]].interfaces[k];
	}
	qsort(names, count, sizeof(*names), by_narrowness);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(names[kept], names[i]) != 0)
			names[++kept] = names[i];
	}
	*ret_count = count > 0 ? kept + 1 : 0;
	return names;
}

bool cut_interfaces(struct division *d, struct spot spot, struct rule_list list, struct node *node)
{
	const struct spot below = { spot.depth + 1, spot.transport };
	size_t count, capacity = 0;
	const char **const names = interfaces_of(d, list, &count);

	if (names == NULL || !pick(d, below, list, BY_INTERFACE, NULL, NULL, &node->otherwise))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct entry entry = { .interface = names[i] };

		if (!pick(d, below, list, BY_INTERFACE, is_pattern(names[i]) ? has_pattern : has_interface,
			  names[i], &entry.target) ||
		    !node_add(d, node, &capacity, entry))
			return false;
	}
	return true;
}

/* ---- days ---- */

/* The list has nothing left to ask but whether its rules are over: each before the last but one that never
 * ends is tried in order. */
bool cut_times(struct division *d, struct rule_list list, struct node *node)
{
	size_t capacity = 0;

	for (size_t i = 0; i < list.count; i++) {
		const struct rule *const rule = &d->firewall->policy->rules[list.rules[i]];
		const struct target target = { TO_RULE, list.rules[i] };
		struct entry entry = { .target = target };

		if (rule->until == DATE_NONE) {
			node->otherwise = target;
			return true;
		}
		entry.last.low = (uint64_t)date_end_s(rule->until);
		if (!node_add(d, node, &capacity, entry))
			return false;
	}
	node->otherwise = (struct target){ TO_NEXT, 0 };
	return true;
}
