/* Rules, chains and hooks: where packets go on, and where they end. */
#include "host/netlink.h"
#include "netfilter/evaluate.h"

#include <linux/if.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

enum { DEPTH_MOST = 16 /* as in the kernel */, PRIORITY_TRACKS = -200 };

static bool state_equal(const struct state *a, const struct state *b)
{
	return a->mark == b->mark && a->connection_mark == b->connection_mark &&
	       a->mark_unknown == b->mark_unknown &&
	       a->connection_mark_unknown == b->connection_mark_unknown && a->untracked == b->untracked &&
	       a->untracked_unknown == b->untracked_unknown && a->translated == b->translated &&
	       a->translated_port == b->translated_port && a->port == b->port &&
	       address_compare(&a->to, &b->to) == 0;
}

/* Pieces that are alike become one, so that doubts do not multiply. */
void flow_add(struct evaluation *e, struct flow *flow, const struct piece *piece)
{
	struct piece *pieces;

	if (piece->region.count == 0 || e->workshop.failed)
		return;
	for (size_t i = 0; i < flow->count; i++) {
		struct piece *const there = &flow->pieces[i];

		if (there->doubt == piece->doubt && state_equal(&there->state, &piece->state)) {
			region_unite(&e->workshop, &there->region, &piece->region);
			return;
		}
	}
	pieces = arena_grow(e->workshop.arena, flow->pieces, flow->count, &flow->capacity, sizeof(*pieces));
	if (pieces == NULL) {
		e->workshop.failed = true;
		return;
	}
	flow->pieces = pieces;
	pieces[flow->count++] = *piece;
}

static void flow_add_all(struct evaluation *e, struct flow *flow, const struct flow *more)
{
	for (size_t i = 0; i < more->count; i++)
		flow_add(e, flow, &more->pieces[i]);
}

/* ---- one rule ---- */

/* The branches that come to the end of the rule, or to a verdict in it. */
static struct branches run_rule(struct evaluation *e, const struct rule_read *rule, const struct piece *piece)
{
	struct branches now = { 0 }, ended = { 0 };
	struct branch begin = { .region = piece->region, .state = piece->state };

	load_anything(&begin);
	e->rule = rule;
	(void)branch_add(e, &now, &begin);
	for (size_t i = 0; i < rule->count && now.count > 0 && !e->workshop.failed; i++) {
		struct branches next = { 0 };

		for (size_t b = 0; b < now.count; b++)
			expression_run(e, &rule->expressions[i], &now.list[b], &next);
		now = (struct branches){ 0 };
		for (size_t b = 0; b < next.count; b++)
			(void)branch_add(e, next.list[b].verdict == GOES_ON ? &now : &ended, &next.list[b]);
	}
	for (size_t b = 0; b < now.count; b++)
		(void)branch_add(e, &ended, &now.list[b]);
	return ended;
}

/* Whether the rule may have changed what it then did not match: its state is not what it was. */
static bool changes_midway(const struct rule_read *rule)
{
	bool changed = false;

	for (size_t i = 0; i < rule->count; i++) {
		const enum expression_kind kind = rule->expressions[i].kind;
		const bool sets = (kind == EXPRESSION_META &&
				   attribute_is_there(rule->expressions[i].data, NFTA_META_SREG)) ||
				  (kind == EXPRESSION_CT &&
				   attribute_is_there(rule->expressions[i].data, NFTA_CT_SREG)) ||
				  kind == EXPRESSION_NOTRACK;

		if (changed &&
		    (kind == EXPRESSION_CMP || kind == EXPRESSION_LOOKUP || kind == EXPRESSION_RANGE ||
		     kind == EXPRESSION_MATCH || kind == EXPRESSION_PARTLY || kind == EXPRESSION_UNSURE))
			return true;
		changed |= sets;
	}
	return false;
}

static void forget_marks(struct piece *piece)
{
	piece->state.mark_unknown = piece->state.connection_mark_unknown = true;
	piece->state.mark = piece->state.connection_mark = 0;
}

/* Those who do not match go on to the next rule; where it is in doubt whether they do, they do both. */
static void add_unmatched(struct evaluation *e, const struct rule_read *rule, const struct piece *piece,
			  const struct branches *matched, struct flow *next)
{
	struct piece rest = *piece, doubted;
	struct region sure = { 0 }, perhaps[DOUBT_UNKNOWN + 1] = { 0 };

	for (size_t i = 0; i < matched->count; i++) {
		const struct branch *const b = &matched->list[i];

		region_unite(&e->workshop, b->doubt == DOUBT_NONE ? &sure : &perhaps[b->doubt], &b->region);
	}
	rest.region = region_without(&e->workshop, &rest.region, &sure);
	if (changes_midway(rule)) {
		forget_marks(&rest);
		rest.state.untracked_unknown = true;
	}
	for (enum doubt doubt = DOUBT_UNKNOWN; doubt > DOUBT_NONE; doubt--) {
		doubted = rest;
		doubted.region = region_both(&e->workshop, &rest.region, &perhaps[doubt]);
		rest.region = region_without(&e->workshop, &rest.region, &perhaps[doubt]);
		if (doubted.doubt < doubt) {
			doubted.doubt = doubt;
			doubted.because = rule;
		}
		flow_add(e, next, &doubted);
	}
	flow_add(e, next, &rest);
}

/* ---- chains ---- */

