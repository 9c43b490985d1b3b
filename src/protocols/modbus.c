/* modbus.c: Modbus over TCP: MODBUS Messaging on TCP/IP Implementation Guide 1.0b and MODBUS Application
 * Protocol 1.1b3. */
#include "protocols/tally.h"
#include "protocols/text.h"

enum {
	HEADER = 7,
	LENGTH_MOST = 254,
	EXCEPTION = 0x80,
	ENCAPSULATED = 43,
	DEVICE_ID = 14,
	OBJECTS = 3,
	UNITS_MOST = 247, /* but for 255, which means none */
	TESTS_MOST = 20,
	REFERENCE = 6, /* type of all references to files */
};

static const struct weakness clear_write = {
	.id = "modbus-clear-write",
	.title = "Modbus writes to a controller without authentication",
	.severity = 1,
	.remedy = "Use Modbus/TCP Security (TLS), or let nobody but the master reach the controller.",
};
static const struct weakness *const weaknesses[] = { &clear_write, NULL };

static const struct code_name function_names[] = {
	{ 1, "read_coils" },
	{ 2, "read_discrete_inputs" },
	{ 3, "read_holding_registers" },
	{ 4, "read_input_registers" },
	{ 5, "write_single_coil" },
	{ 6, "write_single_register" },
	{ 7, "read_exception_status" },
	{ 8, "diagnostics" },
	{ 11, "get_event_counter" },
	{ 12, "get_event_log" },
	{ 15, "write_multiple_coils" },
	{ 16, "write_multiple_registers" },
	{ 17, "report_server_id" },
	{ 20, "read_file_record" },
	{ 21, "write_file_record" },
	{ 22, "mask_write_register" },
	{ 23, "read_write_registers" },
	{ 24, "read_fifo_queue" },
	{ 43, "encapsulated" },
	{ 90, "unity" },
};
static const struct code_name exception_names[] = {
	{ 1, "illegal_function" },     { 2, "illegal_data_address" }, { 3, "illegal_data_value" },
	{ 4, "server_failure" },       { 5, "acknowledge" },          { 6, "server_busy" },
	{ 7, "negative_acknowledge" }, { 8, "memory_parity" },        { 10, "gateway_path" },
	{ 11, "gateway_target" },
};

/* ---- recognising ---- */

/* Whether a request of this function can hold these octets, and no others. */
static bool is_request(uint8_t function, struct span s)
{
	const size_t length = span_left(s);
	uint16_t count, value;

	span_skip(&s, 2);
	switch (function) {
	case 1:
	case 2: count = span_u16(&s); return length == 4 && count >= 1 && count <= 2000;
	case 3:
	case 4: count = span_u16(&s); return length == 4 && count >= 1 && count <= 125;
	case 5: value = span_u16(&s); return length == 4 && (value == 0 || value == 0xff00);
	case 6: return length == 4;
	case 7:
	case 11:
	case 12:
	case 17: return length == 0;
	case 8: /* a test, and what goes with it: mostly nothing */
		return length == 4 && load_u16(s.at - 2) <= TESTS_MOST &&
		       (load_u16(s.at - 2) <= 3 || load_u16(s.at) == 0);
	case 15:
	case 16:
		count = span_u16(&s);
		value = span_u8(&s);
		return count > 0 && value == (function == 16 ? 2 * count : (count + 7) / 8) &&
		       span_left(s) == value;
	case 20:
	case 21: return length >= 8 && s.at[-2] == length - 1 && s.at[-1] == REFERENCE;
	case 22: return length == 6;
	case 23: return length >= 11 && s.at[6] == length - 9;
	case 24: return length == 2;
	case ENCAPSULATED: return length == 3 && s.at[-2] == DEVICE_ID && s.at[-1] >= 1 && s.at[-1] <= 4;
	default: return false;
	}
}

