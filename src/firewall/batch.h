/* batch.h: a transaction of nf_tables as netlink messages of our own (linux/netfilter/nf_tables.h).
 *
 * nftables' library lists all chains of a table before it adds a rule to it, which takes longer than the
 * change. What a small change of a large rule set needs is few kinds of messages, and what is not among them
 * is left to the library. */
#ifndef FIREWALL_BATCH_H
#define FIREWALL_BATCH_H

#include "base/span.h"

enum { BATCH_LIMIT = 1 << 14 }; /* all answers must find room on their way back */

struct nlattr;
struct nlmsghdr;
struct batch {
	_Alignas(uint32_t) uint8_t bytes[BATCH_LIMIT];
	size_t used;
	struct nlmsghdr *message; /* that is written, behind what is used; NULL without one */
	uint32_t count;           /* of messages so far */
	bool failed;              /* no room */
};

/* Begins a transaction that the kernel only takes while its rules are of this generation. */
void batch_begin(struct batch *batch, uint32_t generation);

/* Adds what the text of a difference says (delta.h), with the lines of its rules dressed. False where one of
 * its lines is not among what is known here. */
bool batch_text(struct batch *batch, struct span text);

/* Sends it. Zero, or the errno: nothing has changed then. */
int batch_send(struct batch *batch);

/* ---- for its rooms ---- */

/* A message about the table, and the attributes behind it; numbers are in network order. */
void batch_message(struct batch *batch, uint16_t type, uint16_t flags);
void batch_put(struct batch *batch, uint16_t type, const void *bytes, size_t length);
void batch_u32(struct batch *batch, uint16_t type, uint32_t value);
void batch_u64(struct batch *batch, uint16_t type, uint64_t value);
void batch_name(struct batch *batch, uint16_t type, struct span name);
struct nlattr *batch_nest(struct batch *batch, uint16_t type); /* returns what batch_close() wants */
void batch_close(struct batch *batch, struct nlattr *nest);

/* A comment as nftables keeps it with chains and rules. False where it is too long. */
bool batch_comment(struct batch *batch, uint16_t type, struct span comment);

/* "goto in-5f3a1c07", "accept", as data within an attribute of this type. False if it is none of these. */
bool batch_verdict(struct batch *batch, uint16_t type, struct span words);

/* "ip saddr 192.0.2.1 goto rule-web": the expressions of a rule, and its comment. */
bool batch_rule(struct batch *batch, struct span line);

#endif
