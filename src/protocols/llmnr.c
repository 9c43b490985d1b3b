/* llmnr.c: Link-Local Multicast Name Resolution. RFC 4795. */
#include "protocols/dns.h"
#include "protocols/parse.h"

static const struct weakness spoofing = {
	"llmnr",
	"names are asked of everybody on the link",
	3,
	"Turn LLMNR off (Windows: \"Turn off multicast name resolution\"; systemd-resolved: LLMNR=no): "
	"anybody may answer, "
	"and then be sent passwords.",
};
static const struct weakness *const weaknesses[] = { &spoofing, NULL };

enum { FLAGS = DNS_RESPONSE | DNS_AUTHORITATIVE | DNS_TRUNCATED | DNS_RECURSE, CONFLICT = DNS_AUTHORITATIVE };

static bool is_message(struct span message)
{
	struct span s = message;
	struct dns_header h = dns_read_header(&s);
	struct dns_question q;

	if (s.failed || h.flags & ~FLAGS || h.count[DNS_QUESTIONS] != 1 ||
	    !dns_read_question(message, &s, &q) || dns_is_multicast(&h, &q) || dns_is_netbios_name(q.name))
		return false;
	h.flags &= DNS_RESPONSE;
	return dns_is_llmnr(&h, &q) && q.class == DNS_IN && dns_records_fill(message, s, &h);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct dns_header h = dns_read_header(&first);

	if (transport != TRANSPORT_UDP || first.failed ||
	    ((h.flags & DNS_RESPONSE) != 0) != (side == SIDE_SERVER))
		return NO;
	first.at -= DNS_HEADER;
	/* Recursion is wished of a resolver, and an answer of one has more flags. */
	if (h.flags & (DNS_RECURSE | CONFLICT))
		return NO;
	return is_message(first) ? YES : NO;
}

struct state {
	uint32_t count;
};

static enum parse_step read_llmnr(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;
	struct span s = *bytes;
	const struct dns_header h = dns_read_header(&s);
	struct dns_question q;

	if (s.failed || (!dns_read_question(*bytes, &s, &q) && !parse->cut))
		return PARSE_BROKEN;
	if ((h.flags & DNS_RESPONSE) == 0 && !s.failed)
		parse_weakness(parse, &spoofing, "%s is asked for", q.name);
	else if (!s.failed && dns_rcode(&h) == 0)
		dns_tell_names(parse, *bytes, s, &h, q.name);
	parse_event(parse, &(struct dns_told){ .message = *bytes, .number = state->count++ });
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_llmnr,
	.emit = dns_emit,
};

const struct protocol protocol_llmnr = {
	.name = "llmnr",
	.title = "Link-Local Multicast Name Resolution",
	DOORS(UDP(5355)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = DNS_HEADER,
	MARKS(OCTET(2, 0x00), OCTET(2, 0x02), OCTET(2, 0x80), OCTET(2, 0x82), OCTET(3, 0), OCTET(4, 0),
	      OCTET(5, 1)),
	.kin = &protocol_dns,
	.parser = &parser,
	.weaknesses = weaknesses,
};
