/* l2tp.c: L2TP over UDP: version 2 (RFC 2661), which carries PPP, and version 3 (RFC 3931), which carries
 * frames. Control messages are told with the attributes that say who speaks and which tunnel and session is
 * meant; acknowledgements without any are not. */
#include "protocols/inner.h"
#include "protocols/probes.h"
#include "protocols/tally.h"
#include "protocols/told.h"

enum {
	HAS_LENGTH = 0x4000,
	HAS_SEQUENCE = 0x0800,
	HAS_OFFSET = 0x0200,
	PRIORITY = 0x0100,
	CONTROL_2 =
		0xc802, /* a control message has a length and sequence numbers, and no offset or priority */
	CONTROL_3 = 0xc803,
	DATA_3 = 0x0003,
	FLAGS = HAS_LENGTH | HAS_SEQUENCE | HAS_OFFSET | PRIORITY,

	CONTROL_HEADER = 12, /* in both versions */
	AVP_HEADER = 6,
	AVP_RESERVED = 0x3c00,
	AVP_LENGTH = 0x03ff,
	MESSAGE_LENGTH = 8,
	MESSAGES = 28, /* types; IANA's list ends there */
};

/* The first attribute of a message is its type, mandatory and not hidden; an acknowledgement has none. All
 * fill the message. */
static bool are_attributes(struct span s)
{
	for (bool first = true; span_left(s) > 0; first = false) {
		const uint16_t head = span_u16(&s), vendor = span_u16(&s), attribute = span_u16(&s);
		const uint16_t length = head & AVP_LENGTH;
		const uint16_t value = (uint16_t)(span_peek(s, 0) << 8 | span_peek(s, 1));

		if ((head & AVP_RESERVED) != 0 || length < AVP_HEADER)
			return false;
		if (first && (head != (0x8000 | MESSAGE_LENGTH) || vendor != 0 || attribute != 0 ||
			      value == 0 || value > MESSAGES))
			return false;
		span_skip(&s, length - AVP_HEADER);
		if (s.failed)
			return false;
	}
	return true;
}

static bool is_control(struct span s)
{
	const size_t left = span_left(s);

	span_skip(&s, 2);
	if (span_u16(&s) != left || left < CONTROL_HEADER)
		return false;
	span_skip(&s, CONTROL_HEADER - 4);
	return are_attributes(s);
}

/* Steps over the header of version 2's data; what is left is PPP. */
static bool take_data_header(struct span *s)
{
	const size_t left = span_left(*s);
	const uint16_t head = span_u16(s);

	if ((head & ~FLAGS) != 2) /* the version, and nothing that is reserved */
		return false;
	if ((head & HAS_LENGTH) != 0 && span_u16(s) != left)
		return false;
	span_skip(s, 4); /* tunnel and session */
	if ((head & HAS_SEQUENCE) != 0)
		span_skip(s, 4);
	if ((head & HAS_OFFSET) != 0)
		span_skip(s, span_u16(s));
	return !s->failed;
}

/* Version 3 does not say how long its cookie is, nor whether a sublayer follows: both are words, and the
 * frame behind them shows itself. */
static bool take_session(struct span *s)
{
	const uint32_t head = span_u32(s), session = span_u32(s);

	if (head != (uint32_t)DATA_3 << 16 || session == 0)
		return false;
	for (unsigned words = 0; words <= 3 && !s->failed; words++) {
		if (inner_is_ethernet(*s, INNER_FILLS))
			return true;
		span_skip(s, 4);
	}
	return false;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const uint16_t head = (uint16_t)(span_peek(first, 0) << 8 | span_peek(first, 1));

	(void)side;
	if (transport != TRANSPORT_UDP)
		return NO;
	switch (head) {
	case CONTROL_2:
	case CONTROL_3: return is_control(first) ? YES : NO;
	case DATA_3: return take_session(&first) ? YES : NO;
	default: return take_data_header(&first) && inner_is_ppp(first, INNER_FILLS) ? YES : NO;
	}
}

/* ---- control messages ---- */

enum { HIDDEN = 0x4000, TEXT_MOST = 64 };

