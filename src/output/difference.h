/* output/difference.h: what became different from one scan to another. */
#ifndef OUTPUT_DIFFERENCE_H
#define OUTPUT_DIFFERENCE_H

#include "base/address.h"
#include "output/output.h"

enum difference_kind { DOOR_OPENED, DOOR_CLOSED, DOOR_CHANGED, HOST_NEW, HOST_GONE, DIFFERENCE_KINDS };

/* What is told of a door; NULL where the server did not tell. */
enum door_text { DOOR_PROTOCOL, DOOR_PRODUCT, DOOR_VERSION, DOOR_CERTIFICATE, DOOR_TEXTS };

struct difference {
	enum difference_kind kind;
	const struct address *address;
	unsigned transport; /* of doors, as what follows */
	uint16_t port;
	const char *const *before, *const *after; /* DOOR_TEXTS of each; NULL where it was not open */
};

struct difference_sums {
	const char *before, *after; /* names of the scans, for people */
	uint64_t counts[DIFFERENCE_KINDS];
	uint64_t same;       /* doors */
	uint64_t uncompared; /* doors that only one of the two asked about to the end */
	int exit_status;
};

void difference_text(struct out *out, const struct difference *difference);
void difference_json(struct out *out, const struct difference *difference);
void difference_sums_text(struct out *out, const struct difference_sums *sums);
void difference_sums_json(struct out *out, const struct difference_sums *sums);

#endif
