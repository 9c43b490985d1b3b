/* mqtt_web.c: MQTT in WebSockets (MQTT 3.1.1, 6; RFC 6455): each frame has a packet. */
#include "protocols/http.h"
#include "protocols/mqtt.h"

enum {
	BINARY = 0x82, /* the only frame of its message */
	MASKED = 0x80,
	LENGTH_16 = 126,
	FRAMES_MOST = 8,
};

/* Masked, as all that clients say is, with a key of zeros, which leaves it as it is. */
static void write_frame(struct buffer *out, const char *packet, size_t length)
{
	buffer_u8(out, BINARY);
	buffer_u8(out, (uint8_t)(MASKED | length));
	buffer_u32(out, 0);
	buffer_add(out, packet, length);
}

void mqtt_greet_web(struct buffer *out, const char *path)
{
	buffer_text(out, "GET ");
	buffer_text(out, path);
	buffer_text(out, " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: " PROBE_IDENTITY
			 "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
			 "Sec-WebSocket-Key: ZG9vcndhcmQga25vY2tzLg==\r\nSec-WebSocket-Version: 13\r\n"
			 "Sec-WebSocket-Protocol: mqtt\r\n\r\n");
	write_frame(out, MQTT_CONNECT, sizeof(MQTT_CONNECT) - 1);
	write_frame(out, MQTT_SUBSCRIBE, sizeof(MQTT_SUBSCRIBE) - 1);
}

/* Frames of servers are not masked. False as long as it is not whole. */
static bool take_frame(struct span *s, struct span *ret_content)
{
	struct span rest = *s;
	uint16_t length;

	(void)span_u8(&rest);
	length = span_u8(&rest);
	if (length == LENGTH_16)
		length = span_u16(&rest);
	*ret_content = span_take(&rest, length);
	if (rest.failed || length > RECOGNISE_LIMIT)
		return false;
	*s = rest;
	return true;
}

/* Whether it has told. */
static bool tell(struct span frames, struct answer *answer)
{
	struct span packet, content;
	uint8_t first;

	for (unsigned i = 0; i < FRAMES_MOST && take_frame(&frames, &packet); i++) {
		if (!mqtt_take_packet(&packet, &first, &content) || first >> 4 != MQTT_PUBLISH)
			continue;
		mqtt_tell_version(content, answer);
		return true;
	}
	return false;
}

enum probe_step mqtt_hear_web(struct span *heard, bool ended, struct answer *answer)
{
	static const char agreed[] = "HTTP/1.1 101";
	struct span rest = *heard;
	const size_t head = http_head(rest);
	const bool refused = span_left(rest) >= sizeof(agreed) - 1 && !span_begins(rest, agreed);

	span_skip(&rest, head);
	if (!refused && !ended && (head == 0 || !tell(rest, answer)))
		return PROBE_WAIT;
	if (!refused && ended && head > 0)
		(void)tell(rest, answer);
	heard->at = heard->end;
	return PROBE_DONE;
}
