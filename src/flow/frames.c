/* frames.c: frames to packets to flows. */
#include "flow/context.h"
#include "flow/engine.h"
#include "flow/icmp.h"
#include "flow/identify.h"
#include "flow/key.h"

/* ---- flows that begin ---- */

static bool has_ports(const struct flow *flow)
{
	const struct transport *const transport = catalog_transport(flow->transport);

	return transport != NULL && transport->has_ports;
}

/* The IP header says what it is; some of these can be read. */
static void begin_without_ports(struct flow *flow)
{
	const struct protocol *const protocol = identify_transport(flow->transport);

	flow->identified = IDENTIFIED_TRANSPORT;
	flow->protocol = identify_number(protocol);
	flow->settled = protocol == NULL || protocol->parser == NULL;
}

static void begin_flow(struct engine *engine, struct flow *flow, uint64_t parent, uint32_t tunnel_key)
{
	struct expected expected;
	const bool is_expected = expectations_match(engine->expectations, flow, engine->time_ns, &expected);

	flow->parent = is_expected ? expected.parent : parent;
	flow->tunnel_key = tunnel_key;
	engine->counts.expected += is_expected;
	if (!has_ports(flow))
		begin_without_ports(flow);
	else if (is_expected && expected.protocol != NULL)
		conversation_expected(engine->conversations, flow, &expected, engine->time_ns, engine->frame);
}

/* ---- packets ---- */

/* What is known of a packet beside what it says itself. */
struct layer {
	uint64_t hash;
	uint64_t parent; /* id of the flow that it came inside */
	uint32_t context;
	uint32_t tunnel_key;
	struct datagram datagram; /* that it was put together from; no pieces if it came whole */
};

/* False for a piece of a datagram that is not whole; layer->datagram tells whether it is the beginning. */
static bool put_together(struct engine *engine, struct packets *packets, unsigned nth, struct layer *layer)
{
	if (fragments_add(engine->fragments, packets, nth, layer->context, engine->time_ns,
			  &layer->datagram) != FRAGMENTS_WHOLE)
		return false;
	engine->counts.fragments_in_flows += layer->datagram.pieces - (layer->datagram.begun_bytes > 0);
	if (nth >= packets->count)
		return false;
	layer->hash = flow_hash(&packets->list[nth], layer->context);
	return true;
}

static bool is_ipsec(const struct packet *packet)
{
	return packet->transport == TRANSPORT_ESP || packet->transport == TRANSPORT_AH;
}

/* What IPsec protects is added behind. ESP in UDP is told from other datagrams by its keys alone. */
static void open_ipsec(struct engine *engine, struct packets *packets, unsigned nth)
{
	enum ipsec_result result = IPSEC_NOT;

	switch (packets->list[nth].transport) {
	case TRANSPORT_ESP:
	case TRANSPORT_AH: result = ipsec_open(engine->ipsec, packets, nth); break;
	case TRANSPORT_UDP:
		if (!engine->has_keys || nth + 1 < packets->count)
			return;
		result = ipsec_open_udp(engine->ipsec, packets, nth);
		break;
	default: return;
	}
	packets->list[nth].ipsec = (uint8_t)result;
	engine->counts.ipsec_good += result == IPSEC_GOOD;
	engine->counts.ipsec_bad += result == IPSEC_BAD;
	engine->counts.ipsec_replayed += result == IPSEC_REPLAYED;
}

/* Counts the packet in its flow, which is returned, with the end that sent it. */
static struct flow *count_packet(struct engine *engine, const struct packet *packet,
				 const struct layer *layer, unsigned *ret_end)
{
	struct flow *const flow = flow_table_touch(engine->table, packet, layer->hash, layer->context,
						   engine->time_ns, engine->frame, ret_end);

	if (!flow->begun) {
		const bool swapped = flow->swapped;

		flow->begun = true;
		begin_flow(engine, flow, layer->parent, layer->tunnel_key);
		if (flow->swapped != swapped)
			*ret_end = !*ret_end;
	}
	return flow;
}

