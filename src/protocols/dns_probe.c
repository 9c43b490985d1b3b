/* dns_probe.c: asks a server of DNS who it is (RFC 4892), how much it takes (RFC 6891), and whether it is a
 * resolver. */
#include "protocols/dns.h"

#include <ctype.h>

const struct weakness dns_open_resolver = {
	"dns-open-resolver",
	"DNS resolves names for whoever asks",
	2,
	"Resolve for your own networks alone (allow-recursion in BIND, access-control in Unbound, an address "
	"of the "
	"inner network for dnsmasq): open resolvers flood others with answers that they never asked for.",
};

/* ---- asking ---- */

enum { REFUSED = 5 };
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

static void write_question(const struct dns_probe_state *state, struct buffer *out)
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
	struct dns_probe_state *const state = memory;

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

bool dns_product(struct span text, struct span *ret_product, struct span *ret_version)
{
	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++) {
		const size_t length = strlen(products[i].begins);

		if (!span_begins_nocase(text, products[i].begins))
			continue;
		if (!isdigit((unsigned char)products[i].begins[0]))
			span_skip(&text, length);
		if (!isdigit(span_peek(text, 0)))
			text.end = text.at;
		*ret_product = span_text(products[i].product);
		*ret_version = version_at(text);
		return true;
	}
	return false;
}

/* BIND's view of itself carries an NS record beside the text, which may say anything. */
static void hear_version(const struct dns_record *record, struct answer *answer)
{
	struct span data = record->data, product, version;

	if (record->section == DNS_AUTHORITIES && record->type == DNS_NS && answer->product[0] == '\0')
		answer_product(answer, span_text("ISC BIND"), span_text(""));
	if (record->section != DNS_ANSWERS || record->type != DNS_TXT)
		return;
	data = span_take(&data, span_u8(&data));
	answer_fact(answer, "version_bind", data);
	if (dns_product(data, &product, &version))
		answer_product(answer, product, version);
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

/* Whether it is offered too widely, the door's reach tells. Who is kept out is refused. */
static void tell_recursion(const struct dns_header *h, struct answer *answer)
{
	const bool available = (h->flags & DNS_RECURSION_AVAILABLE) != 0;

	answer_fact(answer, "ra", span_text(available ? "true" : "false"));
	if (available && dns_rcode(h) != REFUSED)
		answer_weakness(answer, &dns_open_resolver, "recursion is available to whoever asks");
}

/* True if this is the answer to what was asked. */
static bool hear_message(const struct dns_probe_state *state, struct span message, struct answer *answer)
{
	struct span s = message;
	const struct dns_header h = dns_read_header(&s);
	struct dns_question q;
	struct dns_record record;

	if (h.id != ID + state->asked || !dns_is_message(message, SIDE_SERVER))
		return false;
	if (state->asked == ASK_LOOPBACK)
		tell_recursion(&h, answer);
	for (unsigned i = 0; i < h.count[DNS_QUESTIONS]; i++)
		(void)dns_read_question(message, &s, &q);
	for (record.section = DNS_ANSWERS; record.section < DNS_SECTIONS; record.section++)
		for (unsigned i = 0; i < h.count[record.section] && dns_read_record(message, &s, &record);
		     i++)
			hear_record(state->asked, &record, answer);
	return true;
}

/* Cuts the next message off what has come; failed while it is not whole. */
static struct span next_message(const struct dns_probe_state *state, struct span *heard)
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
	struct dns_probe_state *const state = memory;

	while (state->asked < ASKED && span_left(*heard) > 0) {
		const struct span message = next_message(state, heard);

		if (message.failed && !state->known &&
		    protocol_dns.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP) == NO)
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

const struct probe dns_probe = {
	.transports = PROBE_TCP | PROBE_UDP,
	.greet = greet,
	.hear = hear,
};
