/* ike_message.c: headers, payloads and proposals. RFC 2408 3 (version 1), RFC 2407 and RFC 2409 (its
 * attributes), RFC 7296 3 (version 2). */
#include "protocols/ike.h"

enum {
	FLAGS_V1 = 0x07,
	ENCRYPTED_V1 = 0x01,
	FLAGS_V2 = 0x38,
	FROM_INITIATOR = 0x08,
	RESPONSE_V2 = 0x20,
	PAYLOAD_HEAD = 4,
	PAYLOADS_MOST = 64,
	PROPOSALS_MOST = 64,
	TRANSFORMS_MOST = 255,
	SHORT_ATTRIBUTE = 0x8000,

	V1_ENCRYPTION = 1, /* attributes of phase 1 */
	V1_HASH = 2,
	V1_METHOD = 3,
	V1_GROUP = 4,
	V1_LIFE_TYPE = 11,
	V1_LIFE = 12,
	V1_PRF = 13,
	KEY_LENGTH = 14, /* in both versions */
};

static bool is_payload_v1(uint8_t type)
{
	return type <= 21 || (type >= 128 && type <= 132);
}

static bool is_payload_v2(uint8_t type)
{
	return type == 0 || (type >= IKE2_SA && type <= 54);
}

static bool is_exchange(const struct ike_message *m)
{
	switch (m->exchange) {
	case IKE1_BASE:
	case IKE1_MAIN:
	case 3:
	case IKE1_AGGRESSIVE:
	case IKE1_INFORMATIONAL:
	case IKE1_TRANSACTION:
	case IKE1_QUICK:
	case IKE1_NEW_GROUP: return ike_is_v1(m);
	default: return !ike_is_v1(m) && m->exchange >= IKE2_SA_INIT && m->exchange <= IKE2_LAST;
	}
}

bool ike_message_read(struct span s, bool whole, struct ike_message *ret_message)
{
	const size_t left = span_left(s);
	struct ike_message m;

	m.initiator = span_u64(&s);
	m.responder = span_u64(&s);
	m.next = span_u8(&s);
	m.version = span_u8(&s);
	m.exchange = span_u8(&s);
	m.flags = span_u8(&s);
	m.id = span_u32(&s);
	m.length = span_u32(&s);
	if (s.failed || m.initiator == 0 || (m.version != 0x10 && m.version != 0x20) || !is_exchange(&m) ||
	    m.length < IKE_HEADER || (whole && m.length != left))
		return false;
	m.payloads = span_take(&s, m.length < left ? m.length - IKE_HEADER : span_left(s));
	if (ike_is_v1(&m)) {
		if ((m.flags & ~FLAGS_V1) != 0 || !is_payload_v1(m.next))
			return false;
		m.encrypted = (m.flags & ENCRYPTED_V1) != 0;
		m.from_initiator = m.responder == 0;
	} else {
		if ((m.flags & ~FLAGS_V2) != 0 || !is_payload_v2(m.next))
			return false;
		m.encrypted = m.next == IKE2_ENCRYPTED || m.next == IKE2_FRAGMENT;
		m.from_initiator = (m.flags & FROM_INITIATOR) != 0;
	}
	*ret_message = m;
	return true;
}

bool ike_is_opening(const struct ike_message *m)
{
	if (m->id != 0)
		return false;
	if (ike_is_v1(m))
		return m->responder == 0 && m->flags == 0 && m->next == IKE1_SA &&
		       (m->exchange == IKE1_MAIN || m->exchange == IKE1_AGGRESSIVE);
	return m->exchange == IKE2_SA_INIT && m->next == IKE2_SA &&
	       (m->responder == 0 ? m->flags == FROM_INITIATOR : m->flags == RESPONSE_V2);
}

bool ike_payload_next(struct span *s, uint8_t *next, uint8_t *ret_type, struct span *ret_body)
{
	uint16_t length;

	if (*next == 0 || s->failed || span_left(*s) == 0)
		return false;
	*ret_type = *next;
	*next = span_u8(s);
	span_skip(s, 1);
	length = span_u16(s);
	if (length < PAYLOAD_HEAD) {
		s->failed = true;
		return false;
	}
	*ret_body = span_take(s, length - PAYLOAD_HEAD);
	return !s->failed;
}

bool ike_payloads_are_sound(const struct ike_message *m)
{
	struct span s = m->payloads, body;
	uint8_t next = m->next, type;
	unsigned count = 0;

	while (count < PAYLOADS_MOST && ike_payload_next(&s, &next, &type, &body)) {
		if (!ike_is_v1(m) && (type == IKE2_ENCRYPTED || type == IKE2_FRAGMENT))
			return span_left(s) == 0;
		if (!(ike_is_v1(m) ? is_payload_v1 : is_payload_v2)(next))
			return false;
		count++;
	}
	/* Version 1 may be padded (RFC 2408 3.1). */
	return !s.failed && next == 0 && (count > 0 || !ike_is_v1(m)) &&
	       (span_left(s) == 0 || (ike_is_v1(m) && span_left(s) < 4));
}