/* RFC 2661 3.2, RFC 3931 3.1, RFC 3301, RFC 3308. */
static const struct code_name message_names[] = {
	{ 1, "SCCRQ" }, { 2, "SCCRP" }, { 3, "SCCCN" }, { 4, "StopCCN" }, { 6, "HELLO" },
	{ 7, "OCRQ" },  { 8, "OCRP" },  { 9, "OCCN" },  { 10, "ICRQ" },   { 11, "ICRP" },
	{ 12, "ICCN" }, { 14, "CDN" },  { 15, "WEN" },  { 16, "SLI" },    { 17, "MDMST" },
	{ 18, "SRRQ" }, { 19, "SRRP" }, { 20, "ACK" },  { 21, "FSQ" },    { 22, "FSR" },
	{ 23, "MSRQ" }, { 24, "MSRP" }, { 25, "MSE" },  { 26, "MSI" },    { 27, "MSEN" },
};

/* What is told of an attribute. */
enum kind { KIND_TEXT, KIND_NUMBER, KIND_RESULT, KIND_PRESENT };

struct attribute {
	uint16_t number;
	uint8_t kind, version; /* 0: of both */
	const char *key;
};

/* RFC 2661 4.4, RFC 3931 5.4. */
static const struct attribute attributes[] = {
	{ 1, KIND_RESULT, 0, "result" },
	{ 6, KIND_NUMBER, 0, "firmware_revision" },
	{ 7, KIND_TEXT, 0, "host_name" },
	{ 8, KIND_TEXT, 0, "vendor_name" },
	{ 9, KIND_NUMBER, 2, "assigned_tunnel" },
	{ 10, KIND_NUMBER, 0, "receive_window" },
	{ 11, KIND_PRESENT, 0, "challenge" },
	{ 14, KIND_NUMBER, 2, "assigned_session" },
	{ 15, KIND_NUMBER, 0, "call_serial" },
	{ 21, KIND_TEXT, 0, "called_number" },
	{ 22, KIND_TEXT, 0, "calling_number" },
	{ 24, KIND_NUMBER, 0, "connect_speed" },
	{ 29, KIND_NUMBER, 0, "proxy_authentication" },
	{ 30, KIND_TEXT, 0, "proxy_user" },
	{ 60, KIND_NUMBER, 3, "router_id" },
	{ 61, KIND_NUMBER, 3, "assigned_tunnel" },
	{ 63, KIND_NUMBER, 3, "assigned_session" },
	{ 64, KIND_NUMBER, 3, "remote_session" },
	{ 66, KIND_TEXT, 3, "remote_end" },
	{ 68, KIND_NUMBER, 3, "pseudowire" },
};

struct message {
	uint8_t version;
	uint16_t type;
	uint32_t tunnel, session;
	uint16_t sent, received; /* numbers of messages */
	struct span attributes;
};

/* Cuts the next attribute off; false behind the last. Those of other vendors and hidden ones have no number
 * that is known here. */
static bool take_attribute(struct span *s, uint8_t version, const struct attribute **ret_known,
			   struct span *ret_value)
{
	const uint16_t head = span_u16(s), vendor = span_u16(s), number = span_u16(s);

	*ret_value = span_take(s, (size_t)(head & AVP_LENGTH) - AVP_HEADER);
	*ret_known = NULL;
	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes) && vendor == 0; i++)
		if (attributes[i].number == number && (head & HIDDEN) == 0 &&
		    (attributes[i].version == 0 || attributes[i].version == version))
			*ret_known = &attributes[i];
	return !s->failed;
}

/* False of an acknowledgement, which has no attributes. Recognised before. */
static bool read_message(struct span s, struct message *ret_message)
{
	struct message m = { .version = (uint8_t)(span_u16(&s) & 0x0f) };

	span_skip(&s, 2);
	if (m.version == 3) {
		m.tunnel = span_u32(&s);
	} else {
		m.tunnel = span_u16(&s);
		m.session = span_u16(&s);
	}
	m.sent = span_u16(&s);
	m.received = span_u16(&s);
	m.attributes = s;
	span_skip(&s, AVP_HEADER);
	m.type = span_u16(&s);
	*ret_message = m;
	return !s.failed;
}

