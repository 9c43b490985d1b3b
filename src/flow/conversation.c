/* A flow that is not settled: who speaks what is found out from the first bytes of each side, and then its
 * parser reads it. A flow of which the first payload tells what it is, and of which nothing more is wanted,
 * costs no memory at all. */
#include "flow/conversation.h"
#include "flow/hope.h"
#include "flow/parsing.h"

#include <stdlib.h>

/* The packet that is read now. */
struct event {
	struct packets *packets;
	unsigned nth, end;
	int64_t time_ns;
	uint64_t frame;
};

struct conversations *conversations_new(size_t memory, const struct flow_listener *listener,
					struct expectations *expectations, struct engine_counts *counts)
{
	struct conversations *const all = calloc(1, sizeof(*all));

	if (all == NULL)
		return NULL;
	*all = (struct conversations){
		.pool = { .limit = memory },
		.listener = listener,
		.expectations = expectations,
		.counts = counts,
		.listened = listener->message != NULL || listener->weakness != NULL ||
			    listener->software != NULL,
	};
	return all;
}

void conversations_free(struct conversations *all)
{
	if (all != NULL)
		pool_free(&all->pool);
	free(all);
}

static bool is_tcp(const struct flow *flow)
{
	return flow->transport == TRANSPORT_TCP;
}

static const struct packet *packet_of(const struct event *event)
{
	return &event->packets->list[event->nth];
}

/* Whether end 0 is known to be the one that called. */
static bool is_from_start(const struct flow *flow)
{
	return is_tcp(flow) &&
	       ((flow->sides[0].seen & SEEN_SYN) != 0 || (flow->sides[1].seen & SEEN_SYN_ACK) != 0);
}

/* ---- a conversation begins and ends ---- */

static size_t size_of(const struct flow *flow)
{
	return sizeof(struct conversation) + (is_tcp(flow) ? 2 * sizeof(struct stream) : 0);
}

static struct conversation *new_conversation(struct conversations *all, struct flow *flow)
{
	struct conversation *const c = pool_take(&all->pool, size_of(flow));

	if (c == NULL) {
		all->counts->given_up++;
		flow->settled = true;
		return NULL;
	}
	c->all = all;
	c->flow = flow;
	c->sides_known = is_from_start(flow);
	c->halves[0].unclear = (flow->unclear & 1) != 0;
	c->halves[1].unclear = (flow->unclear & 2) != 0;
	c->halves[0].from_start = c->halves[1].from_start = !is_tcp(flow);
	flow->work = c;
	return c;
}

static void settle(struct conversation *c)
{
	struct conversations *const all = c->all;
	struct flow *const flow = c->flow;

	parsing_end(c);
	for (unsigned nth = 0; nth < 2; nth++) {
		half_clear(c, &c->halves[nth]);
		if (is_tcp(flow))
			stream_close(&c->streams[nth], &all->streams);
	}
	pool_give(&all->pool, c->reading, sizeof(*c->reading));
	pool_give(&all->pool, c->about, EXPECT_ABOUT);
	pool_give(&all->pool, c, size_of(flow));
	flow->work = NULL;
	flow->settled = true;
}

/* ---- packets ---- */

/* What stream_take() is called with. */
struct taker {
	struct conversation *c;
	unsigned nth;
};

static bool take(void *context, struct span bytes, uint64_t gap)
{
	const struct taker *const taker = context;
	struct conversation *const c = taker->c;

	if (gap == 0)
		hear(c, taker->nth, bytes, false);
	else
		hear_gap(c, taker->nth, gap);
	for (unsigned nth = 0; nth < 2; nth++) {
		c->streams[nth].skip += c->halves[nth].skip;
		c->halves[nth].taken += c->halves[nth].skip;
		c->halves[nth].skip = 0;
	}
	return !c->over;
}

static uint32_t first_sequence(const struct packet *packet)
{
	return packet->sequence + ((packet->tcp_flags & TCP_SYN) != 0);
}

/* Where a side begins of which this is the first packet with content: sequence number of its first byte.
 * Where the SYN was seen and something lies between, what the other side has acknowledged is the beginning.
 */
static uint32_t begin_of(const struct flow *flow, unsigned end, const struct packet *packet,
			 bool *ret_from_start)
{
	const struct flow_side *const mine = &flow->sides[end], *const other = &flow->sides[!end];
	const uint32_t first = first_sequence(packet);
	const bool opened = (mine->seen & (SEEN_SYN | SEEN_SYN_ACK)) != 0;

	*ret_from_start = opened && (mine->seen & SEEN_GAP) == 0;
	if (*ret_from_start || !opened || (other->seen & SEEN_ACK) == 0 ||
	    first - other->acknowledged > STREAM_WINDOW_LIMIT)
		return first;
	*ret_from_start = true;
	return other->acknowledged;
}

