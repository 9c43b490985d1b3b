/* dns.c: the Domain Name System. RFC 1035 (messages, and their length over TCP), RFC 4892 (asking a server
 * who it is), RFC 6891 (EDNS).
 *
 * Multicast DNS (RFC 6762), LLMNR (RFC 4795) and the NetBIOS name service (RFC 1002) use the same header and
 * are told apart by what stands in it and in the first question. */
#include "protocols/dns_message.h"
#include "protocols/protocols.h"

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
static bool is_netbios_name(const char *name)
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
static bool is_multicast_dns(const struct dns_header *h, const struct dns_question *q)
{
	if (q->class & 0x8000)
		return true;
	if (h->flags & ~(DNS_RESPONSE | DNS_AUTHORITATIVE))
		return false;
	return h->id == 0 || (h->count[DNS_ADDITIONALS] == 0 && ends_with(q->name, ".local"));
}

/* LLMNR asks for the addresses of one label, or the name of an address, wants no recursion, knows no EDNS,
 * and its answers are neither authoritative nor from a resolver. */
static bool is_llmnr(const struct dns_header *h, const struct dns_question *q)
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
	return !is_netbios_name(q->name) && !is_multicast_dns(h, q) && !is_llmnr(h, q);
}

/* A whole message, from its id to its last record. */
static bool is_message(struct span message, enum side side)
{
	struct span s = message;
	const struct dns_header h = dns_read_header(&s);
	struct dns_question q;

	if (s.failed || !flags_are_plausible(&h, side) || !counts_are_plausible(&h, side))
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
		return length <= DNS_PLAIN_MOST && is_message(message, side) ? YES : NO;
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
	return transport == TRANSPORT_UDP && is_message(first, side) ? YES : NO;
}

/* ---- asking ---- */

enum { ASK_VERSION, ASK_HOST, ASK_LOOPBACK, ASKED, ID = 0x4457, EDNS_SIZE = 1232 };

/* What is asked, one after the other. A resolver knows the name of 127.0.0.1 by itself (RFC 6303), so that
 * asking for it troubles no other server. */
static const struct {
	const char *name;
	uint16_t type, class, flags;
} questions[ASKED] = {
	[ASK_VERSION] = { "version.bind", DNS_TXT, DNS_CHAOS, 0 },
	[ASK_HOST] = { "hostname.bind", DNS_TXT, DNS_CHAOS, 0 },
	[ASK_LOOPBACK] = { "1.0.0.127.in-addr.arpa", DNS_PTR, DNS_IN, DNS_RECURSE },
};

struct state {
	uint8_t asked; /* index of the question that waits for its answer */
	bool known;    /* a server has answered */
	bool stream;
};

static void write_question(const struct state *state, struct buffer *out)
{
	const size_t begun = out->length;

	if (state->stream)
		buffer_u16(out, 0);
	buffer_u16(out, (uint16_t)(ID + state->asked));
	buffer_u16(out, questions[state->asked].flags);
	buffer_u16(out, 1);
	buffer_u16(out, 0);
	buffer_u16(out, 0);
	buffer_u16(out, 1);
	dns_name_write(out, questions[state->asked].name);
	buffer_u16(out, questions[state->asked].type);
	buffer_u16(out, questions[state->asked].class);
	dns_name_write(out, ".");
	buffer_u16(out, DNS_OPT);
	buffer_u16(out, EDNS_SIZE);
	buffer_u32(out, 0); /* version 0, no extended code or flag */
	buffer_u16(out, 0);
	if (state->stream && !out->failed)
		buffer_set_u16(out, begun, (uint16_t)(out->length - begun - 2));
}

static void greet(void *memory, unsigned transport, struct buffer *out)
{
	struct state *const state = memory;

	state->stream = transport == TRANSPORT_TCP;
	write_question(state, out);
}

/* ---- hearing ---- */

/* How servers write their name in front of their version. */
static const struct {
	const char *begins, *product;
} products[] = {
	{ "9.", "ISC BIND" },
	{ "BIND ", "ISC BIND" },
	{ "dnsmasq-", "dnsmasq" },
	{ "unbound ", "Unbound" },
	{ "PowerDNS Recursor ", "PowerDNS Recursor" },
	{ "PowerDNS Authoritative Server ", "PowerDNS Authoritative Server" },
	{ "Served by PowerDNS", "PowerDNS Authoritative Server" },
	{ "Knot DNS ", "Knot DNS" },
	{ "Knot Resolver ", "Knot Resolver" },
	{ "NSD ", "NSD" },
	{ "CoreDNS-", "CoreDNS" },
	{ "Microsoft DNS ", "Microsoft DNS" },
};