static void emit_number(struct json *json, const char *key, struct span value)
{
	uint32_t number = 0;

	if (span_left(value) > sizeof(number)) /* as 64 bits of a speed, of which nobody makes use */
		return;
	while (span_left(value) > 0)
		number = number << 8 | span_u8(&value);
	json_unsigned(json, key, number);
}

/* RFC 2661 4.4.2: a result, and what went wrong in numbers and words. */
static void emit_result(struct json *json, struct span value)
{
	json_unsigned(json, "result", span_u16(&value));
	if (span_left(value) >= 2)
		json_unsigned(json, "error", span_u16(&value));
	emit_span(json, "error_message", text_first(value, TEXT_MOST));
}

static void emit_attribute(struct json *json, const struct attribute *known, struct span value)
{
	switch (known->kind) {
	case KIND_TEXT: emit_span(json, known->key, text_first(value, TEXT_MOST)); break;
	case KIND_NUMBER: emit_number(json, known->key, value); break;
	case KIND_RESULT: emit_result(json, value); break;
	default: json_bool(json, known->key, true); break;
	}
}

/* A message that has an attribute twice is told the first. */
static void emit(const void *record, struct json *json)
{
	const struct message *const m = record;
	struct span s = m->attributes, value;
	const struct attribute *known;
	uint64_t written = 0;

	json_unsigned(json, "version", m->version);
	json_text(json, "message", CODE_TEXT(message_names, m->type));
	json_unsigned(json, "message_type", m->type);
	json_unsigned(json, "tunnel", m->tunnel);
	if (m->version == 2)
		json_unsigned(json, "session", m->session);
	json_unsigned(json, "sequence", m->sent);
	json_unsigned(json, "expected_sequence", m->received);
	while (take_attribute(&s, m->version, &known, &value)) {
		if (known == NULL || (written >> (known - attributes) & 1) != 0)
			continue;
		written |= (uint64_t)1 << (known - attributes);
		emit_attribute(json, known, value);
	}
}

struct conversation {
	struct told told;
};

/* Who gets no answer says it again. False where it is damaged; an acknowledgement says nothing. */
static bool hear_message(struct conversation *state, struct parse *parse, struct span s)
{
	struct message m;

	if (!is_control(s))
		return false;
	if (read_message(s, &m) && told_is_news(&state->told, parse, m.type, s))
		parse_event(parse, &m);
	return true;
}

/* ---- reading ---- */

/* Of version 2 the tunnel and the session, 16 bits each; of version 3 the session. */
static uint32_t key_of(struct span message)
{
	const uint16_t head = span_u16(&message);

	span_skip(&message, head == DATA_3 || (head & HAS_LENGTH) != 0 ? 2 : 0);
	return span_u32(&message);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	const uint32_t key = key_of(*bytes);
	const uint16_t head = (uint16_t)(span_peek(*bytes, 0) << 8 | span_peek(*bytes, 1));
	struct span data = *bytes, frame = *bytes;

	if (head == CONTROL_2 || head == CONTROL_3) {
		if (!hear_message(memory, parse, data) && !parse->cut)
			return PARSE_BROKEN;
	} else if (take_data_header(&data)) {
		parse_open(parse, TUNNEL_L2TP, key, CARRIED_PPP, data);
	} else if (take_session(&frame)) {
		parse_open(parse, TUNNEL_L2TP, key, CARRIED_ETHERNET, frame);
	} else if (head != DATA_3 && !parse->cut) {
		return PARSE_BROKEN; /* version 3 may carry what shows nothing */
	}
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.emit = emit,
	.leads = true,
};

const struct protocol protocol_l2tp = {
	.name = "l2tp",
	.title = "Layer Two Tunneling Protocol",
	DOORS(UDP(1701)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 8,
	MARKS(OCTET(0, 0xc8), OCTETS(0, 0x00, 0x03), OCTETS(0, 0x08, 0x0b), OCTETS(0, 0x40, 0x43),
	      OCTETS(0, 0x48, 0x4b), OCTETS(1, 2, 3)),
	.parser = &parser,
	.probe = &l2tp_probe,
};
