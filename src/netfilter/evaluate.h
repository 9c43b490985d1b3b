/* evaluate.h: what the rooms of the evaluation share.
 *
 * A byte of a register is known but for the bits of `mask`, which come from a source: of the packet's address
 * or ports, which are divided, or from what nobody knows beforehand. Packets whose registers, marks and
 * verdicts are alike are one branch; they may be doubted, if something that is not understood led to them. */
#ifndef NETFILTER_EVALUATE_H
#define NETFILTER_EVALUATE_H

#include "netfilter/region.h"
#include "netfilter/rules.h"

enum byte_source { SOURCE_NOBODY, SOURCE_ADDRESS, SOURCE_PORT, SOURCE_DESTINATION_PORT, BYTE_SOURCES };
enum { REGISTER_BYTES = 64, ADDRESS_BYTES = 16, PORT_BYTES = 2 };

struct byte {
	uint8_t source, index; /* which byte of the source */
	uint8_t mask, value;   /* (source & mask) ^ value */
};

/* How far it is sure that packets are here. */
enum doubt { DOUBT_NONE, DOUBT_PARTLY, DOUBT_UNKNOWN };

/* What rules change. Compared as a whole. */
struct state {
	uint32_t mark, connection_mark;
	bool mark_unknown, connection_mark_unknown;
	bool untracked, untracked_unknown;
	bool translated, translated_port;
	uint16_t port;
	struct address to;
};

struct piece {
	struct region region;
	struct state state;
	enum doubt doubt;
	const struct rule_read *because;
};

struct flow {
	struct piece *pieces;
	size_t count, capacity;
};

/* ANYTHING: it passes or is dropped; ANYWHERE: or becomes a packet that was not asked about. */
enum verdict_kind { GOES_ON, ACCEPTED, DROPPED, JUMPS, GOES_TO, RETURNS, ANYTHING, ANYWHERE };

/* Packets within one rule. */
struct branch {
	struct region region;
	struct state state;
	struct byte registers[REGISTER_BYTES];
	enum doubt doubt; /* of this rule */
	enum verdict_kind verdict;
	struct chain *target;
};

struct branches {
	struct branch *list;
	size_t count, capacity;
};

/* One question on its way. */
struct evaluation {
	struct workshop workshop;
	const struct netfilter *netfilter;
	const struct host *host;
	const struct host_interface *interface, *out; /* out: of what is forwarded, or NULL */
	struct address destination;
	uint16_t transport;
	bool v4, tracked, forwarded;
	uint32_t hook;
	const struct rule_read *rule;
	struct flow passed; /* what the base chain accepts */
	struct flow refused;
	struct flow escaped; /* what may come out in the end, whatever further chains do */
	uint64_t rules, rules_most;
};

/* What a condition says: of packets in `boxes` that it holds, of others that it does not. */
enum holds { HOLDS_NOT, HOLDS, HOLDS_IN, HOLDS_PERHAPS };
struct condition {
	enum holds holds;
	struct box box; /* of HOLDS_IN and HOLDS_PERHAPS: not beyond this */
};

/* ---- bytes.c ---- */

extern const struct box everything;

struct byte known_byte(uint8_t value);
struct byte unknown_byte(void);

/* The registers that a number of the kernel means; NULL where so many bytes are none. */
struct byte *registers_at(struct branch *branch, uint32_t number, size_t length);

/* Whether all are known; then they are copied. */
bool bytes_known(const struct byte *bytes, size_t length, uint8_t *ret_values);

/* Whether the bytes are `values`; or between `first` and `last`, in the order of memcmp(). */
struct condition bytes_equal(const struct evaluation *e, const struct byte *bytes, const uint8_t *values,
			     size_t length);
struct condition bytes_between(const struct evaluation *e, const struct byte *bytes, const uint8_t *first,
			       const uint8_t *last, size_t length);
struct condition conditions_both(struct condition a, struct condition b);

/* ---- packet.c: what is loaded into registers ---- */

void load_payload(struct evaluation *e, struct branch *branch, struct span data);
bool load_meta(struct evaluation *e, struct branch *branch, struct span data); /* false: it never matches */
bool load_connection(struct evaluation *e, struct branch *branch, struct span data);
bool load_extension(struct evaluation *e, struct branch *branch, struct span data);
void load_route(struct evaluation *e, struct branch *branch, struct span data);
void load_anything(struct branch *branch);
/* Whether the connection bears the mark of a translation: not where that changes nothing. */
enum shown { SHOWN_NO, SHOWN_YES, SHOWN_PERHAPS };
enum shown translation_shown(const struct evaluation *e, const struct state *state);
uint32_t connection_state(const struct evaluation *e, const struct state *state);
bool destination_is_local(const struct evaluation *e, const struct address *destination, bool of_interface);

/* ---- xtables.c ---- */

/* Adds to `out` what of the branch a match of xtables lets through. */
void xtables_match(struct evaluation *e, const struct branch *branch, struct span data, struct branches *out);
void xtables_target(struct evaluation *e, struct branch *branch, struct span data);

/* ---- expressions.c ---- */

struct branch *branch_add(struct evaluation *e, struct branches *out, const struct branch *from);

/* Adds the part of the branch for which the condition holds, or with `inverted` does not. */
void branch_where(struct evaluation *e, const struct branch *from, struct condition condition, bool inverted,
		  struct branches *out);

/* It may be that packets are not here. Of no branch (NULL): nothing. */
void branch_doubt(struct branch *branch, enum doubt doubt);
void branch_doubt_all(struct evaluation *e, const struct branch *from, struct branches *out);

/* Data of an immediate expression or of a map's element: a verdict, or what goes into a register. */
void load_data(struct evaluation *e, struct branch *branch, uint32_t number, struct span data);
void expression_run(struct evaluation *e, const struct expression *expression, struct branch *branch,
		    struct branches *out);

/* ---- lookups.c ---- */

void look_up(struct evaluation *e, struct branch *branch, struct span data, struct branches *out);

/* ---- translations.c ---- */

void branch_translate(struct evaluation *e, struct branch *branch, const struct address *to, bool has_port,
		      uint16_t port);
void branch_redirect(struct evaluation *e, struct branch *branch, bool has_port, uint16_t port);

/* The expressions nat and redir. */
void translate(struct evaluation *e, struct branch *branch, struct span data);
void redirect(struct evaluation *e, struct branch *branch, struct span data);

/* ---- way_back.c ---- */

/* Whether an expression fib asks for the way back, and the routes are known. */
bool asks_way_back(const struct evaluation *e, struct span data);
void load_way_back(struct evaluation *e, const struct branch *branch, struct span data, struct branches *out);

/* ---- chains.c ---- */

void flow_add(struct evaluation *e, struct flow *flow, const struct piece *piece);

/* Sends the flow through all base chains of a hook; what they drop is in `refused`. */
struct flow hook_pass(struct evaluation *e, struct flow flow, uint32_t hook);

#endif
