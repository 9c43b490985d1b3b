/* The table: an open-addressed index of numbers, and flows in chunks that never move. The index holds a part
 * of each hash beside the number, so that a flow's own lines are read only when it is the right one, or
 * nearly so. */
#include "flow/table.h"
#include "base/hash.h"
#include "flow/wheel.h"

#include <stdlib.h>

enum {
	CHUNK_FLOWS = 4096,
	FIRST_SLOTS = 8192,
	CHUNKS_MOST = 1 << 16,
	LEAST_MEMORY = 4 << 20,
	NO_FLOW = 0, /* numbers begin with 1 */
};

_Static_assert(sizeof(struct flow) <= FLOW_BYTES, "a flow fits its bound");

struct slot {
	uint32_t number;
	uint32_t tag; /* upper half of the hash */
};

struct flow_table {
	struct slot *slots; /* owned: slot_mask + 1 of them */
	size_t slot_mask, used;
	struct flow **chunks; /* owned, each of CHUNK_FLOWS */
	uint32_t chunk_count, next_number, free_list;
	size_t memory_limit;
	struct wheel wheel;
	struct flow_timeouts timeouts;
	struct flow_ending ending;
	struct flow_counts counts;
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

static struct flow *flow_numbered(const struct flow_table *table, uint32_t number)
{
	return &table->chunks[(number - 1) / CHUNK_FLOWS][(number - 1) % CHUNK_FLOWS];
}

struct flow *wheel_flow(const struct wheel *wheel, uint32_t number)
{
	return flow_numbered(wheel->table, number);
}

struct flow_table *flow_table_new(const struct flow_limits *limits, const struct flow_ending *ending,
				  struct error *err)
{
	struct flow_table *const table = calloc(1, sizeof(*table));

