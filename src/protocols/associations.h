/* associations.h: the security associations of IPsec between two ends, as ESP and AH show them: each has a
 * number (SPI), one direction, and sequence numbers. */
#ifndef PROTOCOLS_ASSOCIATIONS_H
#define PROTOCOLS_ASSOCIATIONS_H

#include "protocols/parse.h"
#include "protocols/sequences.h"

enum { ASSOCIATIONS_MOST = 16 };

struct association_seen {
	uint32_t spi;
	uint8_t side;     /* who sends */
	uint8_t pair;     /* 1 + place of the one of the other direction; 0: none yet */
	uint8_t protects; /* what its next header names; 0: not seen */
	bool is_null;     /* ESP without encryption */
	uint8_t icv;      /* of AH: octets of the integrity value */
	uint64_t packets, bytes, bad;
	struct sequences sequences;
};

/* All zero at first. */
struct associations {
	struct association_seen list[ASSOCIATIONS_MOST];
	uint8_t count;
	uint64_t other_packets; /* of associations beyond these */
};

/* Counts parse->packet in its association, which is returned; NULL beyond ASSOCIATIONS_MOST. Those of the two
 * directions that begin one after the other are a pair: both ends agree on two at a time. */
struct association_seen *associations_add(struct associations *all, const struct parse *parse);

/* For who knows more of what belongs together: the association with this number, whose pair is then the
 * caller's to find; *ret_new: it begins. NULL beyond ASSOCIATIONS_MOST, where the packet is counted. */
struct association_seen *associations_find(struct associations *all, uint32_t spi, enum side side,
					   bool *ret_new);
void associations_pair(struct associations *all, struct association_seen *one,
		       struct association_seen *other);

/* Writes members of the object of the nth association beside its own. */
typedef void associations_more(const void *context, size_t nth, struct json *json);

/* more: NULL for none. */
void associations_emit(struct json *json, const struct associations *all, associations_more *more,
		       const void *context);

/* Of who reads ESP. */
extern const struct weakness esp_null;

#endif
