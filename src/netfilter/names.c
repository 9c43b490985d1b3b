/* Attributes by their type, chains and sets by their name. */
#include "host/netlink.h"
#include "netfilter/reading.h"

#include <stdlib.h>

struct span attribute_of(struct span data, uint16_t type)
{
	struct span value;
	uint16_t found;

	while (netlink_attribute(&data, &found, &value)) {
		if (found == type)
			return value;
	}
	value = span_of(NULL, 0);
	value.failed = true;
	return value;
}

bool attribute_is_there(struct span data, uint16_t type)
{
	return !attribute_of(data, type).failed;
}

uint32_t attribute_number(struct span data, uint16_t type, uint32_t without)
{
	struct span value = attribute_of(data, type);

	return span_left(value) < sizeof(uint32_t) ? without : span_u32(&value);
}

static int compare_names(uint8_t family, const char *table, const char *name, uint8_t other_family,
			 const char *other_table, const char *other_name)
{
	int order = (family > other_family) - (family < other_family);

	if (order == 0)
		order = strcmp(table, other_table);
	return order != 0 ? order : strcmp(name, other_name);
}

static int by_chain_name(const void *a, const void *b)
{
	const struct chain *const x = *(struct chain *const *)a, *const y = *(struct chain *const *)b;

	return compare_names(x->family, x->table, x->name, y->family, y->table, y->name);
}

static int by_set_name(const void *a, const void *b)
{
	const struct set *const x = *(struct set *const *)a, *const y = *(struct set *const *)b;

	return compare_names(x->family, x->table, x->name, y->family, y->table, y->name);
}

struct chain *chain_named(const struct netfilter *n, const struct chain *of, struct span name)
{
	struct chain asked = { .family = of->family };
	struct chain *const key = &asked, **found;

	memcpy(asked.table, of->table, sizeof(asked.table));
	span_copy_text(name, asked.name, sizeof(asked.name));
	found = n->chain_count == 0
			? NULL
			: bsearch(&key, n->chains, n->chain_count, sizeof(struct chain *), by_chain_name);
	return found != NULL ? *found : NULL;
}

struct set *set_named(const struct netfilter *n, const struct chain *of, struct span name)
{
	struct set asked = { .family = of->family };
	struct set *const key = &asked, **found;

	memcpy(asked.table, of->table, sizeof(asked.table));
	span_copy_text(name, asked.name, sizeof(asked.name));
	found = n->set_count == 0 ? NULL
				  : bsearch(&key, n->sets, n->set_count, sizeof(struct set *), by_set_name);
	return found != NULL ? *found : NULL;
}

void names_sort(struct netfilter *n)
{
	if (n->chain_count > 1)
		qsort(n->chains, n->chain_count, sizeof(struct chain *), by_chain_name);
	if (n->set_count > 1)
		qsort(n->sets, n->set_count, sizeof(struct set *), by_set_name);
}
