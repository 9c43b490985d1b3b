/* bacnet_parse.c: what is asked of devices in buildings, and what they say of themselves. Values are tagged
 * (ASHRAE 135, 20.2.1). */
#include "protocols/bacnet.h"

#include <stdio.h>

enum {
	I_AM = 0,
	READ = 12,
	WRITE = 15,
	TAG_OBJECT = 0, /* of the parameters of READ and WRITE */
	TAG_PROPERTY = 1,
	APPLICATION_TEXT = 7,
	APPLICATION_OBJECT = 12,
	DEVICE = 8,
	CLOSED = 0x100, /* services of the one kind are counted behind those of the other */
	OBJECT_NAME = 77,
	VENDOR_NAME = 121,
	MODEL_NAME = 70,
	FIRMWARE = 44,
	SOFTWARE = 12,
	ANY_DEVICE = 0x3fffff,
};

const struct weakness bacnet_clear_control = {
	"bacnet-clear-control",
	"BACnet changes devices without authentication",
	1,
	"Let no more than the stations of the building reach its devices, or use BACnet/SC.",
};

/* Those that change what a device does. */
static const uint8_t commands[] = { 7, 8, 9, 10, 11, 15, 16, 17, 20, 27 };

struct conversation {
	struct tally services, network;
	uint32_t device, vendor, errors;
	char name[64], vendor_name[64], model[64], firmware[64], software[64], objects[512];
	bool has_device, has_vendor, foreign, begun;
};

/* ---- telling ---- */

static const char *service_text(uint32_t code)
{
	return code < CLOSED ? code_text(bacnet_unconfirmed, bacnet_unconfirmed_count, code)
			     : code_text(bacnet_confirmed, bacnet_confirmed_count, code - CLOSED);
}

static void emit_services(struct json *json, const struct tally *tally)
{
	if (tally->places[0].count == 0)
		return;
	json_open_object(json, "services");
	for (size_t i = 0; i < TALLY_PLACES && tally->places[i].count > 0; i++) {
		const char *const name = service_text(tally->places[i].code);
		char number[16];

		(void)snprintf(number, sizeof(number), "%u", tally->places[i].code & 0xff);
		json_unsigned(json, name != NULL ? name : number, tally->places[i].count);
	}
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	static const struct code_name network_names[] = {
		{ 0, "who_is_router" },        { 1, "i_am_router" },
		{ 2, "i_could_be_router" },    { 3, "reject" },
		{ 4, "router_busy" },          { 5, "router_available" },
		{ 6, "initialize_routing" },   { 7, "initialize_ack" },
		{ 8, "establish_connection" }, { 9, "disconnect" },
		{ 18, "what_is_network" },     { 19, "network_is" },
	};
	const struct conversation *const state = record;

	emit_services(json, &state->services);
	EMIT_TALLY(json, "network_messages", &state->network, network_names);
	if (state->has_device)
		json_unsigned(json, "device_instance", state->device);
	if (state->has_vendor)
		json_unsigned(json, "vendor_id", state->vendor);
	emit_text(json, "device_name", state->name);
	emit_text(json, "vendor_name", state->vendor_name);
	emit_text(json, "model_name", state->model);
	emit_text(json, "firmware", state->firmware);
	emit_text(json, "software", state->software);
	emit_texts(json, "properties", state->objects);
	json_unsigned(json, "errors", state->errors);
	json_bool(json, "foreign_device", state->foreign);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (state->begun)
		parse_event(parse, state);
	state->begun = false;
}

/* ---- tagged values ---- */

struct tagged {
	uint8_t number;
	bool context, opening, closing;
	struct span value;
};

static bool next_tagged(struct span *s, struct tagged *ret)
{
	const uint8_t tag = span_u8(s);
	uint32_t length = tag & 7;

	*ret = (struct tagged){ .number = tag >> 4, .context = tag & 8, .value = span_of(NULL, 0) };
	if (ret->number == 15)
		ret->number = span_u8(s);
	ret->opening = ret->context && length == 6;
	ret->closing = ret->context && length == 7;
	if (ret->opening || ret->closing)
		return !s->failed;
	if (length == 5) {
		length = span_u8(s);
		length = length == 254 ? span_u16(s) : length == 255 ? span_u32(s) : length;
	}
	if (!ret->context && ret->number == 1) /* of truth values the length is the value */
		length = 0;
	ret->value = span_take(s, length);
	return !s->failed;
}

static uint32_t number_of(struct span value)
{
	uint32_t number = 0;

	while (span_left(value) > 0)
		number = number << 8 | span_u8(&value);
	return number;
}

