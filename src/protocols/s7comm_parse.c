/* s7comm_parse.c: conversations with Siemens' controllers: which module is spoken to, what is read, what
 * changed. */
#include "protocols/s7comm.h"

#include <stdio.h>

enum {
	TSAP_CALLING = 0xc1,
	TSAP_CALLED = 0xc2,
	SETUP = 0xf0,
	READ = 0x04,
	WRITE = 0x05,
	GROUP_CPU = 4,
	READ_SZL = 1,
	ITEM = 12, /* octets that name a variable */
	ITEMS_MOST = 20,
	IDENTIFICATION = 0x0011,
	COMPONENTS = 0x001c,
	USERDATA_SHIFT = 0x10000, /* functions of user data are counted behind the others */
	PLUS_SHIFT = 0x20000,
	DIGEST = 0x20,
};

const struct weakness s7comm_clear_control = {
	"s7comm-clear-control",
	"S7 changes a controller without authentication",
	1,
	"Set an access level with a password in the controller, and let no more than its own stations reach "
	"port 102.",
};

static const struct code_name function_names[] = {
	{ 0x00, "cpu_services" },
	{ 0x04, "read_variable" },
	{ 0x05, "write_variable" },
	{ 0x1a, "request_download" },
	{ 0x1b, "download_block" },
	{ 0x1c, "download_ended" },
	{ 0x1d, "start_upload" },
	{ 0x1e, "upload" },
	{ 0x1f, "end_upload" },
	{ 0x28, "program_invocation" },
	{ 0x29, "stop" },
	{ 0xf0, "setup_communication" },
	{ 0x10101, "diagnostic_data" },
	{ 0x10102, "variable_table" },
	{ 0x1010c, "remove_diagnostic" },
	{ 0x10110, "variable_table_data" },
	{ 0x10201, "cyclic_read" },
	{ 0x10204, "cyclic_stop" },
	{ 0x10301, "list_blocks" },
	{ 0x10302, "list_blocks_of_type" },
	{ 0x10303, "block_info" },
	{ 0x10401, "read_szl" },
	{ 0x10402, "message_service" },
	{ 0x10403, "diagnostic_message" },
	{ 0x10501, "password" },
	{ 0x10701, "read_clock" },
	{ 0x10702, "set_clock" },
	{ 0x204bb, "explore" },
	{ 0x204ca, "create_object" },
	{ 0x204d4, "delete_object" },
	{ 0x204f2, "set_variable" },
	{ 0x20524, "get_link" },
	{ 0x20542, "set_variables" },
	{ 0x2054c, "get_variables" },
	{ 0x2056b, "invoke" },
	{ 0x20586, "get_sub_streams" },
};

/* Those that change what a controller does. */
static const uint32_t commands[] = { 0x05, 0x1a, 0x28, 0x29, 0x10702, 0x204f2, 0x20542, 0x2056b };

static const struct code_name area_names[] = {
	{ 0x03, "system_info" },    { 0x05, "system_flags" }, { 0x06, "analog_inputs" },
	{ 0x07, "analog_outputs" }, { 0x1c, "counters" },     { 0x1d, "timers" },
	{ 0x80, "peripherals" },    { 0x81, "inputs" },       { 0x82, "outputs" },
	{ 0x83, "flags" },          { 0x84, "data_blocks" },  { 0x85, "instance_data" },
	{ 0x86, "local_data" },
};

struct conversation {
	struct tally functions, areas;
	char calling[34], called[34], order[32], firmware[16], system[40], module[40], serial[40];
	uint32_t jobs, errors;
	uint16_t pdu_size, called_number;
	bool connected, plus, continued[2], told;
};

/* ---- telling ---- */

static void emit(const void *record, struct json *json)
{
	static const char *const kinds[] = { "pg", "op", "basic" };
	const struct conversation *const state = record;
	const unsigned kind = state->called_number >> 8;

	json_text(json, "variant", state->plus ? "s7comm-plus" : "s7comm");
	emit_text(json, "calling_tsap", state->calling);
	emit_text(json, "called_tsap", state->called);
	if (state->connected && !state->plus) { /* the called TSAP: kind of connection, rack and slot */
		if (kind >= 1 && kind <= 3)
			json_text(json, "connection", kinds[kind - 1]);
		json_unsigned(json, "rack", state->called_number >> 5 & 7);
		json_unsigned(json, "slot", state->called_number & 31);
	}
	if (state->pdu_size > 0)
		json_unsigned(json, "pdu_size", state->pdu_size);
	json_unsigned(json, "jobs", state->jobs);
	EMIT_TALLY(json, "functions", &state->functions, function_names);
	EMIT_TALLY(json, "areas", &state->areas, area_names);
	json_unsigned(json, "errors", state->errors);
	emit_text(json, "order_number", state->order);
	emit_text(json, "firmware", state->firmware);
	emit_text(json, "system_name", state->system);
	emit_text(json, "module_name", state->module);
	emit_text(json, "serial", state->serial);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told)
		parse_event(parse, state);
	state->told = true;
}

