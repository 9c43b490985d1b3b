/* dns.c: the Domain Name System. RFC 1035 (messages, and their length over TCP), RFC 4892 (asking a server
 * who it is), RFC 6891 (EDNS).
 *
 * Multicast DNS (RFC 6762), LLMNR (RFC 4795) and the NetBIOS name service (RFC 1002) use the same header and
 * are told apart by what stands in it and in the first question. */
#include "protocols/dns.h"

#include <ctype.h>
#include <stdlib.h>

/* ---- recognising ---- */

/* In a request the flags that only an answer has are clear. */
static bool flags_are_plausible(const struct dns_header *h, enum side side)
{
	const enum dns_opcode op = dns_opcode(h);

	if (h->flags & DNS_RESERVED || (op != DNS_QUERY && op != DNS_NOTIFY && op != DNS_UPDATE))
		return false;
	if (side == SIDE_SERVER)
		return h->flags & DNS_RESPONSE && dns_rcode(h) <= DNS_RCODE_MOST;
	if (h->flags & DNS_AUTHORITATIVE && op != DNS_NOTIFY)
		return false;
	return (h->flags & (DNS_RESPONSE | DNS_TRUNCATED | DNS_RECURSION_AVAILABLE)) == 0 &&
	       dns_rcode(h) == 0;
}

/* A request asks one thing: an IXFR sends the SOA that it has, a NOTIFY the new one; OPT, TSIG and SIG(0)
 * come last. Prerequisites and updates fill all sections. */
static bool request_counts_are_plausible(const struct dns_header *h)
{
	const unsigned answers = dns_opcode(h) == DNS_NOTIFY, authorities = dns_opcode(h) == DNS_QUERY;

	if (h->count[DNS_QUESTIONS] != 1)
		return false;
	return dns_opcode(h) == DNS_UPDATE ||
	       (h->count[DNS_ANSWERS] <= answers && h->count[DNS_AUTHORITIES] <= authorities &&
		h->count[DNS_ADDITIONALS] <= 2);
}

/* An error may come without its question, and then with nothing but OPT. */
static bool response_counts_are_plausible(const struct dns_header *h)
{
	if (h->count[DNS_QUESTIONS] == 1)
		return true;
	return h->count[DNS_QUESTIONS] == 0 && dns_rcode(h) != 0 && h->count[DNS_ANSWERS] == 0 &&
	       h->count[DNS_AUTHORITIES] == 0 && h->count[DNS_ADDITIONALS] <= 1;
}

static bool counts_are_plausible(const struct dns_header *h, enum side side)
{
	return side == SIDE_SERVER ? response_counts_are_plausible(h) : request_counts_are_plausible(h);
}

/* A NetBIOS name: 16 octets as 32 letters from A to P (RFC 1001 section 14.1). */
bool dns_is_netbios_name(const char *name)
{
	size_t length = 0;

	while (name[length] >= 'A' && name[length] <= 'P')
		length++;
	return length == 32 && (name[length] == '\0' || name[length] == '.');
}

static bool ends_with(const char *name, const char *end)
{
	const size_t length = strlen(name), tail = strlen(end);

	return length >= tail && strcasecmp(name + length - tail, end) == 0;
}

/* Multicast DNS leaves the id and all flags but QR and AA clear, and marks the top bit of a class. Names
 * below .local are asked of ordinary servers as well, but then by clients that want recursion or know EDNS.
 */
bool dns_is_multicast(const struct dns_header *h, const struct dns_question *q)
{
	if (q->class & 0x8000)
		return true;
	if (h->flags & ~(DNS_RESPONSE | DNS_AUTHORITATIVE))
		return false;
	return h->id == 0 || (h->count[DNS_ADDITIONALS] == 0 && ends_with(q->name, ".local"));
}

/* LLMNR asks for the addresses of one label, or the name of an address, wants no recursion, knows no EDNS,
 * and its answers are neither authoritative nor from a resolver. */
bool dns_is_llmnr(const struct dns_header *h, const struct dns_question *q)
{
	const bool one_label = strchr(q->name, '.') == NULL;
	const bool usual = q->type == DNS_A || q->type == DNS_AAAA || q->type == DNS_ANY;
	const bool reverse = q->type == DNS_PTR && ends_with(q->name, ".arpa");

	if (h->flags & ~DNS_RESPONSE || h->count[DNS_AUTHORITIES] > 0 || h->count[DNS_ADDITIONALS] > 0)
		return false;
	return (one_label && usual) || reverse;
}

