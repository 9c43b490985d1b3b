/* One question through all hooks, and the parts that its answer comes to. */
#include "host/chains.h"
#include "netfilter/evaluate.h"

#include <linux/netfilter.h>

enum { STEPS_MOST = 20 * 1000 * 1000, RULES_MOST = 500 * 1000, SCRATCH = 256 << 20 };

static const struct host_interface *interface_of(const struct host *host, uint32_t index)
{
	for (size_t i = 0; i < host->interface_count; i++) {
		if (host->interfaces[i].space == 0 && host->interfaces[i].index == index)
			return &host->interfaces[i];
	}
	return NULL;
}

/* The interface that leads to an address, if it is on a network of just one of them. */
static const struct host_interface *way_out(const struct host *host, const struct address *to)
{
	const struct host_interface *found = NULL;

	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *const interface = &host->interfaces[i];

		for (size_t a = 0; a < interface->address_count; a++) {
			if (interface->space != 0 || !interface->up ||
			    !address_in(to, &interface->networks[a]))
				continue;
			if (found != NULL && found != interface)
				return NULL;
			found = interface;
		}
	}
	return found;
}

/* Translated packets go on where their new address is. */
static struct flow route(struct evaluation *e, const struct flow *flow)
{
	struct flow arrived = { 0 }, in = { 0 }, out = { 0 };

	for (size_t i = 0; i < flow->count; i++) {
		const struct piece *const piece = &flow->pieces[i];
		struct flow one = { 0 };

		if (!piece->state.translated || destination_is_local(e, &piece->state.to, false)) {
			flow_add(e, &in, piece);
			continue;
		}
		flow_add(e, &one, piece);
		e->forwarded = true;
		e->out = way_out(e->host, &piece->state.to);
		one = hook_pass(e, one, NF_INET_FORWARD);
		one = hook_pass(e, one, NF_INET_POST_ROUTING);
		e->forwarded = false;
		for (size_t k = 0; k < one.count; k++)
			flow_add(e, &out, &one.pieces[k]);
	}
	arrived = hook_pass(e, in, NF_INET_LOCAL_IN);
	for (size_t i = 0; i < out.count; i++)
		flow_add(e, &arrived, &out.pieces[i]);
	return arrived;
}

/* ---- the parts ---- */

struct answering {
	struct evaluation *e;
	struct arena *arena;
	struct netfilter_answer *answer;
	size_t capacity;
	bool no_memory;
};

static const char *because_of(struct arena *arena, const struct rule_read *rule)
{
	if (rule == NULL)
		return arena_text(arena, "the rule set takes too long to follow");
	return arena_format(arena, "table %s %s, chain %s, handle %llu",
			    chain_family_text(rule->chain->family), rule->chain->table, rule->chain->name,
			    (unsigned long long)rule->handle);
}

static void add_part(struct answering *a, const struct box *box, enum fate fate, const struct piece *piece)
{
	struct netfilter_answer *const answer = a->answer;
	struct netfilter_part *const parts = arena_grow(a->arena, answer->parts, answer->count, &a->capacity,
							sizeof(*parts));
	struct netfilter_part part = { .sources = box->sources,
				       .source_first = box->source_first,
				       .source_last = box->source_last,
				       .first = box->first,
				       .last = box->last,
				       .fate = fate };

	if (fate == FATE_PARTLY || fate == FATE_UNKNOWN) {
		part.because = because_of(a->arena, piece != NULL ? piece->because : NULL);
		a->no_memory |= part.because == NULL;
	}
	if (piece != NULL && piece->state.translated) {
		part.translated = true;
		part.to = piece->state.to;
		part.port = piece->state.translated_port ? piece->state.port : 0;
	}
	part.whole = fate == FATE_UNKNOWN && piece == NULL;
	part.local = !part.translated || destination_is_local(a->e, &part.to, false);
	a->no_memory |= parts == NULL;
	if (parts == NULL)
		return;
	answer->parts = parts;
	parts[answer->count++] = part;
}

static void add_region(struct answering *a, const struct region *region, enum fate fate,
		       const struct piece *piece)
{
	for (size_t i = 0; i < region->count && !a->no_memory; i++)
		add_part(a, &region->boxes[i], fate, piece);
}

static bool same_target(const struct state *a, const struct state *b)
{
	return a->translated == b->translated && a->translated_port == b->translated_port &&
	       a->port == b->port && address_compare(&a->to, &b->to) == 0;
}

/* All that the other pieces come to that end differently. */
static struct region others(struct evaluation *e, const struct flow *passed, const struct piece *but)
{
	struct region all = { 0 };

	for (size_t i = 0; i < passed->count; i++) {
		if (!same_target(&passed->pieces[i].state, &but->state))
			region_unite(&e->workshop, &all, &passed->pieces[i].region);
	}
	return all;
}

/* What may pass passes, unless some of it may also be refused, or go elsewhere; a limit does not count as
 * that which is not understood. */
static void tell_passed(struct answering *a, const struct flow *passed, const struct region *refused,
			struct region *told)
{
	struct evaluation *const e = a->e;

