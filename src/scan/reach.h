/* reach.h: which TCP doors answer.
 *
 * Every address is asked at every port, in a random order. Who is allowed to open raw sockets asks half-open:
 * SYN packets whose sequence number is a keyed hash of the door, so that nothing is kept of what was sent,
 * and an answer proves which door it comes from. Others connect.
 *
 * What does not answer is asked again, all of it in one pass behind the other, until a pass brings nothing
 * new: so packets that are lost on the way hide no door. The pace begins low, doubles as long as the answers
 * keep up with it, and falls back when they do not; it never passes options.rate.
 *
 * What is remembered of a door is one bit: whether it has answered.
 *
 *     reach = reach_new(&options, &err);
 *     while (!reach_ended(reach))
 *             reach_turn(reach, wait_ms);
 *     reach_free(reach); */
#ifndef SCAN_REACH_H
#define SCAN_REACH_H

#include "base/error.h"
#include "scan/ports.h"
#include "scan/targets.h"

enum reach_state {
	REACH_OPEN,     /* it took the connection */
	REACH_CLOSED,   /* it was reset */
	REACH_FILTERED, /* somebody on the way said that it may not be reached */
	REACH_STATES,
};

/* How it is known that there is somebody. */
enum reach_known {
	KNOWN_BY_TCP,  /* a port answered */
	KNOWN_BY_ECHO, /* ICMP (RFC 792, RFC 4443) */
	KNOWN_BY_ARP,  /* RFC 826 */
	KNOWN_BY_ND,   /* RFC 4861 */
	KNOWN_AS_OWN,  /* an address of this host */
};
const char *reach_known_text(enum reach_known known);

struct reach_door {
	struct address address;
	uint32_t interface;
	uint16_t port;
	enum reach_state state;
	uint8_t code;    /* of ICMP, where it is filtered */
	unsigned passes; /* it answered in this one, counted from 1 */
	uint64_t number; /* among all doors: see reach_nth() */

	/* Of hosts that were asked whether they are there. */
	enum reach_known known;
	bool has_hardware;
	uint8_t hardware[6];
	int64_t round_trip_us; /* 0: not known */
};

enum { REACH_PASSES_LEAST = 3, REACH_PASSES_MOST = 20 };

struct reach_options {
	const struct targets *targets; /* borrowed, as the ports */
	const struct ports *ports;
	uint64_t seed; /* of the order, and of what proves an answer */
	unsigned rate; /* packets a second at most; 0 for no bound but that of the way */
	bool connect;  /* even if raw sockets are allowed */
	bool hosts;    /* not doors are asked for, but whether hosts are there: the ports are reach_hosts */
	void *context;

	/* Called once for each door that answers. */
	void (*answered)(void *context, const struct reach_door *door);
};

/* The one port that stands for a host. */
extern const struct ports reach_hosts;

struct reach_counts {
	uint64_t doors, asked; /* doors in all; packets or connections that were sent */
	uint64_t answered[REACH_STATES];
	uint64_t late; /* of those that answered: only when they were asked again */
	uint64_t left; /* positions of this pass that are still to come */
	unsigned pass; /* from 1 */
	double pace;   /* a second, now */
};

/* Where one stands: enough to go on there with the same targets, ports and seed. */
struct reach_place {
	uint64_t at, new_in_pass, asked;
	uint64_t answered[REACH_STATES];
	unsigned pass, barren;
	bool lossy;
	struct span
		bits; /* one for each door: whether it has answered. Borrowed, and changed by the next turn */
};

struct reach;

/* NULL with words. */
struct reach *reach_new(const struct reach_options *options, struct error *err);
void reach_free(struct reach *reach);

/* Asks as many as it is time for, hears what has come, and waits so long at most until there is more to do.
 */
void reach_turn(struct reach *reach, int wait_ms);
bool reach_ended(const struct reach *reach);

/* Becomes readable when an answer has come. */
int reach_descriptor(const struct reach *reach);
struct reach_counts reach_counts(const struct reach *reach);

struct reach_place reach_place(const struct reach *reach);

/* Goes on from there; before the first turn. False if it cannot be a state of this one. */
bool reach_go_on(struct reach *reach, const struct reach_place *state);

/* Door `number` of all, as numbers are given to them: the nth port of the nth target. */
void reach_nth(const struct targets *targets, const struct ports *ports, uint64_t number,
	       struct address *ret_address, uint32_t *ret_interface, uint16_t *ret_port);

/* Whether it asks half-open. */
bool reach_is_raw(const struct reach *reach);

#endif
