/* A TCP connection as its packets show it (RFC 9293): which side has done what, what was sent twice, out of
 * order or not at all. Letters and states are those of Zeek's conn log. */
#include "flow/table.h"

enum { DELAY_NS = 3000000 };

const char *conn_state_text(enum conn_state state)
{
	static const char *const texts[CONN_STATES] = {
		[CONN_S0] = "S0",         [CONN_S1] = "S1",       [CONN_SF] = "SF",     [CONN_REJ] = "REJ",
		[CONN_S2] = "S2",         [CONN_S3] = "S3",       [CONN_RSTO] = "RSTO", [CONN_RSTR] = "RSTR",
		[CONN_RSTOS0] = "RSTOS0", [CONN_RSTRH] = "RSTRH", [CONN_SH] = "SH",     [CONN_SHR] = "SHR",
		[CONN_OTH] = "OTH",
	};

	return texts[state];
}

static enum conn_state state_from_one_side(const struct flow_side *originator,
					   const struct flow_side *responder)
{
	if ((responder->seen & SEEN_SYN_ACK) != 0) /* and no SYN */
		return (responder->seen & SEEN_RST) != 0   ? CONN_RSTRH
		       : (responder->seen & SEEN_FIN) != 0 ? CONN_SHR
							   : CONN_OTH;
	if ((originator->seen & SEEN_SYN) == 0)
		return CONN_OTH;
	if ((responder->seen & SEEN_RST) != 0)
		return CONN_REJ;
	if ((originator->seen & SEEN_RST) != 0)
		return CONN_RSTOS0;
	return (originator->seen & SEEN_FIN) != 0 ? CONN_SH : CONN_S0;
}

enum conn_state flow_conn_state(const struct flow *flow)
{
	const struct flow_side *const originator = &flow->sides[0], *const responder = &flow->sides[1];
	const bool established = (originator->seen & SEEN_SYN) != 0 && (responder->seen & SEEN_SYN_ACK) != 0;

	if (flow->transport != TRANSPORT_TCP)
		return responder->packets == 0 ? CONN_S0 : originator->packets == 0 ? CONN_SHR : CONN_SF;
	if (!established)
		return state_from_one_side(originator, responder);
	if ((originator->seen & SEEN_RST) != 0)
		return CONN_RSTO;
	if ((responder->seen & SEEN_RST) != 0)
		return (originator->seen & SEEN_ACK) == 0 && responder->packets == 1 ? CONN_REJ : CONN_RSTR;
	if ((originator->seen & responder->seen & SEEN_FIN) != 0)
		return CONN_SF;
	if ((originator->seen & SEEN_FIN) != 0)
		return CONN_S2;
	return (responder->seen & SEEN_FIN) != 0 ? CONN_S3 : CONN_S1;
}

/* Each letter once for each side, in the order of the first time. */
static void note(struct flow *flow, unsigned side, unsigned what, char letter)
{
	if ((flow->sides[side].seen & what) != 0)
		return;
	flow->sides[side].seen |= what;
	if (flow->history_length < FLOW_HISTORY)
		flow->history[flow->history_length++] = side == 0 ? (char)(letter - 'a' + 'A') : letter;
}

static void count(uint16_t *counter)
{
	if (*counter < UINT16_MAX)
		(*counter)++;
}

static bool is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* A piece that was missing: the network had delayed it if it comes within a round trip of the packet before,
 * and else it was sent again. */
static bool was_delayed(const struct flow *flow, unsigned side, const struct packet *packet, int64_t now_ns)
{
	const struct flow_side *const other = &flow->sides[!side];
	const int64_t round_trip = (int64_t)flow->handshake_us * 1000;

	return flow->sides[side].gaps > 0 && (other->seen & SEEN_ACK) != 0 &&
	       !is_before(packet->sequence, other->acknowledged) &&
	       now_ns - flow->last_ns <= (round_trip > DELAY_NS ? round_trip : DELAY_NS);
}

