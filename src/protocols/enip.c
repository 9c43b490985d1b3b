/* enip.c: EtherNet/IP, the encapsulation of the Common Industrial Protocol ("The CIP Networks Library",
 * volume 2, chapter 2; services of volume 1, appendix A). Numbers are little-endian. */
#include "protocols/probes.h"
#include "protocols/tally.h"

#include <stdio.h>

enum {
	HEADER = 24,
	LENGTH_MOST = 65511,
	LIST_SERVICES = 0x04,
	LIST_IDENTITY = 0x63,
	REGISTER = 0x65,
	SEND_DATA = 0x6f,
	ITEM_IDENTITY = 0x0c,
	SEND_UNIT_DATA = 0x70,
	ITEM_DATA = 0xb2,
	ITEM_CONNECTED_DATA = 0xb1,
	ITEMS_MOST = 4,
	MULTIPLE_SERVICE = 0x0a,
	SERVICES_MOST = 32, /* in one */
	ITEM_SERVICES = 0x100,
	RESPONSE = 0x80,
};

static const struct weakness clear_write = {
	.id = "enip-clear-write",
	.title = "EtherNet/IP changes a controller without authentication",
	.severity = 1,
	.remedy = "Use CIP Security, or let nobody but the controller's partners reach it.",
};
static const struct weakness *const weaknesses[] = { &clear_write, NULL };

static const struct code_name command_names[] = {
	{ 0x00, "nop" },
	{ 0x04, "list_services" },
	{ 0x63, "list_identity" },
	{ 0x64, "list_interfaces" },
	{ 0x65, "register_session" },
	{ 0x66, "unregister_session" },
	{ 0x6f, "send_rr_data" },
	{ 0x70, "send_unit_data" },
	{ 0x72, "indicate_status" },
	{ 0x73, "cancel" },
};
static const struct code_name service_names[] = {
	{ 0x01, "get_attributes_all" },
	{ 0x02, "set_attributes_all" },
	{ 0x03, "get_attribute_list" },
	{ 0x04, "set_attribute_list" },
	{ 0x05, "reset" },
	{ 0x06, "start" },
	{ 0x07, "stop" },
	{ 0x0a, "multiple_service" },
	{ 0x0e, "get_attribute_single" },
	{ 0x10, "set_attribute_single" },
	{ 0x4c, "read_tag" },
	{ 0x4d, "write_tag" },
	{ 0x4e, "forward_close" },
	{ 0x52, "unconnected_send" },
	{ 0x53, "write_tag_fragmented" },
	{ 0x54, "forward_open" },
};

/* ---- recognising ---- */

struct header {
	uint16_t command, length;
	uint32_t session, status;
};

static enum verdict read_header(struct span s, struct header *ret)
{
	const size_t come = span_left(s);
	uint32_t options;

	if (CODE_TEXT(command_names, s.at[0]) == NULL || (come > 1 && s.at[1] != 0))
		return NO;
	ret->command = span_u16_le(&s);
	ret->length = span_u16_le(&s);
	ret->session = span_u32_le(&s);
	ret->status = span_u32_le(&s);
	if (come >= 12 && ret->status > 0x6a)
		return NO;
	span_skip(&s, 8);
	options = span_u32_le(&s);
	if (s.failed)
		return MORE;
	return options == 0 && ret->length <= LENGTH_MOST ? YES : NO;
}

/* A list of one item or a few, the first of this type. */
static enum verdict is_list(struct span s, uint16_t length, uint16_t type)
{
	const uint16_t count = span_u16_le(&s), item = span_u16_le(&s), size = span_u16_le(&s);

	if (s.failed)
		return MORE;
	return count >= 1 && count <= 8 && item == type && size >= 12 && size + 6u <= length ? YES : NO;
}

static enum verdict is_data(struct span s, uint16_t length)
{
	const uint32_t interface = span_u32_le(&s);
	uint16_t count, type, size;

