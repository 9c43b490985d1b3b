/* ike_probe.c: asks whether a server takes IKE version 2, with the first message of an exchange (RFC
 * 7296 1.2), which no key is needed for. What it chooses, or why it refuses, tells. Nothing follows, so
 * nothing is set up. */
#include "protocols/ike.h"

/* Our SPI; it need not be secret, and is known again in the answer. */
static const uint8_t our_spi[] = { 0x89, 0xcf, 0x23, 0x7b, 0xca, 0x99, 0x59, 0x5f };

enum {
	GROUP = 14,
	GROUP_OCTETS = 256,
	NONCE_OCTETS = 32,
	NONCE = 40,
	RESPONSE = 0x20,
	LENGTH_AT = 24,
	AES_CBC = 12,
	HMAC_SHA2_256 = 12,
	HMAC_SHA1 = 2,
	PRF_SHA2_256 = 5,
	PRF_SHA1 = 2,
	OUT_OF_ERRORS = 16384,
};

/* Further openings: version 1, and the usual one behind the mark that it is no ESP. */
enum { OLD, MARKED, VARIANTS };

static size_t begin_payload(struct buffer *out, uint8_t next)
{
	buffer_u8(out, next);
	buffer_u8(out, 0);
	buffer_u16(out, 0);
	return out->length - 4;
}

static void end_payload(struct buffer *out, size_t begun)
{
	if (!out->failed)
		buffer_set_u16(out, begun + 2, (uint16_t)(out->length - begun));
}

static void add_transform(struct buffer *out, bool last, uint8_t kind, uint16_t id, uint16_t key_bits)
{
	const size_t begun = begin_payload(out, last ? 0 : 3);

	buffer_u8(out, kind);
	buffer_u8(out, 0);
	buffer_u16(out, id);
	if (key_bits != 0) {
		buffer_u16(out, 0x8000 | 14);
		buffer_u16(out, key_bits);
	}
	end_payload(out, begun);
}

static void add_association(struct buffer *out)
{
	const size_t payload = begin_payload(out, IKE2_KE), proposal = begin_payload(out, 0);

	buffer_u8(out, 1); /* number */
	buffer_u8(out, 1); /* for IKE itself */
	buffer_u8(out, 0); /* no SPI */
	buffer_u8(out, 9);
	add_transform(out, false, IKE_ENCRYPTION, AES_CBC, 256);
	add_transform(out, false, IKE_ENCRYPTION, AES_CBC, 128);
	add_transform(out, false, IKE_PRF, PRF_SHA2_256, 0);
	add_transform(out, false, IKE_PRF, PRF_SHA1, 0);
	add_transform(out, false, IKE_INTEGRITY, HMAC_SHA2_256, 0);
	add_transform(out, false, IKE_INTEGRITY, HMAC_SHA1, 0);
	add_transform(out, false, IKE_GROUP, 31, 0);
	add_transform(out, false, IKE_GROUP, 19, 0);
	add_transform(out, true, IKE_GROUP, GROUP, 0);
	end_payload(out, proposal);
	end_payload(out, payload);
}

/* A public value that is no secret of anybody: some number of the group. */
static void write_first(struct buffer *out)
{
	const size_t begun = out->length;
	size_t payload;

	buffer_add(out, our_spi, sizeof(our_spi));
	buffer_fill(out, 0, 8);
	buffer_u8(out, IKE2_SA);
	buffer_u8(out, 0x20);
	buffer_u8(out, IKE2_SA_INIT);
	buffer_u8(out, 0x08); /* from the initiator */
	buffer_fill(out, 0, 8);
	add_association(out);
	payload = begin_payload(out, NONCE);
	buffer_u16(out, GROUP);
	buffer_u16(out, 0);
	buffer_fill(out, 0x5a, GROUP_OCTETS);
	end_payload(out, payload);
	payload = begin_payload(out, 0);
	for (unsigned i = 0; i < NONCE_OCTETS; i++)
		buffer_u8(out, (uint8_t)(i * 37 + 11));
	end_payload(out, payload);
	if (!out->failed)
		buffer_set_u32(out, begun + LENGTH_AT, (uint32_t)(out->length - begun));
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	write_first(out);
}

static void tell_suite(void *context, const struct ike_suite *suite)
{
	static const char *const keys[IKE_KINDS] = { NULL, "encryption", "prf", "integrity", "group", NULL };
	struct answer *const answer = context;

	for (enum ike_kind kind = IKE_ENCRYPTION; kind < IKE_AUTHENTICATION; kind++) {
		const char *const name = ike_value_text(false, kind, suite->values[kind]);

		if (name == NULL)
			continue;
		answer_fact(answer, keys[kind], span_text(name));
		if (!ike_is_weak(false, kind, suite->values[kind]))
			continue;
		answer_weakness(answer,
				kind == IKE_ENCRYPTION ? &ike_weak_encryption
				: kind == IKE_GROUP    ? &ike_weak_group
						       : &ike_weak_hash,
				"%s is chosen", name);
	}
	if (suite->key_bits != 0)
		answer_fact_format(answer, "key_bits", "%u", suite->key_bits);
}

