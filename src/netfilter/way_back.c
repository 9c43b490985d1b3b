/* Which interface leads back to the sender, if it is the one by which the packet came: what `fib saddr . iif
 * oif` asks, and firewalld with it. */
#include "host/netlink.h"
#include "netfilter/evaluate.h"

#include <linux/netfilter/nf_tables.h>

bool asks_way_back(const struct evaluation *e, struct span data)
{
	const uint32_t flags = attribute_number(data, NFTA_FIB_FLAGS, 0);

	return e->netfilter->routes.known &&
	       attribute_number(data, NFTA_FIB_RESULT, 0) == NFT_FIB_RESULT_OIF &&
	       (flags & ~(uint32_t)(NFTA_FIB_F_MARK | NFTA_FIB_F_PRESENT)) ==
		       (NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF);
}

static void tell_way_back(const struct evaluation *e, struct branch *b, struct span data,
			  const struct route *route)
{
	const bool present = (attribute_number(data, NFTA_FIB_FLAGS, 0) & NFTA_FIB_F_PRESENT) != 0;
	const bool leads_back = route != NULL && route->interface == e->interface->index;
	const uint32_t index = leads_back ? e->interface->index : 0;
	uint8_t bytes[sizeof(index)] = { leads_back }; /* the kernel stores it as one byte */
	struct byte *const to = registers_at(b, attribute_number(data, NFTA_FIB_DREG, 0), sizeof(index));

	if (!present)
		memcpy(bytes, &index, sizeof(bytes));
	for (size_t i = 0; to != NULL && i < sizeof(bytes); i++)
		to[i] = route != NULL && route->unsure ? unknown_byte() : known_byte(bytes[i]);
}

static bool is_asked(const struct evaluation *e, const struct route *route)
{
	static const struct address_range link_local = { { { 0xfe, 0x80 } },
							 { { 0xfe, 0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
							     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
							     0xff } } };

	return route->v4 == e->v4 &&
	       (!address_in(&route->to.first, &link_local) || route->interface == e->interface->index);
}

/* Each route takes those senders that no one before it has taken. */
void load_way_back(struct evaluation *e, const struct branch *b, struct span data, struct branches *out)
{
	const struct routes *const routes = &e->netfilter->routes;
	const size_t begin = e->v4 ? ADDRESS_BYTES - 4 : 0;
	struct byte source[ADDRESS_BYTES];
	struct branch rest = *b;

	for (size_t i = 0; i < ADDRESS_BYTES; i++)
		source[i] = (struct byte){ .source = SOURCE_ADDRESS, .index = (uint8_t)i, .mask = 0xff };
	for (size_t i = 0; i < routes->count; i++) {
		const struct route *const route = &routes->list[i];
		const size_t taken = out->count;
		struct branches others = { 0 };
		struct condition within;

		if (!is_asked(e, route))
			continue;
		within = bytes_between(e, source, route->to.first.bytes + begin, route->to.last.bytes + begin,
				       ADDRESS_BYTES - begin);
		branch_where(e, &rest, within, false, out);
		for (size_t k = taken; k < out->count; k++)
			tell_way_back(e, &out->list[k], data, route);
		branch_where(e, &rest, within, true, &others);
		if (others.count == 0)
			return;
		rest = others.list[0];
	}
	tell_way_back(e, &rest, data, NULL);
	(void)branch_add(e, out, &rest);
}
