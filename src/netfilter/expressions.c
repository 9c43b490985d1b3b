/* One expression after the other, as the kernel runs them, but for all packets of a branch at once. */
#include "host/netlink.h"
#include "netfilter/evaluate.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

enum { BRANCHES_MOST = 4096, WORD = 4, VERDICT_REGISTER = NFT_REG_VERDICT };

struct branch *branch_add(struct evaluation *e, struct branches *out, const struct branch *from)
{
	struct branch *list;

	if (out->count >= BRANCHES_MOST)
		e->workshop.failed = true;
	if (e->workshop.failed || from->region.count == 0)
		return NULL;
	list = arena_grow(e->workshop.arena, out->list, out->count, &out->capacity, sizeof(*list));
	if (list == NULL) {
		e->workshop.failed = true;
		return NULL;
	}
	out->list = list;
	list[out->count] = *from;
	return &list[out->count++];
}

static void doubt_branch(struct branch *branch, enum doubt doubt)
{
	if (branch != NULL && branch->doubt < doubt)
		branch->doubt = doubt;
}

/* What lies beyond the box of a doubtful condition is sure not to meet it. */
void branch_where(struct evaluation *e, const struct branch *from, struct condition condition, bool inverted,
		  struct branches *out)
{
	struct branch part = *from;
	struct region within;

	if (condition.holds == HOLDS_NOT || condition.holds == HOLDS) {
		if ((condition.holds == HOLDS) != inverted)
			(void)branch_add(e, out, from);
		return;
	}
	within = region_within(&e->workshop, &from->region, &condition.box);
	if (condition.holds == HOLDS_PERHAPS) {
		part.region = within;
		doubt_branch(branch_add(e, out, &part), DOUBT_UNKNOWN);
	}
	if (condition.holds == HOLDS_IN && !inverted) {
		part.region = within;
		(void)branch_add(e, out, &part);
	}
	if (inverted) {
		part.region = region_without(&e->workshop, &from->region, &within);
		(void)branch_add(e, out, &part);
	}
}

static void doubt_all(struct evaluation *e, const struct branch *from, struct branches *out)
{
	branch_where(e, from, (struct condition){ HOLDS_PERHAPS, everything }, false, out);
}

/* ---- comparing ---- */

/* The value before or behind; false if there is none. */
static bool step(uint8_t *value, size_t length, bool down)
{
	size_t i = length;

	while (i > 0 && value[i - 1] == (down ? 0 : 0xff))
		i--;
	if (i == 0)
		return false;
	value[i - 1] = (uint8_t)(value[i - 1] + (down ? -1 : 1));
	memset(value + i, down ? 0xff : 0, length - i);
	return true;
}

static struct condition ordered(const struct evaluation *e, const struct byte *bytes, uint32_t operator,
				const uint8_t * value, size_t length)
{
	uint8_t first[KEY_MOST] = { 0 }, last[KEY_MOST];

	memset(last, 0xff, sizeof(last));
	if (operator== NFT_CMP_LT || operator== NFT_CMP_LTE) {
		memcpy(last, value, length);
		if (operator== NFT_CMP_LT && !step(last, length, true))
			return (struct condition){ HOLDS_NOT, everything };
	} else {
		memcpy(first, value, length);
		if (operator== NFT_CMP_GT && !step(first, length, false))
			return (struct condition){ HOLDS_NOT, everything };
	}
	return bytes_between(e, bytes, first, last, length);
}

static void run_cmp(struct evaluation *e, struct branch *b, struct span data, struct branches *out)
{
	const struct span value = attribute_of(attribute_of(data, NFTA_CMP_DATA), NFTA_DATA_VALUE);
	const uint32_t operator= attribute_number(data, NFTA_CMP_OP, UINT32_MAX);
	const size_t length = span_left(value);
	const struct byte *const bytes = registers_at(b, attribute_number(data, NFTA_CMP_SREG, 0), length);

	if (value.failed || bytes == NULL || length > KEY_MOST || operator> NFT_CMP_GTE)
		doubt_all(e, b, out);
	else if (operator== NFT_CMP_EQ || operator== NFT_CMP_NEQ)
		branch_where(e, b, bytes_equal(e, bytes, value.at, length), operator== NFT_CMP_NEQ, out);
	else
		branch_where(e, b, ordered(e, bytes, operator, value.at, length), false, out);
}

