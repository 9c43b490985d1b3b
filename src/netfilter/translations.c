/* Where packets are sent to instead: another host, or this one's own address. */
#include "host/netlink.h"
#include "netfilter/evaluate.h"

#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>

void branch_translate(struct evaluation *e, struct branch *b, const struct address *to, bool has_port,
		      uint16_t port)
{
	b->verdict = ACCEPTED;
	b->state.translated = true;
	b->state.to = to != NULL ? *to : e->destination;
	if (has_port) {
		b->state.translated_port = true;
		b->state.port = port;
	}
}

/* To the interface's own first address; another scope of it may be taken where there are several. */
void branch_redirect(struct evaluation *e, struct branch *b, bool has_port, uint16_t port)
{
	const struct address *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < e->interface->address_count; i++) {
		const struct address *const own = &e->interface->addresses[i];

		if (address_is_v4(own) != e->v4)
			continue;
		found = found == NULL || address_compare(own, &e->destination) == 0 ? own : found;
		count++;
	}
	if (found == NULL || (count > 1 && address_compare(found, &e->destination) != 0))
		b->verdict = found == NULL ? DROPPED : ANYWHERE;
	else
		branch_translate(e, b, found, has_port, port);
}

/* The number of a register that is said; its bytes must be known. */
static bool read_register(struct branch *b, struct span data, uint16_t type, size_t length,
			  uint8_t *ret_values, bool *ret_there)
{
	const struct byte *bytes;

	*ret_there = attribute_is_there(data, type);
	if (!*ret_there)
		return true;
	bytes = registers_at(b, attribute_number(data, type, 0), length);
	return bytes != NULL && bytes_known(bytes, length, ret_values);
}

static bool same_register(struct span data, uint16_t first, uint16_t last)
{
	return !attribute_is_there(data, last) ||
	       attribute_number(data, first, 0) == attribute_number(data, last, 0);
}

void translate(struct evaluation *e, struct branch *b, struct span data)
{
	const size_t size = e->v4 ? 4 : ADDRESS_BYTES;
	uint8_t address[ADDRESS_BYTES] = { 0 }, port[PORT_BYTES] = { 0 };
	bool has_address, has_port;
	struct address to;

	if (attribute_number(data, NFTA_NAT_TYPE, NFT_NAT_DNAT) != NFT_NAT_DNAT) {
		b->verdict = ACCEPTED;
		return;
	}
	b->verdict = ANYWHERE;
	if (!read_register(b, data, NFTA_NAT_REG_ADDR_MIN, size, address, &has_address) ||
	    !read_register(b, data, NFTA_NAT_REG_PROTO_MIN, PORT_BYTES, port, &has_port) ||
	    !same_register(data, NFTA_NAT_REG_ADDR_MIN, NFTA_NAT_REG_ADDR_MAX) ||
	    !same_register(data, NFTA_NAT_REG_PROTO_MIN, NFTA_NAT_REG_PROTO_MAX) ||
	    (attribute_number(data, NFTA_NAT_FLAGS, 0) & NF_NAT_RANGE_NETMAP) != 0)
		return;
	to = e->v4 ? address_v4(load_u32(address)) : address_v6(address);
	branch_translate(e, b, has_address ? &to : NULL, has_port, load_u16(port));
}

void redirect(struct evaluation *e, struct branch *b, struct span data)
{
	uint8_t port[PORT_BYTES] = { 0 };
	bool has_port;

	if (!read_register(b, data, NFTA_REDIR_REG_PROTO_MIN, PORT_BYTES, port, &has_port) ||
	    !same_register(data, NFTA_REDIR_REG_PROTO_MIN, NFTA_REDIR_REG_PROTO_MAX))
		b->verdict = ANYWHERE;
	else
		branch_redirect(e, b, has_port, load_u16(port));
}
