/* ike_parse.c: reads conversations of IKE. RFC 2409 5 (phases of version 1), RFC 7296 1.2 (exchanges of
 * version 2), RFC 3948 2 (ESP, IKE behind its marker and keepalives in one flow). What is agreed on stands in
 * the responder's association; later exchanges are encrypted, and tell that security associations were made,
 * whose ESP and AH flows are announced. */
#include "packet/ipsec.h"
#include "protocols/ike.h"

enum { NEXT_IPV4 = 4, NEXT_IPV6 = 41 };
enum { ESP_SECONDS = 3600, FLOAT_SECONDS = 60, KEEPALIVE = 0xff };

struct state {
	bool answered, announced, floats, encapsulated;
	const char *weak[IKE_KINDS]; /* what is offered of each kind that is weak; or NULL */
	struct ike_children children;
	struct ike_esp esp;
};

/* ---- judging ---- */

static const struct weakness *weakness_of(enum ike_kind kind)
{
	return kind == IKE_ENCRYPTION ? &ike_weak_encryption
	       : kind == IKE_GROUP    ? &ike_weak_group
				      : &ike_weak_hash;
}

struct judge {
	struct state *state;
	struct parse *parse;
	bool v1, chosen;
};

static void judge_value(const struct judge *judge, enum ike_kind kind, uint16_t value)
{
	const char *const name = ike_is_weak(judge->v1, kind, value) ? ike_value_text(judge->v1, kind, value)
								     : NULL;

	if (name == NULL)
		return;
	judge->state->weak[kind] = name;
	if (judge->chosen)
		parse_weakness(judge->parse, weakness_of(kind), "%s is agreed on", name);
}

static void judge_suite(void *context, const struct ike_suite *suite)
{
	const struct judge *const judge = context;

	for (enum ike_kind kind = IKE_ENCRYPTION; kind < IKE_AUTHENTICATION; kind++)
		judge_value(judge, kind, suite->values[kind]);
	for (size_t i = 0; i < suite->other_count; i++)
		judge_value(judge, (enum ike_kind)suite->others[i].kind, suite->others[i].value);
}

static void tell_vendors(struct parse *parse, const struct ike_message *m)
{
	struct span s = m->payloads, body;
	uint8_t next = m->next, type;

	while (ike_payload_next(&s, &next, &type, &body)) {
		const struct ike_vendor *vendor;

		if (type != (ike_is_v1(m) ? IKE1_VENDOR : IKE2_VENDOR))
			continue;
		vendor = ike_vendor(body);
		if (vendor != NULL && vendor->product != NULL)
			parse_software(parse, parse->side, span_text(vendor->product), span_of(NULL, 0));
	}
}

static void judge_message(struct state *state, struct parse *parse, const struct ike_record *record)
{
	const struct ike_message *const m = record->message;
	struct judge judge = { state, parse, ike_is_v1(m), record->answer };
	struct span association;

	if (judge.v1)
		parse_weakness(parse, &ike_old, "%s mode", ike_exchange_text(m->exchange));
	if (judge.v1 && m->exchange == IKE1_AGGRESSIVE)
		parse_weakness(parse, &ike_aggressive, "the %s begins so",
			       record->answer ? "responder agrees; the initiator" : "initiator");
	if (m->encrypted)
		return;
	tell_vendors(parse, m);
	if (ike_find_association(m, &association)) {
		state->answered = state->answered || record->answer;
		(void)ike_suites(association, judge.v1, judge_suite, &judge);
	}
}

/* ---- reading ---- */

static void expect(struct parse *parse, uint8_t transport, uint16_t port, uint32_t seconds, const char *about)
{
	parse_expect(parse, &(struct expectation){
				    .transport = transport,
				    .address = parse->addresses[SIDE_SERVER],
				    .port = port,
				    .other = parse->addresses[SIDE_CLIENT],
				    .protocol = parse->protocol,
				    .waiting = SIDE_SERVER,
				    .seconds = seconds,
				    .many = transport != TRANSPORT_UDP,
				    .about = about,
			    });
}

/* What an exchange makes is a pair of ESP or AH flows between the same two, announced with its words. */
static void announce(struct state *state, struct parse *parse, const struct ike_message *m)
{
	static const uint8_t transports[] = { TRANSPORT_ESP, TRANSPORT_AH };
	const struct ike_child *const child = ike_children_hear(&state->children, m, parse->side);
	char text[IKE_CHILD_TEXT];

	if (child == NULL && (state->announced || (m->exchange != IKE1_QUICK && m->exchange != IKE2_AUTH)))
		return;
	state->announced = true;
	if (child != NULL)
		ike_child_text(child, text);
	for (size_t i = 0; i < sizeof(transports); i++)
		expect(parse, transports[i], 0, ESP_SECONDS, child != NULL ? text : NULL);
}

/* Behind address translation both go on at another port (RFC 7296 2.23, RFC 3947 4). */
static void announce_float(struct state *state, struct parse *parse, const struct ike_message *m)
{
	if (state->floats || m->encrypted || parse->side != SIDE_SERVER ||
	    parse->transport != TRANSPORT_UDP || parse->ports[SIDE_SERVER] == IKE_NAT_DOOR ||
	    !ike_has_nat_traversal(m))
		return;
	state->floats = true;
	expect(parse, TRANSPORT_UDP, IKE_NAT_DOOR, FLOAT_SECONDS, NULL);
}

static enum parse_step hear_message(struct state *state, struct parse *parse, struct span s)
{
	struct ike_message message;
	struct ike_record record = { .message = &message, .encapsulated = state->encapsulated };