static bool class_is_known(uint16_t class)
{
	return class == DNS_IN || class == DNS_CHAOS || class == DNS_HESIOD || class == DNS_NO_CLASS ||
	       class == DNS_ANY_CLASS;
}

/* What IANA has assigned, and the range for private use. */
static bool type_is_known(uint16_t type)
{
	enum {
		ASSIGNED = 261,
		TRUST_ANCHOR = 32768,
		LOOKASIDE = 32769,
		PRIVATE = 65280,
		PRIVATE_LAST = 65534
	};

	return (type > 0 && type <= ASSIGNED && type != DNS_NB) || type == TRUST_ANCHOR ||
	       type == LOOKASIDE || (type >= PRIVATE && type <= PRIVATE_LAST);
}

/* Names may hold any octet; a control character, which reads as a backslash and a number below 32, is none
 * that anybody asks for. */
static bool has_control(const char *name)
{
	for (const char *at = strchr(name, '\\'); at != NULL; at = strchr(at + 2, '\\'))
		if (isdigit((unsigned char)at[1]) &&
		    (strtol(at + 1, NULL, 10) < ' ' || strtol(at + 1, NULL, 10) == 0x7f))
			return true;
	return false;
}

static bool question_is_plausible(const struct dns_header *h, const struct dns_question *q)
{
	if (!class_is_known(q->class) || !type_is_known(q->type) || has_control(q->name))
		return false;
	return !dns_is_netbios_name(q->name) && !dns_is_multicast(h, q) && !dns_is_llmnr(h, q);
}

/* ---- messages that are cut or damaged ---- */

/* "www", "_sip", "in-addr": what names of hosts and services are made of. */
static bool is_host_label(struct span label)
{
	for (; span_left(label) > 0; label.at++)
		if (!isalnum(*label.at) && *label.at != '-' && *label.at != '_')
			return false;
	return true;
}

/* Whether a name begins with two labels of a host, whatever follows. */
static bool begins_with_labels(struct span s)
{
	enum { LABELS = 2, LETTERS_LEAST = 6 };
	size_t letters = 0;

	for (int i = 0; i < LABELS; i++) {
		const uint8_t length = span_u8(&s);
		const struct span label = span_take(&s, length);

		if (label.failed || length == 0 || length > DNS_NAME_LABEL || !is_host_label(label))
			return false;
		letters += length;
	}
	return letters >= LETTERS_LEAST;
}

/* A NetBIOS name in which a few letters may be wrong, or the length before them, or the end. */
bool dns_has_netbios_question(struct span message)
{
	enum { LETTERS = 32, LETTERS_LEAST = 26, ROW_LEAST = 16 };
	unsigned good = 0, row = 0;
	uint8_t length;

	span_skip(&message, DNS_HEADER);
	length = span_u8(&message);
	if (span_left(message) < LETTERS)
		return false;
	for (unsigned i = 0; i < LETTERS; i++) {
		const bool letter = message.at[i] >= 'A' && message.at[i] <= 'P';

		if (!letter && length != LETTERS)
			return false;
		good += letter;
		row += good == i + 1;
	}
	return good >= LETTERS_LEAST || row >= ROW_LEAST;
}

/* Octets of a name that are no printable characters: three digits behind a backslash. */
static bool is_mostly_plain(const char *name)
{
	size_t strange = 0;

	for (const char *at = strchr(name, '\\'); at != NULL; at = strchr(at + 2, '\\'))
		strange += isdigit((unsigned char)at[1]) != 0;
	return strange * 8 <= strlen(name);
}

/* The header of a query as all write it, and two labels: what is broken stands behind them. */
static bool is_damaged_query(struct span message, struct span name, const struct dns_header *h)
{
	return (h->flags & ~0x0030) == DNS_RECURSE && h->count[DNS_ANSWERS] == 0 &&
	       h->count[DNS_AUTHORITIES] == 0 && h->count[DNS_ADDITIONALS] <= 1 && begins_with_labels(name) &&
	       !dns_has_netbios_question(message);
}

/* All that the header counts is there; so what stands behind them is no damage, but another protocol's. */
static bool records_are_whole(struct span message, struct span s, const struct dns_header *h)
{
	for (int section = DNS_ANSWERS; section < DNS_SECTIONS; section++) {
		struct dns_record record;

		for (unsigned i = 0; i < h->count[section]; i++)
			if (!dns_read_record(message, &s, &record))
				return false;
	}
	return true;
}