static void run_range(struct evaluation *e, struct branch *b, struct span data, struct branches *out)
{
	const struct span first = attribute_of(attribute_of(data, NFTA_RANGE_FROM_DATA), NFTA_DATA_VALUE);
	const struct span last = attribute_of(attribute_of(data, NFTA_RANGE_TO_DATA), NFTA_DATA_VALUE);
	const size_t length = span_left(first);
	const struct byte *const bytes = registers_at(b, attribute_number(data, NFTA_RANGE_SREG, 0), length);
	const bool inverted = attribute_number(data, NFTA_RANGE_OP, NFT_RANGE_EQ) == NFT_RANGE_NEQ;

	if (first.failed || last.failed || bytes == NULL || length != span_left(last) || length > KEY_MOST)
		doubt_all(e, b, out);
	else
		branch_where(e, b, bytes_between(e, bytes, first.at, last.at, length), inverted, out);
}

/* ---- changing registers ---- */

static void run_bitwise(struct branch *b, struct span data)
{
	const uint32_t length = attribute_number(data, NFTA_BITWISE_LEN, 0);
	const struct span mask = attribute_of(attribute_of(data, NFTA_BITWISE_MASK), NFTA_DATA_VALUE);
	const struct span xor = attribute_of(attribute_of(data, NFTA_BITWISE_XOR), NFTA_DATA_VALUE);
	struct byte *const from = registers_at(b, attribute_number(data, NFTA_BITWISE_SREG, 0), length);
	struct byte *const to = registers_at(b, attribute_number(data, NFTA_BITWISE_DREG, 0), length);

	if (from == NULL || to == NULL || span_left(mask) < length || span_left(xor) < length ||
	    attribute_number(data, NFTA_BITWISE_OP, NFT_BITWISE_BOOL) != NFT_BITWISE_BOOL) {
		load_anything(b);
		return;
	}
	for (uint32_t i = 0; i < length; i++) {
		to[i] = from[i];
		to[i].mask &= mask.at[i];
		to[i].value = (uint8_t)((to[i].value & mask.at[i]) ^ xor.at[i]);
	}
}

/* The order of a number's bytes is turned; on a machine that has the network's nothing is. */
static void run_byteorder(struct branch *b, struct span data)
{
	const uint32_t length = attribute_number(data, NFTA_BYTEORDER_LEN, 0);
	const uint32_t size = attribute_number(data, NFTA_BYTEORDER_SIZE, 0);
	const struct byte *const from = registers_at(b, attribute_number(data, NFTA_BYTEORDER_SREG, 0),
						     length);
	struct byte *const to = registers_at(b, attribute_number(data, NFTA_BYTEORDER_DREG, 0), length);
	const uint16_t one = 1;
	const bool turns = *(const uint8_t *)&one == 1;
	struct byte turned[REGISTER_BYTES];

	if (from == NULL || to == NULL || (size != 2 && size != 4 && size != 8) || length % size != 0) {
		load_anything(b);
		return;
	}
	for (uint32_t i = 0; i < length; i++)
		turned[i] = from[turns ? i / size * size + size - 1 - i % size : i];
	memcpy(to, turned, length * sizeof(*to));
}

/* ---- verdicts and values ---- */

