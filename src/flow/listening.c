/* Until it is known what is spoken, what each side says is kept and shown to the recognisers. Then the parser
 * hears it, in the turns in which it was said. */
#include "flow/parsing.h"

enum {
	LISTENING_KEPT = 2 * RECOGNISE_LIMIT, /* bytes of each side */
	SOURCES = 3,
};

static bool is_tcp(const struct flow *flow)
{
	return flow->transport == TRANSPORT_TCP;
}

/* ---- what is known of the flow ---- */

void listening_note_evidence(struct flow *flow, struct span first)
{
	flow->evidence_length = (uint8_t)(span_left(first) < FLOW_EVIDENCE ? span_left(first)
									   : FLOW_EVIDENCE);
	memcpy(flow->evidence, first.at, flow->evidence_length);
}

void listening_note_protocol(struct conversations *all, struct flow *flow, const struct protocol *protocol,
			     enum identified how, int64_t time_ns, uint64_t frame)
{
	const uint16_t number = identify_number(protocol);

	if (flow->protocol != 0 && flow->protocol_first == 0 && number != flow->protocol)
		flow->protocol_first = flow->protocol;
	flow->protocol = number;
	if (flow->identified == IDENTIFIED_NOT)
		flow->identified = (uint8_t)how;
	if (all->listener->identified != NULL)
		all->listener->identified(all->listener->context, flow, time_ns, frame);
}

void listening_swap_ends(struct flow *flow)
{
	flow_swap_ends(flow);
	flow->unclear = (uint8_t)(flow->unclear >> 1 | (flow->unclear & 1) << 1);
}

/* ---- whose words these are ---- */

/* The packet of a datagram that was kept, as far as it is still known. */
static struct packet packet_again(const struct conversation *c, unsigned nth, struct span bytes, bool cut)
{
	struct packet packet = c->all->packets->list[c->all->nth];
	const unsigned end = nth ^ c->crossed;

	packet.source = c->flow->ends[end];
	packet.destination = c->flow->ends[!end];
	packet.source_port = c->flow->ports[end];
	packet.destination_port = c->flow->ports[!end];
	packet.length -= packet.payload_length;
	packet.payload = bytes;
	packet.payload_length = (uint32_t)span_left(bytes) + cut;
	packet.length += packet.payload_length;
	return packet;
}

/* Hands on what was kept while listening, in turn. The halves are empty then, and what is not taken comes
 * back. */
static void replay(struct conversation *c)
{
	const struct conversation before = *c;
	struct span kept[2];

	c->turn_count = 0;
	for (unsigned nth = 0; nth < 2; nth++) {
		kept[nth] = span_of(before.halves[nth].bytes, before.halves[nth].length);
		c->halves[nth].bytes = NULL;
		c->halves[nth].length = c->halves[nth].room = 0;
		c->halves[nth].lost = 0;
	}
	for (unsigned i = 0; i < before.turn_count && !c->over; i++) {
		const unsigned nth = before.turns[i].half;

		hear(c, nth, span_take(&kept[nth], before.turns[i].length), before.turns[i].cut);
	}
	for (unsigned nth = 0; nth < 2; nth++) {
		if (before.halves[nth].lost > 0 && !c->over)
			hear_gap(c, nth, before.halves[nth].lost);
		pool_give(&c->all->pool, before.halves[nth].bytes, before.halves[nth].room);
	}
}

/* From here on the protocol reads, if anybody wants to know what. */
static void become(struct conversation *c, const struct protocol *protocol, enum identified how)
{
	listening_note_protocol(c->all, c->flow, protocol, how, c->all->time_ns, c->all->frame);
	if (!parsing_is_wanted(c->all, protocol))
		c->over = true;
	else if (parsing_begin(c, protocol))
		replay(c);
}

static void set_sides(struct conversation *c, bool swapped)
{
	if (swapped) {
		listening_swap_ends(c->flow);
		c->crossed = !c->crossed;
	}
	c->client = (uint8_t)half_of_end(c, 0);
	c->sides_known = true;
}