/* "analog-input:3" of ten bits of type and 22 of number. */
static void object_text(uint32_t object, char text[static 48])
{
	const char *const type = code_text(bacnet_objects, bacnet_objects_count, object >> 22);

	if (type != NULL)
		(void)snprintf(text, 48, "%s:%u", type, object & ANY_DEVICE);
	else
		(void)snprintf(text, 48, "%u:%u", object >> 22, object & ANY_DEVICE);
}

/* ---- reading ---- */

struct property {
	uint32_t object, property;
	struct span text; /* its value, where that is a text */
};

/* The parameters of READ, of its answer and of WRITE: an object, a property, and a value. */
static bool read_property(struct span s, struct property *ret)
{
	struct tagged tagged;
	bool named = false;

	*ret = (struct property){ .text = span_of(NULL, 0) };
	if (!next_tagged(&s, &tagged) || !tagged.context || tagged.number != TAG_OBJECT ||
	    span_left(tagged.value) != 4)
		return false;
	ret->object = number_of(tagged.value);
	while (span_left(s) > 0 && next_tagged(&s, &tagged)) {
		if (tagged.context && tagged.number == TAG_PROPERTY && !named) {
			ret->property = number_of(tagged.value);
			named = true;
		} else if (!tagged.context && tagged.number == APPLICATION_TEXT &&
			   span_left(tagged.value) > 1 && *tagged.value.at == 0) { /* in UTF-8 */
			ret->text = tagged.value;
			span_skip(&ret->text, 1);
			break;
		}
	}
	return named;
}

static void note_property(struct conversation *state, const struct property *property)
{
	const char *const name = code_text(bacnet_properties, bacnet_properties_count, property->property);
	char object[48], text[112];

	object_text(property->object, object);
	if (name != NULL)
		(void)snprintf(text, sizeof(text), "%s.%s", object, name);
	else
		(void)snprintf(text, sizeof(text), "%s.%u", object, property->property);
	texts_note(state->objects, sizeof(state->objects), span_text(text));
}

/* What a device says of itself. */
static void note_answer(struct conversation *state, const struct property *property)
{
	if (property->object >> 22 != DEVICE)
		return;
	if ((property->object & ANY_DEVICE) != ANY_DEVICE) {
		state->device = property->object & ANY_DEVICE;
		state->has_device = true;
	}
	switch (property->property) {
	case OBJECT_NAME: span_copy_text(property->text, state->name, sizeof(state->name)); break;
	case VENDOR_NAME:
		span_copy_text(property->text, state->vendor_name, sizeof(state->vendor_name));
		break;
	case MODEL_NAME: span_copy_text(property->text, state->model, sizeof(state->model)); break;
	case FIRMWARE: span_copy_text(property->text, state->firmware, sizeof(state->firmware)); break;
	case SOFTWARE: span_copy_text(property->text, state->software, sizeof(state->software)); break;
	default: break;
	}
}

/* The device, the longest message it takes, how it segments, and its vendor. */
static void read_i_am(struct conversation *state, struct span s)
{
	struct tagged tagged;

	if (!next_tagged(&s, &tagged) || tagged.context || tagged.number != APPLICATION_OBJECT ||
	    span_left(tagged.value) != 4)
		return;
	state->device = number_of(tagged.value) & ANY_DEVICE;
	state->has_device = true;
	for (unsigned i = 0; i < 3; i++)
		if (!next_tagged(&s, &tagged))
			return;
	state->vendor = number_of(tagged.value);
	state->has_vendor = true;
}

static void read_request(struct conversation *state, struct parse *parse,
			 const struct bacnet_message *message)
{
	struct property property;
	const bool known = (message->service == READ || message->service == WRITE) &&
			   read_property(message->content, &property);
	char object[48] = "a device";

	tally_add(&state->services, CLOSED + message->service);
	if (known) {
		note_property(state, &property);
		object_text(property.object, object);
	}
	for (size_t i = 0; i < sizeof(commands); i++)
		if (commands[i] == message->service)
			parse_weakness(parse, &bacnet_clear_control, "%s to %s",
				       service_text(CLOSED + message->service), object);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct bacnet_message message;
	struct property property;

	if (!bacnet_read(*bytes, &message))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	state->begun = true;
	state->foreign = state->foreign || message.function == 5;
	if (message.network)
		tally_add(&state->network, message.network_type);
	if (!message.application)
		return PARSE_ON;
	switch (message.kind) {
	case BACNET_CONFIRMED: read_request(state, parse, &message); break;
	case BACNET_UNCONFIRMED:
		tally_add(&state->services, message.service);
		if (message.service == I_AM)
			read_i_am(state, message.content);
		break;
	case BACNET_COMPLEX_ACK:
		if (message.service == READ && read_property(message.content, &property))
			note_answer(state, &property);
		break;
	case BACNET_ERROR:
	case BACNET_REJECT:
	case BACNET_ABORT: state->errors++; break;
	default: break;
	}
	return PARSE_ON;
}

const struct parser bacnet_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
