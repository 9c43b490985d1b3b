/* ike_parse.c: reads conversations of IKE. RFC 2409 5 (phases of version 1), RFC 7296 1.2 (exchanges of
 * version 2), RFC 3948 2 (ESP, IKE behind its marker and keepalives in one flow). What is agreed on stands in
 * the responder's association; later exchanges are encrypted, and tell that security associations were made,
 * whose ESP and AH flows are announced. */
#include "base/escape.h"
#include "protocols/ike.h"

#include <ctype.h>
#include <stdio.h>

enum {
	SUITES_SHOWN = 32,
	NOTIFIES_SHOWN = 32,
	PAYLOADS_SHOWN = 32,
	HEX_TEXT = 65,
	SPIS = 4, /* of ESP that are remembered for each side */
	NAT_SOURCE = 16388,
	NAT_DESTINATION = 16389,
	FIRST_STATUS_V1 = 16384,
	ESP_SECONDS = 3600,
	KEEPALIVE = 0xff,
};

struct esp {
	uint32_t spi, first, last, packets, old; /* old: not above the highest sequence number */
	uint8_t pair;                            /* 1 + place of the one of the other side; 0: none yet */
};

struct state {
	bool answered, announced, encapsulated;
	bool offers[IKE_KINDS]; /* something weak of this kind */
	char weak[IKE_KINDS][32];
	struct esp esp[2][SPIS];
};

struct record {
	const struct ike_message *message;
	bool encapsulated, answer;
	const struct state *esp; /* or, at the end: what ESP was seen */
};

/* ---- the event ---- */

/* Or the number where nothing has a name for it. */
static void write_name(struct json *json, const char *key, const char *name, uint16_t value)
{
	char digits[NUMBER_TEXT], *const end = digits + sizeof(digits), *at;

	if (name != NULL) {
		json_text(json, key, name);
		return;
	}
	at = number_digits(value, end);
	json_plain_span(json, key, span_of(at, (size_t)(end - at)));
}

static void write_value(struct json *json, const char *key, bool v1, enum ike_kind kind, uint16_t value)
{
	if (value != 0)
		write_name(json, key, ike_value_text(v1, kind, value), value);
}

static void write_suite(struct json *json, bool v1, const struct ike_suite *suite)
{
	write_value(json, "alg_enc", v1, IKE_ENCRYPTION, suite->values[IKE_ENCRYPTION]);
	if (suite->key_bits != 0)
		json_unsigned(json, "alg_enc_key_length", suite->key_bits);
	write_value(json, v1 ? "alg_hash" : "alg_auth", v1, IKE_INTEGRITY, suite->values[IKE_INTEGRITY]);
	write_value(json, "alg_prf", v1, IKE_PRF, suite->values[IKE_PRF]);
	write_value(json, "alg_dh", v1, IKE_GROUP, suite->values[IKE_GROUP]);
	write_value(json, "auth_method", v1, IKE_AUTHENTICATION, suite->values[IKE_AUTHENTICATION]);
	if (suite->lifetime != 0)
		json_unsigned(json, "lifetime", suite->lifetime);
}

struct suites {
	struct json *json;
	bool v1, single;
	unsigned count;
};

static void hear_suite(void *context, const struct ike_suite *suite)
{
	struct suites *const suites = context;

	if (suites->count++ >= (suites->single ? 1 : SUITES_SHOWN))
		return;
	if (!suites->single)
		json_begin(suites->json);
	write_suite(suites->json, suites->v1, suite);
	if (!suites->single)
		json_end(suites->json);
}

/* The answer has one proposal: what is agreed on. */
static void write_association(struct json *json, const struct record *record, struct span body)
{
	struct suites suites = { json, ike_is_v1(record->message), record->answer, 0 };

	if (!record->answer)
		json_open_array(json, "proposals");
	(void)ike_suites(body, suites.v1, hear_suite, &suites);
	if (!record->answer)
		json_end(json);
}

static bool is_print(struct span s)
{
	for (; span_left(s) > 0; s.at++)
		if (!isprint(*s.at))
			return false;
	return true;
}

