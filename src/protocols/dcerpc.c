/* dcerpc.c: DCE/RPC over streams (C706 12.6, connection-oriented, version 5) and over datagrams (12.5,
 * connectionless, version 4), with the additions of [MS-RPCE]. Interfaces are told by UUID, and by the names
 * that Microsoft's documents give them. */
#include "protocols/dcerpc.h"
#include "protocols/ntlmssp.h"
#include "protocols/probes.h"
#include "protocols/tally.h"

#include <stdio.h>

enum {
	HEADER = 16,
	DATAGRAM_HEADER = 80,
	ACTIVITY = 40, /* its place there */
	UUID = 16,
	INTERFACES = 16,
	REQUEST = 0,
	RESPONSE = 2,
	FAULT = 3,
	BIND = 11,
	BIND_ACK = 12,
	BIND_NAK = 13,
	ALTER = 14,
	ALTER_ACK = 15,
	AUTH3 = 16,
	TYPES = 20,
	FIRST = 1,
	WHOLE = 3,   /* the first fragment and the last */
	EPT_MAP = 3, /* the operation of the endpoint mapper */
	MAPPED = 8,
	IS_FRAGMENT = 4, /* of datagrams */
	AUTH_LEAST = 8,
};

/* The first four octets of the UUID name it well enough. */
static const struct {
	uint32_t first;
	uint16_t second;
	const char *name;
} known[] = {
	{ 0xe1af8308, 0x5d1f, "epmapper" },      { 0x4b324fc8, 0x1670, "srvsvc" },
	{ 0x6bffd098, 0xa112, "wkssvc" },        { 0x12345778, 0x1234, "samr" },
	{ 0x12345678, 0x1234, "netlogon" },      { 0x367abb81, 0x9844, "svcctl" },
	{ 0x338cd001, 0x2244, "winreg" },        { 0xe3514235, 0x4b06, "drsuapi" },
	{ 0x1ff70682, 0x0a51, "atsvc" },         { 0x86d35949, 0x83c9, "taskscheduler" },
	{ 0x99fcfec4, 0x5260, "oxid_resolver" }, { 0x000001a0, 0x0000, "iremotescmactivator" },
	{ 0x4d9f4ab8, 0x7d1c, "iactivation" },   { 0x00000131, 0x0000, "iremunknown" },
	{ 0x00000143, 0x0000, "iremunknown2" },  { 0x82273fdc, 0xe32a, "eventlog" },
	{ 0xf6beaff7, 0x1e19, "eventlog6" },     { 0xafa8bd80, 0x7d8a, "mgmt" },
	{ 0x9556dc99, 0x828c, "iwbemservices" }, { 0xf309ad18, 0xd86a, "iwbemlevel1login" },
	{ 0xc681d488, 0xd850, "efsrpc" },        { 0xdf1941c5, 0xfe89, "efsrpc" },
	{ 0x17fdd703, 0x1827, "nsi" },           { 0x50abc2a4, 0x574d, "dnsserver" },
	{ 0xdea00001, 0x6c97, "pnio_device" },   { 0xdea00002, 0x6c97, "pnio_controller" },
	{ 0x3919286a, 0xb10c, "dssetup" },       { 0x8a885d04, 0x1ceb, "ndr64" },
};

static const struct code_name type_names[] = {
	{ 0, "request" },   { 1, "ping" },      { 2, "response" },       { 3, "fault" },
	{ 4, "working" },   { 5, "nocall" },    { 6, "reject" },         { 7, "ack" },
	{ 8, "cl_cancel" }, { 9, "fack" },      { 10, "cancel_ack" },    { 11, "bind" },
	{ 12, "bind_ack" }, { 13, "bind_nak" }, { 14, "alter_context" }, { 15, "alter_context_resp" },
	{ 16, "auth3" },    { 17, "shutdown" }, { 18, "cancel" },        { 19, "orphaned" },
};
static const struct code_name no_names[] = { { 0, "0" } };

struct header {
	uint8_t type, flags;
	bool little; /* order of octets */
	uint16_t length, auth_length;
	uint32_t call;
};

