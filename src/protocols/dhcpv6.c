/* dhcpv6.c: DHCP for IPv6. RFC 8415, RFC 3646 (name servers), RFC 4704 (names). */
#include "base/address.h"
#include "base/hash.h"
#include "protocols/dhcpv6_message.h"
#include "protocols/dns_name.h"
#include "protocols/leases.h"

enum { SERVERS = 2, OPTIONS_LAST = 150 };

/* Each server that answers who asked everybody shows it; two of them make the finding. */
static const struct weakness second_server = {
	.id = "dhcpv6-second-server",
	.title = "more than one DHCPv6 server gives addresses",
	.severity = 2,
	.remedy = "Find out whose the other is, unless both are meant to be there; let switches drop what "
		  "servers say at other ports (DHCPv6-Shield, RFC 7610). Who gives addresses chooses name "
		  "servers.",
};
static const struct weakness *const weaknesses[] = { &second_server, NULL };
/* Options fill what is left; each message has one at least. */
static bool options_fill(struct span s)
{
	unsigned count = 0;

	for (; span_left(s) > 0; count++) {
		struct span value;
		uint16_t type;

		if (!dhcpv6_next(&s, &type, &value) || type == 0 || type > OPTIONS_LAST)
			return false;
	}
	return count > 0;
}

/* RFC 8415 11.1: a type of four, and 128 octets at most. */
static bool is_duid(struct span s)
{
	enum { TYPES = 4, LENGTH_MOST = 130 };
	const uint16_t type = span_u16(&s);

	return type >= 1 && type <= TYPES && span_left(s) >= 2 && span_left(s) + 2 <= LENGTH_MOST;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const uint8_t type = dhcpv6_header(&first);
	const bool relayed = type == DHCPV6_RELAY_FORWARD || type == DHCPV6_RELAY_REPLY;

	(void)side; /* servers answer from another address than the one that was asked */
	if (transport != TRANSPORT_UDP || first.failed || type < DHCPV6_SOLICIT ||
	    type > DHCPV6_RELAY_REPLY || !options_fill(first))
		return NO;
	if (relayed)
		return span_left(dhcpv6_option(first, DHCPV6_RELAYED)) > 0 ? YES : NO;
	/* All but questions for information and reconfigurations name the client by a DUID of some length. */
	return is_duid(dhcpv6_option(first, DHCPV6_CLIENT_ID)) ||
			       is_duid(dhcpv6_option(first, DHCPV6_SERVER_ID)) ||
			       (type == DHCPV6_INFORMATION &&
				span_left(dhcpv6_option(first, DHCPV6_ELAPSED)) == 2)
		       ? YES
		       : NO;
}

/* ---- reading ---- */

/* The name that the client tells of itself. */
static const char *host_of(struct span options, char text[static DNS_NAME_TEXT])
{
	struct span name = dhcpv6_option(options, DHCPV6_FQDN);

	span_skip(&name, 1);
	return !name.failed && span_left(name) > 0 && dns_name_read(name, &name, text) &&
			       strcmp(text, ".") != 0
		       ? text
		       : "";
}

/* Who answers in a flow of its own answers to what was sent to all. */
static void judge_server(struct parse *parse, struct span message)
{
	const uint8_t type = span_peek(message, 0);
	char text[ADDRESS_TEXT];

	if (parse->side == SIDE_CLIENT && (type == DHCPV6_ADVERTISE || type == DHCPV6_REPLY))
		parse_weakness(parse, &second_server, "%s answers with a DHCPv6 %s",
			       address_text(&parse->addresses[SIDE_CLIENT], text),
			       type == DHCPV6_REPLY ? "reply" : "advertisement");
}

/* One address or prefix that is given; those of an association are held side by side. */
static void tell_lease(struct parse *parse, const struct dhcpv6_lease *lease, unsigned nth)
{
	const struct span client = dhcpv6_option(lease->options, DHCPV6_CLIENT_ID);
	const struct span server = dhcpv6_option(lease->options, DHCPV6_SERVER_ID);
	const uint64_t server_hash = leases_holder(server), host = leases_holder(client);
	char name[DNS_NAME_TEXT];
	struct lease_given given = {
		.address = lease->given.address,
		.host = host,
		.holder = hash_number(host ^ hash_number((uint64_t)lease->association.kind << 40 ^
							 (uint64_t)nth << 32 ^ lease->association.id)),
		.id = lease->id,
		.name = leases_name(span_text(host_of(lease->options, name))),
		.by = lease->given.is_prefix ? NULL : parse->protocol->name,
	};

	memcpy(given.server.bytes, &server_hash, sizeof(server_hash));
	leases_tell(parse, dhcpv6_emit_lease, lease, &given);
}

static void tell_leases(struct parse *parse, struct span message)
{
	enum { ASSOCIATIONS = 8, ADDRESSES = 16 };
	struct dhcpv6_lease lease;
	struct span options, rest;

	options = message;
	(void)dhcpv6_header(&options);
	lease.options = options;
	span_skip(&message, 1);
	lease.id = span_u24(&message);
	for (unsigned n = 0; n < ASSOCIATIONS && dhcpv6_association(&options, &lease.association); n++) {
		rest = lease.association.options;
		for (unsigned nth = 0; nth < ADDRESSES && dhcpv6_given(&rest, &lease.given); nth++)
			if (lease.given.valid > 0)
				tell_lease(parse, &lease, nth);
	}
}

static enum parse_step read_dhcpv6(void *state, struct parse *parse, struct span *bytes)
{
	struct span message = *bytes;
	char name[DNS_NAME_TEXT];

	(void)state;
	if (recognise(*bytes, parse->side, parse->transport) != YES && !parse->cut)
		return PARSE_BROKEN;
	parse_event(parse, bytes);
	judge_server(parse, message);
	for (unsigned relays = 0; relays < DHCPV6_RELAYS && dhcpv6_is_relayed(message); relays++) {
		(void)dhcpv6_header(&message);
		message = dhcpv6_option(message, DHCPV6_RELAYED);
	}
	if (span_peek(message, 0) == DHCPV6_REPLY) {
		tell_leases(parse, message);
	} else if (span_left(message) > 4) {
		(void)dhcpv6_header(&message);
		leases_tell_host(parse, leases_holder(dhcpv6_option(message, DHCPV6_CLIENT_ID)),
				 span_text(host_of(message, name)));
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.read = read_dhcpv6,
	.emit = dhcpv6_emit,
};

const struct protocol protocol_dhcpv6 = {
	.name = "dhcpv6",
	.title = "DHCP for IPv6",
	DOORS(UDP(547), UDP(546)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 10,
	MARKS(OCTETS(0, DHCPV6_SOLICIT, DHCPV6_RELAY_REPLY)),
	.parser = &parser,
	.weaknesses = weaknesses,
	.weakness_parties = SERVERS,
};
