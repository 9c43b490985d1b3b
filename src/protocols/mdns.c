/* mdns.c: multicast DNS. RFC 6762, and RFC 6763 for the services that are announced with it. */
#include "protocols/dns.h"
#include "protocols/parse.h"
#include "protocols/probes.h"

enum { FLAGS = DNS_RESPONSE | DNS_AUTHORITATIVE | DNS_TRUNCATED };

/* The Internet's or any, with or without the wish for an answer to one alone. */
static bool is_class(uint16_t class)
{
	return (class & 0x7fff) == DNS_IN || (class & 0x7fff) == DNS_ANY_CLASS;
}

/* All flags but a few are clear, and the id is zero; a response repeats no question. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	const struct dns_header h = dns_read_header(&s);
	struct dns_question q;
	struct dns_record record;

	(void)side; /* everybody asks and answers */
	if (transport != TRANSPORT_UDP || s.failed || h.flags & ~FLAGS)
		return NO;
	if (h.count[DNS_QUESTIONS] == 0) {
		const struct span front = s;
		struct span rest = front;

		return h.id == 0 && h.flags & DNS_RESPONSE && h.count[DNS_ANSWERS] > 0 &&
				       dns_read_record(first, &rest, &record) &&
				       dns_records_fill(first, front, &h)
			       ? YES
			       : NO;
	}
	for (unsigned i = 0; i < h.count[DNS_QUESTIONS]; i++)
		if (!dns_read_question(first, &s, &q) || !dns_is_multicast(&h, &q) ||
		    dns_is_netbios_name(q.name) || q.type == 0 || !is_class(q.class))
			return NO;
	return dns_records_fill(first, s, &h) ? YES : NO;
}

struct state {
	uint32_t count;
};

/* Who asks from another port hears its question again (6.7). */
static void tell_names(struct parse *parse, struct span message, struct span s, const struct dns_header *h)
{
	struct dns_question question;

	if ((h->flags & DNS_RESPONSE) == 0)
		return;
	for (unsigned i = 0; i < h->count[DNS_QUESTIONS]; i++)
		if (!dns_read_question(message, &s, &question))
			return;
	dns_tell_names(parse, message, s, h, NULL);
}

static enum parse_step read_mdns(void *memory, struct parse *parse, struct span *bytes)
{
	enum { QUESTIONS_TOLD = 32 };
	struct state *const state = memory;
	struct dns_told told = { .message = *bytes, .number = state->count };
	struct span s = *bytes;
	const struct dns_header h = dns_read_header(&s);

	if (s.failed)
		return PARSE_BROKEN;
	state->count++;
	tell_names(parse, *bytes, s, &h);
	do {
		parse_event(parse, &told);
		told.question++;
	} while (told.question < h.count[DNS_QUESTIONS] && told.question < QUESTIONS_TOLD);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_mdns,
	.emit = dns_emit,
};

const struct protocol protocol_mdns = {
	.name = "mdns",
	.title = "Multicast DNS",
	DOORS(UDP(5353)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = DNS_HEADER,
	MARKS(OCTET(2, 0x00), OCTET(2, 0x02), OCTET(2, 0x04), OCTET(2, 0x06), OCTET(2, 0x80), OCTET(2, 0x82),
	      OCTET(2, 0x84), OCTET(2, 0x86), OCTET(3, 0)),
	.kin = &protocol_dns,
	.parser = &parser,
	.probe = &mdns_probe,
};