static uint16_t take_u16(struct span *s, bool little)
{
	return little ? span_u16_le(s) : span_u16(s);
}

static uint32_t take_u32(struct span *s, bool little)
{
	return little ? span_u32_le(s) : span_u32(s);
}

/* The smallest that a message of the type can be. */
static uint16_t least(uint8_t type)
{
	static const uint16_t lengths[TYPES] = {
		24, 0, 24, 24, 0, 0, 0, 0, 0, 0, 0, 28, 24, 18, 28, 24, 20, 16, 16, 16,
	};

	return type < TYPES ? lengths[type] : 0;
}

/* Of a stream. NO, MORE or YES with the header; s stands behind it. */
static enum verdict read_header(struct span *s, struct header *ret)
{
	const size_t come = span_left(*s);
	const uint8_t *const at = s->at;

	if ((come > 0 && at[0] != 5) || (come > 1 && at[1] > 1) || (come > 2 && least(at[2]) == 0) ||
	    (come > 4 && (at[4] & 0xef) != 0) || (come > 5 && at[5] > 3) || (come > 6 && at[6] != 0) ||
	    (come > 7 && at[7] != 0))
		return NO;
	if (come < HEADER)
		return MORE;
	ret->type = at[2];
	ret->flags = at[3];
	ret->little = at[4] == 0x10;
	span_skip(s, 8);
	ret->length = take_u16(s, ret->little);
	ret->auth_length = take_u16(s, ret->little);
	ret->call = take_u32(s, ret->little);
	return ret->length < least(ret->type) || ret->auth_length + HEADER > ret->length ? NO : YES;
}

/* ---- recognising ---- */

static bool comes_from(uint8_t type, enum side side)
{
	switch (type) {
	case REQUEST:
	case BIND:
	case ALTER:
	case AUTH3:
	case 18:
	case 19: return side == SIDE_CLIENT;
	default: return side == SIDE_SERVER;
	}
}

/* One that was made up for a call: few of its octets are zero. */
static bool is_uuid(const uint8_t at[static UUID])
{
	unsigned zeros = 0;

	for (size_t i = 0; i < UUID; i++)
		zeros += at[i] == 0;
	return zeros <= UUID / 2;
}

static bool is_datagram(struct span s, enum side side)
{
	const uint8_t *const at = span_header(&s, DATAGRAM_HEADER);
	uint16_t length;

	if (at == NULL || at[0] != 4 || at[1] > 10 || (at[4] & 0xef) != 0 || at[5] > 3 || at[6] != 0)
		return false;
	length = at[4] == 0x10 ? (uint16_t)(at[75] << 8 | at[74]) : load_u16(at + 74);
	if (length > span_left(s) || span_left(s) - length > 32 || at[78] > 16 || !is_uuid(at + ACTIVITY))
		return false;
	/* Whole messages have no number of a fragment. */
	if ((at[2] & IS_FRAGMENT) == 0 && load_u16(at + 76) != 0)
		return false;
	/* The client calls, pings, cancels and acknowledges what it was told. */
	return (at[1] == 0 || at[1] == 1 || at[1] == 8 || at[1] == 7) == (side == SIDE_CLIENT) || at[1] == 9;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const struct span whole = first;
	struct header header;
	enum verdict verdict;

	if (transport == TRANSPORT_UDP)
		return *first.at == 4 && is_datagram(first, side) ? YES : NO;
	if (transport != TRANSPORT_TCP || *first.at != 5)
		return NO;
	verdict = read_header(&first, &header);
	/* A conversation does not begin in the middle of a message, calls are counted from one, nobody's
	 * numbers are other than IEEE's, and proofs are not so short. */
	if (verdict == YES &&
	    (!comes_from(header.type, side) || (header.flags & FIRST) == 0 || header.call == 0 ||
	     span_peek(whole, 5) != 0 || (header.auth_length > 0 && header.auth_length < AUTH_LEAST)))
		return NO;
	return verdict;
}

/* ---- reading ---- */

struct interface {
	uint8_t uuid[UUID];
	uint16_t version, minor;
	uint16_t context;
	uint8_t result; /* of the server: 0 accepted; 255 not told yet */
};