static void tell_payload(struct answer *answer, uint8_t type, struct span body)
{
	const struct ike_vendor *vendor;
	uint16_t notify;

	switch (type) {
	case IKE2_SA: (void)ike_suites(body, false, tell_suite, answer); break;
	case IKE2_VENDOR:
		vendor = ike_vendor(body);
		if (vendor == NULL)
			break;
		answer_fact(answer, "vendor_id", span_text(vendor->name));
		if (vendor->product != NULL)
			answer_product(answer, span_text(vendor->product), span_of(NULL, 0));
		break;
	case IKE2_NOTIFY:
		span_skip(&body, 2);
		notify = span_u16(&body);
		if (notify < OUT_OF_ERRORS && ike_notify_text(notify) != NULL)
			answer_fact(answer, "refused", span_text(ike_notify_text(notify)));
		break;
	default: break;
	}
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct ike_message m;
	struct span s = *heard, body;
	uint8_t next, type;

	(void)state;
	(void)out;
	heard->at = heard->end;
	if (span_left(s) > 4 && load_u32(s.at) == 0)
		span_skip(&s, 4); /* the mark that it is no ESP */
	if (!ike_message_read(s, true, &m) || !ike_payloads_are_sound(&m) || ike_is_v1(&m) ||
	    m.initiator != load_u64(our_spi) || (m.flags & RESPONSE) == 0)
		return ended ? PROBE_NOT : PROBE_WAIT;
	answer_fact(answer, "version", span_text("2.0"));
	s = m.payloads;
	next = m.next;
	while (ike_payload_next(&s, &next, &type, &body))
		tell_payload(answer, type, body);
	return PROBE_DONE;
}

/* ---- version 1 ---- */

/* RFC 2409 5.4: what is offered is what servers of this version take, and weak in part. */
static void add_transform_v1(struct buffer *out, bool last, uint8_t number, const uint16_t (*attributes)[2],
			     size_t count)
{
	const size_t begun = begin_payload(out, last ? 0 : 3);

	buffer_u8(out, number);
	buffer_u8(out, 1); /* keys of IKE */
	buffer_u16(out, 0);
	for (size_t i = 0; i < count; i++) {
		buffer_u16(out, 0x8000 | attributes[i][0]);
		buffer_u16(out, attributes[i][1]);
	}
	end_payload(out, begun);
}

static void write_first_v1(struct buffer *out)
{
	static const uint16_t aes[][2] = { { 1, 7 }, { 14, 128 }, { 2, 2 }, { 3, 1 }, { 4, GROUP } };
	static const uint16_t triple[][2] = { { 1, 5 }, { 2, 2 }, { 3, 1 }, { 4, 2 } };
	size_t payload, proposal;

	buffer_add(out, our_spi, sizeof(our_spi));
	buffer_fill(out, 0, 8);
	buffer_u8(out, IKE1_SA);
	buffer_u8(out, 0x10);
	buffer_u8(out, IKE1_MAIN);
	buffer_fill(out, 0, 9);
	payload = begin_payload(out, 0);
	buffer_u32(out, 1); /* domain of interpretation, situation */
	buffer_u32(out, 1);
	proposal = begin_payload(out, 0);
	buffer_u8(out, 1);
	buffer_u8(out, 1);
	buffer_u8(out, 0);
	buffer_u8(out, 2);
	add_transform_v1(out, false, 1, aes, sizeof(aes) / sizeof(aes[0]));
	add_transform_v1(out, true, 2, triple, sizeof(triple) / sizeof(triple[0]));
	end_payload(out, proposal);
	end_payload(out, payload);
	if (!out->failed)
		buffer_set_u32(out, LENGTH_AT, (uint32_t)out->length);
}

/* At the door of ESP in UDP what is no ESP begins with four zeros (RFC 3948 2.2); other words there reach
 * ESP, which knows no such association, and says that its port is closed. */
static void greet_more(void *state, size_t variant, const struct answer *known, struct buffer *out)
{
	(void)state;
	(void)known;
	if (variant == OLD) {
		write_first_v1(out);
		return;
	}
	buffer_u32(out, 0);
	write_first(out);
}

static bool wants_more(const struct answer *known, size_t variant)
{
	(void)known;
	return variant == OLD;
}

static enum probe_step hear_v1(void *state, size_t variant, struct span *heard, bool ended,
			       struct answer *answer)
{
	struct ike_message m;
	const struct span s = *heard;

	(void)state;
	(void)variant;
	heard->at = heard->end;
	if (!ike_message_read(s, true, &m) || !ike_is_v1(&m) || m.encrypted || !ike_payloads_are_sound(&m) ||
	    m.initiator != load_u64(our_spi))
		return ended ? PROBE_NOT : PROBE_WAIT;
	answer_weakness(answer, &ike_old, "the server answers in version 1, %s",
			m.exchange == IKE1_MAIN ? "and agrees" : "and refuses what was offered");
	return PROBE_DONE;
}

const struct probe ike_probe = {
	.rare = true,
	.transports = PROBE_UDP,
	.greet = greet,
	.hear = hear,
	.port_of_variant = 4500,
	.variant_at_port = MARKED,
	.variants = VARIANTS,
	.wants_more = wants_more,
	.greet_more = greet_more,
	.hear_more = hear_v1,
};
