/* netflow.c: flow records of routers. Version 5 and 7 as Cisco's "NetFlow Export Datagram Format" has them,
 * version 9 of RFC 3954. Version 10 is ipfix.c. */
#include "protocols/lines.h"

enum {
	HEAD_5 = 24,
	RECORD_5 = 48,
	RECORD_7 = 52,
	RECORDS_MOST = 30,
	HEAD_9 = 20,
	TEMPLATES = 0,
	OPTIONS = 1,
	DATA_LEAST = 256, /* ids of sets of data, and of templates */
	SECOND_NS = 1000000000,
	SECONDS_LEAST = 1 << 24, /* of its clock: half a year, if it was never set */
};

struct datagram {
	uint16_t version;
	uint32_t sequence, source, flows, templates, data_sets;
};

/* Templates of a set: id, count of fields, fields of four octets. */
static bool count_templates(struct span s, uint32_t *count)
{
	while (span_left(s) >= 4) {
		const uint16_t id = span_u16(&s), fields = span_u16(&s);

		if (id == 0 && fields == 0)
			return true; /* padding */
		span_skip(&s, (size_t)fields * 4);
		if (s.failed || id < DATA_LEAST || fields == 0)
			return false;
		++*count;
	}
	return true;
}

static bool read_sets(struct span s, struct datagram *ret)
{
	bool any = false;

	while (span_left(s) >= 4) {
		const uint16_t id = span_u16(&s), length = span_u16(&s);
		struct span set;

		if (length <= 4 || (id > OPTIONS && id < DATA_LEAST))
			return false;
		set = span_take(&s, length - 4u);
		if (s.failed || (id == TEMPLATES && !count_templates(set, &ret->templates)))
			return false;
		ret->templates += id == OPTIONS;
		ret->data_sets += id >= DATA_LEAST;
		any = true;
	}
	return any && span_left(s) == 0;
}

static bool read_datagram(struct span s, struct datagram *ret)
{
	const size_t length = span_left(s);
	uint16_t count;
	uint32_t fraction, seconds;

	*ret = (struct datagram){ .version = span_u16(&s) };
	count = span_u16(&s);
	span_skip(&s, 4);
	seconds = span_u32(&s);
	if (s.failed || count == 0 || seconds < SECONDS_LEAST)
		return false;
	if (ret->version == 9) {
		ret->sequence = span_u32(&s);
		ret->source = span_u32(&s);
		return !s.failed && length > HEAD_9 && read_sets(s, ret);
	}
	if ((ret->version != 5 && ret->version != 7) || count > RECORDS_MOST)
		return false;
	fraction = span_u32(&s);
	ret->sequence = span_u32(&s);
	ret->source = ret->version == 5 ? span_u16(&s) : 0;
	ret->flows = count;
	return length == HEAD_5 + (size_t)count * (ret->version == 5 ? RECORD_5 : RECORD_7) &&
	       fraction < SECOND_NS;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct datagram datagram;

	(void)side;
	return transport == TRANSPORT_UDP && read_datagram(first, &datagram) ? YES : NO;
}

/* ---- reading ---- */

struct conversation {
	struct datagram last;
	uint64_t packets, flows, templates, data_sets;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_unsigned(json, "version", state->last.version);
	json_unsigned(json, "source_id", state->last.source);
	json_unsigned(json, "sequence", state->last.sequence);
	json_unsigned(json, "packets", state->packets);
	if (state->last.version == 9) {
		json_unsigned(json, "templates", state->templates);
		json_unsigned(json, "data_sets", state->data_sets);
	} else {
		json_unsigned(json, "flows", state->flows);
	}
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (state->packets > 0)
		parse_event(parse, state);
	state->packets = 0;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct datagram datagram;

	if (!read_datagram(*bytes, &datagram))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	state->last = datagram;
	state->packets++;
	state->flows += datagram.flows;
	state->templates += datagram.templates;
	state->data_sets += datagram.data_sets;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_netflow = {
	.name = "netflow",
	.title = "NetFlow",
	DOORS(UDP(2055), UDP(9995), UDP(9996)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = HEAD_9 + 1,
	MARKS(OCTET(0, 0), OCTET(1, 5), OCTET(1, 7), OCTET(1, 9)),
	.parser = &parser,
};
