/* elsewhere.c: announcements in a ring, and in chains by the end that they name, the newest first. */
#include "flow/elsewhere.h"
#include "base/hash.h"
#include "flow/identify.h"

#include <stdlib.h>

enum { CHAINS = 1 << 12, LINKS_MOST = 64, SECONDS_USUAL = 60 };

struct announcement {
	struct expectation what;
	uint64_t parent;
	int64_t from_ns, until_ns;
	uint32_t older, newer; /* its neighbours in the chain, each 1 + place; 0: none */
};

struct elsewhere {
	struct flow_listener listener;
	uint32_t chains[CHAINS]; /* 1 + place */
	struct announcement ring[ELSEWHERE_LIMIT];
	uint64_t count, met;
};

struct elsewhere *elsewhere_new(const struct flow_listener *listener)
{
	struct elsewhere *const made = calloc(1, sizeof(*made));

	if (made != NULL)
		made->listener = *listener;
	return made;
}

void elsewhere_free(struct elsewhere *elsewhere)
{
	free(elsewhere);
}

/* A connection that nothing tells the content of: as the end that waits was announced, it began later. */
static bool is_unknown_connection(const struct flow *flow)
{
	return flow->transport == TRANSPORT_TCP && flow->identified == IDENTIFIED_NOT &&
	       (flow->sides[0].seen & SEEN_SYN) != 0 && (flow->sides[1].seen & SEEN_SYN_ACK) != 0;
}

bool elsewhere_asks(const struct flow *flow)
{
	const struct protocol *const protocol = identify_protocol(flow->protocol);

	return flow->parent == 0 &&
	       (is_unknown_connection(flow) ||
		(flow->identified == IDENTIFIED_BY_CONTENT && protocol != NULL && protocol->announced));
}

static uint32_t *chain_of(struct elsewhere *all, uint8_t transport, const struct address *address,
			  uint16_t port)
{
	uint64_t halves[2];

	memcpy(halves, address->bytes, sizeof(halves));
	return &all->chains[hash_number(halves[1] +
					hash_number(halves[0] ^ (uint64_t)transport << 16 ^ port)) %
			    CHAINS];
}

static struct announcement *at(struct elsewhere *all, uint32_t link)
{
	return link > 0 ? &all->ring[link - 1] : NULL;
}

/* Takes the oldest out of its chain, in which it is the last. */
static void forget(struct elsewhere *all, uint32_t link)
{
	const struct announcement *const one = at(all, link);

	if (one->newer != 0)
		at(all, one->newer)->older = 0;
	else
		*chain_of(all, one->what.transport, &one->what.address, one->what.port) = 0;
}

static bool names(const struct announcement *one, const struct expectation *what)
{
	return one->what.transport == what->transport && one->what.port == what->port &&
	       address_compare(&one->what.address, &what->address) == 0 &&
	       address_compare(&one->what.other, &what->other) == 0;
}

static int64_t until(const struct expectation *what, int64_t time_ns)
{
	return time_ns + (int64_t)(what->seconds > 0 ? what->seconds : SECONDS_USUAL) * 1000000000;
}

/* What the same conversation says again holds for longer. */
static bool prolong(struct elsewhere *all, uint32_t chain, const struct handed *handed)
{
	struct announcement *one = at(all, chain);

	for (unsigned i = 0; one != NULL && i < LINKS_MOST; i++, one = at(all, one->older)) {
		if (one->parent != handed->announced.parent || !names(one, &handed->announced.what))
			continue;
		one->until_ns = until(&handed->announced.what, handed->announced.time_ns);
		return true;
	}
	return false;
}

static void remember(struct elsewhere *all, const struct handed *handed)
{
	const struct expectation *const what = &handed->announced.what;
	const uint32_t link = (uint32_t)(all->count % ELSEWHERE_LIMIT) + 1;
	uint32_t *const chain = chain_of(all, what->transport, &what->address, what->port);

	if (prolong(all, *chain, handed))
		return;
	if (all->count >= ELSEWHERE_LIMIT)
		forget(all, link);
	all->ring[link - 1] = (struct announcement){
		.what = *what,
		.parent = handed->announced.parent,
		.from_ns = handed->announced.time_ns,
		.until_ns = until(what, handed->announced.time_ns),
		.older = *chain,
	};
	if (*chain != 0)
		at(all, *chain)->newer = link;
	*chain = link;
	all->count++;
}

/* Of a connection both hosts were named, and the door: it is what was said, even if it was there before. */
static bool is_exact(const struct announcement *one)
{
	return one->what.protocol != NULL && one->what.transport == TRANSPORT_TCP &&
	       !address_is_unspecified(&one->what.other);
}

/* Whether it tells of what the flow is, as far as that is known. */
static bool may_be(const struct announcement *one, const struct flow *flow)
{
	return flow->identified != IDENTIFIED_NOT || is_exact(one) ||
	       (one->what.protocol != NULL && one->what.protocol->only_expected);
}

static bool came_before(const struct announcement *one, const struct flow *flow)
{
	return one->from_ns <= flow->first_ns && flow->first_ns <= one->until_ns;
}

/* Media may be sent before the words that announce them are seen, and go on; so may a connection be there. */
static bool came_meanwhile(const struct announcement *one, const struct flow *flow)
{
	return (flow->identified != IDENTIFIED_NOT || is_exact(one)) && flow->first_ns <= one->from_ns &&
	       one->from_ns <= flow->last_ns;
}

/* The newest that named this end before the flow began, with the other's address or without; else the first
 * that did so later. */
static const struct announcement *find(struct elsewhere *all, const struct flow *flow, unsigned end)
{
	struct expectation what = { .transport = flow->transport,
				    .address = flow->ends[end],
				    .port = flow->ports[end] };
	const struct announcement *late = NULL, *one = at(all, *chain_of(all, flow->transport,
									 &flow->ends[end], flow->ports[end]));

	for (unsigned i = 0; one != NULL && i < LINKS_MOST; i++, one = at(all, one->older)) {
		what.other = address_is_unspecified(&one->what.other) ? one->what.other : flow->ends[!end];
		if (!names(one, &what) || !may_be(one, flow))
			continue;
		if (came_before(one, flow))
			return one;
		if (came_meanwhile(one, flow))
			late = one;
	}
	return late;
}

/* What was known by its content before anybody announced it stays so. */
static void join(struct flow *flow, const struct announcement *one)
{
	const bool unknown = flow->identified == IDENTIFIED_NOT;

	flow->parent = one->parent;
	if (unknown)
		flow->protocol = identify_number(one->what.protocol);
	if (unknown || came_before(one, flow))
		flow->identified = IDENTIFIED_EXPECTED;
}

static void tell_end(struct elsewhere *all, const struct handed *handed)
{
	struct flow flow = handed->end.flow;
	const struct announcement *one = find(all, &flow, 1);

	if (one == NULL)
		one = find(all, &flow, 0);
	if (one != NULL) {
		join(&flow, one);
		all->met++;
	}
	if (all->listener.ended != NULL)
		all->listener.ended(all->listener.context, &flow, handed->end.reason, handed->end.frame);
}

void elsewhere_take(struct elsewhere *all, const struct handed *handed)
{
	if (handed->ended)
		tell_end(all, handed);
	else
		remember(all, handed);
}

bool elsewhere_is_empty(const struct elsewhere *all)
{
	return all->count == 0;
}

uint64_t elsewhere_met(const struct elsewhere *all)
{
	return all->met;
}