struct passage {
	struct flow next;     /* to the next rule */
	struct flow returned; /* to where the chain was called from */
};

static struct flow chain_pass(struct evaluation *e, const struct chain *chain, struct flow flow,
			      unsigned depth);

static void go_on(struct evaluation *e, const struct branch *b, const struct piece *piece, unsigned depth,
		  struct passage *p)
{
	struct piece open = *piece;
	struct flow called = { 0 };

	flow_add(e, &called, piece);
	switch (b->verdict) {
	case GOES_ON: flow_add(e, &p->next, piece); break;
	case RETURNS: flow_add(e, &p->returned, piece); break;
	case ACCEPTED: flow_add(e, &e->passed, piece); break;
	case DROPPED: flow_add(e, &e->refused, piece); break;
	case JUMPS:
		called = chain_pass(e, b->target, called, depth + 1);
		flow_add_all(e, &p->next, &called);
		break;
	case GOES_TO:
		called = chain_pass(e, b->target, called, depth + 1);
		flow_add_all(e, &p->returned, &called);
		break;
	case ANYTHING: /* between these two lies whatever the rest of the chain does */
		forget_marks(&open);
		flow_add(e, &e->passed, &open);
		flow_add(e, &e->refused, &open);
		break;
	case ANYWHERE: flow_add(e, &e->escaped, piece); flow_add(e, &e->refused, piece);
	}
}

static void pass_rule(struct evaluation *e, const struct rule_read *rule, const struct piece *piece,
		      unsigned depth, struct passage *p)
{
	const struct branches matched = run_rule(e, rule, piece);

	for (size_t i = 0; i < matched.count && !e->workshop.failed; i++) {
		const struct branch *const b = &matched.list[i];
		const enum doubt doubt = b->verdict >= ANYTHING ? DOUBT_UNKNOWN : b->doubt;
		struct piece part = { b->region, b->state, piece->doubt, piece->because };

		if (part.doubt < doubt) {
			part.doubt = doubt;
			part.because = rule;
		}
		go_on(e, b, &part, depth, p);
	}
	add_unmatched(e, rule, piece, &matched, &p->next);
}

/* Runs the flow through the rules of a chain. Who comes out returns, or has met its end. */
static struct flow chain_pass(struct evaluation *e, const struct chain *chain, struct flow flow,
			      unsigned depth)
{
	struct passage p = { 0 };

	if (depth > DEPTH_MOST)
		e->workshop.failed = true;
	for (size_t r = 0; r < chain->count && flow.count > 0 && !e->workshop.failed; r++) {
		p.next = (struct flow){ 0 };
		e->workshop.failed |= ++e->rules > e->rules_most;
		for (size_t i = 0; i < flow.count; i++)
			pass_rule(e, &chain->rules[r], &flow.pieces[i], depth, &p);
		flow = p.next;
	}
	flow_add_all(e, &p.returned, &flow);
	return p.returned;
}

/* ---- hooks ---- */

static bool names_interface(const struct chain *chain, const char *name)
{
	struct span devices = chain->devices, device;
	char text[IFNAMSIZ];
	uint16_t type;

	if (strcmp(chain->device, name) == 0)
		return true;
	while (netlink_attribute(&devices, &type, &device)) {
		if (strcmp(span_copy_text(device, text, sizeof(text)), name) == 0)
			return true;
	}
	return false;
}

static bool is_passed(const struct evaluation *e, const struct chain *chain, uint32_t hook)
{
	if (hook == NF_INET_INGRESS)
		return ((chain->family == NFPROTO_NETDEV && chain->hook == NF_NETDEV_INGRESS) ||
			(chain->family == NFPROTO_INET && chain->hook == NF_INET_INGRESS)) &&
		       names_interface(chain, e->interface->name);
	return chain->hook == hook &&
	       (chain->family == NFPROTO_INET || chain->family == (e->v4 ? NFPROTO_IPV4 : NFPROTO_IPV6));
}

/* Only what is tracked, and not translated yet, comes to chains that translate. */
static bool skips(const struct chain *chain, const struct piece *piece)
{
	return strcmp(chain->type, "nat") == 0 &&
	       (piece->state.untracked || (piece->state.translated && chain->hook == NF_INET_PRE_ROUTING));
}

static struct flow base_pass(struct evaluation *e, const struct chain *chain, struct flow flow)
{
	struct flow in = { 0 }, out = { 0 };

	e->passed = (struct flow){ 0 };
	e->tracked = e->hook != NF_INET_INGRESS &&
		     (e->hook != NF_INET_PRE_ROUTING || chain->priority > PRIORITY_TRACKS);
	for (size_t i = 0; i < flow.count; i++)
		flow_add(e, skips(chain, &flow.pieces[i]) ? &out : &in, &flow.pieces[i]);
	in = chain_pass(e, chain, in, 0);
	flow_add_all(e, chain->drops ? &e->refused : &out, &in);
	flow_add_all(e, &out, &e->passed);
	return out;
}

struct flow hook_pass(struct evaluation *e, struct flow flow, uint32_t hook)
{
	e->hook = hook;
	for (size_t i = 0; i < e->netfilter->base_count && flow.count > 0 && !e->workshop.failed; i++) {
		if (is_passed(e, e->netfilter->base[i], hook))
			flow = base_pass(e, e->netfilter->base[i], flow);
	}
	return flow;
}
