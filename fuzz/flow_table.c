/* The flow table beside a plain list: the same flows, counted the same, that end at the same calls, whatever
 * packets come and wherever time goes. An input is a row of orders of six bytes. What a connection is, is
 * left to flow_track_tcp() in both. */
#include "flow/table.h"

#include <stdlib.h>

enum {
	RECORDS = 40000,
	ORDER = 6,
	TURN = 4096,
	SECOND = 1000000000,
	MEMORY = 4 << 20,
	FLOOD = 64,
	FRAME_FLOWS = 100
};

struct record {
	struct flow flow;
	int64_t hung; /* the second in which it is looked at */
	bool live;
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const struct flow_timeouts timeouts = { 5, 5000, 2, 7, 30, 9, 11 };

/* The plain list, in the order in which flows began. */
static struct model {
	struct record records[RECORDS];
	size_t count, live;
	size_t of_frame[RECORDS]; /* the first that began in it */
	uint64_t frame;
	int64_t now_ns, second;
	bool started;
	/* What the table says. */
	struct flow_table *table;
	uint64_t last_frame;
	unsigned last_nth;
	size_t ended, evicted;
	enum flow_reason reason; /* that is expected: TIMEOUT stands for CLOSED, too */
	size_t looked_at;        /* while flows expire */
} model;

static void insist(bool condition)
{
	if (!condition)
		abort();
}

/* ---- when a flow is due ---- */

static uint32_t timeout_of(const struct flow *flow)
{
	const bool both = flow->sides[0].packets > 0 && flow->sides[1].packets > 0;

	if (flow->transport == TRANSPORT_UDP)
		return both ? timeouts.udp : timeouts.udp_unanswered;
	if (flow->transport == TRANSPORT_ICMP)
		return timeouts.icmp;
	if (flow->transport != TRANSPORT_TCP)
		return timeouts.other;
	switch (flow_conn_state(flow)) {
	case CONN_S0:
	case CONN_SH: return timeouts.tcp_opening;
	case CONN_S1:
	case CONN_S2:
	case CONN_S3:
	case CONN_OTH: return timeouts.tcp_established;
	default: return timeouts.tcp_closed;
	}
}

static int64_t due_of(const struct flow *flow)
{
	return flow->last_ns + (int64_t)timeout_of(flow) * SECOND;
}

static void hang(struct record *record, int64_t second)
{
	record->hung = due_of(&record->flow) / SECOND + 1;
	if (record->hung > second + TURN - 1)
		record->hung = second + TURN - 1;
	if (record->hung < second)
		record->hung = second;
}

static bool is_over(struct record *record, int64_t now_ns)
{
	while (record->live && record->hung <= now_ns / SECOND) {
		if (due_of(&record->flow) <= now_ns)
			return true;
		hang(record, record->hung);
	}
	return false;
}

/* ---- packets ---- */

static struct record *look_up(const struct packet *packet, unsigned *ret_side)
{
	const bool ports = packet->transport != TRANSPORT_ICMP;

