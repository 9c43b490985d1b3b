/* l2tp_probe.c: RFC 2661 5.8: a control connection is asked for; the answer tells who it is, and is ended. */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_l2tp;

enum {
	CONTROL = 0xc802,
	HEADER = 12,
	AVP_HEADER = 6,
	MANDATORY = 0x8000,
	AVP_LENGTH = 0x03ff,
	MESSAGE_TYPE = 0,
	RESULT = 1,
	PROTOCOL_VERSION = 2,
	FRAMING = 3,
	FIRMWARE = 6,
	HOST_NAME = 7,
	VENDOR_NAME = 8,
	TUNNEL = 9,
	WINDOW = 10,
	REQUEST = 1,
	STOP = 4,
	OUR_TUNNEL = 0x444f,
};

static void add_u16(struct buffer *out, uint16_t attribute, uint16_t value)
{
	buffer_u16(out, MANDATORY | (AVP_HEADER + 2));
	buffer_u16(out, 0);
	buffer_u16(out, attribute);
	buffer_u16(out, value);
}

static void begin(struct buffer *out, uint16_t tunnel, uint16_t number, uint16_t type)
{
	buffer_u16(out, CONTROL);
	buffer_u16(out, 0); /* the length, when it is known */
	buffer_u16(out, tunnel);
	buffer_u16(out, 0);
	buffer_u16(out, number);
	buffer_u16(out, number);
	add_u16(out, MESSAGE_TYPE, type);
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char name[] = "doorward";

	(void)state;
	(void)transport;
	begin(out, 0, 0, REQUEST);
	add_u16(out, PROTOCOL_VERSION, 0x0100);
	buffer_u16(out, MANDATORY | (AVP_HEADER + 4));
	buffer_u16(out, 0);
	buffer_u16(out, FRAMING);
	buffer_u32(out, 3);
	buffer_u16(out, MANDATORY | (AVP_HEADER + sizeof(name) - 1));
	buffer_u16(out, 0);
	buffer_u16(out, HOST_NAME);
	buffer_text(out, name);
	add_u16(out, TUNNEL, OUR_TUNNEL);
	add_u16(out, WINDOW, 4);
	buffer_set_u16(out, 2, (uint16_t)out->length);
}

static void say_goodbye(struct buffer *out, uint16_t tunnel)
{
	begin(out, tunnel, 1, STOP);
	add_u16(out, TUNNEL, OUR_TUNNEL);
	add_u16(out, RESULT, 1);
	buffer_set_u16(out, 2, (uint16_t)out->length);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard;
	uint16_t tunnel = 0;

	(void)state;
	if (span_left(s) == 0)
		return probe_step_for(MORE, ended);
	if (protocol_l2tp.recognise(s, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	span_skip(&s, HEADER);
	while (!s.failed && span_left(s) >= AVP_HEADER) {
		const uint16_t length = span_u16(&s) & AVP_LENGTH;
		uint16_t attribute;
		struct span value;

		span_skip(&s, 2);
		attribute = span_u16(&s);
		if (length < AVP_HEADER)
			break;
		value = span_take(&s, length - AVP_HEADER);
		if (attribute == HOST_NAME)
			answer_fact(answer, "host_name", value);
		else if (attribute == VENDOR_NAME)
			answer_fact(answer, "vendor", value);
		else if (attribute == FIRMWARE)
			answer_fact_format(answer, "firmware", "%u", span_u16(&value));
		else if (attribute == TUNNEL)
			tunnel = span_u16(&value);
	}
	heard->at = heard->end;
	if (tunnel != 0)
		say_goodbye(out, tunnel);
	return PROBE_DONE;
}

const struct probe l2tp_probe = { .rare = true, .transports = PROBE_UDP, .greet = greet, .hear = hear };
