#include "scan/ports.h"

#include "catalog/catalog.h"

#include <stdlib.h>

static bool add(struct ports *ports, uint64_t first, uint64_t last, struct error *err)
{
	if (ports->list == NULL) {
		ports->list = calloc(PORT_RANGES_MOST, sizeof(*ports->list));
		if (ports->list == NULL)
			return error_memory(err);
	}
	if (ports->range_count == PORT_RANGES_MOST)
		return error_set(err, "more than %d ranges of ports", PORT_RANGES_MOST);
	ports->list[ports->range_count++] = (struct ports_range){ (uint16_t)first, (uint16_t)last, 0 };
	return true;
}

static bool add_service(struct ports *ports, const struct service *service, unsigned transport,
			struct error *err)
{
	bool good = true;

	for (size_t i = 0; i < service->door_count && good; i++) {
		const struct catalog_door *const door = &service->doors[i];

		if (door->transport == transport && door->last > 0)
			good = add(ports, door->first > 0 ? door->first : 1, door->last, err);
	}
	return good;
}

static bool add_named(struct ports *ports, struct span word, unsigned transport, struct error *err)
{
	const struct service *const service = catalog_service(word);
	const size_t before = ports->range_count;

	if (service == NULL)
		return error_set(err, "'%.*s' is no port, range of ports or service", (int)span_left(word),
				 (const char *)word.at);
	if (!add_service(ports, service, transport, err))
		return false;
	return ports->range_count > before ||
	       error_set(err, "%s has no port over %s", service->name, catalog_transport(transport)->name);
}

/* One end of a range, or what stands for it. */
static bool read_end(struct span text, uint64_t otherwise, uint64_t *ret_port)
{
	*ret_port = otherwise;
	return span_left(text) == 0 || (span_number(text, PORTS_ALL, ret_port) && *ret_port > 0);
}

static bool add_word(struct ports *ports, struct span word, unsigned transport, struct error *err)
{
	struct span last = word;
	const struct span first = span_until(&last, '-');
	uint64_t from, to;

	if (last.failed) /* no dash: one port */
		return span_number(word, PORTS_ALL, &from) && from > 0
			       ? add(ports, from, from, err)
			       : add_named(ports, word, transport, err);
	if (!read_end(first, 1, &from) || !read_end(last, PORTS_ALL, &to))
		return add_named(ports, word, transport, err); /* names have dashes, too */
	if (from > to)
		return error_set(err, "%llu-%llu: a range begins with its lower port",
				 (unsigned long long)from, (unsigned long long)to);
	return add(ports, from, to, err);
}

static int compare(const void *a, const void *b)
{
	const struct ports_range *const left = a, *const right = b;

	return (left->first > right->first) - (left->first < right->first);
}

/* Sorts, joins what meets, and counts. */
static void put_in_order(struct ports *ports)
{
	size_t kept = 0;

	if (ports->range_count == 0)
		return;
	qsort(ports->list, ports->range_count, sizeof(*ports->list), compare);
	for (size_t i = 1; i < ports->range_count; i++) {
		struct ports_range *const last = &ports->list[kept];

		if (ports->list[i].first > last->last + 1)
			ports->list[++kept] = ports->list[i];
		else if (ports->list[i].last > last->last)
			last->last = ports->list[i].last;
	}
	ports->range_count = kept + 1;
	for (size_t i = 0; i < ports->range_count; i++) {
		ports->list[i].before = ports->count;
		ports->count += ports->list[i].last - ports->list[i].first + 1u;
	}
}

bool ports_parse(struct ports *ports, struct span text, unsigned transport, struct error *err)
{
	*ports = (struct ports){ 0 };
	if (span_left(text) == 0)
		return error_set(err, "no port is named");
	while (span_left(text) > 0) {
		struct span rest = text, word = span_until(&rest, ',');

		if (rest.failed) {
			word = text;
			rest = span_of(text.end, 0);
		} else if (span_left(rest) == 0) {
			return error_set(err, "nothing stands behind the last comma");
		}
		if (span_left(word) == 0)
			return error_set(err, "nothing stands between two commas");
		if (!add_word(ports, word, transport, err))
			return false;
		text = rest;
	}
	put_in_order(ports);
	return true;
}

bool ports_known(struct ports *ports, unsigned transport, struct error *err)
{
	const struct service *service;

	*ports = (struct ports){ 0 };
	for (size_t i = 0; (service = catalog_service_nth(i)) != NULL; i++)
		if (!add_service(ports, service, transport, err))
			return false;
	put_in_order(ports);
	return true;
}

void ports_free(struct ports *ports)
{
	free(ports->list);
	*ports = (struct ports){ 0 };
}

/* The last range that `before` ports, or fewer, stand before. */
uint16_t ports_nth(const struct ports *ports, uint32_t nth)
{
	size_t low = 0, high = ports->range_count;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (ports->list[middle].before <= nth)
			low = middle;
		else
			high = middle;
	}
	return (uint16_t)(ports->list[low].first + (nth - ports->list[low].before));
}

bool ports_find(const struct ports *ports, uint16_t port, uint32_t *ret_nth)
{
	size_t low = 0, high = ports->range_count;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (ports->list[middle].first <= port)
			low = middle;
		else
			high = middle;
	}
	if (high == 0 || port < ports->list[low].first || port > ports->list[low].last)
		return false;
	*ret_nth = ports->list[low].before + port - ports->list[low].first;
	return true;
}
