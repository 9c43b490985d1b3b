/* ike_event.c: the event of a message of IKE, and of the ESP that came in the same flow. */
#include "base/escape.h"
#include "protocols/ike.h"

#include <ctype.h>
#include <stdio.h>

enum {
	SUITES_SHOWN = 32,
	PAYLOADS_SHOWN = 32,
	SPIS_SHOWN = 16,
	HEX_TEXT = 65,
	NAT_SOURCE = 16388,
	NAT_DESTINATION = 16389,
	FIRST_STATUS_V1 = 16384,
};

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

static void write_others(struct json *json, const struct ike_suite *suite)
{
	if (suite->other_count == 0)
		return;
	json_open_array(json, "others");
	for (size_t i = 0; i < suite->other_count; i++) {
		struct ike_suite one = { .key_bits = suite->others[i].key_bits };

		one.values[suite->others[i].kind] = suite->others[i].value;
		json_begin(json);
		write_suite(json, false, &one);
		json_end(json);
	}
	json_end(json);
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
	write_others(suites->json, suite);
	if (!suites->single)
		json_end(suites->json);
}

/* The answer has one proposal: what is agreed on. */
static void write_association(struct json *json, const struct ike_record *record, struct span body)
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

bool ike_find_association(const struct ike_message *m, struct span *ret_body)
{
	struct span s = m->payloads;
	uint8_t next = m->next, type;

	while (ike_payload_next(&s, &next, &type, ret_body))
		if (type == (ike_is_v1(m) ? IKE1_SA : IKE2_SA))
			return true;
	return false;
}

bool ike_has_nat_traversal(const struct ike_message *m)
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

static void write_maker(const void *context, size_t nth, struct json *json)
{
	const struct ike_child *const child = &((const struct ike_esp *)context)->made_by[nth];
	char text[IKE_CHILD_TEXT];

	if (child->exchange == 0)
		return;
	ike_child_text(child, text);
	json_text(json, "negotiated", text);
	json_text(json, "joined_by", child->only ? "order" : "time");
}

struct spis {
	struct json *json;
	unsigned shown;
};

static void write_told_spi(void *context, uint32_t spi)
{
	struct spis *const spis = context;

	if (spis->shown++ == 0)
		json_open_array(spis->json, "spis");
	if (spis->shown <= SPIS_SHOWN)
		write_esp_spi(spis->json, NULL, spi);
}

static void write_told_spis(struct json *json, const struct ike_message *m)
{
	struct spis spis = { json, 0 };

	ike_spis(m, write_told_spi, &spis);
	if (spis.shown > 0)
		json_end(json);
}

void ike_emit(const void *memory, struct json *json)
{
	const struct ike_record *const record = memory;
	const struct ike_message *const m = record->message;
	struct span association;

	if (m == NULL) {
		json_text(json, "exchange", "esp");
		associations_emit(json, &record->esp->seen, write_maker, record->esp);
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
	if (ike_find_association(m, &association))
		write_association(json, record, association);
	write_list(json, "vendor_ids", LIST_VENDORS, m);
	write_list(json, "notify", LIST_NOTIFIES, m);
	write_list(json, "identities", LIST_IDENTITIES, m);
	write_told_spis(json, m);
	if (ike_has_nat_traversal(m))
		json_bool(json, "nat_traversal", true);
}