static void note_function(struct conversation *state, struct parse *parse, uint32_t function)
{
	const char *const name = CODE_TEXT(function_names, function);

	state->jobs++;
	tally_add(&state->functions, function);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (commands[i] == function)
			parse_weakness(parse, &s7comm_clear_control, "%s to %s", name,
				       state->called[0] != '\0' ? state->called : "a controller");
}

/* ---- connecting ---- */

/* Two octets in hexadecimal; longer ones are names. */
static void write_tsap(struct span s, char *text, size_t size)
{
	size_t length = 0;

	if (span_left(s) > 2 && text_is_plain(s)) {
		span_copy_text(s, text, size);
		return;
	}
	text[0] = '\0';
	while (span_left(s) > 0 && length + 3 <= size)
		length += (size_t)snprintf(text + length, size - length, "%02x", span_u8(&s));
}

/* Behind two references and the class: code, length and value of each option. */
static void read_connection(struct conversation *state, struct span options)
{
	span_skip(&options, 5);
	while (span_left(options) >= 2) {
		const uint8_t code = span_u8(&options), length = span_u8(&options);
		struct span value = span_take(&options, length);

		if (value.failed)
			return;
		if (code == TSAP_CALLING)
			write_tsap(value, state->calling, sizeof(state->calling));
		if (code != TSAP_CALLED)
			continue;
		write_tsap(value, state->called, sizeof(state->called));
		state->connected = length == 2;
		state->called_number = span_u16(&value);
	}
}

/* ---- S7 ---- */

/* Variables that are read or written: by area; their values are not looked at. */
static void read_items(struct conversation *state, struct span s)
{
	const uint8_t count = span_u8(&s);

	for (unsigned i = 0; i < count && i < ITEMS_MOST; i++) {
		const uint8_t *const item = span_header(&s, ITEM);

		if (item == NULL || item[0] != 0x12 || item[1] != ITEM - 2 || item[2] != 0x10)
			return;
		tally_add(&state->areas, item[8]);
	}
}

static void read_job(struct conversation *state, struct parse *parse, struct span parameters)
{
	const uint8_t function = span_u8(&parameters);

	if (parameters.failed)
		return;
	note_function(state, parse, function);
	if (function == READ || function == WRITE)
		read_items(state, parameters);
}

/* What became of each item: of one that was read a code, what its value is counted in, how many, and the
 * value, filled up to an even number; of one that was written the code alone. */
static uint32_t refused_items(uint8_t function, unsigned count, struct span data)
{
	enum { GOOD = 0xff, BITS = 3, WHOLE = 5 };
	uint32_t refused = 0;

	for (unsigned i = 0; i < count && i < ITEMS_MOST && span_left(data) > 0; i++) {
		const uint8_t code = span_u8(&data);

		refused += code != GOOD;
		if (function == READ) {
			const uint8_t unit = span_u8(&data);
			const uint16_t length = span_u16(&data);
			const size_t octets = code != GOOD                    ? 0
					      : unit >= BITS && unit <= WHOLE ? (length + 7u) / 8
									      : length;

			span_skip(&data, octets + (octets & 1));
		}
	}
	return refused;
}

/* The server has the last word about the length of messages. */
static void read_acknowledgement(struct conversation *state, const struct s7_header *header,
				 struct span parameters, struct span data)
{
	const uint8_t function = span_u8(&parameters);

	state->errors += header->error != 0;
	if (function == READ || function == WRITE)
		state->errors += refused_items(function, span_u8(&parameters), data);
	if (function != SETUP)
		return;
	span_skip(&parameters, 5);
	state->pdu_size = span_u16(&parameters);
}

static void copy_trimmed(struct span s, char *text, size_t size)
{
	struct span whole = s;
	struct span part = span_until(&whole, 0);

	span_copy_text(text_trim(part.failed ? s : part), text, size);
}