struct conversation {
	struct interface interfaces[INTERFACES];
	size_t count;
	struct tally types, operations;
	uint32_t fault;
	uint8_t auth, level;
	char endpoint[32], mapped[256]; /* mapped: "samr 49664", as the endpoint mapper says */
	uint32_t map_call;              /* 1 + the call of ept_map that waits for its answer; or 0 */
	bool connectionless, little, told;
	struct ntlmssp login; /* of the client; type NTLMSSP_NONE: none was seen */
};

static const char *interface_text(const uint8_t uuid[static UUID])
{
	const uint32_t first = load_u32(uuid);

	if (first == 0x12345778 && uuid[15] == 0xab)
		return "lsarpc";
	if (first == 0x12345678 && uuid[15] == 0xab)
		return "spoolss";
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].first == first && known[i].second == load_u16(uuid + 4))
			return known[i].name;
	return NULL;
}

enum { UUID_TEXT = 48 };

static const char *uuid_text(const uint8_t u[static UUID], char text[static UUID_TEXT])
{
	(void)snprintf(text, UUID_TEXT, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", load_u32(u),
		       load_u16(u + 4), load_u16(u + 6), u[8], u[9], u[10], u[11], u[12], u[13], u[14],
		       u[15]);
	return text;
}

static void emit_interface(struct json *json, const struct interface *i)
{
	char text[UUID_TEXT];

	json_begin(json);
	json_text(json, "uuid", uuid_text(i->uuid, text));
	json_text(json, "name", interface_text(i->uuid));
	(void)snprintf(text, sizeof(text), "%u.%u", i->version, i->minor);
	json_text(json, "version", text);
	if (i->result != 255)
		json_unsigned(json, "ack_result", i->result);
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	static const struct code_name auths[] = {
		{ 0, "none" },      { 9, "spnego" },    { 10, "ntlmssp" },
		{ 14, "schannel" }, { 16, "kerberos" }, { 68, "netlogon" }
	};
	static const struct code_name levels[] = { { 1, "none" },   { 2, "connect" },   { 3, "call" },
						   { 4, "packet" }, { 5, "integrity" }, { 6, "privacy" } };
	const struct conversation *const state = record;

	json_text(json, "rpc_version", state->connectionless ? "4.0" : "5.0");
	json_open_array(json, "interfaces");
	for (size_t i = 0; i < state->count; i++)
		emit_interface(json, &state->interfaces[i]);
	json_end(json);
	json_text(json, "auth_type", CODE_TEXT(auths, state->auth));
	json_text(json, "auth_level", CODE_TEXT(levels, state->level));
	if (state->login.type == NTLMSSP_AUTHENTICATE)
		ntlmssp_write(json, &state->login);
	emit_text(json, "endpoint", state->endpoint);
	emit_texts(json, "mapped", state->mapped);
	EMIT_TALLY(json, "messages", &state->types, type_names);
	EMIT_TALLY(json, "opnums", &state->operations, no_names);
	if (state->fault != 0)
		json_unsigned(json, "fault", state->fault);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && state->types.places[0].count > 0)
		parse_event(parse, state);
	state->told = true;
}

/* The UUID in network order, whatever order it came in. */
static void read_uuid(struct span *s, bool little, uint8_t uuid[static UUID])
{
	const struct span part = span_take(s, UUID);
	static const uint8_t turned[8] = { 3, 2, 1, 0, 5, 4, 7, 6 };

	for (size_t i = 0; i < UUID && !part.failed; i++)
		uuid[i] = part.at[little && i < 8 ? turned[i] : i];
}

static struct interface *note_interface(struct conversation *state, const struct interface *found)
{
	for (size_t i = 0; i < state->count; i++)
		if (memcmp(state->interfaces[i].uuid, found->uuid, UUID) == 0)
			return &state->interfaces[i];
	if (state->count == INTERFACES)
		return NULL;
	state->interfaces[state->count] = *found;
	return &state->interfaces[state->count++];
}

