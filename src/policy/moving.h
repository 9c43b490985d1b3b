/* moving.h: what the readers of other tools' rules share. */
#ifndef POLICY_MOVING_H
#define POLICY_MOVING_H

#include "base/arena.h"
#include "policy/moving_in.h"

enum { WORDS_MOST = 64, PORTS_TEXT = 16, TERMS_MOST = 256 };

/* A file that is read line by line, and where the rules go. */
struct moving {
	struct buffer *out;
	struct arena *arena;
	struct moved moved;
	const char *file; /* its name, where there are several */
	struct span line;
	size_t number;
	struct error *err;
	bool failed; /* with words in err: nothing is to be used */
};

/* A rule on its way. Texts are of the file, or of the arena. A list is "22", "80,443", "8000:8010" or
 * "{ 22, 80-90 }"; an empty one is no condition. */
struct moving_rule {
	enum policy_verdict verdict;
	enum direction direction;
	struct span transport;        /* "tcp", "icmp", "{ tcp, udp }" */
	struct span ports;            /* of ICMP: types */
	struct span from, to;         /* addresses */
	struct span on, leaves;       /* interfaces by which it comes, and leaves */
	struct span not_from, not_to; /* addresses that are excepted */
	bool local;                   /* to this host, as all is that comes in */
	unsigned family;              /* 4 or 6: addresses that are not said are of it */
	struct span comment, origin;  /* origin: a name beside the comment, as of a service */
	bool log;
};

/* Takes the next line of the text. False at its end. */
bool moving_line(struct moving *m, struct span *text);

/* Writes it, with its comment above. What cannot be written as it is said is left out. */
void moving_write(struct moving *m, const struct moving_rule *rule);

/* Says that this line was not carried over, and why. */
void moving_leave(struct moving *m, const char *why);

/* Says something of what follows, in a comment of its own. */
void moving_say(struct moving *m, const char *text);

/* There is none: m has failed. */
void moving_no_memory(struct moving *m);

/* Takes the words of a line; what stands in quotes is one, and what stands in braces with them. How many
 * there are, WORDS_MOST at most. */
size_t moving_words(struct span line, struct span words[static WORDS_MOST]);

bool moving_verdict(struct span word, enum policy_verdict *ret_verdict);

/* The chain of netfilter by this name: "INPUT", "output", "forward". */
bool moving_direction(struct span word, enum direction *ret_direction);

/* ---- lists (moving_lists.c) ---- */

bool moving_next_term(struct span *list, struct span *ret_term);

/* "22", "8000-8010", "8000:8010", or the name that a port is known by. */
bool moving_read_ports(struct span transport, struct span term, uint64_t *ret_first, uint64_t *ret_last);

/* All ports but these. False for what names no ports. */
bool moving_other_ports(struct arena *arena, struct span list, struct span *ret_others);

/* Adds the conditions of `outer` to those of the rule. */
enum moving_fit {
	MOVING_FITS,
	MOVING_NEVER,  /* nothing is meant by both */
	MOVING_CANNOT, /* they cannot be said in one rule */
};
enum moving_fit moving_narrow(struct arena *arena, const struct moving_rule *outer, struct moving_rule *rule);

/* ---- the tools ---- */

void moving_iptables(struct moving *m, struct span text);
void moving_ufw(struct moving *m, struct span text);
void moving_nft(struct moving *m, struct span text);
void moving_firewalld(struct moving *m, struct span text);
void moving_compose(struct moving *m, struct span text);
void moving_nmap(struct moving *m, struct span text);

#endif