	for (size_t i = 0; i < passed->count; i++) {
		const struct piece *const piece = &passed->pieces[i];
		struct region left = region_without(&e->workshop, &piece->region, told), open, clear;
		struct region else_where = { 0 };

		if (piece->doubt != DOUBT_NONE) {
			else_where = others(e, passed, piece);
			region_unite(&e->workshop, &else_where, refused);
		}
		open = region_both(&e->workshop, &left, &else_where);
		clear = region_without(&e->workshop, &left, &else_where);
		add_region(a, &clear, FATE_PASSES, piece);
		region_unite(&e->workshop, told, &clear);
		if (piece->doubt == DOUBT_UNKNOWN) {
			add_region(a, &open, FATE_UNKNOWN, piece);
			region_unite(&e->workshop, told, &open);
		}
	}
}

/* Those of whom a limit alone decides; what is unknown was told before. */
static void tell_partly(struct answering *a, const struct flow *passed, struct region *told)
{
	for (size_t i = 0; i < passed->count; i++) {
		const struct region left = region_without(&a->e->workshop, &passed->pieces[i].region, told);

		add_region(a, &left, FATE_PARTLY, &passed->pieces[i]);
		region_unite(&a->e->workshop, told, &left);
	}
}

/* Doubts about the same packets may stand on one side only: there they count on both. */
static struct region doubted(struct evaluation *e, const struct flow *flow, enum doubt doubt)
{
	struct region all = { 0 };

	for (size_t i = 0; i < flow->count; i++) {
		if (flow->pieces[i].doubt >= doubt)
			region_unite(&e->workshop, &all, &flow->pieces[i].region);
	}
	return all;
}

static void raise_doubts(struct evaluation *e, struct flow *passed)
{
	const struct region unknown = doubted(e, &e->refused, DOUBT_UNKNOWN);
	struct flow raised = { 0 };

	for (size_t i = 0; i < passed->count; i++) {
		struct piece piece = passed->pieces[i];
		const struct region both = region_both(&e->workshop, &piece.region, &unknown);

		if (piece.doubt == DOUBT_PARTLY && both.count > 0) {
			piece.region = region_without(&e->workshop, &piece.region, &unknown);
			flow_add(e, &raised, &piece);
			piece.region = both;
			piece.doubt = DOUBT_UNKNOWN;
			for (size_t k = 0; k < e->refused.count; k++) {
				if (e->refused.pieces[k].doubt == DOUBT_UNKNOWN)
					piece.because = e->refused.pieces[k].because;
			}
		}
		flow_add(e, &raised, &piece);
	}
	*passed = raised;
}

static void tell(struct answering *a, struct flow *passed)
{
	struct evaluation *const e = a->e;
	struct region refused = { 0 }, told = { 0 };

	for (size_t i = 0; i < e->refused.count; i++)
		region_unite(&e->workshop, &refused, &e->refused.pieces[i].region);
	raise_doubts(e, passed);
	tell_passed(a, passed, &refused, &told);
	tell_partly(a, passed, &told);
	refused = region_without(&e->workshop, &refused, &told);
	add_region(a, &refused, FATE_REFUSED, NULL);
}

/* ---- asking ---- */

static struct region asked(struct evaluation *e, const struct netfilter_question *q)
{
	struct region region = { 0 };

	for (size_t i = 0; i < q->source_count; i++) {
		const struct box box = { q->sources[i], 0, UINT16_MAX, q->first, q->last };

		region_add(&e->workshop, &region, &box);
	}
	return region;
}

static void follow(struct answering *a, const struct netfilter_question *q)
{
	struct evaluation *const e = a->e;
	struct piece all = { .region = asked(e, q) };
	struct flow flow = { 0 };

	flow_add(e, &flow, &all);
	flow = hook_pass(e, flow, NF_INET_INGRESS);
	flow = hook_pass(e, flow, NF_INET_PRE_ROUTING);
	flow = route(e, &flow);
	for (size_t i = 0; i < e->escaped.count; i++)
		flow_add(e, &flow, &e->escaped.pieces[i]);
	if (!e->workshop.failed)
		tell(a, &flow);
	if (!e->workshop.failed && !a->no_memory)
		return;
	/* What took too long is unknown, all of it. */
	e->workshop.failed = false;
	e->workshop.steps = 0;
	*a->answer = (struct netfilter_answer){ 0 };
	a->capacity = 0;
	all.region = asked(e, q);
	add_region(a, &all.region, FATE_UNKNOWN, NULL);
}

bool netfilter_ask(const struct netfilter *netfilter, const struct host *host,
		   const struct netfilter_question *question, struct arena *arena,
		   struct netfilter_answer *ret_answer)
{
	struct evaluation e = {
		.workshop = { .arena = arena_new(SCRATCH), .most = STEPS_MOST },
		.netfilter = netfilter,
		.host = host,
		.interface = interface_of(host, question->interface),
		.destination = question->destination,
		.transport = question->transport,
		.v4 = address_is_v4(&question->destination),
		.rules_most = RULES_MOST,
	};
	struct answering a = { .e = &e, .arena = arena, .answer = ret_answer };

	*ret_answer = (struct netfilter_answer){ 0 };
	if (e.workshop.arena == NULL)
		return false;
	if (e.interface != NULL)
		follow(&a, question);
	arena_free(e.workshop.arena);
	return !a.no_memory;
}
