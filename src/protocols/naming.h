/* naming.h: names that were given to addresses: answers of DNS, multicast DNS, LLMNR and NetBIOS, and host
 * names of leases. They are remembered beyond flows (memory.h), and stand in later output.
 *
 * One address has many names. The newest is shown; of a flow, the name that its client was told when it asked
 * for one. What a reverse lookup says stands only where no other name is known: it is who owns the address
 * that names it so. */
#ifndef PROTOCOLS_NAMING_H
#define PROTOCOLS_NAMING_H

#include "protocols/parse.h"

enum { NAMING_TEXT = 176, NAMES_LIMIT = 1 << 15 };

/* A name as it is remembered. */
struct name {
	const char *by; /* the protocol that gave it: "dns" */
	bool reverse;
	uint8_t length;
	char text[NAMING_TEXT];
};

/* A name on its way there. Nobody need have asked: address_none() then. */
struct naming {
	struct address address, asker;
	struct name name;
};

/* Hands over that this address has this name, unless there is nothing in one of them, or the name is longer
 * than any that means something. */
void naming_tell(struct parse *parse, const struct address *address, struct span text);

/* The same where parse->addresses[SIDE_CLIENT] has asked for it, and where the name is one that a reverse
 * lookup gave. */
void naming_tell_asked(struct parse *parse, const struct address *address, struct span text);
void naming_tell_reverse(struct parse *parse, const struct address *address, struct span text);

/* For what meets in memory itself: remembers a name. */
void naming_learn(struct memory *memory, const struct naming *naming);

/* The name that this asker was told, else the newest; NULL without one. Good until the next is learnt. The
 * asker may be NULL. */
const struct name *naming_of(struct memory *memory, const struct address *address,
			     const struct address *asker);

#endif