static void write_vendor(struct json *json, struct span id)
{
	const struct ike_vendor *const known = ike_vendor(id);
	char text[HEX_TEXT];

	if (known != NULL)
		json_text(json, NULL, known->name);
	else if (span_left(id) > 3 && is_print(id))
		json_span(json, NULL, id);
	else
		json_text(json, NULL, hex_text(id, 0, text, sizeof(text)));
}

/* RFC 2407 4.6.2: kind, transport, port, and what the kind says. */
static void write_identity(struct json *json, struct span body)
{
	enum { ID_IPV4 = 1, ID_FQDN = 2, ID_USER = 3, ID_IPV6 = 5 };
	const uint8_t kind = span_u8(&body);
	char text[HEX_TEXT]; /* longer than an address */

	span_skip(&body, 3);
	if (kind == ID_IPV4 && span_left(body) == 4) {
		const struct address a = address_v4(span_u32(&body));

		json_text(json, NULL, address_text(&a, text));
	} else if (kind == ID_IPV6 && span_left(body) == 16) {
		const struct address a = address_v6(body.at);

		json_text(json, NULL, address_text(&a, text));
	} else if (span_left(body) > 0 && (kind == ID_FQDN || kind == ID_USER || is_print(body))) {
		json_span(json, NULL, body);
	} else {
		json_text(json, NULL, hex_text(body, 0, text, sizeof(text)));
	}
}

/* RFC 7296 3.10: protocol, octets of SPI, type; of version 1 a domain of interpretation before. */
static uint16_t notify_type(struct span body, bool v1)
{
	span_skip(&body, v1 ? 6 : 2);
	return span_u16(&body);
}

static void write_notify(struct json *json, struct span body, bool v1)
{
	const uint16_t type = notify_type(body, v1);

	write_name(json, NULL, v1 && type >= FIRST_STATUS_V1 ? NULL : ike_notify_text(type), type);
}

/* Which payloads a list of the event shows. */
enum list { LIST_PAYLOADS, LIST_VENDORS, LIST_NOTIFIES, LIST_IDENTITIES };

static bool is_of(enum list list, uint8_t type, bool v1)
{
	switch (list) {
	case LIST_VENDORS: return type == (v1 ? IKE1_VENDOR : IKE2_VENDOR);
	case LIST_NOTIFIES: return type == (v1 ? IKE1_NOTIFY : IKE2_NOTIFY);
	case LIST_IDENTITIES: return v1 && type == IKE1_ID;
	default: return true;
	}
}

static void write_one(struct json *json, enum list list, uint8_t type, struct span body, bool v1)
{
	const char *const name = ike_payload_text(type);

	switch (list) {
	case LIST_VENDORS: write_vendor(json, body); break;
	case LIST_NOTIFIES: write_notify(json, body, v1); break;
	case LIST_IDENTITIES: write_identity(json, body); break;
	default: json_text(json, NULL, name != NULL ? name : "Unknown"); break;
	}
}

static void write_list(struct json *json, const char *key, enum list list, const struct ike_message *m)
{
	struct span s = m->payloads, body;
	uint8_t next = m->next, type;
	unsigned shown = 0;

	while (shown < PAYLOADS_SHOWN && ike_payload_next(&s, &next, &type, &body)) {
		if (!is_of(list, type, ike_is_v1(m)))
			continue;
		if (shown++ == 0)
			json_open_array(json, key);
		write_one(json, list, type, body, ike_is_v1(m));
	}
	if (shown > 0)
		json_end(json);
}

static bool find_association(const struct ike_message *m, struct span *ret_body)
{
	struct span s = m->payloads;
	uint8_t next = m->next, type;

	while (ike_payload_next(&s, &next, &type, ret_body))
		if (type == (ike_is_v1(m) ? IKE1_SA : IKE2_SA))
			return true;
	return false;
}