/* The first piece of a datagram has the ports, and counts at once: the others may never come. */
static void count_beginning(struct engine *engine, const struct packet *packet, struct layer *layer)
{
	unsigned end;
	struct flow *flow;

	layer->hash = flow_hash(packet, layer->context);
	flow = count_packet(engine, packet, layer, &end);
	if (packet->transport != TRANSPORT_TCP)
		flow->sides[end].seen |= SEEN_DATA;
	engine->counts.fragments_in_flows++;
}

/* Each piece counts as a packet; of those, one may have been counted before. */
static void count_pieces(struct flow_side *side, const struct packet *packet, const struct datagram *datagram)
{
	side->packets += datagram->pieces - 1 - (datagram->begun_bytes > 0);
	side->bytes += (uint64_t)datagram->bytes - datagram->begun_bytes - packet->length;
}

const uint8_t verified_transports[VERIFIED_TRANSPORTS] = {
	TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_UDPLITE, TRANSPORT_SCTP, TRANSPORT_ICMP, TRANSPORT_ICMPV6,
};

static void verify(struct engine_counts *counts, const struct packet *packet)
{
	const enum checksum sum = packet_checksum(packet);

	for (unsigned i = 0; i < VERIFIED_TRANSPORTS && sum != CHECKSUM_UNKNOWN; i++) {
		if (verified_transports[i] != packet->transport)
			continue;
		counts->checksums_verified++;
		counts->checksums_wrong[i] += sum == CHECKSUM_BAD;
	}
}

/* Counts the packet in its flow and reads what it says; returns the flow. */
static struct flow *read_packet(struct engine *engine, struct packets *packets, unsigned nth,
				const struct layer *layer)
{
	const struct packet *const packet = &packets->list[nth];
	unsigned end;
	struct flow *const flow = count_packet(engine, packet, layer, &end);

	if (engine->checksums)
		verify(&engine->counts, packet);
	if (layer->datagram.pieces > 1)
		count_pieces(&flow->sides[end], packet, &layer->datagram);
	if (!flow->settled) {
		if (packet->payload_length > 0 && packet->transport != TRANSPORT_TCP)
			flow->sides[end].seen |= SEEN_DATA;
		conversation_packet(engine->conversations, flow, end, packets, nth, engine->time_ns,
				    engine->frame);
	}
	return flow;
}

/* An error that came in pieces may have been given to another worker than the flow of which it speaks, and is
 * never joined. */
static void join_error(struct engine *engine, const struct packet *packet, struct layer *layer)
{
	const struct flow *about;

	engine->counts.icmp_errors++;
	if (layer->datagram.pieces > 0)
		return;
	layer->context = icmp_join(engine->table, packet, layer->context, &engine->counts, &about);
	if (about != NULL && layer->parent == 0)
		layer->parent = flow_id(about);
	layer->hash = flow_hash(packet, layer->context);
}

/* The packets of a frame, from the outermost inwards. What a conversation finds in one is added behind. */
static void read_packets(struct engine *engine, struct packets *packets, uint64_t hash)
{
	struct engine_counts *const counts = &engine->counts;
	struct layer layer = { .hash = hash };

	for (unsigned nth = 0; nth < packets->count; nth++) {
		const struct packet *const packet = &packets->list[nth];
		const struct flow *flow;

		counts->packets++;
		counts->bad_checksums += packet->ip_checksum == CHECKSUM_BAD;
		if (nth > 0) {
			counts->tunnelled++;
			layer.context = context_inside(layer.context, packet - 1,
						       (enum tunnel)packet->tunnel);
			layer.tunnel_key = context_key(packet - 1, (enum tunnel)packet->tunnel);
			layer.hash = flow_hash(packet, layer.context);
			layer.datagram.pieces = 0;
		}
		if (packet->fragment && !put_together(engine, packets, nth, &layer)) {
			if (layer.datagram.begins)
				count_beginning(engine, packet, &layer);
			return;
		}
		if (icmp_is_error(packet))
			join_error(engine, packet, &layer);
		if (is_ipsec(packet)) /* so that who reads it knows what came of it */
			open_ipsec(engine, packets, nth);
		flow = read_packet(engine, packets, nth, &layer);
		if (!is_ipsec(packet))
			open_ipsec(engine, packets, nth);
		if (nth + 1 < packets->count)
			layer.parent = flow_id(flow);
	}
}

