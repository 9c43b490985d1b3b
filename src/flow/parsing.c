/* The parser's side of a conversation: the contract of protocols/parse.h. */
#include "flow/parsing.h"

struct kept {
	struct kept *following;
	size_t length;
	uint8_t bytes[];
};

static struct reading *reading_of(struct parse *parse)
{
	return (struct reading *)parse;
}

static struct conversation *conversation_of(struct parse *parse)
{
	return reading_of(parse)->conversation;
}

/* ---- what parsers ask for ---- */

static void remember(struct parse *parse, const struct parse_memo *memo)
{
	struct conversation *const c = conversation_of(parse);
	const struct flow_listener *const listener = c->all->listener;

	if (listener->remembered != NULL)
		listener->remembered(listener->context, c->flow, memo);
}

static void tell_event(struct parse *parse, const char *type, parse_emit *emit, const void *record,
		       const struct parse_memo *memo)
{
	struct conversation *const c = conversation_of(parse);
	const struct flow_listener *const listener = c->all->listener;
	const struct flow_message message = {
		.type = type, .side = parse->side, .emit = emit, .record = record, .memo = memo
	};

	if (listener->message != NULL)
		listener->message(listener->context, c->flow, &message, parse->time_ns, c->all->frame);
	else if (memo != NULL)
		remember(parse, memo);
}

/* What is beyond the bound is not told. */
static bool is_news(const struct parse *parse, const struct weakness *weakness)
{
	const struct reading *const r = (const struct reading *)parse;
	size_t i = 0;

	while (i < CONVERSATION_TOLD && r->told[i] != NULL && r->told[i] != weakness)
		i++;
	return r->conversation->all->listener->weakness != NULL && i < CONVERSATION_TOLD &&
	       r->told[i] == NULL;
}

static void tell_weakness(struct parse *parse, const struct weakness *weakness, const char *evidence)
{
	struct reading *const r = reading_of(parse);
	const struct conversations *const all = r->conversation->all;
	size_t i = 0;

	while (r->told[i] != NULL)
		i++;
	r->told[i] = weakness;
	all->listener->weakness(all->listener->context, r->conversation->flow, weakness, evidence,
				parse->time_ns, all->frame);
}

static void tell_software(struct parse *parse, enum side side, struct span product, struct span version)
{
	struct conversation *const c = conversation_of(parse);
	const struct flow_listener *const listener = c->all->listener;

	if (listener->software != NULL)
		listener->software(listener->context, c->flow, side, product, version);
}

/* Frames are shared among workers by their two addresses. So that their number changes nothing, a flow is
 * only expected between the addresses of the one that announces it: of others the listener is told, which are
 * meant as well where anybody may be the other end. */
static bool may_be_between_the_same(const struct flow *flow, struct expectation *expectation)
{
	const unsigned waiting = address_compare(&expectation->address, &flow->ends[0]) != 0;

	if (address_compare(&expectation->address, &flow->ends[waiting]) != 0 ||
	    (!address_is_unspecified(&expectation->other) &&
	     address_compare(&expectation->other, &flow->ends[!waiting]) != 0))
		return false;
	expectation->other = flow->ends[!waiting];
	return true;
}

static bool is_met_elsewhere(const struct expectation *expectation)
{
	return expectation->protocol != NULL &&
	       (expectation->protocol->announced || expectation->protocol->only_expected);
}

/* A server of rsh or rexec calls back at once, when the words that make its conversation known are still to
 * come: the flow may be there already. */
static bool may_have_begun(const struct parse *parse, const struct expectation *expectation)
{
	return expectation->transport == TRANSPORT_TCP && expectation->protocol == parse->protocol &&
	       address_compare(&expectation->address, &parse->addresses[SIDE_CLIENT]) == 0;
}