bool begins_whole(const struct flow *flow, unsigned end, const struct packet *packet)
{
	bool from_start;

	return begin_of(flow, end, packet, &from_start) == first_sequence(packet) && from_start;
}

static void begin_stream(struct conversation *c, unsigned end, const struct packet *packet)
{
	const unsigned nth = half_of_end(c, end);
	struct stream *const stream = &c->streams[nth];
	bool from_start;
	uint32_t begin;

	if ((packet->tcp_flags & TCP_SYN) != 0)
		stream_open(stream, packet->sequence);
	if (!stream->begun && packet->payload_length > 0) {
		begin = begin_of(c->flow, end, packet, &from_start);
		stream_open(stream, begin - 1);
		stream->from_start = from_start &&
				     !c->halves[nth].unclear; /* its first words were not kept */
	}
	if (stream->passed == 0)
		c->halves[nth].from_start = stream->from_start;
}

static void read_segment(struct conversation *c, unsigned end, const struct packet *packet)
{
	struct taker mine = { c, half_of_end(c, end) }, other = { c, !mine.nth };
	struct stream_counts *const counts = &c->all->streams;

	begin_stream(c, end, packet);
	if ((packet->tcp_flags & TCP_ACK) != 0)
		(void)stream_acknowledged(&c->streams[other.nth], packet->acknowledgement, counts, take,
					  &other);
	if (!c->over && (packet->tcp_flags & TCP_RST) == 0)
		(void)stream_segment(&c->streams[mine.nth], first_sequence(packet), packet->payload,
				     packet->payload_length, (packet->tcp_flags & TCP_FIN) != 0, counts, take,
				     &mine);
	c->over |= c->streams[0].ended && c->streams[1].ended;
}

static void read_datagram(struct conversation *c, unsigned end, const struct packet *packet)
{
	const unsigned nth = half_of_end(c, end);
	const bool cut = span_left(packet->payload) < packet->payload_length;

	if (span_left(packet->payload) == 0)
		return;
	if (c->parsing)
		parsing_datagram(c, nth, packet->payload, packet, cut);
	else
		hear(c, nth, packet->payload, cut);
}

static void count_streams(const struct conversations *all)
{
	all->counts->stream_gaps = all->streams.gaps;
	all->counts->stream_gap_bytes = all->streams.gap_bytes;
	all->counts->stream_overlaps = all->streams.overlaps;
	all->counts->stream_conflicts = all->streams.conflicts;
}

/* ---- the first payload ---- */

/* Nobody knows these words. The other end may say something that tells. */
static void note_unclear(struct flow *flow, unsigned end)
{
	flow->unclear |= (uint8_t)(1u << end);
	if (is_tcp(flow))
		flow->settled = flow->unclear == 3 || flow->sides[end].bytes > CONVERSATION_PATIENCE;
	else
		flow->settled = flow->sides[end].packets >= CONVERSATION_DATAGRAMS;
}

/* The protocol was known before: by announcement, or because the IP header names it. */
static struct conversation *begin_known(struct conversations *all, struct flow *flow)
{
	const struct protocol *const protocol = identify_protocol(flow->protocol);
	struct conversation *c;

	if (protocol == NULL || !parsing_is_wanted(all, protocol)) {
		flow->settled = true;
		return NULL;
	}
	c = new_conversation(all, flow);
	if (c == NULL)
		return NULL;
	c->sides_known = true;
	(void)parsing_begin(c, protocol);
	return c;
}

enum { FEW_WORDS = 132 }; /* as many as NSCA says */

/* A few words of the one that was called, while the other has said nothing. */
static bool is_said_unasked(const struct flow *flow, unsigned end, const struct packet *packet)
{
	return end == 1 && packet->payload_length <= FEW_WORDS && (flow->sides[0].seen & SEEN_DATA) == 0 &&
	       (!is_tcp(flow) || is_from_start(flow));
}

/* The first payload, if it stands at the beginning of its side, often tells all. Returns a conversation only
 * if something must be kept. */