/* A line of the list that tells what the module is. */
static void read_identification(struct conversation *state, uint16_t index, struct span s)
{
	struct span order = span_take(&s, 20);

	if (index == 1)
		copy_trimmed(order, state->order, sizeof(state->order));
	span_skip(&s, 2);
	if (index == 7 && span_u8(&s) == 'V') {
		const uint8_t major = span_u8(&s), minor = span_u8(&s), patch = span_u8(&s);

		if (!s.failed)
			(void)snprintf(state->firmware, sizeof(state->firmware), "%u.%u.%u", major, minor,
				       patch);
	}
}

static void read_component(struct conversation *state, uint16_t index, struct span s)
{
	switch (index) {
	case 1: copy_trimmed(s, state->system, sizeof(state->system)); break;
	case 2: copy_trimmed(s, state->module, sizeof(state->module)); break;
	case 5: copy_trimmed(s, state->serial, sizeof(state->serial)); break;
	default: break;
	}
}

/* The list of system states that was asked for: its number, and lines of the same length. */
static void read_states(struct conversation *state, struct parse *parse, struct span s)
{
	uint16_t list, length, count;

	span_skip(&s, 4);
	list = span_u16(&s);
	span_skip(&s, 2);
	length = span_u16(&s);
	count = span_u16(&s);
	for (unsigned i = 0; i < count && length > 2 && span_left(s) >= length; i++) {
		struct span line = span_take(&s, length);
		const uint16_t index = span_u16(&line);

		if (list == IDENTIFICATION)
			read_identification(state, index, line);
		else if (list == COMPONENTS)
			read_component(state, index, line);
	}
	if (list == IDENTIFICATION && state->order[0] != '\0')
		parse_software(parse, SIDE_SERVER, span_text(state->order), span_text(state->firmware));
}

/* 00 01 12, a length, the method, kind and group of the function, and its number. */
static void read_userdata(struct conversation *state, struct parse *parse, struct span parameters,
			  struct span data)
{
	uint8_t group, function;

	span_skip(&parameters, 5);
	group = span_u8(&parameters);
	function = span_u8(&parameters);
	if (parameters.failed)
		return;
	if (group >> 4 == 4)
		note_function(state, parse, USERDATA_SHIFT + ((group & 15u) << 8) + function);
	else if (group >> 4 == 8 && (group & 15) == GROUP_CPU && function == READ_SZL)
		read_states(state, parse, data);
}

static void read_s7(struct conversation *state, struct parse *parse, struct span s)
{
	struct s7_header header;
	struct span parameters, data;

	if (!s7_read_header(&s, &header))
		return;
	parameters = span_take(&s, header.parameters);
	data = text_first(s, header.data);
	if (parameters.failed)
		return;
	switch (header.kind) {
	case S7_JOB: read_job(state, parse, parameters); break;
	case S7_ACK:
	case S7_ACK_DATA: read_acknowledgement(state, &header, parameters, data); break;
	default: read_userdata(state, parse, parameters, data); break;
	}
}

/* Version and length, then from version 3 on a digest; what is asked, and by what function. */
static void read_plus(struct conversation *state, struct parse *parse, struct span s)
{
	enum { REQUEST = 0x31 };

	span_skip(&s, 4);
	if (span_peek(s, 0) == DIGEST)
		span_skip(&s, 1 + DIGEST);
	state->plus = true;
	if (span_u8(&s) != REQUEST)
		return;
	span_skip(&s, 2);
	note_function(state, parse, PLUS_SHIFT + span_u16(&s));
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		bool *const continued = &state->continued[parse->side];
		uint32_t length;
		struct span packet;
		struct cotp cotp;
		const enum verdict verdict = tpkt_length(*bytes, &length);

		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		if (message_take(parse, bytes, length, &packet) != YES)
			break;
		if (!cotp_read(packet, &cotp))
			return PARSE_BROKEN;
		if (cotp.type == COTP_REQUEST || cotp.type == COTP_CONFIRM) {
			read_connection(state, cotp.head);
		} else if (cotp.type == COTP_DATA && span_left(cotp.inside) > 0) {
			if (!*continued)
				(*cotp.inside.at == S7_PLUS ? read_plus : read_s7)(state, parse, cotp.inside);
			*continued = !cotp.last;
		}
	}
	return PARSE_ON;
}

const struct parser s7comm_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
