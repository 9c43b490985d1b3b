/* One expression after the other, as the kernel runs them, but for all packets of a branch at once. */
#include "host/netlink.h"
#include "netfilter/evaluate.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

enum { BRANCHES_MOST = 4096, WORD = 4 };

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

void branch_doubt(struct branch *branch, enum doubt doubt)
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
		branch_doubt(branch_add(e, out, &part), DOUBT_UNKNOWN);
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

void branch_doubt_all(struct evaluation *e, const struct branch *from, struct branches *out)
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
		branch_doubt_all(e, b, out);
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
		branch_doubt_all(e, b, out);
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

void load_data(struct evaluation *e, struct branch *b, uint32_t number, struct span data)
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
		branch_doubt(added, DOUBT_PARTLY);
	else
		branch_doubt_all(e, b, out);
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
	case EXPRESSION_NAT: translate(e, b, x->data); return true;
	case EXPRESSION_NOTHING: return true;
	case EXPRESSION_NOTRACK: b->state.untracked = true; return true;
	case EXPRESSION_PASSES: b->verdict = ACCEPTED; return true;
	case EXPRESSION_REDIR: redirect(e, b, x->data); return true;
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
		if (asks_way_back(e, x->data)) {
			load_way_back(e, b, x->data, out);
			return;
		}
		load_route(e, b, x->data);
		(void)branch_add(e, out, b);
		return;
	case EXPRESSION_LOOKUP: look_up(e, b, x->data, out); return;
	case EXPRESSION_MATCH: xtables_match(e, b, x->data, out); return;
	case EXPRESSION_OBJECT: run_object(e, b, x->data, out); return;
	case EXPRESSION_RANGE: run_range(e, b, x->data, out); return;
	case EXPRESSION_UNSURE: branch_doubt_all(e, b, out); return;
	case EXPRESSION_PARTLY:
		added = branch_add(e, out, b);
		branch_doubt(added, DOUBT_PARTLY);
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