static struct conversation *begin_recognised(struct conversations *all, struct flow *flow,
					     const struct event *event)
{
	const struct packet *const packet = packet_of(event);
	struct identify_question question = {
		.from_start = is_from_start(flow),
		.transport = flow->transport,
		.ports = { flow->ports[0], flow->ports[1] },
	};
	struct identify_answer answer;
	struct conversation *c;

	question.first[event->end] = packet->payload;
	identify(&question, &answer);
	if (answer.protocol == NULL && is_said_unasked(flow, event->end, packet))
		answer.protocol = identify_time(packet->payload, event->time_ns);
	if (answer.protocol == NULL && !answer.more) {
		note_unclear(flow, event->end);
		return NULL;
	}
	if (answer.protocol == NULL) {
		if (question.from_start && hope_begin(all, flow, event->end, packet, &answer))
			return NULL;
		c = new_conversation(all, flow);
		if (c != NULL && question.from_start && span_left(packet->payload) < RECOGNISE_LIMIT)
			listening_note_hope(&c->halves[event->end], packet->payload, &answer);
		return c;
	}
	listening_note_evidence(flow, packet->payload);
	if (answer.swapped)
		listening_swap_ends(flow);
	listening_note_protocol(all, flow, answer.protocol, IDENTIFIED_BY_CONTENT, event->time_ns,
				event->frame);
	if (!parsing_is_wanted(all, answer.protocol)) {
		flow->settled = true;
		return NULL;
	}
	c = new_conversation(all, flow);
	if (c == NULL)
		return NULL;
	c->sides_known = true;
	(void)parsing_begin(c, answer.protocol);
	return c;
}

static struct conversation *begin(struct conversations *all, struct flow *flow, const struct event *event)
{
	const struct packet *const packet = packet_of(event);
	bool from_start;

	if (packet->payload_length == 0 || (is_tcp(flow) && (packet->tcp_flags & TCP_RST) != 0))
		return NULL;
	if (flow->identified != IDENTIFIED_NOT)
		return begin_known(all, flow);
	if (flow->evidence_length == 0)
		listening_note_evidence(flow, packet->payload);
	if (is_tcp(flow) && (flow->unclear & 1u << event->end) != 0) {
		note_unclear(flow, event->end);
		return NULL;
	}
	if (span_left(packet->payload) == 0 ||
	    (is_tcp(flow) && begin_of(flow, event->end, packet, &from_start) != first_sequence(packet)))
		return new_conversation(all, flow);
	return begin_recognised(all, flow, event);
}

/* ---- from hope to a conversation ---- */

/* Words that a hope has kept, of a side that was seen from its beginning. */
static void hear_again(struct conversation *c, unsigned end, uint32_t sequence, struct span words)
{
	struct stream *const stream = &c->streams[end];
	struct taker taker = { c, end };

	if (!stream->begun) {
		stream_open(stream, sequence - 1);
		stream->from_start = c->halves[end].from_start = (c->flow->unclear & 1u << end) == 0;
	}
	(void)stream_segment(stream, sequence, words, (uint32_t)span_left(words), false, &c->all->streams,
			     take, &taker);
}

/* Becomes what it would be if it had been a conversation all the time. */
static struct conversation *grow(struct conversations *all, struct flow *flow)
{
	const struct hope hope = *(const struct hope *)flow->work;
	uint32_t sequences[2];
	struct conversation *c;
	struct span words;
	unsigned end;

	hope_drop(all, flow);
	c = new_conversation(all, flow);
	if (c == NULL)
		return NULL;
	for (end = 0; end < 2; end++) {
		sequences[end] = hope.next[end] - hope.lengths[end];
		c->halves[end].unclear = (hope.unclear & 1u << end) != 0;
		c->halves[end].asked = hope.lengths[end];
		c->halves[end].hopeful = hope.hopeful[end];
	}
	for (size_t at = 0; hope_next(&hope, &at, &end, &words); sequences[end] += span_left(words))
		hear_again(c, end, sequences[end], words);
	for (end = 0; end < 2; end++)
		if ((hope.ended & 1u << end) != 0)
			(void)stream_segment(&c->streams[end], hope.next[end], span_of(NULL, 0), 0, true,
					     &all->streams, take, &(struct taker){ c, end });
	return c;
}

/* The conversation that hears this packet; NULL if none needs to. */
static struct conversation *conversation_for(struct conversations *all, struct flow *flow,
					     const struct event *event)
{
	if (flow->hoping)
		return hope_hears(all, flow, event->end, packet_of(event)) ? NULL : grow(all, flow);
	return flow->work != NULL ? flow->work : begin(all, flow, event);
}