/* What the sequence number says of this packet's place among those of its side. */
static void follow_sequence(struct flow *flow, unsigned side, const struct packet *packet, uint32_t length,
			    int64_t now_ns)
{
	struct flow_side *const mine = &flow->sides[side];
	const uint32_t end = packet->sequence + length;
	const bool keep_alive = packet->payload_length <= 1 &&
				(packet->tcp_flags & (TCP_SYN | TCP_FIN)) == 0 &&
				packet->sequence + 1 == mine->next_sequence;

	if ((mine->seen & (SEEN_SYN | SEEN_SYN_ACK | SEEN_DATA | SEEN_ACK)) == 0) {
		mine->next_sequence = end;
		return;
	}
	if (is_before(mine->next_sequence, packet->sequence)) {
		count(&mine->gaps);
		note(flow, side, SEEN_GAP, 'g');
		mine->next_sequence = end;
	} else if (length > 0 && is_before(packet->sequence, mine->next_sequence) && !keep_alive) {
		if (!is_before(end, mine->next_sequence) && end != mine->next_sequence)
			mine->next_sequence = end; /* partly new */
		if (was_delayed(flow, side, packet, now_ns)) {
			count(&mine->out_of_order);
		} else {
			count(&mine->retransmissions);
			note(flow, side, SEEN_RETRANSMISSION, 't');
		}
	} else if (is_before(mine->next_sequence, end)) {
		mine->next_sequence = end;
	}
}

static void note_flags(struct flow *flow, unsigned side, const struct packet *packet)
{
	const uint8_t flags = packet->tcp_flags;

	if ((flags & TCP_SYN) != 0) {
		if ((flags & TCP_ACK) != 0)
			note(flow, side, SEEN_SYN_ACK, 'h');
		else
			note(flow, side, SEEN_SYN, 's');
		if ((flags & (TCP_FIN | TCP_RST)) != 0)
			note(flow, side, SEEN_CONTRADICTION, 'i');
		return;
	}
	if (packet->payload_length > 0)
		note(flow, side, SEEN_DATA, 'd');
	else if ((flags & (TCP_ACK | TCP_FIN | TCP_RST)) == TCP_ACK)
		note(flow, side, SEEN_EMPTY_ACK, 'a');
	if ((flags & TCP_FIN) != 0)
		note(flow, side, SEEN_FIN, 'f');
	if ((flags & TCP_RST) != 0)
		note(flow, side, SEEN_RST, 'r');
}

/* The handshake's round trip is from the SYN to the ACK that answers the SYN ACK. */
static void time_handshake(struct flow *flow, unsigned side, const struct packet *packet, int64_t now_ns)
{
	const uint8_t both = SEEN_SYN | SEEN_SYN_ACK;

	if (side != 0 || (flow->sides[0].seen & SEEN_ACK) != 0 ||
	    (packet->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_ACK ||
	    ((flow->sides[0].seen | flow->sides[1].seen) & both) != both || flow->handshake_us != 0)
		return;
	flow->handshake_us = (uint32_t)((now_ns - flow->first_ns) / 1000);
}

static void track_unusual(struct flow *flow, unsigned side, const struct packet *packet, int64_t now_ns)
{
	struct flow_side *const mine = &flow->sides[side];
	const uint32_t length = packet->payload_length + ((packet->tcp_flags & TCP_SYN) != 0) +
				((packet->tcp_flags & TCP_FIN) != 0);

	time_handshake(flow, side, packet, now_ns);
	if ((packet->tcp_flags & TCP_RST) == 0 || length > 0)
		follow_sequence(flow, side, packet, length, now_ns);
	note_flags(flow, side, packet);
	if ((packet->tcp_flags & TCP_ACK) != 0) {
		if ((mine->seen & SEEN_ACK) == 0 || is_before(mine->acknowledged, packet->acknowledgement))
			mine->acknowledged = packet->acknowledgement;
		mine->seen |= SEEN_ACK;
	}
	if (packet->window == 0 && (packet->tcp_flags & (TCP_RST | TCP_SYN)) == 0) {
		count(&mine->zero_windows);
		note(flow, side, SEEN_ZERO_WINDOW, 'w');
	}
}

/* The usual packet: what comes next, of a kind that was seen before, with an acknowledgement. */
static bool goes_on(const struct flow_side *mine, const struct packet *packet)
{
	const unsigned known = SEEN_ACK | (packet->payload_length > 0 ? SEEN_DATA : SEEN_EMPTY_ACK);

	return (packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == TCP_ACK &&
	       packet->sequence == mine->next_sequence && (mine->seen & known) == known && packet->window > 0;
}

void flow_track_tcp(struct flow *flow, unsigned side, const struct packet *packet, int64_t now_ns)
{
	struct flow_side *const mine = &flow->sides[side];

	if (goes_on(mine, packet)) {
		mine->next_sequence += packet->payload_length;
		if (is_before(mine->acknowledged, packet->acknowledgement))
			mine->acknowledged = packet->acknowledgement;
		return;
	}
	track_unusual(flow, side, packet, now_ns);
}
