/* The table: an index of numbers, places that never move, and a wheel that knows when flows are due. */
#include "flow/table.h"
#include "flow/index.h"
#include "flow/key.h"
#include "flow/wheel.h"

#include <stdlib.h>

enum { PREFETCH_SLOTS = 8 };

struct flow_table {
	struct index index;
	struct places places;
	size_t memory_limit;
	struct flow_ending ending;
	struct flow_counts counts;
	uint64_t newest_frame; /* that began a flow, and how many it began */
	uint8_t newest_nth;
	bool expiring, finishing;
	uint32_t to_end; /* flows that one of the two has still to end, in their order */
	struct wheel wheel;
};

const struct flow_timeouts flow_timeouts_usual = {
	.tcp_opening = 60,
	.tcp_established = 3600,
	.tcp_closed = 10,
	.udp_unanswered = 60,
	.udp = 180,
	.icmp = 60,
	.other = 300,
};

const char *flow_reason_text(enum flow_reason reason)
{
	static const char *const texts[REASONS] = {
		[REASON_TIMEOUT] = "timeout",       [REASON_CLOSED] = "closed",
		[REASON_END_OF_INPUT] = "shutdown", [REASON_MEMORY] = "memory",
		[REASON_REPLACED] = "replaced",
	};

	return texts[reason];
}

struct flow_table *flow_table_new(const struct flow_limits *limits, const struct flow_ending *ending,
				  struct error *err)
{
	struct flow_table *const table = calloc(1, sizeof(*table));

	if (table == NULL || (limits->memory > 0 && limits->memory < FLOW_TABLE_LEAST)) {
		free(table);
		error_set(err, "the flow table needs at least %d MiB of memory", FLOW_TABLE_LEAST >> 20);
		return NULL;
	}
	flow_key_draw();
	table->memory_limit = limits->memory > 0 ? limits->memory : FLOW_MEMORY;
	table->ending = *ending;
	table->wheel.timeouts = limits->timeouts;
	table->wheel.places = &table->places;
	if (index_init(&table->index) && places_init(&table->places, table->memory_limit))
		return table;
	flow_table_free(table);
	error_memory(err);
	return NULL;
}

void flow_table_free(struct flow_table *table)
{
	if (table == NULL)
		return;
	places_free(&table->places);
	index_free(&table->index);
	free(table);
}

static struct flow *flow_numbered(const struct flow_table *table, uint32_t number)
{
	return place_of(&table->places, number);
}

/* ---- finding ---- */

void flow_prefetch_slot(const struct flow_table *table, uint64_t hash)
{
	__builtin_prefetch(&table->index.slots[hash & table->index.mask]);
}

struct flow *flow_prefetch(const struct flow_table *table, uint64_t hash)
{
	size_t at = hash & table->index.mask;

	for (int n = 0; n < PREFETCH_SLOTS; n++, at = (at + 1) & table->index.mask) {
		const struct slot slot = table->index.slots[at];

		if (slot.number == NO_FLOW)
			return NULL;
		if (slot.tag == (uint32_t)hash) {
			struct flow *const flow = flow_numbered(table, slot.number);

			__builtin_prefetch(flow, 1);
			__builtin_prefetch(&flow->sides, 1);
			return flow;
		}
	}
	return NULL;
}

/* NULL if there is none. */
static inline struct flow *look_up(const struct flow_table *table, const struct packet *packet, uint64_t hash,
				   uint32_t context, unsigned *ret_side)
{
	const struct index *const index = &table->index;

	for (size_t at = hash & index->mask;; at = (at + 1) & index->mask) {
		const struct slot slot = index->slots[at];
		struct flow *flow;

		if (slot.number == NO_FLOW)
			return NULL;
		if (slot.tag != (uint32_t)hash)
			continue;
		flow = flow_numbered(table, slot.number);
		if (flow_has(flow, packet, context, ret_side))
			return flow;
	}
}