/* What a question tells is enough, though the counts be absurd, or the records behind it cut. */
static bool is_damaged_message(struct span message, enum side side)
{
	struct span s = message;
	const struct dns_header h = dns_read_header(&s);
	const struct span name = s;
	struct dns_question q;

	if (s.failed || h.count[DNS_QUESTIONS] != 1 || dns_opcode(&h) != DNS_QUERY ||
	    !flags_are_plausible(&h, side) || dns_has_netbios_question(message))
		return false;
	if (!dns_read_question(message, &s, &q))
		return side == SIDE_CLIENT && is_damaged_query(message, name, &h);
	if (records_are_whole(message, s, &h))
		return false;
	return h.flags != 0 && class_is_known(q.class) && type_is_known(q.type) && strlen(q.name) > 3 &&
	       is_mostly_plain(q.name) && !dns_is_multicast(&h, &q) && !dns_is_llmnr(&h, &q);
}

/* A whole message, from its id to its last record. */
bool dns_is_message(struct span message, enum side side)
{
	struct span s = message;
	const struct dns_header h = dns_read_header(&s);
	struct dns_question q;

	if (s.failed || !flags_are_plausible(&h, side) || !counts_are_plausible(&h, side) ||
	    dns_has_netbios_question(message))
		return false;
	if (h.count[DNS_QUESTIONS] == 1 &&
	    (!dns_read_question(message, &s, &q) || !question_is_plausible(&h, &q)))
		return false;
	return dns_records_fill(message, s, &h);
}

/* A message over TCP, of which `length` octets are announced. Its question is enough, and records are not
 * waited for, unless there is no question. */
static enum verdict recognise_front(struct span message, size_t length, enum side side)
{
	struct span s = message;
	const bool whole = span_left(message) == length;
	const struct dns_header h = dns_read_header(&s);
	const size_t records = (size_t)h.count[DNS_ANSWERS] + h.count[DNS_AUTHORITIES] +
			       h.count[DNS_ADDITIONALS];
	struct dns_question q;

	if (span_left(message) >= 4 && !flags_are_plausible(&h, side))
		return NO;
	if (s.failed)
		return MORE;
	if (!counts_are_plausible(&h, side) || records * DNS_RECORD_LEAST > length - DNS_HEADER)
		return NO;
	if (h.count[DNS_QUESTIONS] == 0 && !whole)
		return length <= DNS_PLAIN_MOST ? MORE : NO;
	if (h.count[DNS_QUESTIONS] == 0)
		return length <= DNS_PLAIN_MOST && dns_is_message(message, side) ? YES : NO;
	if (dns_read_question(message, &s, &q) && records == 0 && span_left(message) - span_left(s) != length)
		return NO;
	if (!s.failed)
		return question_is_plausible(&h, &q) ? YES : NO;
	return !whole && span_left(message) < DNS_HEADER + DNS_QUESTION_MOST ? MORE : NO;
}

static enum verdict recognise_stream(struct span first, enum side side)
{
	const size_t length = span_u16(&first);

	if (first.failed)
		return MORE;
	if (length < DNS_HEADER)
		return NO;
	return recognise_front(span_left(first) < length ? first : span_take(&first, length), length, side);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport == TRANSPORT_TCP)
		return recognise_stream(first, side);
	return transport == TRANSPORT_UDP && (dns_is_message(first, side) || is_damaged_message(first, side))
		       ? YES
		       : NO;
}

static const struct weakness *const weaknesses[] = { &dns_transfer, &dns_tunnel, &dns_open_resolver, NULL };

const struct protocol protocol_dns = {
	.name = "dns",
	.title = "Domain Name System",
	DOORS(UDP(53), TCP(53)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = DNS_HEADER,
	/* Flags of questions, notifications and updates, of answers to them; one question, or none. */
	MARKS(OCTETS(2, 0x00, 0x01), OCTETS(2, 0x20, 0x25), OCTETS(2, 0x28, 0x29), OCTETS(2, 0x80, 0x87),
	      OCTETS(2, 0xa0, 0xaf), OCTETS(3, 0x00, 0x3b), OCTETS(3, 0x80, 0xbb), OCTET(4, 0),
	      OCTETS(5, 0, 1)),
	ALPN("dot", "doq"),
	.parser = &dns_parser,
	.probe = &dns_probe,
	.probe_state_size = sizeof(struct dns_probe_state),
	.weaknesses = weaknesses,
	.weakness_by_reach = &dns_open_resolver,
};
