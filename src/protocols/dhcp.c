/* dhcp.c: the Dynamic Host Configuration Protocol and the BOOTP below it. RFC 2131, RFC 951. A lease that is
 * confirmed is an event of its own. */
#include "base/address.h"
#include "protocols/dhcp_message.h"
#include "protocols/leases.h"
#include "protocols/probes.h"

enum { SERVERS = 2 };

/* Each server that gives addresses without being asked alone shows it; two of them make the finding. */
static const struct weakness second_server = {
	.id = "dhcp-second-server",
	.title = "more than one DHCP server gives addresses",
	.severity = 2,
	.remedy = "Find out whose the other is, unless both are meant to be there; let switches drop what "
		  "servers "
		  "say at other ports (DHCP snooping). Who gives addresses chooses routers and name servers.",
};
static const struct weakness *const weaknesses[] = { &second_server, NULL };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct dhcp_message m;

	(void)side; /* answers are sent to everybody, and so begin a flow of their own */
	if (transport != TRANSPORT_UDP || !dhcp_read(first, &m))
		return NO;
	return m.has_options || dhcp_is_bootp(&m, first) ? YES : NO;
}

static struct address address_in_field(struct span field)
{
	return address_v4(span_u32(&field));
}

/* An address is given: by an acknowledgement with a time (that of INFORM has none), or by BOOTP. */
static bool is_lease(const struct dhcp_message *m)
{
	const struct span type = dhcp_option(m, DHCP_TYPE);
	const struct address yours = address_in_field(m->yours);

	if (m->op != DHCP_REPLY || address_is_unspecified(&yours))
		return false;
	return span_left(type) == 0 ||
	       (span_peek(type, 0) == DHCP_ACK && span_left(dhcp_option(m, DHCP_LEASE)) == 4);
}

/* A server that speaks first in a flow answers to what was sent to all; who is asked alone answers in the
 * flow of the question. */
static void judge_server(struct parse *parse, const struct dhcp_message *m)
{
	const uint8_t type = span_peek(dhcp_option(m, DHCP_TYPE), 0);
	char server[ADDRESS_TEXT], given[ADDRESS_TEXT];
	struct address address;

	if (m->op != DHCP_REPLY || parse->side != SIDE_CLIENT || (type != DHCP_OFFER && type != DHCP_ACK))
		return;
	address = address_in_field(m->yours);
	parse_weakness(parse, &second_server, "%s gives %s",
		       address_text(&parse->addresses[SIDE_CLIENT], server), address_text(&address, given));
}

/* The name that is told as such, else the whole one behind its flags, if that is text (RFC 4702 2.2). */
static struct span host_of(const struct dhcp_message *m)
{
	enum { FLAGS = 3, ENCODED = 4 };
	struct span name = dhcp_option(m, DHCP_HOST), whole = dhcp_option(m, DHCP_FQDN);

	if (span_left(name) == 0 && span_left(whole) > FLAGS && (span_peek(whole, 0) & ENCODED) == 0) {
		span_skip(&whole, FLAGS);
		name = whole;
	}
	while (span_left(name) > 0 && name.end[-1] == 0)
		name.end--;
	return name;
}

static void tell_lease(struct parse *parse, const struct dhcp_message *m)
{
	const struct span server = dhcp_option(m, DHCP_SERVER);

	leases_tell(parse, dhcp_emit_lease, m,
		    &(struct lease_given){
			    .server = span_left(server) == 4 ? address_in_field(server)
							     : parse->addresses[parse->side],
			    .address = address_in_field(m->yours),
			    .holder = leases_holder(m->hardware),
			    .host = leases_holder(m->hardware),
			    .id = m->id,
			    .name = leases_name(host_of(m)),
			    .by = parse->protocol->name,
		    });
}

static enum parse_step read_dhcp(void *state, struct parse *parse, struct span *bytes)
{
	struct dhcp_message m;

	(void)state;
	if (!dhcp_read(*bytes, &m))
		return PARSE_BROKEN;
	parse_event(parse, &m);
	judge_server(parse, &m);
	if (m.op == DHCP_REQUEST)
		leases_tell_host(parse, leases_holder(m.hardware), host_of(&m));
	if (is_lease(&m))
		tell_lease(parse, &m);
	return PARSE_ON;
}

static const struct parser parser = {
	.read = read_dhcp,
	.emit = dhcp_emit,
};

const struct protocol protocol_dhcp = {
	.name = "dhcp",
	.title = "Dynamic Host Configuration Protocol",
	DOORS(UDP(67), UDP(68)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 240,
	MARKS(OCTETS(0, DHCP_REQUEST, DHCP_REPLY), OCTETS(1, 1, DHCP_HARDWARE_MOST),
	      OCTETS(2, 0, DHCP_HARDWARE_OCTETS)),
	.parser = &parser,
	.probe = &dhcp_probe,
	.weaknesses = weaknesses,
	.weakness_parties = SERVERS,
};
