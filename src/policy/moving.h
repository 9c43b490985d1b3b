/* moving.h: what the readers of other tools' rules share. */
#ifndef POLICY_MOVING_H
#define POLICY_MOVING_H

#include "policy/moving_in.h"

enum { WORDS_MOST = 64, PORTS_TEXT = 16 };

/* One line of a file, and where the rules go. */
struct moving {
	struct buffer *out;
	struct moved moved;
	struct span line;
	size_t number;
};

/* A rule on its way. Texts are of the file. */
struct moving_rule {
	enum policy_verdict verdict;
	enum direction direction;
	struct span transport; /* "tcp", "icmp"; empty: all */
	struct span ports;     /* "22", "80,443", "8000:8010", "{ 22, 80-90 }"; empty: all of the transport */
	struct span from, to, on;    /* addresses, an interface; empty: any */
	struct span comment, origin; /* origin: a name beside the comment, as of a service */
	bool log;
};

/* Writes it, with its comment above. What cannot be written as it is said is left out. */
void moving_write(struct moving *m, const struct moving_rule *rule);

/* Says that this line was not carried over, and why. */
void moving_leave(struct moving *m, const char *why);

/* Takes the words of a line; what stands in quotes is one. How many there are, WORDS_MOST at most. */
size_t moving_words(struct span line, struct span words[static WORDS_MOST]);

void moving_iptables(struct moving *m);
void moving_ufw(struct moving *m);

/* Those that need what stood above: zeroed at first. */
struct moving_place {
	char hook[16];     /* of nft: "input", "" outside of such chains */
	char name[64];     /* of compose: the service */
	char list[16];     /* of compose: in whose list we are: "ports" */
	char sources[512]; /* of firewalld: of the zone */
	size_t indent, list_indent;
	bool closed; /* the tool's default refuses */
};
void moving_nft(struct moving *m, struct moving_place *place);
void moving_firewalld(struct moving *m, struct moving_place *place);
void moving_compose(struct moving *m, struct moving_place *place);
void moving_nmap(struct moving *m, struct moving_place *place);

#endif