static void expect_flow(struct parse *parse, const struct expectation *expectation)
{
	struct conversation *const c = conversation_of(parse);
	struct expectation between = *expectation;
	const struct flow_listener *const listener = c->all->listener;
	const bool here = may_be_between_the_same(c->flow, &between);

	if (here)
		expectations_add(c->all->expectations, &between, flow_id(c->flow), parse->time_ns,
				 c->all->counts);
	else
		c->all->counts->expectations++;
	if (here && !may_have_begun(parse, expectation) &&
	    (!address_is_unspecified(&expectation->other) || !is_met_elsewhere(expectation)))
		return;
	if (listener->announced != NULL)
		listener->announced(listener->context, c->flow, expectation, parse->time_ns);
	else if (!here)
		c->all->counts->expectations_dropped++;
}

static void open_tunnel(struct parse *parse, enum tunnel tunnel, uint32_t key, enum carried carried,
			struct span bytes)
{
	struct conversation *const c = conversation_of(parse);

	if (c->all->packets == NULL || parse->packet == NULL)
		return;
	c->all->packets->list[c->all->nth].tunnel_key = key;
	(void)packet_open(c->all->packets, tunnel, carried, bytes);
}

static struct span keep(struct parse *parse, struct span bytes)
{
	struct reading *const r = reading_of(parse);
	struct pool *const pool = &r->conversation->all->pool;
	const size_t length = span_left(bytes);
	struct kept *kept = NULL;

	if (length > 0 && r->kept_bytes + length <= PARSE_KEPT_LIMIT)
		kept = pool_take_unset(pool, sizeof(*kept) + length);
	if (kept == NULL)
		return span_of(NULL, 0);
	kept->following = r->kept;
	kept->length = length;
	memcpy(kept->bytes, bytes.at, length);
	r->kept = kept;
	r->kept_bytes += length;
	return span_of(kept->bytes, length);
}

static void forget(struct parse *parse)
{
	struct reading *const r = reading_of(parse);
	struct pool *const pool = &r->conversation->all->pool;

	while (r->kept != NULL) {
		struct kept *const kept = r->kept;

		r->kept = kept->following;
		pool_give(pool, kept, sizeof(*kept) + kept->length);
	}
	r->kept_bytes = 0;
}

static const struct parse_engine engine = {
	.event = tell_event,
	.remember = remember,
	.is_news = is_news,
	.weakness = tell_weakness,
	.software = tell_software,
	.expect = expect_flow,
	.open = open_tunnel,
	.keep = keep,
	.forget = forget,
};

/* Reading ends at the first byte of this half that was not taken. */
static void stop(struct conversation *c, unsigned nth, enum flow_stop why)
{
	struct flow *const flow = c->flow;

	c->all->counts->parse_errors += why == STOP_DAMAGED;
	if (flow->stopped != STOP_NOT)
		return;
	c->all->counts->stopped[why]++;
	flow->stopped = (uint8_t)why;
	flow->stopped_side = (nth ^ c->crossed) != 0;
	flow->stopped_at = c->halves[nth].taken;
}

/* ---- what is unread ---- */

bool half_append(struct conversation *c, unsigned nth, struct span bytes)
{
	struct half *const half = &c->halves[nth];
	const size_t length = half->length + span_left(bytes);

	if (length > half->room) {
		const size_t least = half->want > length ? half->want : length;
		uint8_t *const grown = pool_take_unset(&c->all->pool, least);

		if (grown == NULL) {
			c->all->counts->unread_dropped += length;
			if (c->parsing)
				stop(c, nth, STOP_MEMORY);
			c->over = true;
			return false;
		}
		if (half->length > 0)
			memcpy(grown, half->bytes, half->length);
		pool_give(&c->all->pool, half->bytes, half->room);
		half->bytes = grown;
		half->room = (uint32_t)pool_room(least);
	}
	memcpy(half->bytes + half->length, bytes.at, span_left(bytes));
	half->length = (uint32_t)length;
	return true;
}

void half_clear(struct conversation *c, struct half *half)
{
	pool_give(&c->all->pool, half->bytes, half->room);
	half->bytes = NULL;
	half->length = half->room = 0;
}

