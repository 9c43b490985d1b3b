/* mqtt.h: what is asked of brokers of MQTT, over TCP and in WebSockets. */
#ifndef PROTOCOLS_MQTT_H
#define PROTOCOLS_MQTT_H

#include "protocols/protocols.h"

enum { MQTT_PUBLISH = 3 };

/* What is said to a broker: CONNECT under our name, with a clean session; SUBSCRIBE to what it tells of its
 * version. Nothing is published. */
#define MQTT_CONNECT                                                                                         \
	"\x10\x14\0\4MQTT\4\2\0\x0a\0\x08"                                                                   \
	"doorward"
#define MQTT_SUBSCRIBE "\x82\x18\0\1\0\x13$SYS/broker/version\0"

/* Takes a packet off *s: its first octet, and what stands behind its length. False, and nothing is taken, as
 * long as it is not whole. */
bool mqtt_take_packet(struct span *s, uint8_t *ret_first, struct span *ret_content);

/* What a broker publishes of itself: the content of a packet, "mosquitto version 2.0.11" behind its topic. */
void mqtt_tell_version(struct span content, struct answer *answer);

/* A client without a name that wants to know the version, in a WebSocket at this path of a web server: all
 * that it says is said at once. */
void mqtt_greet_web(struct buffer *out, const char *path);

/* Hears a web server out to which that was said. Never PROBE_NOT: it is a web server in any case. */
enum probe_step mqtt_hear_web(struct span *heard, bool ended, struct answer *answer);

#endif
