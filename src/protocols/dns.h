/* dns.h: what the files about DNS share. dns.c recognises it, dns_parse.c reads conversations, dns_record.c
 * writes what messages hold, dns_probe.c asks a server. Multicast DNS and LLMNR have the same records. */
#ifndef PROTOCOLS_DNS_H
#define PROTOCOLS_DNS_H

#include "base/json.h"
#include "protocols/dns_message.h"
#include "protocols/protocols.h"

/* Whether it is a message of DNS from its id to its last record, and of none of its relatives. */
bool dns_is_message(struct span message, enum side side);

/* What a first question tells of the relatives: multicast DNS, LLMNR, the NetBIOS name service. */
bool dns_is_multicast(const struct dns_header *h, const struct dns_question *q);
bool dns_is_llmnr(const struct dns_header *h, const struct dns_question *q);
bool dns_is_netbios_name(const char *name);

/* Whether the first question of a message has one, or one of which a few letters are damaged. */
bool dns_has_netbios_question(struct span message);

/* How a server names itself in version.bind. */
bool dns_product(struct span text, struct span *ret_product, struct span *ret_version);

/* Writes the answers, authorities and additionals that stand at s: at most DNS_RECORDS_SHOWN of each, the
 * rest as a number. Stops where the message is damaged. */
enum { DNS_RECORDS_SHOWN = 128 };
void dns_write_records(struct json *json, struct span message, struct span s,
		       const struct dns_header *header);

/* Hands over the names that the records at s give to addresses (naming.h). What stands in answers is what was
 * asked for, and at its end the address, if `asked` is not NULL; else each record speaks for itself. */
struct parse;
void dns_tell_names(struct parse *parse, struct span message, struct span s, const struct dns_header *header,
		    const char *asked);

/* One message on its way into an event, and the event's members. */
struct dns_told {
	struct span message;
	uint32_t number;   /* of the message in its flow */
	uint32_t question; /* that the event is about; records are told with the first */
};
void dns_emit(const void *told, struct json *json);

/* ---- transfers of zones ---- */

/* One on its way over a stream: all zero where none was asked for. */
struct dns_transfer {
	struct span zone; /* kept */
	uint16_t id, type;
	uint32_t serial; /* of the first record */
	uint32_t messages, records;
	uint64_t bytes;
	unsigned rcode;
	bool wanted, has_serial;
	bool ends; /* the last record so far is the first one again */
};

/* A question for a transfer, and each answer to it; s is where its records stand. At the end, and before
 * another question, what has come is told. */
struct parse;
void dns_transfer_begin(struct dns_transfer *transfer, struct parse *parse, const struct dns_header *h,
			const struct dns_question *q);
void dns_transfer_add(struct dns_transfer *transfer, struct parse *parse, struct span message, struct span s,
		      const struct dns_header *h);
void dns_transfer_end(struct dns_transfer *transfer, struct parse *parse);

/* ---- tunnels ---- */

/* How many names are asked for below each of a few domains: those that most were asked for. */
enum { DNS_TUNNEL_DOMAINS = 2 };
struct dns_tunnel_seen {
	struct {
		uint32_t domain, last; /* hashes of the domain and of the last name below it */
		uint16_t names;        /* that carry data, one unlike the one before; less those of others */
		uint16_t longest;      /* octets before the domain */
	} list[DNS_TUNNEL_DOMAINS];
};

/* Judges a question: by its name alone, and by how many such names it was asked for. */
void dns_tunnel_judge(struct dns_tunnel_seen *seen, struct parse *parse, const struct dns_question *q);

/* ---- others ---- */

struct dns_probe_state {
	uint8_t asked; /* index of the question that waits for its answer */
	bool known;    /* a server has answered */
	bool stream;
};

extern const struct protocol protocol_dns;
extern const struct probe dns_probe;
extern const struct parser dns_parser;
extern const struct weakness dns_transfer, dns_tunnel, dns_open_resolver;

#endif
