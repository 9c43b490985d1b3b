/* mqtt_probe.c: what a server of MQTT is asked: to let a client without a name in (MQTT 3.1.1, 3.1), and then
 * what Mosquitto and others publish of themselves under $SYS. Nothing is published. */
#include "protocols/lines.h"
#include "protocols/mqtt.h"
#include "protocols/probes.h"

extern const struct protocol protocol_mqtt;

enum { CONNACK = 0x20, SUBACK = 0x90, TOPICS_MOST = 8 };

struct asked {
	bool accepted;
	unsigned seen;
};

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_add(out, MQTT_CONNECT, sizeof(MQTT_CONNECT) - 1);
}

static void ask_version(struct buffer *out)
{
	buffer_add(out, MQTT_SUBSCRIBE, sizeof(MQTT_SUBSCRIBE) - 1);
}

bool mqtt_take_packet(struct span *s, uint8_t *ret_first, struct span *ret_content)
{
	struct span rest = *s;
	uint32_t length = 0;
	uint8_t octet;

	*ret_first = span_u8(&rest);
	for (unsigned shift = 0; shift < 28; shift += 7) {
		octet = span_u8(&rest);
		length |= (uint32_t)(octet & 0x7f) << shift;
		if ((octet & 0x80) == 0)
			break;
	}
	*ret_content = span_take(&rest, length);
	if (rest.failed)
		return false;
	*s = rest;
	return true;
}

void mqtt_tell_version(struct span content, struct answer *answer)
{
	static const struct text_product products[] = { { "mosquitto version", "Mosquitto" },
							{ "emqx", "EMQX" },
							{ "HiveMQ", "HiveMQ" },
							{ "vernemq", "VerneMQ" } };

	(void)span_take(&content, span_u16(&content));
	answer_fact(answer, "broker_version", text_trim(content));
	(void)text_tell_product(answer, content, products, sizeof(products) / sizeof(*products));
}

static enum probe_step hear_connack(struct asked *state, struct span content, struct buffer *out,
				    struct answer *answer)
{
	span_skip(&content, 1);
	answer_fact_format(answer, "return_code", "%u", span_u8(&content));
	state->accepted = content.at[-1] == 0;
	if (!state->accepted)
		return PROBE_DONE;
	answer_weakness(answer, &mqtt_no_auth, "a client without a name was let in");
	ask_version(out);
	return PROBE_WAIT;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct asked *const state = memory;
	struct span content;
	uint8_t first;

	if (!state->accepted) {
		const enum verdict verdict = span_left(*heard) > 0
						     ? protocol_mqtt.recognise(*heard, SIDE_SERVER,
									       TRANSPORT_TCP)
						     : MORE;

		if (verdict != YES)
			return probe_step_for(verdict, ended);
		if (!mqtt_take_packet(heard, &first, &content))
			return ended ? PROBE_DONE : PROBE_WAIT;
		if (hear_connack(state, content, out, answer) == PROBE_DONE)
			return PROBE_DONE;
	}
	while (state->seen < TOPICS_MOST && mqtt_take_packet(heard, &first, &content)) {
		state->seen++;
		if (first >> 4 == MQTT_PUBLISH) {
			mqtt_tell_version(content, answer);
			buffer_add(out, "\xe0\0", 2); /* DISCONNECT */
			return PROBE_DONE;
		}
	}
	return ended || state->seen == TOPICS_MOST ? PROBE_DONE : PROBE_WAIT;
}

const struct probe mqtt_probe = { .transports = PROBE_TCP, .greet = greet, .hear = hear };