static void give_up_unless_hope(struct conversation *c, unsigned nth)
{
	const struct half *const half = &c->halves[nth];

	if (!is_tcp(c->flow))
		c->over |= c->flow->sides[nth ^ c->crossed].packets >= CONVERSATION_DATAGRAMS;
	else if (half->unclear)
		c->over |= c->halves[!nth].unclear || half->length + half->lost > CONVERSATION_PATIENCE;
}

void listening_note_hope(struct half *half, struct span first, const struct identify_answer *answer)
{
	half->asked = (uint32_t)span_left(first);
	half->hopeful = answer->hopeful;
}

static void ask(struct conversation *c, unsigned nth, struct span first)
{
	const unsigned place = c->sides_known ? nth != c->client : nth ^ c->crossed;
	const unsigned end = nth ^ c->crossed;
	struct identify_question question = {
		.from_start = c->sides_known,
		.transport = c->flow->transport,
		.ports = { c->flow->ports[end ^ place], c->flow->ports[!(end ^ place)] },
	};
	const bool narrows = c->sides_known && is_tcp(c->flow);
	struct half *const half = &c->halves[nth];
	struct identify_answer answer;

	if (narrows && half->asked == span_left(first)) /* of nothing more than before */
		return;
	question.first[place] = first;
	question.hopeful = narrows && half->asked > 0 ? &half->hopeful : NULL;
	identify(&question, &answer);
	if (narrows)
		listening_note_hope(half, first, &answer);
	if (answer.protocol != NULL) {
		if (!c->sides_known)
			set_sides(c, answer.swapped);
		listening_note_evidence(c->flow, first);
		become(c, answer.protocol, IDENTIFIED_BY_CONTENT);
		return;
	}
	if (!answer.more || span_left(first) >= RECOGNISE_LIMIT)
		half->unclear = true;
	give_up_unless_hope(c, nth);
}

/* A datagram that tells too little alone, after one of the same side that does so as well: the one before,
 * or, where several sources take turns, one of the last few. */
static void ask_with_the_one_before(struct conversation *c, unsigned nth)
{
	const struct half *const half = &c->halves[nth];
	const uint32_t length = c->turns[c->turn_count - 1].length;
	const uint8_t *const now = half->bytes + half->length - length, *before = now;
	const struct protocol *protocol;
	unsigned tried = 0;

	for (unsigned i = c->turn_count - 1; i-- > 0 && tried < SOURCES;) {
		if (c->turns[i].half != nth)
			continue;
		before -= c->turns[i].length;
		protocol = identify_continued(span_of(before, c->turns[i].length), span_of(now, length));
		tried++;
		if (protocol == NULL)
			continue;
		if (!c->sides_known)
			set_sides(c, false);
		become(c, protocol, IDENTIFIED_BY_CONTENT);
		return;
	}
}

/* A flow of datagrams has ended, of which none told whose it is. If all of them are kept, and each is a whole
 * message of the same protocol, that is told now; its parser comes too late. */
void listening_end(struct conversation *c)
{
	const struct flow *const flow = c->flow;
	const struct protocol *protocol = NULL;
	uint32_t at[2] = { 0 };

	if (c->turn_count != flow->sides[0].packets + flow->sides[1].packets)
		return;
	for (unsigned i = 0; i < c->turn_count; i++) {
		const unsigned nth = c->turns[i].half;
		const struct protocol *const one = identify_alone(
			span_of(c->halves[nth].bytes + at[nth], c->turns[i].length));

		if (one == NULL || (protocol != NULL && one != protocol))
			return;
		protocol = one;
		at[nth] += c->turns[i].length;
	}
	if (protocol != NULL)
		listening_note_protocol(c->all, c->flow, protocol, IDENTIFIED_BY_CONTENT, flow->last_ns,
					c->all->frame);
}

/* ---- listening ---- */