struct flow *flow_table_find(const struct flow_table *table, const struct packet *packet, uint64_t hash,
			     uint32_t context)
{
	unsigned side;

	return look_up(table, packet, hash, context, &side);
}

/* ---- ending ---- */

static size_t memory_of(const struct flow_table *table)
{
	return index_memory(&table->index) + places_memory(table->places.next);
}

static void tell_end(struct flow_table *table, struct flow *flow, enum flow_reason reason)
{
	table->counts.live--;
	table->counts.ended[reason]++;
	table->ending.on_end(table->ending.context, flow, reason);
	flow->in_use = false;
}

/* It may still hang in the wheel; its place is free when the wheel lets go. */
static void end_flow(struct flow_table *table, struct flow *flow, enum flow_reason reason)
{
	index_remove(&table->index, flow_hash_again(flow), flow->number);
	tell_end(table, flow, reason);
}

static enum flow_reason reason_of(const struct flow *flow)
{
	const enum conn_state state = flow_conn_state(flow);

	if (flow->transport != TRANSPORT_TCP)
		return REASON_TIMEOUT;
	return state == CONN_SF || state == CONN_REJ || state == CONN_RSTO || state == CONN_RSTR
		       ? REASON_CLOSED
		       : REASON_TIMEOUT;
}

/* Takes the flows that are due off the wheel and into one list. */
static void begin_to_expire(struct flow_table *table, int64_t now_ns)
{
	uint32_t list = NO_FLOW;
	struct flow *flow;

	wheel_go_back(&table->wheel, now_ns);
	while ((flow = wheel_next(&table->wheel, now_ns)) != NULL) {
		if (flow->in_use) {
			flow->next_due = list;
			list = flow->number;
		} else {
			places_give(&table->places, flow);
		}
	}
	table->to_end = places_sort(&table->places, list);
	table->expiring = true;
}

bool flow_table_expire(struct flow_table *table, int64_t now_ns, uint64_t most)
{
	if (!table->expiring)
		begin_to_expire(table, now_ns);
	for (; table->to_end != NO_FLOW; most--) {
		struct flow *const flow = flow_numbered(table, table->to_end);

		if (most == 0)
			return true;
		table->to_end = flow->next_due;
		end_flow(table, flow, reason_of(flow));
		places_give(&table->places, flow);
	}
	table->expiring = false;
	return false;
}

/* Takes all flows off the wheel and out of the index, and into one list. */
static void begin_to_finish(struct flow_table *table)
{
	uint32_t list = NO_FLOW;

	for (uint32_t number = table->places.next - 1; number > 0; number--) {
		struct flow *const flow = flow_numbered(table, number);

		if (flow->in_use) {
			flow->next_due = list;
			list = number;
		}
	}
	wheel_clear(&table->wheel);
	index_clear(&table->index);
	table->to_end = places_sort(&table->places, list);
	table->expiring = false;
	table->finishing = true;
}

bool flow_table_end_some(struct flow_table *table, enum flow_reason reason, uint64_t most)
{
	if (!table->finishing)
		begin_to_finish(table);
	for (; table->to_end != NO_FLOW; most--) {
		struct flow *const flow = flow_numbered(table, table->to_end);

		if (most == 0)
			return true;
		table->to_end = flow->next_due;
		tell_end(table, flow, reason);
	}
	places_clear(&table->places);
	table->finishing = false;
	return false;
}

void flow_table_end_all(struct flow_table *table, enum flow_reason reason)
{
	flow_table_end_some(table, reason, UINT64_MAX);
}

/* Ends the idlest flow, which is off the wheel then. */
static struct flow *end_idlest(struct flow_table *table)
{
	struct flow *const flow = wheel_idlest(&table->wheel);

	if (flow->in_use)
		end_flow(table, flow, REASON_MEMORY);
	return flow;
}

/* ---- beginning ---- */

/* A place for a new flow: one that is free, or that of the idlest flow. */
static struct flow *take_place(struct flow_table *table)
{
	struct flow *const flow = places_take(&table->places,
					      table->memory_limit - index_memory(&table->index));