static void set_verdict(struct evaluation *e, struct branch *b, struct span data)
{
	const int32_t code = (int32_t)attribute_number(data, NFTA_VERDICT_CODE, NF_QUEUE);

	switch (code) {
	case NF_ACCEPT: b->verdict = ACCEPTED; return;
	case NF_DROP: b->verdict = DROPPED; return;
	case NFT_CONTINUE: return;
	case NFT_RETURN: b->verdict = RETURNS; return;
	case NFT_JUMP:
	case NFT_GOTO:
		b->target = chain_named(e->netfilter, e->rule->chain, attribute_of(data, NFTA_VERDICT_CHAIN));
		b->verdict = b->target == NULL ? ANYTHING : code == NFT_JUMP ? JUMPS : GOES_TO;
		return;
	}
	b->verdict = ANYTHING;
}

/* Data of an immediate expression or of a map's element. */
static void load_data(struct evaluation *e, struct branch *b, uint32_t number, struct span data)
{
	const struct span verdict = attribute_of(data, NFTA_DATA_VERDICT);
	const struct span value = attribute_of(data, NFTA_DATA_VALUE);
	const size_t length = span_left(value), whole = (length + WORD - 1) / WORD * WORD;
	struct byte *const to = registers_at(b, number, whole);

	if (!verdict.failed) {
		set_verdict(e, b, verdict);
		return;
	}
	if (value.failed || to == NULL) {
		load_anything(b);
		return;
	}
	for (size_t i = 0; i < whole; i++)
		to[i] = known_byte(i < length ? value.at[i] : 0);
}

/* ---- sets ---- */

/* Whether a key is the element's, field by field; each field fills whole words. */
static struct condition element_holds(const struct evaluation *e, const struct set *set,
				      const struct byte *bytes, const struct element *element)
{
	struct condition holds = { HOLDS, everything };
	size_t at = 0;

	for (size_t i = 0; i < set->field_count && holds.holds != HOLDS_NOT; i++) {
		const size_t length = set->fields[i];

		if (at + length > KEY_MOST || at + length > set->key_length)
			return (struct condition){ HOLDS_PERHAPS, everything };
		holds = conditions_both(
			holds, bytes_between(e, bytes + at, element->key + at, element->end + at, length));
		at += (length + WORD - 1) / WORD * WORD;
	}
	return holds;
}

/* One lookup: what is left of the branch for further elements, and where its parts go. */
struct lookup {
	const struct set *set;
	struct region left;
	uint32_t to;
	bool maps, unclear;
	struct branches *out;
};

static void take_part(struct evaluation *e, struct lookup *l, const struct branch *from,
		      const struct region *region, const struct element *element, enum doubt doubt)
{
	struct branch part = *from;
	struct branch *added;

	part.region = *region;
	if (l->maps && element != NULL && element->unsure)
		part.verdict = ANYTHING;
	else if (l->maps && element != NULL)
		load_data(e, &part, l->to, element->data);
	added = branch_add(e, l->out, &part);
	doubt_branch(added, doubt);
	if (element != NULL && element->limited)
		doubt_branch(added, DOUBT_PARTLY);
	if (element != NULL && element->unsure)
		doubt_branch(added, DOUBT_UNKNOWN);
}

static void try_element(struct evaluation *e, struct lookup *l, const struct branch *from,
			const struct byte *bytes, const struct element *element)
{
	const struct condition holds = element_holds(e, l->set, bytes, element);
	struct region part;

	if (holds.holds == HOLDS_NOT)
		return;
	if (holds.holds == HOLDS_PERHAPS) {
		l->unclear = true;
		return;
	}
	part = region_within(&e->workshop, &l->left, &holds.box);
	if (part.count == 0)
		return;
	take_part(e, l, from, &part, element, DOUBT_NONE);
	l->left = region_without(&e->workshop, &l->left, &part);
}

static const struct element *catch_all_of(const struct set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->elements[i].catch_all)
			return &set->elements[i];
	}
	return NULL;
}

/* Where a key is not known, or the set changes with each packet, a set may hold it or not, and a map may give
 * anything. */