/* Most packets of long flows only pass: their flow is known, and nothing of them is wanted but to be counted.
 * False if this one may be another. */
static inline bool let_pass(struct engine *engine, const struct waiting *waiting)
{
	const struct packet *const packet = &waiting->packets.list[0];
	struct flow *const flow = waiting->flow;
	const bool tcp = packet->transport == TRANSPORT_TCP;
	unsigned end;

	if (!waiting->packets.usual || flow == NULL || engine->looks_closely ||
	    (tcp && (packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) != 0) || !flow->in_use ||
	    !flow_has(flow, packet, 0, &end))
		return false;
	if (!flow->settled && !(tcp && conversation_lets_pass(flow, end, packet, engine->time_ns)))
		return false;
	engine->counts.packets++;
	engine->counts.bad_checksums += packet->ip_checksum == CHECKSUM_BAD;
	flow_count_packet(flow, packet, engine->time_ns, end);
	return true;
}

static void decode(const struct frame *frame, struct span bytes, struct waiting *waiting)
{
	struct packets *const packets = &waiting->packets;

	packet_decode(packets, frame->link, bytes, frame->length);
	waiting->hash = packets->count > 0 ? flow_hash(&packets->list[0], 0) : 0;
}

static void read_frame(struct engine *engine, const struct frame *frame, uint64_t number,
		       struct waiting *waiting)
{
	struct packets *const packets = &waiting->packets;

	engine->time_ns = frame->time_ns;
	engine->frame = number;
	engine->counts.frames++;
	engine->counts.bytes += frame->length;
	if (let_pass(engine, waiting))
		return;
	if (frame->rest.length > 0)
		decode(frame, capture_fetch(frame), waiting);
	if (packets->count == 0 && packets->problem == PACKET_WHOLE) {
		engine->counts.not_ip++;
		links_read(engine->links, packets, engine->time_ns, number);
	}
	read_packets(engine, packets, waiting->hash);
	if (packets->problem != PACKET_WHOLE)
		engine->counts.problems[packets->problem]++;
}

/* ---- the line ----
 *
 * Frames stand in a line of five stages, each some frames behind the one before it: what one stage asks
 * memory for has come when the next one wants it. */

/* Another thread may have been the one that read them from the file. */
static void ask_for_bytes(const struct frame *frame)
{
	__builtin_prefetch(frame->bytes);
	__builtin_prefetch(frame->bytes + 64);
}

static void ask_for_flow(const struct engine *engine, struct waiting *waiting)
{
	waiting->flow = flow_prefetch(engine->table, waiting->hash);
}

static void ask_for_conversation(const struct waiting *waiting)
{
	if (waiting->flow != NULL && !waiting->flow->settled)
		conversation_prefetch(waiting->flow);
}

static void ask_for_parser(const struct waiting *waiting)
{
	if (waiting->flow != NULL && !waiting->flow->settled)
		conversation_prefetch_parser(waiting->flow);
}

void engine_read(struct engine *engine, const struct frame *frames, const uint64_t *numbers, size_t count)
{
	struct waiting *const line = engine->line;

	for (size_t i = 0; i < count + (STAGES - 1) * (size_t)APART; i++) {
		const size_t second = i - APART, third = second - APART, fourth = third - APART,
			     last = fourth - APART;

		if (engine->handed && i + AHEAD < count)
			ask_for_bytes(&frames[i + AHEAD]);
		if (i < count) {
			decode(&frames[i], frame_at_hand(&frames[i]), &line[i % LINE]);
			flow_prefetch_slot(engine->table, line[i % LINE].hash);
		}
		if (second < count)
			ask_for_flow(engine, &line[second % LINE]);
		if (third < count)
			ask_for_conversation(&line[third % LINE]);
		if (fourth < count)
			ask_for_parser(&line[fourth % LINE]);
		if (last < count)
			read_frame(engine, &frames[last], numbers[last], &line[last % LINE]);
	}
}