	span_skip(&s, 2);
	count = span_u16_le(&s);
	type = span_u16_le(&s);
	size = span_u16_le(&s);
	if (s.failed)
		return MORE;
	return interface == 0 && count >= 2 && count <= 4 && type == 0 && size == 0 && length > 16 ? YES : NO;
}

static enum verdict is_body(const struct header *header, struct span s, enum side side)
{
	uint16_t version;

	switch (header->command) {
	case REGISTER:
		version = span_u16_le(&s);
		span_skip(&s, 2);
		if (header->length != 4 || (side == SIDE_CLIENT) != (header->session == 0))
			return NO;
		return s.failed ? MORE : version == 1 ? YES : NO;
	case LIST_IDENTITY:
	case LIST_SERVICES:
		if (side == SIDE_CLIENT)
			return header->length == 0 && header->session == 0 && header->status == 0 ? YES : NO;
		return is_list(s, header->length,
			       header->command == LIST_IDENTITY ? ITEM_IDENTITY : ITEM_SERVICES);
	case SEND_DATA: return header->session != 0 ? is_data(s, header->length) : NO;
	default: return NO;
	}
}

static enum verdict take_message(struct span *s, enum side side, struct header *ret)
{
	const enum verdict verdict = read_header(*s, ret);

	if (verdict != YES)
		return verdict;
	span_skip(s, HEADER);
	return is_body(ret, *s, side);
}

/* A client that asks who is there says nothing but a command and zeros: in a stream another message follows.
 */
static bool is_question(const struct header *header, enum side side)
{
	return side == SIDE_CLIENT && (header->command == LIST_IDENTITY || header->command == LIST_SERVICES);
}

/* Eight octets of the sender's choice: it left them alone, or made use of them. The number 4 and zeros alone
 * could be anything's. */
static bool is_context(const struct header *header, struct span question)
{
	enum { CONTEXT_AT = 12, CONTEXT = 8, USED = 3 };
	unsigned used = 0;

	for (size_t i = 0; i < CONTEXT; i++)
		used += span_peek(question, CONTEXT_AT + i) != 0;
	return used == 0 ? header->command != LIST_SERVICES : used >= USED;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const size_t whole = span_left(first);
	const struct span question = first;
	struct header header;
	enum verdict verdict;

	if (transport != TRANSPORT_TCP && transport != TRANSPORT_UDP)
		return NO;
	verdict = take_message(&first, side, &header);
	if (transport == TRANSPORT_UDP)
		return verdict == YES && whole == (size_t)header.length + HEADER &&
				       (!is_question(&header, side) || is_context(&header, question))
			       ? YES
			       : NO;
	if (verdict != YES || !is_question(&header, side))
		return verdict;
	return span_left(first) == 0 ? MORE : take_message(&first, side, &header);
}

/* ---- reading ---- */

struct conversation {
	struct tally commands, services;
	uint32_t requests, answers, serial;
	uint16_t vendor, type, product;
	uint8_t major, minor;
	char name[64];
	bool identified, told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;
	char text[16];

	json_unsigned(json, "requests", state->requests);
	json_unsigned(json, "responses", state->answers);
	EMIT_TALLY(json, "commands", &state->commands, command_names);
	EMIT_TALLY(json, "services", &state->services, service_names);
	if (!state->identified)
		return;
	json_unsigned(json, "vendor_id", state->vendor);
	json_unsigned(json, "device_type", state->type);
	json_unsigned(json, "product_code", state->product);
	(void)snprintf(text, sizeof(text), "%u.%u", state->major, state->minor);
	json_text(json, "revision", text);
	json_unsigned(json, "serial", state->serial);
	emit_text(json, "product_name", state->name);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && state->requests + state->answers > 0)
		parse_event(parse, state);
	state->told = true;
}