void conversation_packet(struct conversations *all, struct flow *flow, unsigned end, struct packets *packets,
			 unsigned nth, int64_t time_ns, uint64_t frame)
{
	const struct event event = {
		.packets = packets, .nth = nth, .end = end, .time_ns = time_ns, .frame = frame
	};
	const bool swapped = flow->swapped;
	struct conversation *c;

	all->packets = packets;
	all->nth = nth;
	all->frame = frame;
	all->time_ns = time_ns;
	c = conversation_for(all, flow, &event);
	if (c == NULL)
		return;
	if (c->reading != NULL)
		c->reading->parse.time_ns = time_ns;
	end ^= flow->swapped != swapped;
	if (!c->over && is_tcp(flow))
		read_segment(c, end, packet_of(&event));
	else if (!c->over)
		read_datagram(c, end, packet_of(&event));
	all->packets = NULL;
	count_streams(all);
	if (c->over)
		settle(c);
}

bool conversation_lets_pass(const struct flow *flow, unsigned end, const struct packet *packet,
			    int64_t time_ns)
{
	const struct conversation *const c = flow->work;
	const struct stream *mine, *other;

	if (c == NULL)
		return packet->payload_length == 0;
	if (flow->hoping || c->over)
		return false;
	mine = &c->streams[half_of_end(c, end)];
	other = &c->streams[!half_of_end(c, end)];
	if (mine->passed == 0 || !stream_knows(other, packet->acknowledgement) ||
	    (packet->payload_length > 0 &&
	     !stream_steps_over(mine, packet->sequence, packet->payload_length)))
		return false;
	if (c->reading != NULL)
		c->reading->parse.time_ns = time_ns;
	return true;
}

void conversation_prefetch(const struct flow *flow)
{
	const struct conversation *const c = flow->work;

	__builtin_prefetch(&flow->first_ns, 1);
	__builtin_prefetch(&flow->history, 1);
	if (c == NULL)
		return;
	__builtin_prefetch(c, 1);
	if (flow->hoping)
		return;
	__builtin_prefetch(&c->halves[0], 1);
	__builtin_prefetch(&c->halves[1], 1);
	__builtin_prefetch(&c->client, 1);
	if (!is_tcp(flow))
		return;
	__builtin_prefetch(&c->streams[0], 1);
	__builtin_prefetch(&c->streams[0].passed, 1);
	__builtin_prefetch(&c->streams[1], 1);
	__builtin_prefetch(&c->streams[1].passed, 1);
}

/* What its parser works with, once the conversation has come. */
void conversation_prefetch_parser(const struct flow *flow)
{
	const struct conversation *const c = flow->work;
	const char *reading, *state;

	if (c == NULL || flow->hoping || !c->parsing)
		return;
	reading = (const char *)c->reading;
	state = c->state;
	__builtin_prefetch(reading, 1);
	__builtin_prefetch(reading + 64, 1);
	__builtin_prefetch(reading + 128, 1);
	if (state == NULL)
		return;
	__builtin_prefetch(state, 1);
	__builtin_prefetch(state + 64, 1);
}

void conversation_expected(struct conversations *all, struct flow *flow, const struct expected *expected,
			   int64_t time_ns, uint64_t frame)
{
	/* Of media both ends wait for each other: who sends first is the client, as of any flow. */
	const unsigned client = expected->protocol->announced   ? 0
				: expected->side == SIDE_CLIENT ? expected->waiting
								: !expected->waiting;
	struct conversation *c;

	listening_note_protocol(all, flow, expected->protocol, IDENTIFIED_EXPECTED, time_ns, frame);
	if (!parsing_is_wanted(all, expected->protocol)) {
		flow->settled = true;
		return;
	}
	c = new_conversation(all, flow);
	if (c == NULL)
		return;
	c->client = (uint8_t)client;
	c->sides_known = true;
	if (expected->about[0] != '\0')
		c->about = pool_take_unset(&all->pool, EXPECT_ABOUT);
	if (c->about != NULL)
		memcpy(c->about, expected->about, EXPECT_ABOUT);
	all->time_ns = time_ns;
	if (!parsing_begin(c, expected->protocol))
		settle(c);
}

void conversation_end(struct conversations *all, struct flow *flow, uint64_t frame)
{
	struct conversation *const c = flow->work;

	if (flow->hoping)
		hope_drop(all, flow);
	if (flow->work == NULL)
		return;
	all->packets = NULL;
	all->frame = frame;
	for (unsigned nth = 0; nth < 2 && is_tcp(flow) && !c->over; nth++) {
		struct taker taker = { c, nth };

		(void)stream_flush(&c->streams[nth], &all->streams, take, &taker);
	}
	if (!is_tcp(flow) && !c->parsing && !c->over && flow->identified == IDENTIFIED_NOT)
		listening_end(c);
	count_streams(all);
	settle(c);
}
