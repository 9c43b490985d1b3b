/* Sets and maps: which parts of a branch an element takes, and what a map gives them. */
#include "host/netlink.h"
#include "netfilter/evaluate.h"

#include <linux/netfilter/nf_tables.h>

enum { WORD = 4, VERDICT_REGISTER = NFT_REG_VERDICT };

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
	branch_doubt(added, doubt);
	if (element != NULL && element->limited)
		branch_doubt(added, DOUBT_PARTLY);
	if (element != NULL && element->unsure)
		branch_doubt(added, DOUBT_UNKNOWN);
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
	branch_doubt_all(e, &part, l->out);
}

void look_up(struct evaluation *e, struct branch *b, struct span data, struct branches *out)
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