	if (table == NULL || (limits->memory > 0 && limits->memory < LEAST_MEMORY)) {
		free(table);
		error_set(err, "the flow table needs at least %d MiB of memory", LEAST_MEMORY >> 20);
		return NULL;
	}
	table->memory_limit = limits->memory > 0 ? limits->memory : (size_t)1 << 30;
	table->timeouts = limits->timeouts;
	table->ending = *ending;
	table->next_number = 1;
	table->slot_mask = FIRST_SLOTS - 1;
	table->slots = calloc(FIRST_SLOTS, sizeof(*table->slots));
	table->chunks = calloc(CHUNKS_MOST, sizeof(struct flow *));
	wheel_init(&table->wheel, table);
	if (table->slots != NULL && table->chunks != NULL)
		return table;
	flow_table_free(table);
	error_memory(err);
	return NULL;
}

void flow_table_free(struct flow_table *table)
{
	if (table == NULL)
		return;
	for (uint32_t i = 0; i < table->chunk_count; i++)
		free(table->chunks[i]);
	free(table->chunks);
	free(table->slots);
	free(table);
}

/* ---- hashing and comparing ---- */

static uint64_t hash_end(const struct address *a, uint16_t port)
{
	uint64_t halves[2];

	memcpy(halves, a->bytes, sizeof(halves));
	return hash_number(halves[1] + hash_number(halves[0] ^ port));
}

static bool has_ports(const struct packet *packet)
{
	return packet->transport != TRANSPORT_ICMP && packet->transport != TRANSPORT_ICMPV6;
}

uint64_t flow_hash(const struct packet *packet, uint32_t context)
{
	const bool ports = has_ports(packet);
	const uint64_t ends = hash_end(&packet->source, ports ? packet->source_port : 0) +
			      hash_end(&packet->destination, ports ? packet->destination_port : 0);

	return hash_number(ends ^ (uint64_t)context << 16 ^ packet->transport);
}

/* Type and code of ICMP do not tell flows apart: a question and its answer belong together. */
static bool is_flow_of(const struct flow *flow, const struct packet *packet, uint32_t context, unsigned side)
{
	if (flow->transport != packet->transport || flow->context != context ||
	    address_compare(&flow->ends[side], &packet->source) != 0 ||
	    address_compare(&flow->ends[!side], &packet->destination) != 0)
		return false;
	return !has_ports(packet) ||
	       (flow->ports[side] == packet->source_port && flow->ports[!side] == packet->destination_port);
}

void flow_prefetch_slot(const struct flow_table *table, uint64_t hash)
{
	__builtin_prefetch(&table->slots[hash & table->slot_mask]);
}

void flow_prefetch(const struct flow_table *table, uint64_t hash)
{
	const struct slot *const slot = &table->slots[hash & table->slot_mask];

	if (slot->number != NO_FLOW) {
		const char *const flow = (const char *)flow_numbered(table, slot->number);

		__builtin_prefetch(flow);
		__builtin_prefetch(flow + 64, 1);
		__builtin_prefetch(flow + 128, 1);
	}
}

/* The slot of the packet's flow, or the empty one where it would stand. */
static struct slot *look_up(const struct flow_table *table, const struct packet *packet, uint64_t hash,
			    uint32_t context, unsigned *ret_side)
{
	const uint32_t tag = (uint32_t)(hash >> 32);
	size_t at = hash & table->slot_mask;

	for (;; at = (at + 1) & table->slot_mask) {
		struct slot *const slot = &table->slots[at];
		const struct flow *flow;

		if (slot->number == NO_FLOW)
			return slot;
		if (slot->tag != tag)
			continue;
		flow = flow_numbered(table, slot->number);
		for (*ret_side = 0; *ret_side < 2; (*ret_side)++) {
			if (is_flow_of(flow, packet, context, *ret_side))
				return slot;
		}
	}
}

struct flow *flow_table_find(const struct flow_table *table, const struct packet *packet, uint64_t hash,
			     uint32_t context)
{
	unsigned side;
	const struct slot *const slot = look_up(table, packet, hash, context, &side);

	return slot->number != NO_FLOW ? flow_numbered(table, slot->number) : NULL;
}

/* ---- growing and giving back ---- */

static uint64_t hash_of_flow(const struct flow *flow)
{
	struct packet packet = { .source = flow->ends[0],
				 .destination = flow->ends[1],
				 .source_port = flow->ports[0],
				 .destination_port = flow->ports[1],
				 .transport = flow->transport };

	return flow_hash(&packet, flow->context);
}

static size_t memory_of(const struct flow_table *table)
{
	return (table->slot_mask + 1) * sizeof(struct slot) +
	       (size_t)table->chunk_count * CHUNK_FLOWS * sizeof(struct flow);
}

/* Twice the slots, each flow at its new place. False where memory or the limit does not allow it. */
static bool grow_index(struct flow_table *table)
{
	const size_t count = 2 * (table->slot_mask + 1);
	struct slot *slots;

	if (memory_of(table) + count * sizeof(*slots) > table->memory_limit)
		return false;
	slots = calloc(count, sizeof(*slots));
	if (slots == NULL)
		return false;
	for (size_t i = 0; i <= table->slot_mask; i++) {
		size_t at;

		if (table->slots[i].number == NO_FLOW)
			continue;
		at = hash_of_flow(flow_numbered(table, table->slots[i].number)) & (count - 1);
		while (slots[at].number != NO_FLOW)
			at = (at + 1) & (count - 1);
		slots[at] = table->slots[i];
	}
	free(table->slots);
	table->slots = slots;
	table->slot_mask = count - 1;
	return true;
}

static bool add_chunk(struct flow_table *table)
{
	const size_t bytes = CHUNK_FLOWS * sizeof(struct flow);

	if (table->chunk_count == CHUNKS_MOST || memory_of(table) + bytes > table->memory_limit)
		return false;
	table->chunks[table->chunk_count] = aligned_alloc(64, bytes);
	if (table->chunks[table->chunk_count] == NULL)
		return false;
	table->chunk_count++;
	return true;
}

/* Takes a slot out of the index; those behind it move up, so that no search ends too early. */
static void remove_slot(struct flow_table *table, size_t hole)
{
	size_t at = hole;

	for (;;) {
		size_t home;

		table->slots[hole].number = NO_FLOW;
		do {
			at = (at + 1) & table->slot_mask;
			if (table->slots[at].number == NO_FLOW)
				return;
			home = hash_of_flow(flow_numbered(table, table->slots[at].number)) & table->slot_mask;
		} while (((at - home) & table->slot_mask) < ((at - hole) & table->slot_mask));
		table->slots[hole] = table->slots[at];
		hole = at;
	}
}

static void end_flow(struct flow_table *table, struct flow *flow, enum flow_reason reason)
{
	size_t at = hash_of_flow(flow) & table->slot_mask;

	while (table->slots[at].number != flow->number)
		at = (at + 1) & table->slot_mask;
	remove_slot(table, at);
	table->used--;
	table->counts.live--;
	table->counts.ended[reason]++;
	table->ending.on_end(table->ending.context, flow, reason);
	flow->in_use = false;
}

/* A flow that has left the index may still hang in the wheel; its place is free when the wheel lets go. */
static void release(struct flow_table *table, struct flow *flow)
{
	flow->next_due = table->free_list;
	table->free_list = flow->number;
}

static uint32_t timeout_of(const struct flow_table *table, const struct flow *flow)
{
	const struct flow_timeouts *const t = &table->timeouts;

	switch (flow->transport) {
	case TRANSPORT_TCP:
		switch (flow_conn_state(flow)) {
		case CONN_S0:
		case CONN_SH: return t->tcp_opening;
		case CONN_S1:
		case CONN_S2:
		case CONN_S3:
		case CONN_OTH: return t->tcp_established;
		default: return t->tcp_closed;
		}
	case TRANSPORT_UDP:
	case TRANSPORT_UDPLITE: return flow->sides[1].packets == 0 ? t->udp_unanswered : t->udp;
	case TRANSPORT_ICMP:
	case TRANSPORT_ICMPV6: return t->icmp;
	default: return t->other;
	}
}

int64_t wheel_due(const struct wheel *wheel, const struct flow *flow)
{
	return flow->last_ns + (int64_t)timeout_of(wheel->table, flow) * 1000000000;
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

void flow_table_expire(struct flow_table *table, int64_t now_ns)
{
	struct flow *flow;

	while ((flow = wheel_next(&table->wheel, now_ns)) != NULL) {
		if (flow->in_use)
			end_flow(table, flow, reason_of(flow));
		release(table, flow);
	}
}

void flow_table_end_all(struct flow_table *table, enum flow_reason reason)
{
	for (uint32_t number = 1; number < table->next_number; number++) {
		struct flow *const flow = flow_numbered(table, number);

		if (flow->in_use)
			end_flow(table, flow, reason);
	}
	wheel_init(&table->wheel, table);
	table->free_list = NO_FLOW;
	table->next_number = 1;
}

/* A place for a new flow: one that was given back, a new one, or that of the idlest flow. */
static struct flow *take_place(struct flow_table *table)
{
	struct flow *flow;
	uint32_t number = table->free_list;

	if (number != NO_FLOW) {
		flow = flow_numbered(table, number);
		table->free_list = flow->next_due;
		return flow;
	}
	if (table->next_number > table->chunk_count * (uint32_t)CHUNK_FLOWS && !add_chunk(table)) {
		flow = wheel_idlest(&table->wheel);
		if (flow->in_use)
			end_flow(table, flow, REASON_MEMORY);
		return flow;
	}
	flow = flow_numbered(table, table->next_number);
	flow->number = table->next_number++;
	return flow;
}

static void begin(struct flow *flow, const struct packet *packet, uint32_t context, int64_t now_ns)
{
	const uint32_t number = flow->number;

	*flow = (struct flow){
		.ends = { packet->source, packet->destination },
		.ports = { packet->source_port, packet->destination_port },
		.transport = packet->transport,
		.version = packet->version,
		.tunnel = packet->tunnel,
		.cast = packet->cast,
		.context = context,
		.number = number,
		.first_ns = now_ns,
		.last_ns = now_ns,
		.in_use = true,
	};
}

/* The end that calls is the originator: a SYN ACK that comes first was sent by the one that was called. */
static bool is_answer(const struct packet *packet)
{
	return packet->transport == TRANSPORT_TCP &&
	       (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

static void swap_ends(struct flow *flow)
{
	const struct address end = flow->ends[0];
	const uint16_t port = flow->ports[0];

	flow->ends[0] = flow->ends[1];
	flow->ends[1] = end;
	flow->ports[0] = flow->ports[1];
	flow->ports[1] = port;
	flow->swapped = true;
}

static struct flow *make(struct flow_table *table, const struct packet *packet, uint64_t hash,
			 uint32_t context, int64_t now_ns, unsigned *ret_side)
{
	struct flow *flow;
	struct slot *slot;

	if (4 * (table->used + 1) > 3 * (table->slot_mask + 1) && !grow_index(table)) {
		flow = wheel_idlest(&table->wheel);
		if (flow->in_use)
			end_flow(table, flow, REASON_MEMORY);
		release(table, flow);
	}
	flow = take_place(table);
	begin(flow, packet, context, now_ns);
	slot = look_up(table, packet, hash, context, ret_side); /* after the index has moved */
	*slot = (struct slot){ .number = flow->number, .tag = (uint32_t)(hash >> 32) };
	table->used++;
	table->counts.flows++;
	if (++table->counts.live > table->counts.most_live)
		table->counts.most_live = table->counts.live;
	*ret_side = 0;
	if (is_answer(packet)) {
		swap_ends(flow);
		*ret_side = 1;
	}
	return flow;
}

/* A new connection between the same ports: the old one has closed, and this SYN does not repeat its own. */
static bool begins_anew(const struct flow *flow, const struct packet *packet, unsigned side)
{
	if (packet->transport != TRANSPORT_TCP ||
	    (packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
		return false;
	switch (flow_conn_state(flow)) {
	case CONN_S0:
	case CONN_S1:
	case CONN_SH: return false;
	default:
		return packet->sequence + 1 != flow->sides[side].next_sequence ||
		       flow->sides[side].seen != SEEN_SYN;
	}
}

struct flow *flow_table_touch(struct flow_table *table, const struct packet *packet, uint64_t hash,
			      uint32_t context, int64_t now_ns, unsigned *ret_side)
{
	struct slot *const slot = look_up(table, packet, hash, context, ret_side);
	struct flow *flow = slot->number != NO_FLOW ? flow_numbered(table, slot->number) : NULL;
	bool is_new = flow == NULL;

	if (flow != NULL && begins_anew(flow, packet, *ret_side)) {
		end_flow(table, flow, REASON_REPLACED); /* its place stays with the wheel until then */
		is_new = true;
	}
	if (is_new)
		flow = make(table, packet, hash, context, now_ns, ret_side);
	if (now_ns > flow->last_ns)
		flow->last_ns = now_ns;
	flow->sides[*ret_side].packets++;
	flow->sides[*ret_side].bytes += packet->length;
	if (packet->transport == TRANSPORT_TCP && !packet->fragment)
		flow_track_tcp(flow, *ret_side, packet, now_ns);
	if (is_new)
		wheel_add(&table->wheel, flow);
	else if (packet->transport == TRANSPORT_TCP && (packet->tcp_flags & (TCP_FIN | TCP_RST)) != 0)
		wheel_sooner(&table->wheel, flow);
	return flow;
}

const struct flow_counts *flow_table_counts(struct flow_table *table)
{
	table->counts.memory = memory_of(table);
	return &table->counts;
}

uint64_t flow_id(const struct flow *flow)
{
	return hash_number(hash_of_flow(flow) + (uint64_t)flow->first_ns) >>
	       12; /* exact in a double, as JSON readers have it */
}