static bool has_nat_traversal(const struct ike_message *m)
{
	struct span s = m->payloads, body;
	uint8_t next = m->next, type;

	while (ike_payload_next(&s, &next, &type, &body)) {
		const uint16_t notify = notify_type(body, false);

		if (ike_is_v1(m) ? type == IKE1_NAT_D || type == IKE1_NAT_D_DRAFT
				 : type == IKE2_NOTIFY && (notify == NAT_SOURCE || notify == NAT_DESTINATION))
			return true;
	}
	return false;
}

static void write_spi(struct json *json, const char *key, uint64_t spi)
{
	uint8_t octets[8];
	char text[2 * sizeof(octets) + 1];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(spi >> (56 - 8 * i));
	json_plain(json, key, hex_text(span_of(octets, sizeof(octets)), 0, text, sizeof(text)));
}

static void write_esp_spi(struct json *json, const char *key, uint32_t spi)
{
	char text[9];

	(void)snprintf(text, sizeof(text), "%08x", spi);
	json_text(json, key, text);
}

static void write_one_esp(struct json *json, const struct state *state, unsigned side, const struct esp *esp)
{
	json_begin(json);
	json_text(json, "from", side == SIDE_CLIENT ? "client" : "server");
	write_esp_spi(json, "spi", esp->spi);
	if (esp->pair > 0)
		write_esp_spi(json, "pair", state->esp[!side][esp->pair - 1].spi);
	json_unsigned(json, "packets", esp->packets);
	json_unsigned(json, "first_sequence", esp->first);
	json_unsigned(json, "last_sequence", esp->last);
	if (esp->old > 0)
		json_unsigned(json, "out_of_order", esp->old);
	json_end(json);
}

static void write_esp(struct json *json, const struct state *state)
{
	json_text(json, "exchange", "esp");
	json_open_array(json, "associations");
	for (unsigned side = 0; side < 2; side++)
		for (unsigned i = 0; i < SPIS && state->esp[side][i].packets > 0; i++)
			write_one_esp(json, state, side, &state->esp[side][i]);
	json_end(json);
}

static void emit(const void *memory, struct json *json)
{
	const struct record *const record = memory;
	const struct ike_message *const m = record->message;
	struct span association;

	if (m == NULL) {
		write_esp(json, record->esp);
		return;
	}
	json_unsigned(json, "version_major", m->version >> 4);
	json_unsigned(json, "version_minor", m->version & 0x0f);
	json_unsigned(json, "exchange_type", m->exchange);
	json_text(json, "exchange", ike_exchange_text(m->exchange));
	json_unsigned(json, "message_id", m->id);
	write_spi(json, "init_spi", m->initiator);
	write_spi(json, "resp_spi", m->responder);
	json_text(json, "role", record->answer ? "responder" : "initiator");
	if (record->encapsulated)
		json_bool(json, "encapsulated", true);
	if (m->encrypted)
		json_bool(json, "encrypted", true);
	if (m->encrypted && ike_is_v1(m))
		return;
	write_list(json, "payload", LIST_PAYLOADS, m);
	if (m->encrypted)
		return;
	if (find_association(m, &association))
		write_association(json, record, association);
	write_list(json, "vendor_ids", LIST_VENDORS, m);
	write_list(json, "notify", LIST_NOTIFIES, m);
	write_list(json, "identities", LIST_IDENTITIES, m);
	if (has_nat_traversal(m))
		json_bool(json, "nat_traversal", true);
}

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

static void judge_suite(void *context, const struct ike_suite *suite)
{
	const struct judge *const judge = context;

	for (enum ike_kind kind = IKE_ENCRYPTION; kind < IKE_AUTHENTICATION; kind++) {
		const char *const name = ike_value_text(judge->v1, kind, suite->values[kind]);

		if (name == NULL || !ike_is_weak(judge->v1, kind, suite->values[kind]))
			continue;
		judge->state->offers[kind] = true;
		(void)snprintf(judge->state->weak[kind], sizeof(judge->state->weak[kind]), "%s", name);
		if (judge->chosen)
			parse_weakness(judge->parse, weakness_of(kind), "%s is agreed on", name);
	}
}