static void read_bind(struct conversation *state, struct span s, bool little)
{
	unsigned contexts, syntaxes;

	span_skip(&s, 8);
	contexts = span_u8(&s);
	span_skip(&s, 3);
	for (unsigned i = 0; i < contexts && !s.failed; i++) {
		struct interface found = { .context = take_u16(&s, little), .result = 255 };

		syntaxes = span_u8(&s);
		span_skip(&s, 1);
		read_uuid(&s, little, found.uuid);
		found.version = take_u16(&s, little);
		found.minor = take_u16(&s, little);
		span_skip(&s, (size_t)20 * syntaxes);
		if (!s.failed)
			(void)note_interface(state, &found);
	}
}

bool dcerpc_interfaces(struct span message, char *room, size_t size)
{
	struct conversation asked = { 0 };
	struct header header;
	char text[UUID_TEXT];

	if (span_left(message) == 0 || read_header(&message, &header) != YES ||
	    (header.type != BIND && header.type != ALTER))
		return false;
	read_bind(&asked, message, header.little);
	for (size_t i = 0; i < asked.count; i++) {
		const char *const name = interface_text(asked.interfaces[i].uuid);

		texts_note(room, size,
			   span_text(name != NULL ? name : uuid_text(asked.interfaces[i].uuid, text)));
	}
	return asked.count > 0;
}

/* Results stand in the order of the contexts that were asked for; further ones of ALTER_CONTEXT last. */
static void read_bind_ack(struct conversation *state, struct span s, bool little)
{
	struct span address;
	unsigned results;
	uint16_t length;
	size_t place = 0;

	span_skip(&s, 8);
	length = take_u16(&s, little);
	address = span_take(&s, length);
	if (length > 1)
		span_copy_text(address, state->endpoint, sizeof(state->endpoint));
	span_skip(&s, (4 - (2 + length) % 4) % 4);
	results = span_u8(&s);
	span_skip(&s, 3);
	while (place < state->count && state->interfaces[place].result != 255)
		place++;
	for (unsigned i = 0; i < results && place < state->count; i++, place++) {
		const uint16_t result = take_u16(&s, little);

		span_skip(&s, 22);
		if (!s.failed)
			state->interfaces[place].result = (uint8_t)(result > 3 ? 3 : result);
	}
}

/* [MS-RPCE] 2.2.2.11: type and level of authentication stand before the token, which ends the message. Who
 * logs in with NTLM says so in the third message, in AUTH3 or ALTER_CONTEXT. */
static void read_auth(struct conversation *state, const struct header *header, struct span s)
{
	enum { TRAILER = 8 };
	struct ntlmssp login;

	if ((header->type != BIND && header->type != ALTER && header->type != AUTH3) ||
	    span_left(s) != (size_t)header->length - HEADER ||
	    span_left(s) < (size_t)header->auth_length + TRAILER)
		return;
	span_skip(&s, span_left(s) - header->auth_length - TRAILER);
	if (header->type == BIND) {
		state->auth = span_u8(&s);
		state->level = span_u8(&s);
		span_skip(&s, TRAILER - 2);
	} else {
		span_skip(&s, TRAILER);
	}
	if (ntlmssp_read(s, &login) && login.type == NTLMSSP_AUTHENTICATE)
		state->login = login;
}

/* ---- the endpoint mapper ---- */

static bool is_mapper(const struct conversation *state, uint16_t context)
{
	static const uint32_t mapper = 0xe1af8308;

	for (size_t i = 0; i < state->count; i++)
		if (state->interfaces[i].context == context && load_u32(state->interfaces[i].uuid) == mapper)
			return true;
	return false;
}

static void expect_endpoint(struct conversation *state, struct parse *parse,
			    const struct dcerpc_endpoint *endpoint)
{
	enum { WAIT_SECONDS = 300 };
	struct span octets = span_of(endpoint->uuid, UUID);
	uint8_t uuid[UUID] = { 0 };
	char text[UUID_TEXT], words[UUID_TEXT + 8];
	const char *name;

	read_uuid(&octets, true, uuid);
	name = interface_text(uuid);
	(void)snprintf(words, sizeof(words), "%s %u", name != NULL ? name : uuid_text(uuid, text),
		       endpoint->port);
	texts_note(state->mapped, sizeof(state->mapped), span_text(words));
	parse_expect(parse, &(struct expectation){ .transport = TRANSPORT_TCP,
						   .address = parse->addresses[SIDE_SERVER],
						   .port = endpoint->port,
						   .other = parse->addresses[SIDE_CLIENT],
						   .protocol = parse->protocol,
						   .waiting = SIDE_SERVER,
						   .seconds = WAIT_SECONDS,
						   .many = true });
}