static void look_up_blindly(struct evaluation *e, struct lookup *l, const struct branch *from)
{
	struct branch part = *from;

	if (l->maps && l->to == VERDICT_REGISTER)
		part.verdict = ANYTHING;
	else if (l->maps)
		load_anything(&part);
	doubt_all(e, &part, l->out);
}

static void run_lookup(struct evaluation *e, struct branch *b, struct span data, struct branches *out)
{
	const struct set *const set = set_named(e->netfilter, e->rule->chain,
						attribute_of(data, NFTA_LOOKUP_SET));
	const size_t length = set != NULL ? set->key_length : 1;
	const struct byte *const bytes = registers_at(b, attribute_number(data, NFTA_LOOKUP_SREG, 0), length);
	const bool inverted = (attribute_number(data, NFTA_LOOKUP_FLAGS, 0) & NFT_LOOKUP_F_INV) != 0;
	const size_t before = out->count;
	struct lookup l = { .set = set, .left = b->region, .out = out };
	const struct element *other;

	l.maps = attribute_is_there(data, NFTA_LOOKUP_DREG);
	l.to = attribute_number(data, NFTA_LOOKUP_DREG, VERDICT_REGISTER);
	if (set == NULL || bytes == NULL || set->changes) {
		look_up_blindly(e, &l, b);
		return;
	}
	for (size_t i = 0; i < set->count && l.left.count > 0 && !e->workshop.failed; i++) {
		if (!set->elements[i].catch_all)
			try_element(e, &l, b, bytes, &set->elements[i]);
	}
	if (l.unclear) {
		out->count = before;
		look_up_blindly(e, &l, b);
		return;
	}
	other = catch_all_of(set);
	if (other != NULL && l.left.count > 0) {
		take_part(e, &l, b, &l.left, other, DOUBT_NONE);
		l.left.count = 0;
	}
	if (!inverted)
		return;
	out->count = before;
	take_part(e, &l, b, &l.left, NULL, DOUBT_NONE);
}

/* ---- translation ---- */

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

static void run_nat(struct evaluation *e, struct branch *b, struct span data)
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

static void run_redir(struct evaluation *e, struct branch *b, struct span data)
{
	uint8_t port[PORT_BYTES] = { 0 };
	bool has_port;

	if (!read_register(b, data, NFTA_REDIR_REG_PROTO_MIN, PORT_BYTES, port, &has_port) ||
	    !same_register(data, NFTA_REDIR_REG_PROTO_MIN, NFTA_REDIR_REG_PROTO_MAX))
		b->verdict = ANYWHERE;
	else
		branch_redirect(e, b, has_port, load_u16(port));
}

/* ---- routes back ---- */

/* Which interface leads back to the sender, if it is this one. */
static bool asks_for_way_back(const struct evaluation *e, struct span data)
{
	const uint32_t flags = attribute_number(data, NFTA_FIB_FLAGS, 0);

	return e->netfilter->routes.known &&
	       attribute_number(data, NFTA_FIB_RESULT, 0) == NFT_FIB_RESULT_OIF &&
	       (flags & ~(uint32_t)(NFTA_FIB_F_MARK | NFTA_FIB_F_PRESENT)) ==
		       (NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF);
}

static void load_way_back(const struct evaluation *e, struct branch *b, struct span data,
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
static void run_way_back(struct evaluation *e, const struct branch *b, struct span data, struct branches *out)
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
			load_way_back(e, &out->list[k], data, route);
		branch_where(e, &rest, within, true, &others);
		if (others.count == 0)
			return;
		rest = others.list[0];
	}
	load_way_back(e, &rest, data, NULL);
	(void)branch_add(e, out, &rest);
}

/* ---- objects, and which is which ---- */

static void run_object(struct evaluation *e, struct branch *b, struct span data, struct branches *out)
{
	const uint32_t type = attribute_number(data, NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_UNSPEC);
	struct branch *added;

	if (type == NFT_OBJECT_COUNTER || type == NFT_OBJECT_CT_HELPER || type == NFT_OBJECT_CT_TIMEOUT ||
	    type == NFT_OBJECT_SECMARK)
		(void)branch_add(e, out, b);
	else if ((type == NFT_OBJECT_LIMIT || type == NFT_OBJECT_CONNLIMIT) &&
		 (added = branch_add(e, out, b)) != NULL)
		doubt_branch(added, DOUBT_PARTLY);
	else
		doubt_all(e, b, out);
}