/* ---- proposals ---- */

/* RFC 2408 3.3: a value of two octets, or one with its length before it. */
static uint32_t take_attribute(struct span *s, uint16_t *ret_type)
{
	const uint16_t type = span_u16(s), value = span_u16(s);
	struct span bytes;
	uint32_t number = 0;

	*ret_type = type & ~SHORT_ATTRIBUTE;
	if ((type & SHORT_ATTRIBUTE) != 0)
		return value;
	bytes = span_take(s, value);
	while (span_left(bytes) > 0)
		number = number << 8 | span_u8(&bytes);
	return number;
}

static void read_transform_v1(struct span s, uint8_t id, struct ike_suite *suite)
{
	uint32_t life_type = 1;

	if (suite->protocol != 1) /* of phase 2: the transform is the cipher */
		suite->values[IKE_ENCRYPTION] = id;
	while (span_left(s) >= 4 && !s.failed) {
		uint16_t type;
		const uint32_t value = take_attribute(&s, &type);

		switch (type) {
		case V1_ENCRYPTION: suite->values[IKE_ENCRYPTION] = (uint16_t)value; break;
		case V1_HASH: suite->values[IKE_INTEGRITY] = (uint16_t)value; break;
		case V1_METHOD: suite->values[IKE_AUTHENTICATION] = (uint16_t)value; break;
		case V1_GROUP: suite->values[IKE_GROUP] = (uint16_t)value; break;
		case V1_LIFE_TYPE: life_type = value; break;
		case V1_LIFE: suite->lifetime = life_type == 1 ? value : suite->lifetime; break;
		case V1_PRF: suite->values[IKE_PRF] = (uint16_t)value; break;
		case KEY_LENGTH: suite->key_bits = (uint16_t)value; break;
		default: break;
		}
	}
}

/* RFC 7296 3.3.2: each names one algorithm of one kind. */
static void read_transform_v2(struct span s, uint8_t kind, struct ike_suite *suite)
{
	uint16_t id;

	span_skip(&s, 1);
	id = span_u16(&s);
	if (kind >= IKE_ENCRYPTION && kind <= IKE_GROUP)
		suite->values[kind] = id;
	while (span_left(s) >= 4 && !s.failed) {
		uint16_t type;
		const uint32_t value = take_attribute(&s, &type);

		if (type == KEY_LENGTH)
			suite->key_bits = (uint16_t)value;
	}
}

/* Of each kind one is chosen (RFC 7296 3.3). */
static void add_transform(struct ike_suite *whole, uint8_t kind, const struct ike_suite *one)
{
	if (whole->values[kind] == 0) {
		whole->values[kind] = one->values[kind];
		whole->key_bits = kind == IKE_ENCRYPTION ? one->key_bits : whole->key_bits;
	} else if (whole->other_count < IKE_OTHERS) {
		whole->others[whole->other_count].kind = kind;
		whole->others[whole->other_count].value = one->values[kind];
		whole->others[whole->other_count++].key_bits = one->key_bits;
	}
}

/* A transform's body begins with its number and id in version 1, with its kind in version 2. */
static bool read_transforms(struct span s, bool v1, struct ike_suite *suite, ike_hear_suite *hear,
			    void *context)
{
	uint8_t next = 1, type;
	struct span body;
	struct ike_suite whole = *suite;

	for (unsigned n = 0; n < TRANSFORMS_MOST && ike_payload_next(&s, &next, &type, &body); n++) {
		const uint8_t first = span_u8(&body);
		struct ike_suite one = { .protocol = suite->protocol };

		if (v1) {
			const uint8_t id = span_u8(&body);

			span_skip(&body, 2);
			read_transform_v1(body, id, &one);
			hear(context, &one);
			continue;
		}
		read_transform_v2(body, first, &one);
		if (first < IKE_AUTHENTICATION && first > 0)
			add_transform(&whole, first, &one);
	}
	if (!v1)
		hear(context, &whole);
	return !s.failed;
}

unsigned ike_suites(struct span body, bool v1, ike_hear_suite *hear, void *context)
{
	uint8_t next = 2, type;
	unsigned count = 0;
	struct span proposal;

	if (v1)
		span_skip(&body, 8); /* domain of interpretation, situation */
	while (count < PROPOSALS_MOST && ike_payload_next(&body, &next, &type, &proposal)) {
		struct ike_suite suite = { 0 };

		span_skip(&proposal, 1); /* its number */
		suite.protocol = span_u8(&proposal);
		span_skip(&proposal, span_u16(&proposal) >> 8); /* octets of SPI; how many transforms */
		if (proposal.failed || !read_transforms(proposal, v1, &suite, hear, context))
			return 0;
		count++;
	}
	return body.failed ? 0 : count;
}