/* A length, the context, and two octets; of a request the operation instead of these. */
static void read_request(struct conversation *state, const struct header *header, struct span s)
{
	uint16_t context, operation;

	span_skip(&s, 4);
	context = take_u16(&s, header->little);
	operation = take_u16(&s, header->little);
	if ((header->flags & FIRST) == 0)
		return;
	tally_add(&state->operations, operation);
	if (operation == EPT_MAP && is_mapper(state, context))
		state->map_call = header->call + 1;
}

static void read_response(struct conversation *state, struct parse *parse, const struct header *header,
			  struct span s)
{
	struct dcerpc_endpoint endpoints[MAPPED];
	size_t count;

	if (state->map_call == 0 || header->call + 1 != state->map_call || (header->flags & WHOLE) != WHOLE ||
	    header->auth_length > 0)
		return;
	state->map_call = 0;
	span_skip(&s, 8);
	count = dcerpc_map(s, header->little, endpoints, MAPPED);
	for (size_t i = 0; i < count; i++)
		expect_endpoint(state, parse, &endpoints[i]);
}

static void read_message(struct conversation *state, struct parse *parse, const struct header *header,
			 struct span s)
{
	tally_add(&state->types, header->type);
	switch (header->type) {
	case BIND:
	case ALTER: read_bind(state, s, header->little); break;
	case BIND_ACK:
	case ALTER_ACK: read_bind_ack(state, s, header->little); break;
	case REQUEST: read_request(state, header, s); break;
	case RESPONSE: read_response(state, parse, header, s); break;
	case FAULT:
		span_skip(&s, 8);
		state->fault = take_u32(&s, header->little);
		break;
	default: break;
	}
	if (header->auth_length > 0)
		read_auth(state, header, s);
}

static bool read_datagram(struct conversation *state, struct span s)
{
	struct interface found = { .result = 255 };
	const uint8_t type = span_peek(s, 1);
	const bool little = span_peek(s, 4) == 0x10;

	if (span_left(s) < DATAGRAM_HEADER || *s.at != 4)
		return false;
	state->connectionless = true;
	tally_add(&state->types, type);
	span_skip(&s, 24);
	read_uuid(&s, little, found.uuid);
	span_skip(&s, 20);
	found.version = take_u16(&s, little);
	found.minor = take_u16(&s, little);
	(void)note_interface(state, &found);
	span_skip(&s, 4);
	if (type == REQUEST)
		tally_add(&state->operations, take_u16(&s, little));
	span_skip(&s, type == REQUEST ? 4 : 6); /* hints */
	return take_u16(&s, little) <= span_left(s) - 4;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	if (parse->transport != TRANSPORT_TCP) {
		if (!read_datagram(state, *bytes) && !parse->cut)
			return PARSE_BROKEN;
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct span s = *bytes, message;
		struct header header;
		const enum verdict verdict = read_header(&s, &header);

		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		if (message_take(parse, bytes, header.length, &message) != YES)
			break;
		span_skip(&message, HEADER);
		read_message(state, parse, &header, message);
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
	.leads = true,
};

const struct protocol protocol_dcerpc = {
	.name = "dcerpc",
	.title = "DCE Remote Procedure Call",
	DOORS(TCP(135), UDP(135)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.datagram_least = DATAGRAM_HEADER,
	MARKS(OCTET(0, 4), OCTETS(1, 0, 10), OCTET(4, 0x00), OCTET(4, 0x10), OCTETS(5, 0, 3), OCTET(6, 0)),
	.parser = &parser,
	.probe = &dcerpc_probe,
};