/* Behind the count, type and length of the item: version and address, then the identity object. */
static void read_identity(struct conversation *state, struct parse *parse, struct span s)
{
	char version[16];

	span_skip(&s, 6 + 2 + 16);
	state->vendor = span_u16_le(&s);
	state->type = span_u16_le(&s);
	state->product = span_u16_le(&s);
	state->major = span_u8(&s);
	state->minor = span_u8(&s);
	span_skip(&s, 2);
	state->serial = span_u32_le(&s);
	span_copy_text(span_take(&s, span_u8(&s)), state->name, sizeof(state->name));
	if (s.failed)
		return;
	state->identified = true;
	(void)snprintf(version, sizeof(version), "%u.%u", state->major, state->minor);
	parse_software(parse, SIDE_SERVER, span_text(state->name), span_text(version));
}

static bool is_change(uint8_t service)
{
	return service == 0x02 || service == 0x04 || service == 0x05 || service == 0x06 || service == 0x07 ||
	       service == 0x10 || service == 0x4d || service == 0x53;
}

static void note_service(struct conversation *state, struct parse *parse, uint8_t service)
{
	tally_add(&state->services, service);
	if (is_change(service))
		parse_weakness(parse, &clear_write, "service %u (%s)", service,
			       CODE_TEXT(service_names, service));
}

/* Several in one: behind the path a count, and for each where it begins, counted from the count (volume 1,
 * 5A-3.6). They hold none of their kind that is looked into. */
static void read_services(struct conversation *state, struct parse *parse, struct span s)
{
	struct span offsets;
	uint16_t count;

	span_skip(&s, (size_t)span_u8(&s) * 2);
	offsets = s;
	count = span_u16_le(&offsets);
	for (uint16_t i = 0; i < count && i < SERVICES_MOST; i++) {
		const uint16_t at = span_u16_le(&offsets);

		if (offsets.failed || at >= span_left(s))
			return;
		note_service(state, parse, s.at[at]);
	}
}

/* The items behind the interface and the time: a service stands in one of them, of a connection behind its
 * number in sequence. */
static void read_data(struct conversation *state, struct parse *parse, struct span s)
{
	uint16_t items;

	span_skip(&s, 6);
	items = span_u16_le(&s);
	for (uint16_t i = 0; i < items && i < ITEMS_MOST; i++) {
		const uint16_t type = span_u16_le(&s);
		struct span item = span_take(&s, span_u16_le(&s));
		uint8_t service;

		if (type == ITEM_CONNECTED_DATA)
			span_skip(&item, 2);
		service = span_u8(&item);
		if (item.failed || (type != ITEM_DATA && type != ITEM_CONNECTED_DATA) ||
		    (service & RESPONSE) != 0)
			continue;
		note_service(state, parse, service);
		if (service == MULTIPLE_SERVICE)
			read_services(state, parse, item);
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct header header;
		struct span message;
		const enum verdict verdict = read_header(*bytes, &header);

		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		if (message_take(parse, bytes, (uint64_t)header.length + HEADER, &message) != YES)
			break;
		span_skip(&message, HEADER);
		if (parse->side == SIDE_CLIENT) {
			state->requests++;
			tally_add(&state->commands, header.command);
			if (header.command == SEND_DATA || header.command == SEND_UNIT_DATA)
				read_data(state, parse, message);
		} else {
			state->answers++;
			if (header.command == LIST_IDENTITY)
				read_identity(state, parse, message);
		}
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_enip = {
	.name = "enip",
	.title = "EtherNet/IP",
	DOORS(TCP(44818), UDP(44818)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = HEADER,
	MARKS(OCTET(0, LIST_SERVICES), OCTET(0, LIST_IDENTITY), OCTET(0, REGISTER), OCTET(0, SEND_DATA),
	      OCTET(1, 0)),
	.parser = &parser,
	.probe = &enip_probe,
	.probe_state_size = ENIP_PROBE_STATE,
	.weaknesses = weaknesses,
};
