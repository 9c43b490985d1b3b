/* amqp.h: what the files about AMQP share: amqp.c recognises it and reads 0-9-1, amqp_1.c reads frames
 * of 1.0. */
#ifndef PROTOCOLS_AMQP_H
#define PROTOCOLS_AMQP_H

#include "protocols/sasl.h"
#include "protocols/tally.h"

enum { AMQP_NAMES = 256 };

struct amqp_state {
	struct tally methods[2];
	bool greeted[2], unread, told; /* unread: a version whose frames are not read */
	uint8_t version[4];
	char mechanisms[64], mechanism[32], user[64], vhost[64], product[64], software[32], platform[64];
	char client[64], client_version[32], queues[AMQP_NAMES], exchanges[AMQP_NAMES], error[128];
	char containers[2][64], hostname[64], addresses[AMQP_NAMES]; /* of 1.0; containers by side */
	uint8_t outcome; /* of a login of 1.0: its code plus 1, 0 while there is none */
};

/* Takes a frame of 1.0 off bytes and reads it. NO: it is none. */
enum verdict amqp_1_take_frame(struct amqp_state *state, struct parse *parse, struct span *bytes);

/* Members of the event that 1.0 alone has. */
void amqp_1_emit(struct json *json, const struct amqp_state *state);

/* Passwords that are shown, and names that servers are delivered with. */
void amqp_judge_login(struct parse *parse, const struct amqp_state *state);

#endif
