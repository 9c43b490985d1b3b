/* reachable.h: from where a door can be reached: by what it is bound to, and by what the kernel's packet
 * filter lets through of all that can come to those addresses, by any interface that leads outside.
 *
 * Said is who gets in from any port of theirs. Where the answer hangs on an expression that is not
 * understood, it is not guessed but said to be unknown, and why. */
#ifndef AUDIT_REACHABLE_H
#define AUDIT_REACHABLE_H

#include "audit/ranges.h"
#include "netfilter/netfilter.h"

enum reach_kind {
	REACH_NOT_JUDGED, /* nothing was evaluated: bound to this host alone, another namespace, no rule set
			   */
	REACH_ALL,        /* all that can come to where it is bound */
	REACH_SOME,
	REACH_NOBODY,
	REACH_UNKNOWN, /* of some of them it is not known; the others are told */
};

struct reach {
	enum reach_kind kind;
	struct ranges from;  /* who gets in */
	bool limited;        /* some of them only so often, by a limit */
	const char *unknown; /* REACH_UNKNOWN: why: "table ip filter, chain INPUT, handle 7" */
	const char *sent_on; /* packets to it are translated, and go elsewhere: "10.0.0.2:80"; or NULL */
};

struct reachability;

/* Reads the kernel's rule set for this host, in the arena. NULL without memory; a rule set that cannot be
 * read makes every answer REACH_NOT_JUDGED. */
struct reachability *reachability_new(struct arena *arena, const struct host *host);

/* Why nothing could be evaluated, or NULL if it could. */
const char *reachability_problem(const struct reachability *reachability);

/* What one door's passive sockets come to, of one transport and port. Lives in the arena. Without memory it
 * is REACH_NOT_JUDGED. */
struct reach reachability_of(struct reachability *reachability, const struct host_socket *const *sockets,
			     size_t count);

/* "192.0.2.0/24, +3", "nobody outside": what REACHABLE FROM shows; `all` where the kind is REACH_ALL or
 * nothing was judged. */
enum { REACH_TEXT = 256 };
const char *reach_text(const struct reach *reach, const char *all, char text[static REACH_TEXT]);
const char *reach_kind_text(enum reach_kind kind); /* "all", "some", "nobody", "unknown"; NULL: not judged */

/* Who can send to an address of this kind, but this host itself. False without memory. */
bool sources_of(struct arena *arena, const struct host *host, const struct address *address,
		struct ranges *set);

#endif