	return flow != NULL ? flow : end_idlest(table);
}

/* False where memory or the bound does not allow it: old and new stand side by side for a while. */
static bool grow_index(struct flow_table *table)
{
	return memory_of(table) + 2 * index_memory(&table->index) <= table->memory_limit &&
	       index_grow(&table->index);
}

static uint8_t nth_of_frame(struct flow_table *table, uint64_t frame)
{
	if (frame != table->newest_frame)
		table->newest_nth = 0;
	table->newest_frame = frame;
	return table->newest_nth++;
}

static void begin(struct flow *flow, const struct packet *packet, uint32_t context, int64_t now_ns)
{
	const uint32_t number = flow->number;

	memset(flow, 0, sizeof(*flow));
	flow->ends[0] = packet->source;
	flow->ends[1] = packet->destination;
	flow->ports[0] = packet->source_port;
	flow->ports[1] = packet->destination_port;
	flow->transport = packet->transport;
	flow->version = packet->version;
	flow->tunnel = packet->tunnel;
	flow->cast = packet->cast;
	flow->context = context;
	flow->number = number;
	flow->first_ns = now_ns;
	flow->last_ns = now_ns;
	flow->in_use = true;
}

/* The end that calls is the originator: a SYN ACK that comes first was sent by the one that was called. */
static bool is_answer(const struct packet *packet)
{
	return packet->transport == TRANSPORT_TCP &&
	       (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

static struct flow *make(struct flow_table *table, const struct packet *packet, uint64_t hash,
			 uint32_t context, int64_t now_ns, uint64_t frame)
{
	struct flow *flow;

	if (index_is_full(&table->index) && !grow_index(table))
		places_give(&table->places, end_idlest(table));
	flow = take_place(table);
	begin(flow, packet, context, now_ns);
	flow->first_frame = frame;
	flow->nth = nth_of_frame(table, frame);
	index_add(&table->index, (uint32_t)hash, flow->number);
	table->counts.flows++;
	if (++table->counts.live > table->counts.most_live)
		table->counts.most_live = table->counts.live;
	if (is_answer(packet))
		flow_swap_ends(flow);
	return flow;
}

/* A new connection between the same ports: the old one has closed, and this SYN does not repeat its own. */
static bool begins_anew(const struct flow *flow, const struct packet *packet, unsigned side)
{
	const unsigned more = SEEN_SYN_ACK | SEEN_FIN | SEEN_RST | SEEN_DATA | SEEN_ACK;

	switch (flow_conn_state(flow)) {
	case CONN_S0:
	case CONN_S1:
	case CONN_SH: return false;
	default:
		return packet->sequence + 1 != flow->sides[side].next_sequence ||
		       (flow->sides[side].seen & more) != 0;
	}
}

static bool is_call(const struct packet *packet)
{
	return packet->transport == TRANSPORT_TCP &&
	       (packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}

struct flow *flow_table_touch(struct flow_table *table, const struct packet *packet, uint64_t hash,
			      uint32_t context, int64_t now_ns, uint64_t frame, unsigned *ret_side)
{
	struct flow *flow = look_up(table, packet, hash, context, ret_side);

	if (flow != NULL && is_call(packet) && begins_anew(flow, packet, *ret_side)) {
		end_flow(table, flow, REASON_REPLACED);
		flow = NULL;
	}
	if (flow == NULL) {
		flow = make(table, packet, hash, context, now_ns, frame);
		*ret_side = flow->swapped ? 1 : 0;
		flow_count_packet(flow, packet, now_ns, *ret_side);
		wheel_add(&table->wheel, flow);
		return flow;
	}
	flow_count_packet(flow, packet, now_ns, *ret_side);
	if (packet->transport == TRANSPORT_TCP && (packet->tcp_flags & (TCP_FIN | TCP_RST)) != 0)
		wheel_sooner(&table->wheel, flow);
	return flow;
}

const struct flow_counts *flow_table_counts(struct flow_table *table)
{
	table->counts.memory = memory_of(table);
	return &table->counts;
}