static bool is_answer(uint8_t function, struct span s)
{
	const size_t length = span_left(s);
	const uint8_t first = span_u8(&s);

	if ((function & EXCEPTION) != 0)
		return length == 1 && CODE_TEXT(function_names, function & 0x7f) != NULL &&
		       CODE_TEXT(exception_names, first) != NULL;
	switch (function) {
	case 1:
	case 2: return length >= 2 && first == length - 1;
	case 3:
	case 4:
	case 23: return length >= 3 && first == length - 1 && first % 2 == 0;
	case 5: return length == 4 && (s.at[1] == 0 || s.at[1] == 0xff) && s.at[2] == 0;
	case 6:
	case 8: return length == 4;
	case 7: return length == 1;
	case 11: return length == 4;
	case 12:
	case 17: return length >= 2 && first == length - 1;
	case 20: return length >= 3 && first == length - 1 && s.at[1] == REFERENCE;
	case 21: return length >= 8 && first == length - 1 && s.at[0] == REFERENCE;
	case 15:
	case 16: return length == 4 && s.at[1] == 0 ? s.at[2] != 0 : length == 4 && s.at[1] <= 7;
	case 22: return length == 6;
	case 24: return length >= 4 && s.at[0] == length - 2 && first == 0;
	case ENCAPSULATED: return length >= 6 && first == DEVICE_ID;
	default: return false;
	}
}

/* A whole message, or the beginning of one. */
static enum verdict read_message(struct span s, struct span *ret_message)
{
	const size_t come = span_left(s);

	if ((come > 2 && s.at[2] != 0) || (come > 3 && s.at[3] != 0) || (come > 4 && s.at[4] != 0) ||
	    (come > 5 && (s.at[5] < 2 || s.at[5] > LENGTH_MOST)))
		return NO;
	if (come < HEADER || come < (size_t)s.at[5] + 6)
		return MORE;
	*ret_message = span_take(&s, (size_t)s.at[5] + 6);
	return YES;
}

/* Takes a message that can be one of this side's. */
static enum verdict take_sound(struct span *s, enum side side, struct span *ret_message)
{
	struct span message;
	enum verdict verdict;
	uint8_t unit, function;

	/* What is no function is told before the rest has come. */
	if (span_left(*s) > HEADER && CODE_TEXT(function_names, s->at[HEADER] & 0x7f) == NULL)
		return NO;
	verdict = read_message(*s, &message);
	if (verdict != YES)
		return verdict;
	*ret_message = message;
	span_skip(s, span_left(message));
	span_skip(&message, HEADER - 1);
	unit = span_u8(&message);
	function = span_u8(&message);
	if (message.failed || (unit > UNITS_MOST && unit != 0xff))
		return NO;
	return (side == SIDE_CLIENT ? is_request(function, message) : is_answer(function, message)) ? YES
												    : NO;
}

/* But for the value that a question ends with; and but for the usual question for some registers, whose count
 * is checked well. What is defined for serial lines alone is told by nothing else either. */
static bool is_weak(struct span s, enum side side)
{
	const uint8_t unit = span_peek(s, HEADER - 1), function = span_peek(s, HEADER) & 0x7f;

	if (side == SIDE_CLIENT && (function == 3 || function == 4))
		return false;
	if (unit == 0 && (function == 6 || function == 22 || function == 23)) /* which may hold anything */
		return true;
	if (unit == 0 && side == SIDE_SERVER && (function == 15 || function == 16)) /* nearly anything */
		return true;
	if (function == 7 || function == 8 || function == 11 || function == 12 || function == 17)
		return true;
	s = text_first(s, HEADER + 3);
	while (span_left(s) > 0 && *s.at < 9)
		s.at++;
	return span_left(s) == 0;
}

/* A message of small numbers alone could be anything's: another one has to follow. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span message;
	enum verdict verdict;

	if (transport != TRANSPORT_TCP)
		return NO;
	verdict = take_sound(&first, side, &message);
	if (verdict != YES || !is_weak(message, side))
		return verdict;
	return span_left(first) == 0 ? MORE : take_sound(&first, side, &message);
}

/* ---- reading ---- */