static void note_turn(struct conversation *c, unsigned nth, uint32_t length, bool cut)
{
	const unsigned count = c->turn_count;

	if (is_tcp(c->flow) && count > 0 &&
	    (c->turns[count - 1].half == nth || count == CONVERSATION_TURNS)) {
		if (c->turns[count - 1].half == nth)
			c->turns[count - 1].length += length;
		return;
	}
	c->turns[count].half = nth & 1;
	c->turns[count].cut = cut;
	c->turns[count].length = length & (((uint32_t)1 << 30) - 1);
	c->turn_count++;
}

static bool has_place(const struct conversation *c, unsigned nth, struct span bytes)
{
	const struct half *const half = &c->halves[nth];
	const unsigned count = c->turn_count;
	const bool joins = is_tcp(c->flow) && count > 0 && c->turns[count - 1].half == nth;

	return half->lost == 0 && (joins || count < CONVERSATION_TURNS) &&
	       (half->length == 0 || half->length + span_left(bytes) <= LISTENING_KEPT);
}

static void listen(struct conversation *c, unsigned nth, struct span bytes, bool cut)
{
	struct half *const half = &c->halves[nth];
	uint32_t before;

	if (!has_place(c, nth, bytes) && !is_tcp(c->flow)) {
		half_clear(c, &c->halves[0]);
		half_clear(c, &c->halves[1]);
		c->turn_count = 0;
	} else if (!has_place(c, nth, bytes)) {
		half->lost += span_left(bytes);
		half->unclear = true;
		give_up_unless_hope(c, nth);
		return;
	}
	before = half->length;
	if (!half_append(c, nth, bytes))
		return;
	note_turn(c, nth, (uint32_t)span_left(bytes), cut);
	if (!is_tcp(c->flow)) {
		ask(c, nth, span_of(half->bytes + before, half->length - before));
		if (c->flow->identified == IDENTIFIED_NOT && !c->over && c->turn_count > 1)
			ask_with_the_one_before(c, nth);
	} else if (!half->unclear) {
		ask(c, nth, span_of(half->bytes, half->length));
	} else {
		give_up_unless_hope(c, nth);
	}
}

static void listen_gap(struct conversation *c, unsigned nth, uint64_t length)
{
	struct half *const half = &c->halves[nth];

	if (half->length == 0 && half->lost == 0) {
		half->from_start = false;
		half->taken += length;
		return;
	}
	half->lost += length;
	half->unclear = true;
	give_up_unless_hope(c, nth);
}

void hear(struct conversation *c, unsigned nth, struct span bytes, bool cut)
{
	if (!c->parsing) {
		listen(c, nth, bytes, cut);
	} else if (is_tcp(c->flow)) {
		parsing_bytes(c, nth, bytes);
	} else {
		const struct packet packet = packet_again(c, nth, bytes, cut);

		parsing_datagram(c, nth, bytes, &packet, cut);
	}
}

void hear_gap(struct conversation *c, unsigned nth, uint64_t length)
{
	if (c->parsing)
		parsing_gap(c, nth, length);
	else
		listen_gap(c, nth, length);
}

static void ask_again(struct conversation *c, unsigned nth)
{
	if (!c->parsing && !c->over && c->halves[nth].length > 0)
		ask(c, nth, span_of(c->halves[nth].bytes, c->halves[nth].length));
}

void hear_anew(struct conversation *c, unsigned nth, const struct protocol *to)
{
	parsing_end(c);
	if (c->reading != NULL)
		c->reading->parse.upgraded = false;
	c->turn_count = 0;
	for (unsigned i = 0; i < 2; i++) {
		const unsigned half = i == 0 ? !nth : nth; /* what the other said was said before */

		c->halves[half].want = c->halves[half].asked = 0;
		c->halves[half].unclear = false;
		c->halves[half].from_start = true;
		if (c->halves[half].length > 0)
			note_turn(c, half, c->halves[half].length, false);
	}
	if (++c->upgrades > CONVERSATION_UPGRADES) {
		c->over = true;
	} else if (to != NULL) {
		become(c, to, IDENTIFIED_BY_CONTENT);
	} else {
		ask_again(c, !nth);
		ask_again(c, nth);
	}
}
