/* Sets and maps, with their elements. */
#include "host/netlink.h"
#include "netfilter/reading.h"

#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

static void read_fields(struct span description, struct set *set)
{
	struct span fields = attribute_of(description, NFTA_SET_DESC_CONCAT), field;
	uint16_t type;

	while (set->field_count < FIELDS_MOST && netlink_attribute(&fields, &type, &field))
		set->fields[set->field_count++] = (uint8_t)attribute_number(field, NFTA_SET_FIELD_LEN, 0);
	if (set->field_count == 0)
		set->fields[set->field_count++] = (uint8_t)set->key_length;
}

void set_take(void *context, const struct netlink_message *message)
{
	struct reading *const r = context;
	struct netfilter *const n = r->netfilter;
	struct span body = message->body;
	struct set **const sets = arena_grow(n->arena, n->sets, n->set_count, &n->set_capacity,
					     sizeof(struct set *));
	struct set *const set = arena_alloc(n->arena, sizeof(*set));

	if (sets == NULL || set == NULL) {
		r->no_memory = true;
		return;
	}
	n->sets = sets;
	set->family = span_u8(&body);
	span_skip(&body, 3);
	span_copy_text(attribute_of(body, NFTA_SET_TABLE), set->table, sizeof(set->table));
	span_copy_text(attribute_of(body, NFTA_SET_NAME), set->name, sizeof(set->name));
	set->flags = attribute_number(body, NFTA_SET_FLAGS, 0);
	set->key_length = attribute_number(body, NFTA_SET_KEY_LEN, 0);
	read_fields(attribute_of(body, NFTA_SET_DESC), set);
	if (!body.failed && set->key_length > 0 && set->key_length <= KEY_MOST)
		sets[n->set_count++] = set;
}

static void copy_key(struct span key, uint8_t to[static KEY_MOST])
{
	key = attribute_of(key, NFTA_DATA_VALUE);
	if (span_left(key) <= KEY_MOST)
		memcpy(to, key.at, span_left(key));
}

/* Expressions of an element are evaluated when it is found: those that count do nothing. */
static void judge_expression(struct span expression, struct element *element)
{
	const struct span name = attribute_of(expression, NFTA_EXPR_NAME);

	if (span_begins(name, "limit") || span_begins(name, "connlimit"))
		element->limited = true;
	else if (!name.failed && !span_begins(name, "counter") && !span_begins(name, "last"))
		element->unsure = true;
}

static void read_element(struct reading *r, struct span body, struct element *element)
{
	const uint32_t flags = attribute_number(body, NFTA_SET_ELEM_FLAGS, 0);
	struct span list = attribute_of(body, NFTA_SET_ELEM_EXPRESSIONS), one;
	const struct span end = attribute_of(body, NFTA_SET_ELEM_KEY_END);
	uint16_t type;

	copy_key(attribute_of(body, NFTA_SET_ELEM_KEY), element->key);
	element->has_end = !end.failed;
	memcpy(element->end, element->key, sizeof(element->end));
	if (element->has_end)
		copy_key(end, element->end);
	element->interval_end = (flags & NFT_SET_ELEM_INTERVAL_END) != 0;
	element->catch_all = (flags & NFT_SET_ELEM_CATCHALL) != 0;
	if (attribute_is_there(body, NFTA_SET_ELEM_DATA))
		element->data = reading_keep(r, attribute_of(body, NFTA_SET_ELEM_DATA));
	judge_expression(attribute_of(body, NFTA_SET_ELEM_EXPR), element);
	while (netlink_attribute(&list, &type, &one))
		judge_expression(one, element);
	element->unsure |= attribute_is_there(body, NFTA_SET_ELEM_OBJREF);
}

void set_take_elements(void *context, const struct netlink_message *message)
{
	struct reading *const r = context;
	struct set *const set = r->set;
	struct span body = message->body, list, one;
	struct element *elements;
	uint16_t type;

	span_skip(&body, 4);
	list = attribute_of(body, NFTA_SET_ELEM_LIST_ELEMENTS);
	while (netlink_attribute(&list, &type, &one)) {
		elements = arena_grow(r->netfilter->arena, set->elements, set->count, &set->capacity,
				      sizeof(*elements));
		if (elements == NULL) {
			r->no_memory = true;
			return;
		}
		set->elements = elements;
		elements[set->count] = (struct element){ 0 };
		read_element(r, one, &elements[set->count++]);
	}
}

static int by_key(const void *a, const void *b)
{
	const struct element *const x = a, *const y = b;
	const int order = memcmp(x->key, y->key, sizeof(x->key));

	/* An interval that begins where another ends. */
	return order != 0 ? order : (int)y->interval_end - (int)x->interval_end;
}

static void count_down(uint8_t key[static KEY_MOST], uint32_t length)
{
	while (length > 0 && key[--length]-- == 0)
		;
}

/* Without KEY_END an interval reaches to the element behind it, which is an end or another beginning; the
 * last one reaches as far as keys do. */
void set_close_intervals(struct set *set)
{
	size_t count = 0;
	bool whole = true;

	if ((set->flags & NFT_SET_INTERVAL) == 0 || set->count == 0 || set->field_count > 1)
		return;
	for (size_t i = 0; i < set->count; i++)
		whole &= set->elements[i].has_end || set->elements[i].catch_all;
	if (whole)
		return;
	qsort(set->elements, set->count, sizeof(*set->elements), by_key);
	for (size_t i = 0; i < set->count; i++) {
		struct element element = set->elements[i];

		if (element.interval_end)
			continue;
		memset(element.end, 0xff, set->key_length);
		for (size_t k = i + 1; k < set->count && !element.catch_all; k++) {
			if (set->elements[k].catch_all ||
			    memcmp(set->elements[k].key, element.key, KEY_MOST) == 0)
				continue;
			memcpy(element.end, set->elements[k].key, KEY_MOST);
			count_down(element.end, set->key_length);
			break;
		}
		set->elements[count++] = element;
	}
	set->count = count;
}