struct conversation {
	struct tally functions, exceptions;
	uint32_t requests, answers, written;
	uint8_t units[32]; /* a bit for each unit */
	char objects[OBJECTS][64];
	bool told;
};

static const char *const object_keys[OBJECTS] = { "vendor", "product", "revision" };

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_unsigned(json, "requests", state->requests);
	json_unsigned(json, "responses", state->answers);
	json_open_array(json, "units");
	for (unsigned i = 0; i < 256; i++)
		if ((state->units[i / 8] >> i % 8 & 1) != 0)
			json_unsigned(json, NULL, i);
	json_end(json);
	EMIT_TALLY(json, "functions", &state->functions, function_names);
	EMIT_TALLY(json, "exceptions", &state->exceptions, exception_names);
	json_unsigned(json, "writes", state->written);
	for (size_t i = 0; i < OBJECTS; i++)
		emit_text(json, object_keys[i], state->objects[i]);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && state->requests + state->answers > 0)
		parse_event(parse, state);
	state->told = true;
}

static bool is_write(uint8_t function)
{
	return function == 5 || function == 6 || function == 15 || function == 16 || function == 21 ||
	       function == 22 || function == 23;
}

/* Basic objects of a device: vendor's name, code of the product, revision. */
static void read_device(struct span s, char objects[static OBJECTS][64])
{
	uint8_t count;

	span_skip(&s, 4);
	count = span_u8(&s);
	for (unsigned i = 0; i < count && !s.failed; i++) {
		const uint8_t id = span_u8(&s);
		const struct span value = span_take(&s, span_u8(&s));

		if (id < OBJECTS)
			span_copy_text(value, objects[id], 64);
	}
}

static void read_one(struct conversation *state, struct parse *parse, struct span s)
{
	uint8_t unit, function;

	span_skip(&s, HEADER - 1);
	unit = span_u8(&s);
	function = span_u8(&s);
	if (s.failed)
		return;
	state->units[unit / 8] |= (uint8_t)(1u << unit % 8);
	if (parse->side == SIDE_CLIENT) {
		state->requests++;
		tally_add(&state->functions, function);
		if (is_write(function)) {
			state->written++;
			parse_weakness(parse, &clear_write, "function %u (%s) to unit %u", function,
				       CODE_TEXT(function_names, function), unit);
		}
		return;
	}
	state->answers++;
	if ((function & EXCEPTION) != 0) {
		tally_add(&state->exceptions, span_u8(&s));
	} else if (function == ENCAPSULATED && span_u8(&s) == DEVICE_ID) {
		read_device(s, state->objects);
		if (state->objects[0][0] != '\0')
			parse_software(parse, SIDE_SERVER, span_text(state->objects[0]),
				       span_text(state->objects[2]));
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0) {
		struct span message;
		const enum verdict verdict = read_message(*bytes, &message);

		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		bytes->at = message.end;
		read_one(state, parse, message);
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

/* Read Device Identification, basic objects, of unit 255, which is the device itself. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_add(out, "\x44\x77\0\0\0\5\xff\x2b\x0e\1\0", 11);
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	char objects[OBJECTS][64] = { 0 };
	struct span s = *heard, message;
	enum verdict verdict = recognise(s, SIDE_SERVER, TRANSPORT_TCP);

	(void)memory;
	(void)out;
	if (verdict == MORE)
		return ended ? PROBE_NOT : PROBE_WAIT;
	if (verdict == NO || read_message(s, &message) != YES || span_u16(&s) != 0x4477)
		return PROBE_NOT;
	heard->at = message.end;
	span_skip(&message, HEADER);
	if (span_u8(&message) == ENCAPSULATED) {
		span_skip(&message, 1);
		read_device(message, objects);
	} else {
		answer_fact(answer, "exception", span_text(CODE_TEXT(exception_names, span_u8(&message))));
	}
	for (size_t i = 0; i < OBJECTS; i++)
		answer_fact(answer, object_keys[i], span_text(objects[i]));
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_modbus = {
	.name = "modbus",
	.title = "Modbus",
	DOORS(TCP(502)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
