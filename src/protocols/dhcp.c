/* dhcp.c: the Dynamic Host Configuration Protocol and the BOOTP below it. RFC 2131, RFC 2132 (options), RFC
 * 951. A lease that is confirmed is an event of its own. */
#include "base/address.h"
#include "base/escape.h"
#include "base/hash.h"
#include "protocols/parse.h"
#include "protocols/probes.h"

#include <stdio.h>

enum { COOKIE = 0x63825363, HARDWARE_MOST = 38, ADDRESS_OCTETS = 16 };
enum { REQUEST = 1, REPLY = 2, OFFER = 2, ACK = 5, ADDRESSES_SHOWN = 8, PARAMETERS_SHOWN = 64 };
enum { SERVERS = 2, LEASES_MOST = 128 };
#define FOR_EVER UINT32_MAX
enum option {
	PAD = 0,
	MASK = 1,
	ROUTERS = 3,
	DNS = 6,
	HOST = 12,
	DOMAIN = 15,
	REQUESTED = 50,
	LEASE = 51,
	TYPE = 53,
	SERVER = 54,
	PARAMETERS = 55,
	RENEWAL = 58,
	REBINDING = 59,
	VENDOR = 60,
	CLIENT_ID = 61,
	FQDN = 81,
	RELAY = 82,
	END = 255,
};

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

struct message {
	uint8_t op, hardware_length;
	uint32_t id;
	uint16_t seconds;
	struct span client, yours, next, relay; /* addresses */
	struct span hardware;
	bool has_options;
	struct span options;
};

static bool read_message(struct span s, struct message *m)
{
	uint8_t hardware;

	m->op = span_u8(&s);
	hardware = span_u8(&s);
	m->hardware_length = span_u8(&s);
	span_skip(&s, 1); /* hops */
	m->id = span_u32(&s);
	m->seconds = span_u16(&s);
	span_skip(&s, 2);
	m->client = span_take(&s, 4);
	m->yours = span_take(&s, 4);
	m->next = span_take(&s, 4);
	m->relay = span_take(&s, 4);
	m->hardware = span_take(&s, ADDRESS_OCTETS);
	span_skip(&s, 64 + 128); /* names of server and file */
	if (s.failed || (m->op != REQUEST && m->op != REPLY) || hardware == 0 || hardware > HARDWARE_MOST ||
	    m->hardware_length > ADDRESS_OCTETS)
		return false;
	m->has_options = span_u32(&s) == COOKIE;
	m->options = s;
	return !s.failed;
}

static bool next_option(struct span *s, uint8_t *type, struct span *value)
{
	while (span_left(*s) > 0 && span_peek(*s, 0) == PAD)
		span_skip(s, 1);
	*type = span_u8(s);
	if (s->failed || *type == END)
		return false;
	*value = span_take(s, span_u8(s));
	return !s->failed;
}

static struct span option(const struct message *m, enum option wanted)
{
	struct span s = m->options, value;
	uint8_t type;

	while (m->has_options && next_option(&s, &type, &value))
		if (type == wanted)
			return value;
	return span_of(NULL, 0);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct message m;

	(void)side; /* answers are sent to everybody, and so begin a flow of their own */
	return transport == TRANSPORT_UDP && read_message(first, &m) && m.has_options ? YES : NO;
}

/* ---- the events ---- */

