/* Events of traffic. Field names are EVE's where EVE has the field; what it does not have stands under
 * "doorward". doc/events.md has them all. */
#include "output/flow_events.h"
#include "base/escape.h"
#include "output/output.h"

#include <stdlib.h>

static bool is_icmp(const struct flow *flow)
{
	return flow->transport == TRANSPORT_ICMP || flow->transport == TRANSPORT_ICMPV6;
}

static bool has_ports(const struct flow *flow)
{
	const struct transport *const transport = catalog_transport(flow->transport);

	return transport != NULL && transport->has_ports;
}

/* ---- what all events of a flow have in common ---- */

/* So few that they stay near the processor: of four times as many some more are found, and each costs more to
 * reach than is saved. */
enum { HEADS = 1024, HEAD_LENGTH = 320, LINE = 64 };

/* The members from "flow_id" to "community_id". They cost more than most of what follows them, and are the
 * same in each event of a flow, but where it comes to be known what is spoken and by whom. */
struct head {
	uint64_t id; /* of the flow */
	const char *app_proto;
	bool swapped;
	uint16_t length; /* 0: empty */
	char text[HEAD_LENGTH];
};

struct flow_events {
	const struct address_range *anycast; /* borrowed */
	size_t anycast_count;
	struct clock_texts times;
	struct digester sha1;
	struct head heads[HEADS]; /* those written last; the place is made of the flow's id */
};

struct flow_events *flow_events_new(const struct address_range *anycast, size_t anycast_count)
{
	struct flow_events *const events = calloc(1, sizeof(*events));

	if (events == NULL)
		return NULL;
	events->anycast = anycast;
	events->anycast_count = anycast_count;
	events->sha1.kind = DIGEST_SHA1;
	return events;
}

void flow_events_free(struct flow_events *events)
{
	if (events != NULL)
		digester_free(&events->sha1);
	free(events);
}

static void write_head(struct flow_events *events, struct json *json, const struct flow *flow, uint64_t id)
{
	const bool ports = has_ports(flow);
	char text[COMMUNITY_ID];

	json_unsigned(json, "flow_id", id);
	event_source(json, &flow->ends[0], ports, flow->ports[0]);
	event_destination(json, &flow->ends[1], ports, flow->ports[1]);
	event_transport(json, flow->transport);
	if (is_icmp(flow)) {
		json_unsigned(json, "icmp_type", flow->ports[0]);
		json_unsigned(json, "icmp_code", flow->ports[1]);
	}
	json_plain(json, "app_proto", flow_app_proto(flow));
	json_plain(json, "community_id",
		   community_id(&events->sha1, &flow->ends[0], &flow->ends[1], flow->transport,
				flow->ports[0], flow->ports[1], text));
}

/* Writes it anew, and keeps what was written, without the comma before it. */
static void write_new_head(struct flow_events *events, struct json *json, const struct flow *flow,
			   struct head *head)
{
	const size_t before = json->out->length + 1;
	size_t length;

	write_head(events, json, flow, head->id);
	length = json->out->length - before;
	head->length = 0;
	if (json->out->failed || length > sizeof(head->text))
		return;
	memcpy(head->text, json->out->bytes + before, length);
	head->length = (uint16_t)length;
}

KEYED void write_time(struct flow_events *events, struct json *json, const char *key, int64_t time_ns)
{
	char text[CLOCK_TEXT];

	json_plain_span(json, key, clock_texts_get(&events->times, time_ns / 1000, text));
}

/* What every event of a flow begins with. */
static struct json begin(struct flow_events *events, struct buffer *lines, const struct flow *flow,
			 const char *type, int64_t time_ns)
{
	const uint64_t id = flow_id(flow);
	const char *const app_proto = flow_app_proto(flow);
	struct head *const head = &events->heads[id % HEADS];
	struct json json = json_new(lines);

	for (size_t at = 0; at < sizeof(*head); at += LINE)
		__builtin_prefetch((const char *)head + at, 1); /* wanted behind the time */
	json_begin(&json);
	write_time(events, &json, "timestamp", time_ns);
	json_plain(&json, "event_type", type);
	if (head->length > 0 && head->id == id && head->app_proto == app_proto &&
	    head->swapped == flow->swapped) {
		json_members(&json, span_of(head->text, head->length));
	} else {
		head->id = id;
		head->app_proto = app_proto;
		head->swapped = flow->swapped;
		write_new_head(events, &json, flow, head);
	}
	return json;
}

static void end(struct json *json)
{
	json_end(json);
	buffer_u8(json->out, '\n');
}