	for (size_t i = 0; i < model.count; i++) {
		struct flow *const flow = &model.records[i].flow;

		if (!model.records[i].live || flow->transport != packet->transport)
			continue;
		for (unsigned side = 0; side < 2; side++) {
			*ret_side = side;
			if (address_compare(&flow->ends[side], &packet->source) == 0 &&
			    address_compare(&flow->ends[!side], &packet->destination) == 0 &&
			    (!ports || (flow->ports[side] == packet->source_port &&
					flow->ports[!side] == packet->destination_port)))
				return &model.records[i];
		}
	}
	return NULL;
}

static bool begins_anew(const struct flow *flow, const struct packet *packet, unsigned side)
{
	const unsigned more = SEEN_SYN_ACK | SEEN_FIN | SEEN_RST | SEEN_DATA | SEEN_ACK;
	const enum conn_state state = flow_conn_state(flow);

	if (packet->transport != TRANSPORT_TCP ||
	    (packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN || state == CONN_S0 ||
	    state == CONN_S1 || state == CONN_SH)
		return false;
	return packet->sequence + 1 != flow->sides[side].next_sequence ||
	       (flow->sides[side].seen & more) != 0;
}

static struct record *begin(const struct packet *packet)
{
	struct record *const record = &model.records[model.count];
	const bool again = model.count > 0 && record[-1].flow.first_frame == model.frame;

	record->flow = (struct flow){ .ends = { packet->source, packet->destination },
				      .ports = { packet->source_port, packet->destination_port },
				      .transport = packet->transport,
				      .first_frame = model.frame,
				      .nth = again ? (uint8_t)(record[-1].flow.nth + 1) : 0,
				      .first_ns = model.now_ns,
				      .last_ns = model.now_ns };
	if (!again)
		model.of_frame[model.frame] = model.count;
	if (packet->transport == TRANSPORT_TCP &&
	    (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		flow_swap_ends(&record->flow);
	if (!model.started)
		model.second = model.now_ns / SECOND;
	model.started = record->live = true;
	model.count++;
	model.live++;
	return record;
}

static void count(struct flow *flow, const struct packet *packet, unsigned side)
{
	flow->sides[side].packets++;
	flow->sides[side].bytes += packet->length;
	if (packet->transport == TRANSPORT_TCP)
		flow_track_tcp(flow, side, packet, model.now_ns);
	if (model.now_ns > flow->last_ns)
		flow->last_ns = model.now_ns;
}

static void check(const struct flow *mine, const struct flow *flow)
{
	insist(mine->first_frame == flow->first_frame && mine->nth == flow->nth);
	insist(mine->first_ns == flow->first_ns && mine->last_ns == flow->last_ns);
	insist(memcmp(mine->ends, flow->ends, sizeof(mine->ends)) == 0);
	insist(memcmp(mine->ports, flow->ports, sizeof(mine->ports)) == 0);
	insist(memcmp(mine->sides, flow->sides, sizeof(mine->sides)) == 0);
	insist(mine->swapped == flow->swapped && flow_conn_state(mine) == flow_conn_state(flow));
}

/* A packet to both. `is_new`: it is known that there is no such flow. */
static void touch(const struct packet *packet, bool is_new)
{
	unsigned side = 0, table_side;
	struct record *record = is_new ? NULL : look_up(packet, &side);
	const uint64_t hash = flow_hash(packet, 0);
	const bool known = record != NULL;
	struct flow *flow;

	insist((flow_table_find(model.table, packet, hash, 0) != NULL) == known || is_new);
	model.reason = REASON_MEMORY;
	if (known && begins_anew(&record->flow, packet, side)) {
		model.reason = REASON_REPLACED;
		record = NULL;
	}
	model.last_frame = 0;
	flow = flow_table_touch(model.table, packet, hash, 0, model.now_ns, model.frame, &table_side);
	if (record == NULL) {
		record = begin(packet);
		side = record->flow.swapped;
		count(&record->flow, packet, side);
		hang(record, model.second);
	} else {
		count(&record->flow, packet, side);
		if (packet->transport == TRANSPORT_TCP && (packet->tcp_flags & (TCP_FIN | TCP_RST)) != 0 &&
		    !record->flow.closing && timeout_of(&record->flow) == timeouts.tcp_closed) {
			record->flow.closing = true;
			hang(record, model.second);
		}
	}
	insist(side == table_side);
	check(&record->flow, flow);
	insist(flow_table_counts(model.table)->live == model.live);
}

/* ---- ends ---- */

/* Flows that were due and are not told of were forgotten. */
static void nothing_is_left_before(size_t place)
{
	for (; model.looked_at < place; model.looked_at++)
		insist(!is_over(&model.records[model.looked_at], model.now_ns) || model.evicted > 0);
}

static void on_end(void *context, struct flow *flow, enum flow_reason reason)
{
	const size_t place = model.of_frame[flow->first_frame] + flow->nth;
	struct record *const record = &model.records[place];

	(void)context;
	insist(place < model.count && record->live);
	check(&record->flow, flow);
	if (model.reason == REASON_TIMEOUT) {
		nothing_is_left_before(place);
		insist(reason == REASON_TIMEOUT || reason == REASON_CLOSED);
		insist(due_of(flow) <= model.now_ns && (is_over(record, model.now_ns) || model.evicted > 0));
	} else {
		insist(reason == model.reason ||
		       (reason == REASON_MEMORY && model.reason == REASON_REPLACED));
	}
	if (reason == REASON_MEMORY) /* what it has looked at hangs elsewhere now */
		model.evicted++;
	else if (model.reason != REASON_REPLACED)
		insist(flow->first_frame > model.last_frame ||
		       (flow->first_frame == model.last_frame && flow->nth > model.last_nth));
	model.last_frame = flow->first_frame;
	model.last_nth = flow->nth;
	record->live = false;
	model.live--;
	model.ended++;
}

static void expire(void)
{
	const int64_t now = model.now_ns / SECOND;

	if (model.started && model.second > now + 1) {
		model.second = now;
		for (size_t i = 0; i < model.count; i++)
			hang(&model.records[i], now);
	}
	for (size_t i = 0; i < model.count; i++) /* after a long silence one turn sees every flow */
		if (model.started && model.records[i].hung < now - TURN)
			model.records[i].hung += (now - model.records[i].hung) / TURN * TURN;
	model.reason = REASON_TIMEOUT;
	model.looked_at = model.last_frame = 0;
	while (flow_table_expire(model.table, model.now_ns, 3))
		;
	nothing_is_left_before(model.count);
	if (!model.started || model.second <= now)
		model.second = now + 1;
	model.started = true;
}

/* ---- orders ---- */

static struct packet packet_of(const uint8_t *order)
{
	static const uint8_t transports[] = { TRANSPORT_TCP, TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_ICMP,
					      TRANSPORT_GRE };
	struct packet packet = { .source = address_v4(0x0a000000 | (order[1] & 3)),
				 .destination = address_v4(0x0a000000 | (order[1] >> 2 & 3)),
				 .source_port = order[1] >> 4 & 3,
				 .destination_port = order[1] >> 6,
				 .transport = transports[order[2] % 5],
				 .version = 4,
				 .length = 40 + order[5],
				 .payload_length = order[5],
				 .window = order[2] >> 4 };

	if (packet.transport == TRANSPORT_TCP) {
		packet.tcp_flags = order[3] & 0x1f;
		packet.sequence = order[4] & 15;
		packet.acknowledgement = order[4] >> 4;
	} else if (packet.transport == TRANSPORT_GRE) {
		packet.source_port = packet.destination_port = 0;
	}
	return packet;
}

/* Many hosts that were never seen before. */
static void flood(size_t flows)
{
	struct packet packet = {
		.destination = address_v4(0x0a000001), .transport = TRANSPORT_UDP, .version = 4, .length = 28
	};

	for (; flows > 0 && model.frame + 1 < RECORDS && model.count < RECORDS; flows--) {
		packet.source = address_v4((uint32_t)(0x0b000000 + ++model.frame));
		touch(&packet, true);
	}
}

static void obey(const uint8_t *order)
{
	const int64_t step = (int64_t)(order[3] << 8 | order[4]);
	struct packet packet;

	switch (order[0] % 16) {
	case 0: model.now_ns += step * SECOND / 16; break;
	case 1: model.now_ns += step * SECOND * 4; break;
	case 2: model.now_ns -= model.now_ns < step * SECOND ? model.now_ns : step * SECOND; break;
	case 3:
	case 4: expire(); break;
	case 5: flood((size_t)(order[1] == 0xff ? order[3] * FLOOD : order[3] % 8)); break;
	default:
		if (model.count == RECORDS || model.frame + 1 == RECORDS)
			break;
		if (order[0] < 240 || model.frame == 0 ||
		    model.count - model.of_frame[model.frame] > FRAME_FLOWS)
			model.frame++;
		packet = packet_of(order);
		touch(&packet, false);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const struct flow_limits limits = { .memory = MEMORY, .timeouts = timeouts };
	const struct flow_ending ending = { .on_end = on_end };

	model.count = model.live = model.ended = model.evicted = 0;
	model.frame = 0;
	model.now_ns = (int64_t)1000 * SECOND;
	model.started = false;
	model.table = flow_table_new(&limits, &ending, NULL);
	insist(model.table != NULL);
	for (size_t at = 0; at + ORDER <= length && at < (size_t)512 * ORDER; at += ORDER)
		obey(bytes + at);
	model.reason = REASON_END_OF_INPUT;
	model.last_frame = 0;
	while (flow_table_end_some(model.table, REASON_END_OF_INPUT, 5))
		;
	insist(model.live == 0 && model.ended == model.count);
	insist(flow_table_counts(model.table)->flows == model.count);
	flow_table_free(model.table);
	return 0;
}