static const char *type_text(struct span value)
{
	static const char *const names[] = { NULL,  "discover", "offer",   "request", "decline",
					     "ack", "nak",      "release", "inform" };
	const uint8_t type = span_u8(&value);

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static void write_address(struct json *json, const char *key, struct span value)
{
	char text[ADDRESS_TEXT];
	struct address address;

	address = address_v4(span_u32(&value));
	if (value.failed || address_is_unspecified(&address))
		return;
	json_text(json, key, address_text(&address, text));
}

static void write_addresses(struct json *json, const char *key, struct span list)
{
	if (span_left(list) < 4)
		return;
	json_open_array(json, key);
	for (int i = 0; i < ADDRESSES_SHOWN && span_left(list) >= 4; i++)
		write_address(json, NULL, span_take(&list, 4));
	json_end(json);
}

static void write_number(struct json *json, const char *key, struct span value)
{
	if (span_left(value) == 4)
		json_unsigned(json, key, span_u32(&value));
}

static void write_text(struct json *json, const char *key, struct span value)
{
	if (span_left(value) > 0)
		json_span(json, key, value);
}

static void write_hex(struct json *json, const char *key, struct span value)
{
	char text[3 * 64];

	if (span_left(value) > 0)
		json_text(json, key, hex_text(value, ':', text, sizeof(text)));
}

static void write_mac(struct json *json, const struct message *m)
{
	struct span mac = m->hardware;

	write_hex(json, "client_mac", span_take(&mac, m->hardware_length));
}

static void write_lease(struct json *json, const struct message *m)
{
	write_address(json, "subnet_mask", option(m, MASK));
	write_addresses(json, "routers", option(m, ROUTERS));
	write_addresses(json, "dns_servers", option(m, DNS));
	write_text(json, "domain", option(m, DOMAIN));
	write_number(json, "lease_time", option(m, LEASE));
	write_number(json, "renewal_time", option(m, RENEWAL));
	write_number(json, "rebinding_time", option(m, REBINDING));
	write_address(json, "server_identifier", option(m, SERVER));
}

static void emit(const void *memory, struct json *json)
{
	const struct message *const m = memory;
	struct span parameters = option(m, PARAMETERS), name = option(m, FQDN);

	json_text(json, "type", m->op == REQUEST ? "request" : "reply");
	json_unsigned(json, "id", m->id);
	write_mac(json, m);
	write_address(json, "assigned_ip", m->yours);
	write_address(json, "client_ip", m->client);
	write_address(json, "relay_ip", m->relay);
	write_address(json, "next_server_ip", m->next);
	json_text(json, "dhcp_type", span_left(option(m, TYPE)) > 0 ? type_text(option(m, TYPE)) : "bootp");
	write_hex(json, "client_id", option(m, CLIENT_ID));
	write_address(json, "requested_ip", option(m, REQUESTED));
	write_text(json, "hostname", option(m, HOST));
	if (span_left(name) > 3) {
		span_skip(&name, 3);
		json_span(json, "fqdn", name);
	}
	write_text(json, "vendor_class_identifier", option(m, VENDOR));
	write_hex(json, "relay_agent", option(m, RELAY));
	write_lease(json, m);
	if (span_left(parameters) == 0)
		return;
	json_open_array(json, "params");
	for (int i = 0; i < PARAMETERS_SHOWN && span_left(parameters) > 0; i++)
		json_unsigned(json, NULL, span_u8(&parameters));
	json_end(json);
}

/* What was given in this flow: answers of a server to all are one flow. A reservation and an address that a
 * pool keeps for its last holder look alike, so that only what was observed is told. */
struct given {
	uint32_t address, holder; /* a hash of the client's hardware address; 0: free */
	uint32_t id;              /* of the last transaction */
	uint16_t times;
	bool is_shared; /* with others, or the holder had another address */
};

struct conversation {
	struct given given[LEASES_MOST];
	uint8_t next; /* the oldest, which is forgotten */
};

struct lease {
	const struct message *message;
	const struct given *given;
};

static void note_holder(struct conversation *state, uint32_t address, uint32_t holder)
{
	for (size_t i = 0; i < LEASES_MOST; i++)
		if (state->given[i].holder == holder && state->given[i].address != address)
			state->given[i].is_shared = true;
}

static bool has_other(const struct conversation *state, uint32_t address, uint32_t holder)
{
	for (size_t i = 0; i < LEASES_MOST; i++)
		if (state->given[i].holder == holder && state->given[i].address != address)
			return true;
	return false;
}

static const struct given *note_given(struct conversation *state, const struct message *m)
{
	struct span yours = m->yours, mac = m->hardware;
	const uint32_t address = span_u32(&yours);
	const struct span client = span_take(&mac, m->hardware_length);
	const uint32_t holder = (uint32_t)hash_bytes(client.at, span_left(client)) | 1;
	struct given *given = state->given;

	while (given < state->given + LEASES_MOST && (given->holder == 0 || given->address != address))
		given++;
	if (given == state->given + LEASES_MOST) {
		given = &state->given[state->next++ % LEASES_MOST];
		*given = (struct given){ .address = address, .holder = holder };
		given->is_shared = has_other(state, address, holder);
	}
	given->is_shared |= given->holder != holder;
	given->holder = holder;
	given->times += given->times < UINT16_MAX && (given->times == 0 || given->id != m->id);
	given->id = m->id;
	note_holder(state, address, holder);
	return given;
}

/* RFC 2131 1: manual allocation shows in BOOTP alone, which knows no time; of the other two, the time tells.
 */
static const char *allocation_of(const struct message *m)
{
	struct span time = option(m, LEASE);

	if (span_left(time) != 4)
		return "static";
	return span_u32(&time) == FOR_EVER ? "permanent" : "dynamic";
}

static void emit_lease(const void *memory, struct json *json)
{
	const struct lease *const lease = memory;
	const struct message *const m = lease->message;

	write_address(json, "ip", m->yours);
	write_mac(json, m);
	json_text(json, "allocation", allocation_of(m));
	if (lease->given->is_shared || lease->given->times > 1)
		json_text(json, "observed", lease->given->is_shared ? "pool" : "reservation");
	json_unsigned(json, "observed_times", lease->given->times);
	write_text(json, "hostname", option(m, HOST));
	write_address(json, "relay_ip", m->relay);
	write_lease(json, m);
}

/* An address is given: by an acknowledgement with a time (that of INFORM has none), or by BOOTP. */
static bool is_lease(const struct message *m)
{
	struct span yours = m->yours;

	if (m->op != REPLY || span_u32(&yours) == 0)
		return false;
	return span_left(option(m, TYPE)) == 0 ||
	       (span_peek(option(m, TYPE), 0) == ACK && span_left(option(m, LEASE)) == 4);
}

/* A server that speaks first in a flow answers to what was sent to all; who is asked alone answers in the
 * flow of the question. */
static void judge_server(struct parse *parse, const struct message *m)
{
	const uint8_t type = span_peek(option(m, TYPE), 0);
	char server[ADDRESS_TEXT], given[ADDRESS_TEXT];
	struct span yours = m->yours;
	struct address address;

	if (m->op != REPLY || parse->side != SIDE_CLIENT || (type != OFFER && type != ACK))
		return;
	address = address_v4(span_u32(&yours));
	parse_weakness(parse, &second_server, "%s gives %s",
		       address_text(&parse->addresses[SIDE_CLIENT], server), address_text(&address, given));
}

static enum parse_step read_dhcp(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct message m;

	if (!read_message(*bytes, &m))
		return PARSE_BROKEN;
	parse_event(parse, &m);
	judge_server(parse, &m);
	if (is_lease(&m))
		parse_event_as(parse, "lease", emit_lease, &(struct lease){ &m, note_given(state, &m) });
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = sizeof(struct conversation),
	.read = read_dhcp,
	.emit = emit,
};

const struct protocol protocol_dhcp = {
	.name = "dhcp",
	.title = "Dynamic Host Configuration Protocol",
	DOORS(UDP(67), UDP(68)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 240,
	MARKS(OCTETS(0, REQUEST, REPLY), OCTETS(1, 1, HARDWARE_MOST), OCTETS(2, 0, ADDRESS_OCTETS)),
	.parser = &parser,
	.probe = &dhcp_probe,
	.weaknesses = weaknesses,
	.weakness_parties = SERVERS,
};
