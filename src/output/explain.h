/* output/explain.h: what is known of one port, protocol, address or finding, for people and for programs. */
#ifndef OUTPUT_EXPLAIN_H
#define OUTPUT_EXPLAIN_H

#include "audit/audit.h"
#include "output/output.h"

enum explained {
	EXPLAINED_PORTS, /* one, or a range of them */
	EXPLAINED_TRANSPORT,
	EXPLAINED_SERVICE,
	EXPLAINED_ICMP,
	EXPLAINED_ADDRESSES,
	EXPLAINED_FINDING,
	EXPLAINED_PROTOCOL, /* that Doorward knows by its content */
	EXPLAINED_KINDS
};

/* What one word means. A word that means several things has several of these. Only the fields of its kind
 * are set. */
struct explanation {
	const char *asked; /* the word */
	enum explained kind;
	const struct transport *transport; /* also of ports: NULL where any is meant */
	uint16_t first, last;              /* ports */
	const struct service *service;     /* also of ports: the one asked about, or NULL */
	const struct icmp_type *icmp;
	struct address_range range;
	const struct finding_type *finding;
	const struct protocol *protocol;
	uint16_t ephemeral_first, ephemeral_last; /* this host's temporary ports; last is 0 if unknown */
};

void explanation_text(struct out *out, const struct explanation *explanation);
void explanation_json(struct out *out, const struct explanation *explanation);

/* The services at the ports asked about, each once: of one port the customary ones first, of a range in the
 * order of ports. The list lives in the arena; none without memory. */
const struct service **explanation_services(struct arena *arena, const struct explanation *explanation,
					    size_t *ret_count);

/* Whether one of a service's doors lies within the ports that are asked about. */
bool explanation_holds(const struct explanation *explanation, const struct catalog_door *door);

/* The nth block with a meaning of its own that shares addresses with those asked about, or NULL behind the
 * last: of one address the narrowest first, of several in the order of addresses. */
const struct special_address *explanation_block(const struct explanation *explanation, size_t nth);

/* Whether all the addresses have one cast and one scope: those of the first. */
bool explanation_is_uniform(const struct explanation *explanation);

/* What is to be said beside the facts, or NULL: "telnet is a clear-text protocol; use ssh instead". It lives
 * in the arena. */
const char *explanation_remark(struct arena *arena, const struct explanation *explanation);

/* Whether this host takes any of the ports for its own connections. */
bool explanation_temporary(const struct explanation *explanation);

#endif