	if (!ike_message_read(s, false, &message))
		return PARSE_BROKEN;
	/* Of version 1 the responder's cookie is set in all but the first; who called is the initiator. */
	record.answer = ike_is_v1(&message) ? parse->side == SIDE_SERVER : !message.from_initiator;
	if (parse->listened)
		judge_message(state, parse, &record);
	announce(state, parse, &message);
	announce_float(state, parse, &message);
	parse_event(parse, &record);
	return PARSE_ON;
}

static bool is_same_child(const struct ike_child *one, const struct ike_child *other)
{
	return one->exchange == other->exchange && one->id == other->id && one->initiator == other->initiator;
}

/* SPIs are agreed on under encryption: a pair are the associations of both directions that came of one
 * exchange; where none was seen, those that begin one after the other. */
static void pair_esp(struct ike_esp *esp, struct association_seen *mine)
{
	struct association_seen *const all = esp->seen.list;

	for (struct association_seen *other = all; other < mine; other++) {
		if (other->side == mine->side || other->pair != 0 ||
		    !is_same_child(&esp->made_by[mine - all], &esp->made_by[other - all]))
			continue;
		associations_pair(&esp->seen, mine, other);
		return;
	}
}

/* What shows of the content: opened with keys, or not encrypted. */
static void look_inside(struct parse *parse, struct association_seen *association, struct span body)
{
	const struct packet *const packet = parse->packet;
	struct span inner;
	uint8_t next;

	if (packet == NULL)
		return;
	association->bad += packet->ipsec == IPSEC_BAD;
	if (packet->protects != 0)
		association->protects = packet->protects;
	if (packet->ipsec != IPSEC_NOT || parse->cut || !ipsec_is_null(packet, body, &next, &inner))
		return;
	association->is_null = true;
	association->protects = next;
	parse_weakness(parse, &esp_null, "SPI 0x%08x", association->spi);
	if (next == NEXT_IPV4 || next == NEXT_IPV6)
		parse_open(parse, TUNNEL_ESP, association->spi, CARRIED_IP, inner);
}

/* RFC 4303 2: the SPI, above 255, and the sequence number. */
static void hear_esp(struct state *state, struct parse *parse, struct span s)
{
	const size_t length = parse->packet != NULL ? parse->packet->length : span_left(s);
	const uint32_t spi = span_u32(&s), sequence = span_u32(&s);
	struct ike_esp *const esp = &state->esp;
	struct association_seen *association;
	bool begins;

	state->encapsulated = true;
	association = associations_find(&esp->seen, spi, parse->side, &begins);
	if (association == NULL)
		return;
	if (begins) {
		(void)ike_children_take(&state->children, parse->side,
					&esp->made_by[association - esp->seen.list]);
		pair_esp(esp, association);
	}
	association->packets++;
	association->bytes += length;
	sequences_add(&association->sequences, sequence);
	look_inside(parse, association, s);
}

static enum parse_step hear(struct state *state, struct parse *parse, struct span s)
{
	struct span marker = s;
	struct ike_message message;

	if (span_left(s) == 1 && span_peek(s, 0) == KEEPALIVE)
		return PARSE_ON;
	if (span_u32(&marker) == 0 && !marker.failed) {
		state->encapsulated = true;
		return hear_message(state, parse, marker);
	}
	if (ike_message_read(s, false, &message) &&
	    (parse->cut || message.length == span_left(s) || ike_is_opening(&message)))
		return hear_message(state, parse, s);
	if (span_left(s) < 8)
		return PARSE_BROKEN;
	hear_esp(state, parse, s);
	return PARSE_ON;
}

/* RFC 9329: frames whose length counts itself. */
static enum parse_step read_stream(struct state *state, struct parse *parse, struct span *bytes)
{
	if (parse->side == SIDE_CLIENT && span_begins(*bytes, "IKETCP"))
		span_skip(bytes, IKE_TCP_PREFIX);
	while (span_left(*bytes) >= 2) {
		struct span s = *bytes;
		const uint16_t length = span_u16(&s);
		struct span frame;

		if (length == ('I' << 8 | 'K') && span_left(*bytes) < IKE_TCP_PREFIX)
			return PARSE_ON;
		if (length < 3)
			return PARSE_BROKEN;
		frame = span_take(&s, length - 2u);
		if (s.failed) {
			parse_want(parse, length);
			return PARSE_ON;
		}
		if (hear(state, parse, frame) == PARSE_BROKEN)
			return PARSE_BROKEN;
		*bytes = s;
	}
	return PARSE_ON;
}

static enum parse_step read_ike(void *memory, struct parse *parse, struct span *bytes)
{
	return parse->transport == TRANSPORT_TCP ? read_stream(memory, parse, bytes)
						 : hear(memory, parse, *bytes);
}

/* An offer that nobody answered is judged as well: it is what this end would take. */
static void end(void *memory, struct parse *parse)
{
	struct state *const state = memory;

	for (enum ike_kind kind = IKE_ENCRYPTION; !state->answered && kind < IKE_AUTHENTICATION; kind++)
		if (state->weak[kind] != NULL)
			parse_weakness(parse, weakness_of(kind), "%s is offered", state->weak[kind]);
	if (state->esp.seen.count > 0)
		parse_event(parse, &(struct ike_record){ .esp = &state->esp });
}

const struct parser ike_parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_ike,
	.end = end,
	.emit = ike_emit,
	.leads = true,
};
