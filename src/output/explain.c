/* Explanations: what their text and their JSON have in common. */
#include "output/explain.h"

#include <stdlib.h>

enum { SERVICES_LIMIT = 4096 };

bool explanation_holds(const struct explanation *explanation, const struct catalog_door *door)
{
	const struct transport *const transport = catalog_transport(door->transport);

	return transport != NULL && transport->has_ports &&
	       (explanation->transport == NULL || explanation->transport == transport) &&
	       door->first <= explanation->last && door->last >= explanation->first;
}

static void add(const struct service **list, size_t *count, const struct service *service)
{
	for (size_t i = 0; i < *count; i++) {
		if (list[i] == service)
			return;
	}
	if (*count < SERVICES_LIMIT)
		list[(*count)++] = service;
}

/* First those that are customary on any transport, then the second ones, and so on. */
static void add_at_port(const struct explanation *explanation, const struct service **list, size_t *count)
{
	bool found = true;

	for (size_t rank = 0; found; rank++) {
		found = false;
		for (unsigned number = 0; number < TRANSPORT_ANY; number++) {
			const struct service *const service =
				explanation->transport == NULL || explanation->transport->number == number
					? catalog_service_at(number, explanation->first, rank)
					: NULL;

			if (service != NULL)
				add(list, count, service);
			found |= service != NULL;
		}
	}
}

static uint16_t lowest_port(const struct service *service)
{
	uint16_t lowest = UINT16_MAX;

	for (size_t i = 0; i < service->door_count; i++)
		lowest = service->doors[i].first < lowest ? service->doors[i].first : lowest;
	return lowest;
}

static int compare_ports(const void *left, const void *right)
{
	const struct service *const a = *(const struct service *const *)left;
	const struct service *const b = *(const struct service *const *)right;
	const int difference = lowest_port(a) - lowest_port(b);

	return difference != 0 ? difference : strcmp(a->name, b->name);
}

static void add_in_range(const struct explanation *explanation, const struct service **list, size_t *count)
{
	const struct service *service;

	for (size_t n = 0; (service = catalog_service_nth(n)) != NULL; n++) {
		for (size_t i = 0; i < service->door_count; i++) {
			if (explanation_holds(explanation, &service->doors[i]))
				add(list, count, service);
		}
	}
	qsort(list, *count, sizeof(struct service *), compare_ports);
}

const struct service **explanation_services(struct arena *arena, const struct explanation *explanation,
					    size_t *ret_count)
{
	const struct service **const list = arena_array(arena, SERVICES_LIMIT, sizeof(struct service *));

	*ret_count = 0;
	if (list == NULL)
		return NULL;
	if (explanation->first == explanation->last)
		add_at_port(explanation, list, ret_count);
	else
		add_in_range(explanation, list, ret_count);
	return list;
}

const struct special_address *explanation_block(const struct explanation *explanation, size_t nth)
{
	const struct special_address *block;

	if (address_compare(&explanation->range.first, &explanation->range.last) == 0)
		return catalog_address(&explanation->range.first, nth);
	for (size_t n = 0; (block = catalog_address_nth(n)) != NULL; n++) {
		if (address_is_v4(&block->range.first) == address_is_v4(&explanation->range.first) &&
		    address_compare(&block->range.first, &explanation->range.last) <= 0 &&
		    address_compare(&block->range.last, &explanation->range.first) >= 0 && nth-- == 0)
			return block;
	}
	return NULL;
}

static bool holds_range(const struct address_range *outer, const struct address_range *inner)
{
	return address_compare(&outer->first, &inner->first) <= 0 &&
	       address_compare(&outer->last, &inner->last) >= 0;
}

bool explanation_is_uniform(const struct explanation *explanation)
{
	const struct address_range *const range = &explanation->range;
	const enum cast cast = catalog_cast(&range->first);
	const enum scope scope = catalog_scope(&range->first);
	const struct special_address *block;

	if (catalog_cast(&range->last) != cast || catalog_scope(&range->last) != scope)
		return false;
	for (size_t n = 0; (block = explanation_block(explanation, n)) != NULL; n++) {
		if (!holds_range(&block->range, range) && (block->cast != cast || block->scope != scope))
			return false;
	}
	return true;
}

bool explanation_temporary(const struct explanation *explanation)
{
	return explanation->ephemeral_last > 0 && explanation->first <= explanation->ephemeral_last &&
	       explanation->last >= explanation->ephemeral_first;
}

static const char *service_remark(struct arena *arena, const struct service *service)
{
	if (service->privacy == PRIVACY_CLEAR && service->instead != NULL)
		return arena_format(arena, "%s is a clear-text protocol; use %s instead.", service->name,
				    service->instead);
	if (service->privacy == PRIVACY_CLEAR)
		return arena_format(arena, "%s is a clear-text protocol: who sees the packets can read them.",
				    service->name);
	if (service->privacy == PRIVACY_EITHER && service->instead != NULL)
		return arena_format(arena, "%s may stay in clear text; %s never does.", service->name,
				    service->instead);
	return NULL;
}

static const char *ports_remark(struct arena *arena, const struct explanation *explanation)
{
	size_t count;
	const struct service **const list = explanation_services(arena, explanation, &count);
	bool here = explanation->service == NULL;

	for (size_t i = 0; explanation->service != NULL && i < explanation->service->door_count; i++)
		here |= explanation_holds(explanation, &explanation->service->doors[i]);
	if (!here)
		return arena_format(
			arena,
			"%s is not customary at this port. A port says nothing about what is spoken "
			"there; 'doorward check' asks.",
			explanation->service->name);
	if (explanation->first == 0 && explanation->last == 0)
		return "Port 0 is reserved: no service can be offered there.";
	if (explanation->first != explanation->last)
		return NULL;
	if (count > 0)
		return service_remark(arena, explanation->service != NULL ? explanation->service : list[0]);
	return NULL;
}

/* RFC 4291 section 2.6.1 and RFC 919: what the ends of a subnet mean. */
static const char *addresses_remark(struct arena *arena, const struct explanation *explanation)
{
	const struct address_range *const range = &explanation->range;
	const bool v4 = address_is_v4(&range->first);
	const int bits = address_range_bits(range);
	char text[ADDRESS_TEXT];

	if (bits < 0 || catalog_cast(&range->first) != CAST_UNICAST)
		return NULL;
	if (v4 && bits <= 30)
		return arena_format(arena, "If it is one subnet, %s is its broadcast address.",
				    address_text(&range->last, text));
	if (!v4 && bits < 127)
		return arena_format(arena, "If it is one subnet, %s is the anycast address of its routers.",
				    address_text(&range->first, text));
	return NULL;
}

const char *explanation_remark(struct arena *arena, const struct explanation *explanation)
{
	switch (explanation->kind) {
	case EXPLAINED_PORTS: return ports_remark(arena, explanation);
	case EXPLAINED_SERVICE: return service_remark(arena, explanation->service);
	case EXPLAINED_ADDRESSES: return addresses_remark(arena, explanation);
	default: return NULL;
	}
}
