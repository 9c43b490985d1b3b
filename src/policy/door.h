/* door.h: a door's word while it is read; for the two rooms that read doors. */
#ifndef POLICY_DOOR_H
#define POLICY_DOOR_H

#include "policy/options.h"

/* The word, cut at its slashes. */
struct door_words {
	const struct token *token;
	struct span name, ports, behind;
	size_t parts; /* 4: more than there can be */
};

/* Reports what is wrong with the door, with its word in front. */
struct diagnostic *refuse_door(struct parser *p, const struct door_words *words, const char *problem);

bool is_digits(struct span s);

/* The port that a service is known by, for a proposal; 0 without one. */
unsigned known_port(const struct service *service);

/* Adds what the door comes to, once. False without memory. */
bool add_match(struct parser *p, struct door *door, unsigned transport, uint16_t first, uint16_t last);

/* number, range or well-known, registered, dynamic: into the door. False, reported, if it is none. */
bool read_ports(struct parser *p, const struct door_words *words, struct door *door);

/* A door whose name is a transport: tcp, tcp/8443, udp/well-known, icmp, icmp/8, esp. */
bool read_transport(struct parser *p, const struct door_words *words, struct door *door);

#endif