static void tell_vendors(struct parse *parse, const struct ike_message *m)
{
	struct span s = m->payloads, body;
	uint8_t next = m->next, type;

	while (ike_payload_next(&s, &next, &type, &body)) {
		const struct ike_vendor *vendor;

		if (!is_of(LIST_VENDORS, type, ike_is_v1(m)))
			continue;
		vendor = ike_vendor(body);
		if (vendor != NULL && vendor->product != NULL)
			parse_software(parse, parse->side, span_text(vendor->product), span_of(NULL, 0));
	}
}

static void judge_message(struct state *state, struct parse *parse, const struct record *record)
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
	if (find_association(m, &association)) {
		state->answered = state->answered || record->answer;
		(void)ike_suites(association, judge.v1, judge_suite, &judge);
	}
}

/* ---- reading ---- */

/* What the exchange made is a pair of ESP or AH flows between the same two. */
static void announce(struct state *state, struct parse *parse, const struct ike_message *m)
{
	static const uint8_t transports[] = { TRANSPORT_ESP, TRANSPORT_AH };

	if (state->announced || (m->exchange != IKE1_QUICK && m->exchange != IKE2_AUTH))
		return;
	state->announced = true;
	for (size_t i = 0; i < sizeof(transports); i++)
		parse_expect(parse, &(struct expectation){
					    .transport = transports[i],
					    .address = parse->addresses[SIDE_SERVER],
					    .other = parse->addresses[SIDE_CLIENT],
					    .protocol = parse->protocol,
					    .waiting = SIDE_SERVER,
					    .seconds = ESP_SECONDS,
					    .many = true,
				    });
}

static enum parse_step hear_message(struct state *state, struct parse *parse, struct span s)
{
	struct ike_message message;
	struct record record = { .message = &message, .encapsulated = state->encapsulated };

	if (!ike_message_read(s, false, &message))
		return PARSE_BROKEN;
	/* Of version 1 the responder's cookie is set in all but the first; who called is the initiator. */
	record.answer = ike_is_v1(&message) ? parse->side == SIDE_SERVER : !message.from_initiator;
	judge_message(state, parse, &record);
	announce(state, parse, &message);
	parse_event(parse, &record);
	return PARSE_ON;
}

/* SPIs are agreed on under encryption: the associations of both directions that begin one after the other are
 * a pair. */
static void pair_esp(struct state *state, unsigned side, unsigned place)
{
	for (unsigned i = 0; i < SPIS && state->esp[!side][i].packets > 0; i++) {
		struct esp *const other = &state->esp[!side][i];

		if (other->pair != 0)
			continue;
		other->pair = (uint8_t)(place + 1);
		state->esp[side][place].pair = (uint8_t)(i + 1);
		return;
	}
}

/* RFC 4303 2: the SPI, above 255, and the sequence number. */
static void hear_esp(struct state *state, struct parse *parse, struct span s)
{
	const uint32_t spi = span_u32(&s), sequence = span_u32(&s);

	state->encapsulated = true;
	for (unsigned i = 0; i < SPIS && !s.failed; i++) {
		struct esp *const esp = &state->esp[parse->side][i];

		if (esp->packets > 0 && esp->spi != spi)
			continue;
		if (esp->packets == 0) {
			*esp = (struct esp){ .spi = spi, .first = sequence, .last = sequence };
			pair_esp(state, parse->side, i);
		} else if (sequence > esp->last) {
			esp->last = sequence;
		} else {
			esp->old++;
		}
		esp->packets++;
		return;
	}
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
		if (state->offers[kind])
			parse_weakness(parse, weakness_of(kind), "%s is offered", state->weak[kind]);
	if (state->esp[SIDE_CLIENT][0].packets > 0 || state->esp[SIDE_SERVER][0].packets > 0)
		parse_event(parse, &(struct record){ .esp = state });
}

const struct parser ike_parser = {
	.state_size = sizeof(struct state),
	.read = read_ike,
	.end = end,
	.emit = emit,
	.leads = true,
};
