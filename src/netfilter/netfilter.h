/* netfilter.h: the packet filter of the kernel as it stands, and what becomes of a packet that comes from
 * outside.
 *
 * Read are all tables of nftables in this network namespace, by nfnetlink (linux/netfilter/nf_tables.h):
 * ours, those of other programs, and what iptables-nft made, whose matches `nft -j list ruleset` only names.
 * What is evaluated are the kernel's own expressions, for all sources at once: a question has one
 * destination, one interface and one transport, and its answer divides the addresses that packets come from,
 * and their ports, into parts that all meet the same fate.
 *
 * An expression that is not understood, or whose answer depends on more than a first packet shows, is
 * followed both ways. Only where these end differently the answer is FATE_UNKNOWN, and names the rule; a
 * limit makes it FATE_PARTLY. So no answer is a guess. Packets are taken as plain ones: the first of a
 * connection, whole, without extension headers. What BPF programs at an interface drop is not seen. */
#ifndef NETFILTER_NETFILTER_H
#define NETFILTER_NETFILTER_H

#include "base/address.h"
#include "base/arena.h"
#include "base/error.h"
#include "host/host.h"

struct netfilter;

/* Reads the rule set; everything lives in the arena. NULL with words: without CAP_NET_ADMIN, without memory,
 * or when it changed each time it was read. A kernel without nftables has an empty one. */
struct netfilter *netfilter_read(struct arena *arena, struct error *err);

/* In the order of what is better known. */
enum fate { FATE_PASSES, FATE_REFUSED, FATE_PARTLY, FATE_UNKNOWN };

struct netfilter_question {
	uint16_t transport;
	struct address destination; /* an address of the host */
	uint16_t first, last;       /* ports there; 0 to 65535 where the transport has none */
	uint32_t interface;         /* index of that which packets come in by */
	const struct address_range *sources;
	size_t source_count;
};

struct netfilter_part {
	struct address_range sources;
	uint16_t source_first, source_last; /* their ports */
	uint16_t first, last;               /* ports of the destination */
	enum fate fate;
	bool whole;          /* FATE_UNKNOWN: it took too long to follow, all of it */
	bool translated;     /* on the way to another address or port */
	bool local;          /* what passes comes to this host, and is not forwarded */
	struct address to;   /* translated: where to ... */
	uint16_t port;       /* ... and the port there; 0: as it was */
	const char *because; /* of parts that are not known: "table ip filter, chain INPUT, handle 7"; else
				NULL */
};

struct netfilter_answer {
	struct netfilter_part *parts; /* none overlap; together all that was asked for */
	size_t count;
};

/* Follows the question through the hooks that packets from outside pass. The answer lives in the arena. False
 * without memory. */
bool netfilter_ask(const struct netfilter *netfilter, const struct host *host,
		   const struct netfilter_question *question, struct arena *arena,
		   struct netfilter_answer *ret_answer);

#endif
