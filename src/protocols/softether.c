/* softether.c: SoftEther VPN beside its HTTPS: how its hosts find each other through address translation,
 * over UDP, as Network.c of its sources has it. A message is a pack: how many values, and of each the name
 * with its length, the kind and how many there are. A server that is asked for the sender's address answers
 * in words. */
#include "protocols/lines.h"

enum {
	VALUES_MOST = 64,
	NAME_MOST = 64,
	KINDS = 5, /* number, octets, text, wide text, long number */
	NUMBER = 0,
	TEXT = 2,
	LONG_NUMBER = 4,
	COUNT_MOST = 256,
	SHOWN = 96,
};

/* The first values that messages have. */
static const char *const names[] = {
	"opcode",         "tran_id",   "product_str",      "session_key", "nat_traversal_id", "token",
	"rand_port_mode", "host_name", "nat_traversal_ok", "svc_name",    "current_port",     "ok",
	"get_token",      "ddns_fqdn", "client_id",        "client_hash", "svc_random",       "public_ip",
};

struct value {
	struct span name, data; /* data: of the first, where it is text */
	uint32_t kind;
	uint64_t number;
};

static bool is_name(struct span name)
{
	for (; span_left(name) > 0; name.at++)
		if ((*name.at < 'a' || *name.at > 'z') && (*name.at < '0' || *name.at > '9') &&
		    *name.at != '_')
			return false;
	return true;
}

/* Takes a value; the name's length counts an end that is not sent. */
static bool take_value(struct span *s, struct value *value)
{
	const uint32_t length = span_u32(s);
	uint32_t count;

	if (length < 2 || length > NAME_MOST)
		return false;
	value->name = span_take(s, length - 1);
	value->kind = span_u32(s);
	count = span_u32(s);
	value->data = span_of(NULL, 0);
	if (s->failed || !is_name(value->name) || value->kind >= KINDS || count > COUNT_MOST)
		return false;
	for (uint32_t i = 0; i < count && !s->failed; i++) {
		struct span data;

		if (value->kind == NUMBER)
			value->number = span_u32(s);
		else if (value->kind == LONG_NUMBER)
			value->number = span_u64(s);
		else
			data = span_take(s, span_u32(s)), value->data = data;
	}
	return !s->failed;
}

static bool is_known(struct span name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

static bool is_pack(struct span s)
{
	const uint32_t count = span_u32(&s);
	struct value value;
	bool known = false;

	if (count == 0 || count > VALUES_MOST)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!take_value(&s, &value))
			return false;
		known |= is_known(value.name);
	}
	return known && count >= 2;
}

/* "IP=192.0.2.1,PORT=40000" */
static bool read_place(struct span s, struct span *ret_address, uint64_t *ret_port)
{
	struct address address;

	if (!span_begins(s, "IP="))
		return false;
	span_skip(&s, 3);
	*ret_address = span_until(&s, ',');
	if (s.failed || !address_parse(*ret_address, &address) || !span_begins(s, "PORT="))
		return false;
	span_skip(&s, 5);
	while (span_left(s) > 0 && (s.end[-1] == 0 || s.end[-1] == '\n' || s.end[-1] == '\r'))
		s.end--;
	return span_number(s, UINT16_MAX, ret_port);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span address;
	uint64_t port;

	(void)side;
	if (transport != TRANSPORT_UDP)
		return NO;
	return is_pack(first) || read_place(first, &address, &port) ? YES : NO;
}

struct message {
	struct span opcode, host, product, address;
	uint64_t port;
};

static void emit(const void *record, struct json *json)
{
	const struct message *const message = record;

	emit_span(json, "opcode", message->opcode);
	emit_span(json, "product", message->product);
	emit_span(json, "hostname", message->host);
	if (span_left(message->address) > 0) {
		json_span(json, "public_address", message->address);
		json_unsigned(json, "public_port", message->port);
	}
}

/* It begins as a message does: with a count, and a value whose form is right; or with a place. */
static bool is_begun(struct span s)
{
	const bool place = span_begins(s, "IP=");
	const uint32_t count = span_u32(&s);
	struct value value;

	return place || (count > 0 && count <= VALUES_MOST && take_value(&s, &value));
}

static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes, nothing = span_of(NULL, 0);
	struct message message = { nothing, nothing, nothing, nothing, 0 };
	struct value value;
	uint32_t count;

	(void)state;
	if (recognise(s, parse->side, TRANSPORT_UDP) != YES && is_begun(s) && !parse->cut)
		return PARSE_BROKEN;
	bytes->at = bytes->end;
	if (!read_place(s, &message.address, &message.port)) {
		message.address = nothing;
		count = span_u32(&s);
		for (uint32_t i = 0; i < count && i < VALUES_MOST && take_value(&s, &value); i++) {
			if (span_is(value.name, "opcode"))
				message.opcode = value.data;
			else if (span_is(value.name, "host_name"))
				message.host = value.data;
			else if (span_is(value.name, "product_str"))
				message.product = value.data;
		}
	}
	if (span_left(message.opcode) + span_left(message.host) + span_left(message.address) > 0)
		parse_event(parse, &message);
	return PARSE_ON;
}

static const struct parser parser = { .state_size = PARSE_STATE(uint8_t), .read = read, .emit = emit };

const struct protocol protocol_softether = {
	.name = "softether",
	.title = "SoftEther VPN",
	DOORS(UDP(5004)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.datagram_least = 8,
	MARKS(OCTET(0, 0), OCTET(0, 'I'), OCTET(1, 0), OCTET(1, 'P'), OCTET(2, 0), OCTET(2, '='),
	      OCTETS(3, 1, VALUES_MOST), OCTETS(3, 'A', 'F'), OCTETS(3, 'a', 'f')),
	.parser = &parser,
};
