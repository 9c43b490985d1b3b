/* dns_message.h: the messages that DNS, multicast DNS, LLMNR and the NetBIOS name service share (RFC 1035
 * section 4). Reading follows span.h: what is cut short or breaks a rule fails the span, and nothing of it
 * may be used. */
#ifndef PROTOCOLS_DNS_MESSAGE_H
#define PROTOCOLS_DNS_MESSAGE_H

#include "base/buffer.h"
#include "protocols/dns_name.h"

enum {
	DNS_HEADER = 12,
	DNS_QUESTION_MOST = DNS_NAME_WIRE + 4,
	DNS_RECORD_LEAST = 11,
	DNS_PLAIN_MOST = 512, /* a message over UDP without EDNS */

	DNS_RESPONSE = 0x8000, /* flags */
	DNS_AUTHORITATIVE = 0x0400,
	DNS_TRUNCATED = 0x0200,
	DNS_RECURSE = 0x0100,
	DNS_RECURSION_AVAILABLE = 0x0080,
	DNS_RESERVED = 0x0040,

	DNS_IN = 1, /* classes */
	DNS_CHAOS = 3,
	DNS_HESIOD = 4,
	DNS_NO_CLASS = 254,
	DNS_ANY_CLASS = 255,

	DNS_A = 1, /* types */
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_NULL = 10,
	DNS_PTR = 12,
	DNS_HINFO = 13,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_RP = 17,
	DNS_AFSDB = 18,
	DNS_AAAA = 28,
	DNS_LOC = 29,
	DNS_NB = 32, /* NetBIOS */
	DNS_SRV = 33,
	DNS_NAPTR = 35,
	DNS_CERT = 37,
	DNS_DNAME = 39,
	DNS_OPT = 41,
	DNS_APL = 42,
	DNS_DS = 43,
	DNS_SSHFP = 44,
	DNS_RRSIG = 46,
	DNS_NSEC = 47,
	DNS_DNSKEY = 48,
	DNS_NSEC3 = 50,
	DNS_NSEC3PARAM = 51,
	DNS_TLSA = 52,
	DNS_CDS = 59,
	DNS_CDNSKEY = 60,
	DNS_SVCB = 64,
	DNS_HTTPS = 65,
	DNS_SPF = 99,
	DNS_TSIG = 250,
	DNS_IXFR = 251,
	DNS_AXFR = 252,
	DNS_ANY = 255,
	DNS_URI = 256,
	DNS_CAA = 257,
};

enum dns_opcode { DNS_QUERY = 0, DNS_NOTIFY = 4, DNS_UPDATE = 5 };

enum dns_section { DNS_QUESTIONS, DNS_ANSWERS, DNS_AUTHORITIES, DNS_ADDITIONALS, DNS_SECTIONS };

struct dns_header {
	uint16_t id, flags, count[DNS_SECTIONS];
};

struct dns_question {
	char name[DNS_NAME_TEXT];
	uint16_t type, class;
};

/* name and data lie in the message; a name is read with dns_name_read(). */
struct dns_record {
	enum dns_section section;
	struct span name; /* from there to the end of the message */
	uint16_t type, class;
	uint32_t ttl;
	struct span data;
};

static inline enum dns_opcode dns_opcode(const struct dns_header *header)
{
	return (enum dns_opcode)(header->flags >> 11 & 0xf);
}

static inline unsigned dns_rcode(const struct dns_header *header)
{
	return header->flags & 0xf;
}

/* The word for a response code, "REFUSED"; NULL for those without. The header has codes up to
 * DNS_RCODE_MOST. */
enum { DNS_RCODE_MOST = 11 };
const char *dns_rcode_text(unsigned code);

/* The word for a type, "AAAA", or "TYPE65280" (RFC 3597 section 5) written into `text`. */
enum { DNS_TYPE_TEXT = 12 };
const char *dns_type_text(uint16_t type, char text[static DNS_TYPE_TEXT]);

/* A message that asks one question of class IN with no flag set, as multicast DNS and NetBIOS have it. The
 * name is as it goes over the wire, with the zero at its end. */
void dns_ask(struct buffer *out, uint16_t id, struct span name, uint16_t type);

/* The header of an answer, and s behind its questions. False if it is none, or not whole. */
bool dns_read_answer(struct span message, struct span *s, struct dns_header *ret_header);

struct dns_header dns_read_header(struct span *s);

/* Take the next question or record off s, which lies inside `message`. False if it is not whole. */
bool dns_read_question(struct span message, struct span *s, struct dns_question *question);
bool dns_read_record(struct span message, struct span *s, struct dns_record *record);

/* The record of EDNS among those that stand at s; false if there is none. */
bool dns_find_edns(struct span message, struct span s, const struct dns_header *header,
		   struct dns_record *ret_record);

/* The response code with the upper bits that EDNS gives it (RFC 6891 6.1.3); s is where the records stand. */
unsigned dns_whole_rcode(struct span message, struct span s, const struct dns_header *header);

/* Whether the records that the header counts stand in s, and nothing behind them. */
bool dns_records_fill(struct span message, struct span s, const struct dns_header *header);

#endif