/* Makes `rest`, the end of what was shown to the parser, what is unread. */
static bool keep_rest(struct conversation *c, unsigned nth, struct span rest)
{
	struct half *const half = &c->halves[nth];

	if (half->length == 0)
		return span_left(rest) == 0 || half_append(c, nth, rest);
	half->length = (uint32_t)span_left(rest);
	if (half->length > 0)
		memmove(half->bytes, rest.at, half->length);
	else
		half_clear(c, half);
	return true;
}

/* ---- the parser ---- */

bool parsing_is_wanted(const struct conversations *all, const struct protocol *protocol)
{
	return protocol->parser != NULL && (all->listened || protocol->parser->leads);
}

static struct reading *reading_for(struct conversation *c)
{
	if (c->reading == NULL) {
		c->reading = pool_take(&c->all->pool, sizeof(*c->reading));
		if (c->reading != NULL)
			c->reading->conversation = c;
	}
	return c->reading;
}

static size_t state_size_of(const struct conversations *all, const struct parser *parser)
{
	return all->listened || parser->unheard == 0 ? parser->state_size : parser->unheard;
}

bool parsing_begin(struct conversation *c, const struct protocol *protocol)
{
	const struct flow *const flow = c->flow;
	const size_t state_size = state_size_of(c->all, protocol->parser);
	struct reading *const reading = reading_for(c);
	struct parse *parse;

	if (reading != NULL)
		c->state = state_size > 0 ? pool_take(&c->all->pool, state_size) : NULL;
	if (reading == NULL || (c->state == NULL && state_size > 0)) {
		c->all->counts->given_up++;
		stop(c, c->client, STOP_MEMORY);
		c->over = true;
		return false;
	}
	parse = &reading->parse;
	parse->engine = &engine;
	parse->protocol = protocol;
	parse->time_ns = c->all->time_ns;
	for (unsigned nth = 0; nth < 2; nth++) {
		const unsigned end = nth ^ c->crossed, side = nth == c->client ? SIDE_CLIENT : SIDE_SERVER;

		parse->addresses[side] = flow->ends[end];
		parse->ports[side] = flow->ports[end];
		parse->from_start[side] = c->halves[nth].from_start;
	}
	parse->transport = flow->transport;
	parse->about = c->about;
	parse->listened = c->all->listened;
	c->parsing = true;
	return true;
}

void parsing_end(struct conversation *c)
{
	struct reading *const r = c->reading;

	if (c->parsing) {
		r->parse.packet = NULL;
		if (r->parse.protocol->parser->end != NULL)
			r->parse.protocol->parser->end(c->state, &r->parse);
		pool_give(&c->all->pool, c->state, state_size_of(c->all, r->parse.protocol->parser));
		c->state = NULL;
	}
	/* What was left for the protocol that follows lives on. */
	if (r != NULL && !(r->parse.upgraded && span_left(r->parse.left) > 0)) {
		forget(&r->parse);
		r->parse.left = span_of(NULL, 0);
	}
	c->parsing = false;
}

/* A side that was not seen from its beginning may begin in the middle of a message: that is no damage. */
static void note_broken(struct conversation *c, unsigned nth)
{
	stop(c, nth, c->halves[nth].from_start ? STOP_DAMAGED : STOP_MIDDLE);
}

static void prepare(struct conversation *c, unsigned nth)
{
	struct parse *const parse = &c->reading->parse;

	parse->side = nth == c->client ? SIDE_CLIENT : SIDE_SERVER;
	parse->from_start[parse->side] = c->halves[nth].from_start;
	parse->skip = parse->want = 0;
	parse->upgraded = false;
	parse->upgraded_to = NULL;
}

/* What a call of the parser has asked for. */
static void heed(struct conversation *c, unsigned nth, enum parse_step step)
{
	c->halves[nth].want = (uint32_t)c->reading->parse.want;
	c->halves[nth].skip += c->reading->parse.skip;
	if (step == PARSE_BROKEN)
		note_broken(c, nth);
	c->over |= step != PARSE_ON && !c->reading->parse.upgraded;
}