void message_event(struct flow_events *events, struct buffer *lines, const struct flow *flow,
		   const struct flow_message *message, int64_t time_ns)
{
	struct json json = begin(events, lines, flow, message->type, time_ns);

	json_open_object(&json, message->type);
	message->emit(message->record, &json);
	json_end(&json);
	end(&json);
}

static void write_mac(struct json *json, const char *key, const uint8_t mac[static 6])
{
	char text[18];

	(void)snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		       mac[4], mac[5]);
	json_text(json, key, text);
}

static void write_link(struct json *json, const struct packets *packets)
{
	if (packets->has_macs) {
		json_open_object(json, "ether");
		write_mac(json, "src_mac", packets->source_mac);
		write_mac(json, "dest_mac", packets->destination_mac);
		json_end(json);
	}
	if (packets->vlan_count == 0)
		return;
	json_open_array(json, "vlan");
	for (size_t i = 0; i < packets->vlan_count; i++)
		json_unsigned(json, NULL, packets->vlans[i]);
	json_end(json);
}

void frame_event(struct flow_events *events, struct buffer *lines, const struct packets *packets,
		 const struct flow_message *message, int64_t time_ns)
{
	struct json json = json_new(lines);

	json_begin(&json);
	write_time(events, &json, "timestamp", time_ns);
	json_plain(&json, "event_type", message->type);
	write_link(&json, packets);
	json_open_object(&json, message->type);
	message->emit(message->record, &json);
	json_end(&json);
	end(&json);
}

const char *flow_state_text(const struct flow *flow)
{
	const bool both = flow->sides[0].packets > 0 && flow->sides[1].packets > 0;

	if (flow->transport != TRANSPORT_TCP)
		return both ? "established" : "new";
	switch (flow_conn_state(flow)) {
	case CONN_SF:
	case CONN_REJ:
	case CONN_RSTO:
	case CONN_RSTR:
	case CONN_RSTOS0:
	case CONN_RSTRH: return "closed";
	case CONN_S1:
	case CONN_S2:
	case CONN_S3: return "established";
	case CONN_S0:
	case CONN_SH:
	case CONN_SHR:
	case CONN_OTH:
	case CONN_STATES: break;
	}
	return both ? "established" : "new";
}

/* How EVE calls the state of the connection, as far as the packets show it. */
static const char *tcp_state_text(enum conn_state state)
{
	static const char *const texts[CONN_STATES] = {
		[CONN_S0] = "syn_sent",     [CONN_S1] = "established", [CONN_SF] = "closed",
		[CONN_REJ] = "closed",      [CONN_S2] = "fin_wait2",   [CONN_S3] = "close_wait",
		[CONN_RSTO] = "closed",     [CONN_RSTR] = "closed",    [CONN_RSTOS0] = "closed",
		[CONN_RSTRH] = "closed",    [CONN_SH] = "fin_wait1",   [CONN_SHR] = "close_wait",
		[CONN_OTH] = "established",
	};

	return texts[state];
}

static void write_flow(struct flow_events *events, struct json *json, const struct flow *flow,
		       enum flow_reason reason)
{
	const int64_t age_ns = flow->last_ns - flow->first_ns;

	json_open_object(json, "flow");
	json_unsigned(json, "pkts_toserver", flow->sides[0].packets);
	json_unsigned(json, "pkts_toclient", flow->sides[1].packets);
	json_unsigned(json, "bytes_toserver", flow->sides[0].bytes);
	json_unsigned(json, "bytes_toclient", flow->sides[1].bytes);
	write_time(events, json, "start", flow->first_ns);
	write_time(events, json, "end", flow->last_ns);
	json_number(json, "age", age_ns > 0 ? age_ns / 1000000000 : 0);
	json_plain(json, "state", flow_state_text(flow));
	json_plain(json, "reason", flow_reason_text(reason));
	json_end(json);
}

/* As in EVE, a flag that no packet had is absent. */
static void write_tcp(struct json *json, const struct flow *flow)
{
	const unsigned seen = flow->sides[0].seen | flow->sides[1].seen;

	json_open_object(json, "tcp");
	if ((seen & (SEEN_SYN | SEEN_SYN_ACK)) != 0)
		json_bool(json, "syn", true);
	if ((seen & SEEN_FIN) != 0)
		json_bool(json, "fin", true);
	if ((seen & SEEN_RST) != 0)
		json_bool(json, "rst", true);
	if ((seen & SEEN_ACK) != 0)
		json_bool(json, "ack", true);
	json_plain(json, "state", tcp_state_text(flow_conn_state(flow)));
	json_end(json);
}