/* Expressions that change the branch and let all of it through, or none. */
static bool run_plain(struct evaluation *e, const struct expression *x, struct branch *b)
{
	switch (x->kind) {
	case EXPRESSION_BITWISE: run_bitwise(b, x->data); return true;
	case EXPRESSION_BYTEORDER: run_byteorder(b, x->data); return true;
	case EXPRESSION_CT: return load_connection(e, b, x->data);
	case EXPRESSION_DROPS: b->verdict = DROPPED; return true;
	case EXPRESSION_EXTHDR: return load_extension(e, b, x->data);
	case EXPRESSION_IMMEDIATE:
		load_data(e, b, attribute_number(x->data, NFTA_IMMEDIATE_DREG, 0),
			  attribute_of(x->data, NFTA_IMMEDIATE_DATA));
		return true;
	case EXPRESSION_LOADS: load_anything(b); return true;
	case EXPRESSION_META: return load_meta(e, b, x->data);
	case EXPRESSION_NAT: run_nat(e, b, x->data); return true;
	case EXPRESSION_NOTHING: return true;
	case EXPRESSION_NOTRACK: b->state.untracked = true; return true;
	case EXPRESSION_PASSES: b->verdict = ACCEPTED; return true;
	case EXPRESSION_REDIR: run_redir(e, b, x->data); return true;
	case EXPRESSION_TARGET: xtables_target(e, b, x->data); return true;
	default: b->verdict = ANYWHERE; return true;
	}
}

/* A header that is written to is no longer what was asked about. Marks of services (DSCP) and hops do not
 * count: nothing is said of them anyway. */
static void run_payload(struct evaluation *e, struct branch *b, struct span data)
{
	const bool network = attribute_number(data, NFTA_PAYLOAD_BASE, 0) == NFT_PAYLOAD_NETWORK_HEADER;
	const uint64_t end = (uint64_t)attribute_number(data, NFTA_PAYLOAD_OFFSET, UINT32_MAX) +
			     attribute_number(data, NFTA_PAYLOAD_LEN, UINT32_MAX);

	if (!attribute_is_there(data, NFTA_PAYLOAD_SREG))
		load_payload(e, b, data);
	else if (!network || end > (e->v4 ? 10 : 8)) /* the addresses, and what is around them */
		b->verdict = ANYWHERE;
}

void expression_run(struct evaluation *e, const struct expression *x, struct branch *b, struct branches *out)
{
	struct branch *added;

	switch (x->kind) {
	case EXPRESSION_CMP: run_cmp(e, b, x->data, out); return;
	case EXPRESSION_FIB:
		if (asks_for_way_back(e, x->data)) {
			run_way_back(e, b, x->data, out);
			return;
		}
		load_route(e, b, x->data);
		(void)branch_add(e, out, b);
		return;
	case EXPRESSION_LOOKUP: run_lookup(e, b, x->data, out); return;
	case EXPRESSION_MATCH: xtables_match(e, b, x->data, out); return;
	case EXPRESSION_OBJECT: run_object(e, b, x->data, out); return;
	case EXPRESSION_RANGE: run_range(e, b, x->data, out); return;
	case EXPRESSION_UNSURE: doubt_all(e, b, out); return;
	case EXPRESSION_PARTLY:
		added = branch_add(e, out, b);
		doubt_branch(added, DOUBT_PARTLY);
		return;
	case EXPRESSION_PAYLOAD:
		run_payload(e, b, x->data);
		(void)branch_add(e, out, b);
		return;
	default:
		if (run_plain(e, x, b))
			(void)branch_add(e, out, b);
	}
}
