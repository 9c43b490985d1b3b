#include "protocols/membership.h"
#include "protocols/tally.h"

uint32_t membership_number_8(uint8_t code)
{
	return code < 0x80 ? code : (uint32_t)((code & 0x0f) | 0x10) << ((code >> 4 & 7) + 3);
}

uint32_t membership_number_16(uint16_t code)
{
	return code < 0x8000 ? code : (uint32_t)((code & 0x0fff) | 0x1000) << ((code >> 12 & 7) + 3);
}

struct address membership_address(struct span *s, size_t address_octets)
{
	const struct span bytes = span_take(s, address_octets);

	if (bytes.failed)
		return (struct address){ { 0 } };
	return address_octets == 4 ? address_v4(load_u32(bytes.at)) : address_v6(bytes.at);
}

static void read_sources(struct membership_record *record, struct span *s, size_t address_octets)
{
	struct span sources = span_take(s, record->source_count * address_octets);

	for (size_t i = 0; i < record->source_count && i < MEMBERSHIP_SOURCES && !sources.failed; i++)
		record->sources[i] = membership_address(&sources, address_octets);
}

bool membership_query_read(struct membership *m, struct span s, size_t address_octets)
{
	const uint8_t flags = span_u8(&s);

	m->has_timers = true;
	m->suppress = (flags & 8) != 0;
	m->robustness = flags & 7;
	m->query_interval_s = membership_number_8(span_u8(&s));
	m->records[0].source_count = span_u16(&s);
	m->records[0].group = m->group;
	m->record_count = m->records[0].source_count > 0;
	read_sources(&m->records[0], &s, address_octets);
	return !s.failed;
}

bool membership_records_read(struct membership *m, struct span s, size_t address_octets)
{
	const uint16_t count = span_u16(&s);

	for (unsigned i = 0; i < count && !s.failed; i++) {
		struct membership_record record = { .type = span_u8(&s) };
		const uint8_t auxiliary = span_u8(&s);

		record.source_count = span_u16(&s);
		record.group = membership_address(&s, address_octets);
		read_sources(&record, &s, address_octets);
		span_skip(&s, auxiliary * 4u);
		if (!s.failed && i < MEMBERSHIP_RECORDS)
			m->records[i] = record;
	}
	m->record_count = count;
	return !s.failed;
}

/* ---- the event ---- */

static const struct code_name record_types[] = {
	{ 1, "is-include" }, { 2, "is-exclude" },        { 3, "to-include" },
	{ 4, "to-exclude" }, { 5, "allow-new-sources" }, { 6, "block-old-sources" },
};

static void emit_record(struct json *json, const struct membership_record *record)
{
	char text[ADDRESS_TEXT];

	json_begin(json);
	json_text(json, "type", CODE_TEXT(record_types, record->type));
	json_text(json, "group", address_text(&record->group, text));
	if (record->source_count > 0) {
		json_unsigned(json, "source_count", record->source_count);
		json_open_array(json, "sources");
		for (size_t i = 0; i < record->source_count && i < MEMBERSHIP_SOURCES; i++)
			json_text(json, NULL, address_text(&record->sources[i], text));
		json_end(json);
	}
	json_end(json);
}

void membership_emit(const void *membership, struct json *json)
{
	const struct membership *const m = membership;
	char text[ADDRESS_TEXT];

	json_unsigned(json, "version", m->version);
	json_text(json, "message", m->message);
	if (m->has_group && !address_is_unspecified(&m->group))
		json_text(json, "group", address_text(&m->group, text));
	if (m->response_ms > 0)
		json_unsigned(json, "max_response_ms", m->response_ms);
	if (m->has_timers) {
		if (m->suppress)
			json_bool(json, "suppress", true);
		json_unsigned(json, "robustness", m->robustness);
		json_unsigned(json, "query_interval", m->query_interval_s);
	}
	if (m->record_count == 0)
		return;
	json_unsigned(json, "record_count", m->record_count);
	json_open_array(json, "records");
	for (size_t i = 0; i < m->record_count && i < MEMBERSHIP_RECORDS; i++)
		emit_record(json, &m->records[i]);
	json_end(json);
}