/* What a flow was expected for may be announced when it has begun, and is before it carries anything. */
static void learn_words(struct conversation *c)
{
	char about[EXPECT_ABOUT];

	if (!expectations_late_words(c->all->expectations, c->flow, c->all->time_ns, about))
		return;
	c->about = pool_take_unset(&c->all->pool, EXPECT_ABOUT);
	if (c->about != NULL)
		memcpy(c->about, about, EXPECT_ABOUT);
	c->reading->parse.about = c->about;
}

static struct span call(struct conversation *c, unsigned nth, struct span bytes)
{
	const uint8_t *const begin = bytes.at;
	enum parse_step step;

	prepare(c, nth);
	if (c->flow->identified == IDENTIFIED_EXPECTED && c->about == NULL && c->halves[nth].taken == 0)
		learn_words(c);
	step = c->reading->parse.protocol->parser->read(c->state, &c->reading->parse, &bytes);
	c->halves[nth].taken += (size_t)(bytes.at - begin);
	heed(c, nth, step);
	return span_of(bytes.at, (size_t)(bytes.end - bytes.at));
}

static void skip_now(struct half *half, struct span *bytes)
{
	const size_t now = half->skip < span_left(*bytes) ? (size_t)half->skip : span_left(*bytes);

	bytes->at += now;
	half->skip -= now;
	half->taken += now;
}

/* What waits, and so many bytes behind it, are lost for the parser: in the capture, or because of a bound. */
static void skip_lost(struct conversation *c, unsigned nth, uint64_t length, enum flow_stop why)
{
	struct half *const half = &c->halves[nth];
	const uint64_t skipped = half->skip < length ? half->skip : length;
	const uint64_t lost = half->length + length - skipped;

	half->skip -= skipped;
	half->taken += skipped;
	if (lost == 0)
		return;
	if (c->reading->parse.protocol->parser->gap == NULL) {
		stop(c, nth, why);
		c->over = true;
		return;
	}
	half_clear(c, half);
	half->taken += lost;
	prepare(c, nth);
	heed(c, nth, c->reading->parse.protocol->parser->gap(c->state, &c->reading->parse, lost));
	if (c->reading->parse.upgraded && !c->over)
		hear_anew(c, nth, c->reading->parse.upgraded_to);
}

/* More than may wait: as if it had been lost. */
static void drop_unread(struct conversation *c, unsigned nth)
{
	c->all->counts->unread_dropped += c->halves[nth].length;
	skip_lost(c, nth, 0, STOP_BOUND);
}

void parsing_bytes(struct conversation *c, unsigned nth, struct span bytes)
{
	struct half *const half = &c->halves[nth];
	bool again = true;

	skip_now(half, &bytes);
	if (half->length > 0) {
		if (!half_append(c, nth, bytes))
			return;
		bytes = span_of(half->bytes, half->length);
	}
	while (again && !c->over && span_left(bytes) > 0 && span_left(bytes) >= half->want) {
		const uint8_t *const before = bytes.at;

		bytes = call(c, nth, bytes);
		again = (half->skip > 0 || (half->want > 0 && bytes.at > before)) &&
			!c->reading->parse.upgraded;
		skip_now(half, &bytes);
	}
	if (c->over || !keep_rest(c, nth, bytes))
		return;
	if (c->reading->parse.upgraded)
		hear_anew(c, nth, c->reading->parse.upgraded_to);
	else if (half->length > PARSE_UNREAD_LIMIT)
		drop_unread(c, nth);
}

void parsing_datagram(struct conversation *c, unsigned nth, struct span bytes, const struct packet *packet,
		      bool cut)
{
	struct half *const half = &c->halves[nth];
	const uint64_t before = half->taken;

	c->reading->parse.packet = packet;
	c->reading->parse.cut = cut;
	(void)call(c, nth, bytes);
	half->taken = before + span_left(bytes);
	half->skip = half->want = 0;
	c->reading->parse.packet = NULL;
	if (c->reading->parse.upgraded && !c->over)
		hear_anew(c, nth, c->reading->parse.upgraded_to);
}

void parsing_gap(struct conversation *c, unsigned nth, uint64_t length)
{
	skip_lost(c, nth, length, STOP_GAP);
}