static void write_count(struct json *json, const char *key, uint64_t count)
{
	if (count > 0)
		json_unsigned(json, key, count);
}

static void write_side(struct json *json, const char *key, const struct flow_side *side)
{
	if ((side->retransmissions | side->out_of_order | side->gaps | side->zero_windows) == 0)
		return;
	json_open_object(json, key);
	write_count(json, "retransmissions", side->retransmissions);
	write_count(json, "out_of_order", side->out_of_order);
	write_count(json, "gaps", side->gaps);
	write_count(json, "zero_windows", side->zero_windows);
	json_end(json);
}

static void write_connection(struct json *json, const struct flow *flow)
{
	json_plain(json, "conn_state", conn_state_text(flow_conn_state(flow)));
	if (flow->history_length > 0)
		json_plain_span(json, "history", span_of(flow->history, flow->history_length));
	if (flow->handshake_us > 0)
		json_unsigned(json, "handshake_us", flow->handshake_us);
	write_side(json, "toserver", &flow->sides[0]);
	write_side(json, "toclient", &flow->sides[1]);
}

static void write_stop(struct json *json, const struct flow *flow)
{
	const bool damaged = flow->stopped == STOP_DAMAGED;

	json_open_object(json, damaged ? "parse_error" : "read_to");
	json_plain(json, "side", flow->stopped_side ? "server" : "client");
	json_unsigned(json, "offset", flow->stopped_at);
	if (!damaged)
		json_plain(json, "why", flow_stop_text(flow->stopped));
	json_end(json);
}

static enum cast cast_of(const struct flow_events *events, const struct flow *flow)
{
	const enum cast cast = flow_cast(flow);

	for (size_t i = 0; i < events->anycast_count && cast == CAST_UNICAST; i++)
		if (address_in(&flow->ends[1], &events->anycast[i]))
			return CAST_ANYCAST;
	return cast;
}

static void write_evidence(struct json *json, const struct flow *flow)
{
	const uint16_t began = flow->protocol_first != 0 ? flow->protocol_first : flow->protocol;
	const struct span shown = protocol_shown(began != 0 ? protocol_nth(began - 1u) : NULL,
						 span_of(flow->evidence, flow->evidence_length));
	char hex[2 * FLOW_EVIDENCE + 1];

	if (span_left(shown) > 0)
		json_plain(json, "evidence", hex_text(shown, 0, hex, sizeof(hex)));
}

static void write_doorward(const struct flow_events *events, struct json *json, const struct flow *flow)
{
	json_open_object(json, "doorward");
	json_plain(json, "identified_by", identified_text(flow->identified));
	json_plain(json, "turned_into", flow_turned_into(flow));
	write_evidence(json, flow);
	json_plain(json, "cast", cast_text(cast_of(events, flow)));
	if (flow->parent != 0)
		json_unsigned(json, "parent", flow->parent);
	if (flow->tunnel != TUNNEL_NONE)
		json_plain(json, "tunnel", tunnel_text(flow->tunnel));
	if (flow->tunnel_key != 0)
		json_unsigned(json, "tunnel_key", flow->tunnel_key);
	json_unsigned(json, "first_frame", flow->first_frame);
	if (flow->swapped)
		json_bool(json, "swapped", true);
	if (flow->transport == TRANSPORT_TCP)
		write_connection(json, flow);
	if (flow->icmp_error != 0)
		json_unsigned(json, "unreachable", flow->icmp_error - 1u);
	if (flow->stopped != STOP_NOT)
		write_stop(json, flow);
	json_end(json);
}

void flow_names(struct buffer *into, const struct name *const names[2])
{
	static const char *const keys[2] = { "client", "server" };
	struct json json = json_resume(into);

	json_open_object(&json, "names");
	for (unsigned end = 0; end < 2; end++) {
		if (names[end] == NULL)
			continue;
		json_open_object(&json, keys[end]);
		json_span(&json, "name", span_of(names[end]->text, names[end]->length));
		json_plain(&json, "by", names[end]->by);
		json_end(&json);
	}
	json_end(&json);
}

void flow_event(struct flow_events *events, struct buffer *lines, const struct flow *flow,
		enum flow_reason reason)
{
	struct json json = begin(events, lines, flow, "flow", flow->last_ns);

	write_flow(events, &json, flow, reason);
	if (flow->transport == TRANSPORT_TCP)
		write_tcp(&json, flow);
	write_doorward(events, &json, flow);
	end(&json);
}