static size_t version_letters(struct span text, size_t from)
{
	while (isalnum(span_peek(text, from)) || span_peek(text, from) == '.')
		from++;
	return from;
}

/* "9.18.49-1~deb12u3-Debian" is 9.18.49, "9.11.5-P4-5.1" is 9.11.5-P4: patch levels belong to it. */
static struct span version_at(struct span text)
{
	const size_t length = version_letters(text, 0);
	const uint8_t kind = span_peek(text, length + 1);

	if (span_peek(text, length) == '-' && (kind == 'P' || kind == 'S') &&
	    isdigit(span_peek(text, length + 2)))
		return span_take(&text, version_letters(text, length + 1));
	return span_take(&text, length);
}

static void tell_product(struct span text, struct answer *answer)
{
	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++) {
		const size_t length = strlen(products[i].begins);

		if (!span_begins_nocase(text, products[i].begins))
			continue;
		if (!isdigit((unsigned char)products[i].begins[0]))
			span_skip(&text, length);
		if (!isdigit(span_peek(text, 0)))
			text.end = text.at;
		answer_product(answer, span_text(products[i].product), version_at(text));
		return;
	}
}

/* BIND's view of itself carries an NS record beside the text, which may say anything. */
static void hear_version(const struct dns_record *record, struct answer *answer)
{
	struct span data = record->data;

	if (record->section == DNS_AUTHORITIES && record->type == DNS_NS && answer->product[0] == '\0')
		answer_product(answer, span_text("ISC BIND"), span_text(""));
	if (record->section != DNS_ANSWERS || record->type != DNS_TXT)
		return;
	data = span_take(&data, span_u8(&data));
	answer_fact(answer, "version_bind", data);
	tell_product(data, answer);
}

static void hear_host(const struct dns_record *record, struct answer *answer)
{
	struct span data = record->data;

	if (record->section == DNS_ANSWERS && record->type == DNS_TXT)
		answer_fact(answer, "hostname", span_take(&data, span_u8(&data)));
}

static void hear_record(unsigned asked, const struct dns_record *record, struct answer *answer)
{
	if (asked == ASK_VERSION && record->class == DNS_CHAOS)
		hear_version(record, answer);
	else if (asked == ASK_HOST && record->class == DNS_CHAOS)
		hear_host(record, answer);
	if (record->section == DNS_ADDITIONALS && record->type == DNS_OPT &&
	    answer_get(answer, "edns_udp_size") == NULL)
		answer_fact_format(answer, "edns_udp_size", "%u", record->class);
}

/* True if this is the answer to what was asked. */
static bool hear_message(const struct state *state, struct span message, struct answer *answer)
{
	struct span s = message;
	const struct dns_header h = dns_read_header(&s);
	struct dns_question q;
	struct dns_record record;

	if (h.id != ID + state->asked || !is_message(message, SIDE_SERVER))
		return false;
	/* Only who asks from where decides whether recursion is offered too widely: it is told, not judged.
	 */
	if (state->asked == ASK_LOOPBACK)
		answer_fact(answer, "ra", span_text(h.flags & DNS_RECURSION_AVAILABLE ? "true" : "false"));
	for (unsigned i = 0; i < h.count[DNS_QUESTIONS]; i++)
		(void)dns_read_question(message, &s, &q);
	for (record.section = DNS_ANSWERS; record.section < DNS_SECTIONS; record.section++)
		for (unsigned i = 0; i < h.count[record.section] && dns_read_record(message, &s, &record);
		     i++)
			hear_record(state->asked, &record, answer);
	return true;
}

/* Cuts the next message off what has come; failed while it is not whole. */
static struct span next_message(const struct state *state, struct span *heard)
{
	struct span s = *heard, message;

	message = span_take(&s, state->stream ? span_u16(&s) : span_left(s));
	if (!message.failed)
		*heard = s;
	return message;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;

	while (state->asked < ASKED && span_left(*heard) > 0) {
		const struct span message = next_message(state, heard);

		if (message.failed && !state->known && recognise_stream(*heard, SIDE_SERVER) == NO)
			return PROBE_NOT;
		if (message.failed)
			break;
		if (!hear_message(state, message, answer)) {
			if (!state->known)
				return PROBE_NOT;
			continue;
		}
		state->known = true;
		if (++state->asked < ASKED)
			write_question(state, out);
	}
	if (state->asked == ASKED || (ended && state->known))
		return PROBE_DONE;
	return ended ? PROBE_NOT : PROBE_WAIT;
}

static const struct probe probe = {
	.transports = PROBE_TCP | PROBE_UDP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_dns = {
	.name = "dns",
	.title = "Domain Name System",
	DOORS(UDP(53), TCP(53)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
	.probe_state_size = sizeof(struct state),
};
