/* sflow.c: sampled packets and counters of switches, "sFlow Version 5" (sflow.org, July 2004). */
#include "protocols/lines.h"

#include <stdio.h>

enum {
	VERSION = 5,
	ADDRESS_V4 = 1,
	ADDRESS_V6 = 2,
	SAMPLES_MOST = 1024,
	FLOW_SAMPLE = 1,
	COUNTER_SAMPLE = 2,
	FLOW_EXPANDED = 3,
	COUNTER_EXPANDED = 4,
	RATE_AT = 8, /* of a flow sample; of an expanded one */
	RATE_EXPANDED_AT = 12,
};

struct datagram {
	struct span agent;
	uint32_t sub_agent, sequence, flow_samples, counter_samples, rate;
};

static bool read_sample(struct span *s, struct datagram *ret)
{
	const uint32_t format = span_u32(s), length = span_u32(s);
	struct span sample;

	if (s->failed || length < 12 || length % 4 != 0)
		return false;
	sample = span_take(s, length);
	if (format == FLOW_SAMPLE || format == FLOW_EXPANDED) {
		ret->flow_samples++;
		span_skip(&sample, format == FLOW_SAMPLE ? RATE_AT : RATE_EXPANDED_AT);
		ret->rate = span_u32(&sample);
	} else if (format == COUNTER_SAMPLE || format == COUNTER_EXPANDED) {
		ret->counter_samples++;
	}
	return !s->failed && !sample.failed;
}

static bool read_datagram(struct span s, struct datagram *ret)
{
	const uint32_t version = span_u32(&s), type = span_u32(&s);
	uint32_t samples;

	*ret = (struct datagram){ 0 };
	if (version != VERSION || (type != ADDRESS_V4 && type != ADDRESS_V6))
		return false;
	ret->agent = span_take(&s, type == ADDRESS_V4 ? 4 : 16);
	ret->sub_agent = span_u32(&s);
	ret->sequence = span_u32(&s);
	span_skip(&s, 4);
	samples = span_u32(&s);
	if (s.failed || samples == 0 || samples > SAMPLES_MOST)
		return false;
	for (uint32_t i = 0; i < samples; i++)
		if (!read_sample(&s, ret))
			return false;
	return span_left(s) == 0;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct datagram datagram;

	(void)side;
	return transport == TRANSPORT_UDP && read_datagram(first, &datagram) ? YES : NO;
}

/* ---- reading ---- */

struct conversation {
	uint64_t packets, flow_samples, counter_samples;
	uint32_t sub_agent, sequence, rate;
	char agent[48];
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_unsigned(json, "version", VERSION);
	json_text(json, "agent", state->agent);
	json_unsigned(json, "sub_agent", state->sub_agent);
	json_unsigned(json, "sequence", state->sequence);
	json_unsigned(json, "packets", state->packets);
	json_unsigned(json, "flow_samples", state->flow_samples);
	json_unsigned(json, "counter_samples", state->counter_samples);
	if (state->rate > 0)
		json_unsigned(json, "sampling_rate", state->rate);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (state->packets > 0)
		parse_event(parse, state);
	state->packets = 0;
}

static void write_agent(struct span s, char *room, size_t size)
{
	size_t length = 0;

	if (span_left(s) == 4) {
		(void)snprintf(room, size, "%u.%u.%u.%u", s.at[0], s.at[1], s.at[2], s.at[3]);
		return;
	}
	while (span_left(s) >= 2 && length < size)
		length += (size_t)snprintf(room + length, size - length, length > 0 ? ":%x" : "%x",
					   (unsigned)span_u16(&s));
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct datagram datagram;

	if (!read_datagram(*bytes, &datagram))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	state->packets++;
	state->flow_samples += datagram.flow_samples;
	state->counter_samples += datagram.counter_samples;
	state->sub_agent = datagram.sub_agent;
	state->sequence = datagram.sequence;
	if (datagram.rate > 0)
		state->rate = datagram.rate;
	if (state->agent[0] == '\0')
		write_agent(datagram.agent, state->agent, sizeof(state->agent));
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_sflow = {
	.name = "sflow",
	.title = "sFlow",
	DOORS(UDP(6343)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 28,
	MARKS(OCTET(0, 0), OCTET(1, 0), OCTET(2, 0), OCTET(3, VERSION), OCTET(4, 0), OCTET(5, 0), OCTET(6, 0),
	      OCTETS(7, ADDRESS_V4, ADDRESS_V6)),
	.parser = &parser,
};
