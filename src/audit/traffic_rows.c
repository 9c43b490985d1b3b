/* Rows by key. They are taken until there are twice as many as the bound, and then only those with the least
 * hashes stay. A row among the least of all was so among the first of them as well, and never left: so what
 * is left at the end does not depend on the order in which rows came. */
#include "audit/traffic_rooms.h"
#include "base/hash.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

static uint64_t hash_of(const struct row_key *key)
{
	uint8_t bytes[16 + 8 + 4 + 2 + 3];

	memcpy(bytes, key->server.bytes, 16);
	memcpy(bytes + 16, &key->word, 8);
	memcpy(bytes + 24, &key->rule, 4);
	memcpy(bytes + 28, &key->port, 2);
	bytes[30] = key->transport;
	bytes[31] = key->judged;
	bytes[32] = key->direction;
	return hash_bytes(bytes, sizeof(bytes));
}

static bool is_key(const struct row_key *a, const struct row_key *b)
{
	return address_compare(&a->server, &b->server) == 0 && a->word == b->word && a->rule == b->rule &&
	       a->port == b->port && a->transport == b->transport && a->judged == b->judged &&
	       a->direction == b->direction;
}

static uint32_t *slot_of(const struct rows *rows, uint64_t hash, const struct row_key *key)
{
	const size_t mask = rows->index_size - 1;
	size_t at = hash & mask;

	while (rows->index[at] != 0) {
		const struct row *const row = &rows->list[rows->index[at] - 1];

		if (row->hash == hash && is_key(&row->key, key))
			break;
		at = (at + 1) & mask;
	}
	return &rows->index[at];
}

static void index_all(struct rows *rows)
{
	memset(rows->index, 0, rows->index_size * sizeof(*rows->index));
	for (size_t i = 0; i < rows->count; i++)
		*slot_of(rows, rows->list[i].hash, &rows->list[i].key) = (uint32_t)(i + 1);
}

static bool make_room(struct rows *rows)
{
	const size_t capacity = rows->capacity == 0 ? FIRST_CAPACITY : 2 * rows->capacity;
	struct row *list;
	uint32_t *index;

	if (rows->count < rows->capacity)
		return true;
	list = realloc(rows->list, capacity * sizeof(*list));
	if (list == NULL)
		return false;
	rows->list = list;
	index = realloc(rows->index, 2 * capacity * sizeof(*index));
	if (index == NULL)
		return false;
	rows->index = index;
	rows->index_size = 2 * capacity;
	rows->capacity = capacity;
	index_all(rows);
	return true;
}

static void row_free(struct row *row)
{
	parties_free(&row->parties);
	free(row->text);
}

static int compare_hashes(const void *first, const void *second)
{
	const struct row *const a = first, *const b = second;

	return a->hash < b->hash ? -1 : a->hash > b->hash;
}

void rows_settle(struct rows *rows)
{
	if (rows->count <= rows->bound)
		return;
	qsort(rows->list, rows->count, sizeof(*rows->list), compare_hashes);
	for (size_t i = rows->bound; i < rows->count; i++)
		row_free(&rows->list[i]);
	rows->count = rows->bound;
	rows->threshold = rows->list[rows->count - 1].hash;
	index_all(rows);
}

struct row *rows_touch(struct rows *rows, const struct row_key *key)
{
	const uint64_t hash = hash_of(key);
	uint32_t *slot;

	if (hash > rows->threshold)
		return NULL;
	slot = rows->index_size > 0 ? slot_of(rows, hash, key) : NULL;
	if (slot != NULL && *slot != 0)
		return &rows->list[*slot - 1];
	if (rows->count >= 2 * rows->bound)
		rows_settle(rows);
	if (hash > rows->threshold)
		return NULL;
	if (!make_room(rows)) {
		rows->no_memory = true;
		return NULL;
	}
	rows->list[rows->count] = (struct row){ .hash = hash, .key = *key };
	*slot_of(rows, hash, key) = (uint32_t)(rows->count + 1);
	return &rows->list[rows->count++];
}

void rows_free(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		row_free(&rows->list[i]);
	free(rows->list);
	free(rows->index);
	*rows = (struct rows){ 0 };
}

bool row_merge(struct row *into, const struct row *from)
{
	const bool fresh = into->flows == 0;

	if (fresh || from->first_ns < into->first_ns)
		into->first_ns = from->first_ns;
	if (fresh || from->last_ns > into->last_ns)
		into->last_ns = from->last_ns;
	if (from->text != NULL && (into->text == NULL || from->frame < into->frame)) {
		char *const text = strdup(from->text);

		if (text == NULL)
			return false;
		free(into->text);
		into->text = text;
		into->frame = from->frame;
	}
	into->protocol = from->protocol;
	into->weakness = from->weakness;
	into->cast = from->cast;
	if (into->turned_into == NULL ||
	    (from->turned_into != NULL && strcmp(from->turned_into, into->turned_into) < 0))
		into->turned_into = from->turned_into;
	into->flows += from->flows;
	into->packets += from->packets;
	into->bytes[0] += from->bytes[0];
	into->bytes[1] += from->bytes[1];
	into->unanswered += from->unanswered;
	into->refused += from->refused;
	into->turned += from->turned;
	into->expected += from->expected;
	into->tunnelled += from->tunnelled;
	into->parse_errors += from->parse_errors;
	into->one_sided += from->one_sided;
	return parties_merge(&into->parties, &from->parties);
}
