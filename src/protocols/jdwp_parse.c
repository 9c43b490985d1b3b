/* jdwp_parse.c: reads conversations of the Java Debug Wire Protocol: what a debugger asks of a virtual
 * machine, counted by its sets of commands, and what it has it do. The machine may be at either end. */
#include "protocols/jdwp.h"
#include "protocols/tally.h"

const struct weakness jdwp_no_auth = {
	"jdwp-no-auth",
	"A debugger of Java runs anything for whoever connects",
	1,
	"Start the program without -agentlib:jdwp, or let the agent listen on loopback "
	"(address=127.0.0.1:5005).",
};

enum set {
	VIRTUAL_MACHINE = 1,
	CLASS_TYPE = 3,
	INTERFACE_TYPE = 5,
	OBJECT = 9,
	EVENT_REQUEST = 15,
	EVENT = 64
};
static const struct code_name sets[] = {
	{ VIRTUAL_MACHINE, "virtual_machine" },
	{ 2, "reference_type" },
	{ CLASS_TYPE, "class_type" },
	{ 4, "array_type" },
	{ INTERFACE_TYPE, "interface_type" },
	{ 6, "method" },
	{ 8, "field" },
	{ OBJECT, "object_reference" },
	{ 10, "string_reference" },
	{ 11, "thread_reference" },
	{ 12, "thread_group_reference" },
	{ 13, "array_reference" },
	{ 14, "class_loader_reference" },
	{ EVENT_REQUEST, "event_request" },
	{ 16, "stack_frame" },
	{ 17, "class_object_reference" },
	{ 18, "module_reference" },
};

/* A set and a command of it. */
#define COMMAND(set, number) ((set) << 8 | (number))
enum {
	VERSION = COMMAND(VIRTUAL_MACHINE, 1),
	CLASSES_BY_SIGNATURE = COMMAND(VIRTUAL_MACHINE, 2),
	SUSPEND = COMMAND(VIRTUAL_MACHINE, 8),
	EXIT = COMMAND(VIRTUAL_MACHINE, 10),
	CREATE_STRING = COMMAND(VIRTUAL_MACHINE, 11),
	REDEFINE_CLASSES = COMMAND(VIRTUAL_MACHINE, 18),
	INVOKE_STATIC = COMMAND(CLASS_TYPE, 3),
	NEW_INSTANCE = COMMAND(CLASS_TYPE, 4),
	INVOKE_OF_INTERFACE = COMMAND(INTERFACE_TYPE, 1),
	INVOKE = COMMAND(OBJECT, 6),
	SET_EVENT = COMMAND(EVENT_REQUEST, 1),
};
enum { BREAKPOINT = 2, LENGTH_MOST = 1 << 30, ANSWER_HEAD = JDWP_HEAD };

struct conversation {
	struct tally commands;
	uint64_t answers, errors, events;
	uint32_t invocations, instances, strings, breakpoints, redefinitions, suspensions, exits, asked;
	char classes[512], machine[96], version[32];
	bool shaken[2], asks;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "virtual_machine", state->machine);
	emit_text(json, "version", state->version);
	EMIT_TALLY(json, "commands", &state->commands, sets);
	emit_texts(json, "classes", state->classes);
	json_unsigned(json, "breakpoints", state->breakpoints);
	json_unsigned(json, "invocations", state->invocations);
	json_unsigned(json, "instances", state->instances);
	json_unsigned(json, "strings", state->strings);
	json_unsigned(json, "redefinitions", state->redefinitions);
	json_unsigned(json, "suspensions", state->suspensions);
	json_unsigned(json, "exits", state->exits);
	json_unsigned(json, "answers", state->answers);
	json_unsigned(json, "errors", state->errors);
	json_unsigned(json, "events", state->events);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

static void read_command(struct conversation *state, uint32_t number, struct span s)
{
	const uint8_t set = span_u8(&s);
	const uint32_t command = COMMAND((uint32_t)set, span_u8(&s));

	if (set == EVENT) {
		state->events++;
		return;
	}
	tally_add(&state->commands, set);
	switch (command) {
	case VERSION:
		state->asks = true;
		state->asked = number;
		break;
	case CLASSES_BY_SIGNATURE:
		texts_note(state->classes, sizeof(state->classes), span_take(&s, span_u32(&s)));
		break;
	case SUSPEND: state->suspensions++; break;
	case EXIT: state->exits++; break;
	case CREATE_STRING: state->strings++; break;
	case REDEFINE_CLASSES: state->redefinitions++; break;
	case NEW_INSTANCE: state->instances++; break;
	case INVOKE_STATIC:
	case INVOKE_OF_INTERFACE:
	case INVOKE: state->invocations++; break;
	case SET_EVENT: state->breakpoints += span_u8(&s) == BREAKPOINT; break;
	default: break;
	}
}

static void read_answer(struct conversation *state, struct parse *parse, uint32_t number, struct span s)
{
	struct span name, product, version;
	const uint16_t error = span_u16(&s);

	state->answers++;
	state->errors += error != 0;
	if (parse->side == SIDE_SERVER)
		parse_weakness(parse, &jdwp_no_auth, "it answered a debugger");
	if (!state->asks || number != state->asked || error != 0)
		return;
	state->asks = false;
	if (!jdwp_version(s, &name, &product, &version))
		return;
	span_copy_text(name, state->machine, sizeof(state->machine));
	span_copy_text(version, state->version, sizeof(state->version));
	parse_software(parse, parse->side, product, version);
}

/* Answers are long, such as the list of all classes, and only that of the version is wanted. */
static enum verdict take_packet(const struct conversation *state, struct parse *parse, struct span *bytes,
				uint32_t length, struct span *ret_packet)
{
	struct span s = *bytes;
	uint32_t number;

	span_skip(&s, sizeof(length));
	number = span_u32(&s);
	if (span_u8(&s) != JDWP_ANSWERS || length < ANSWER_HEAD || (state->asks && number == state->asked))
		return message_take(parse, bytes, length, ret_packet);
	*ret_packet = span_take(bytes, ANSWER_HEAD);
	parse_skip(parse, length - ANSWER_HEAD);
	return YES;
}

/* A length, which counts its own octets, a number, and flags: of an answer, or of a command. */
static enum verdict read_packet(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes, packet;
	const uint32_t length = span_u32(&s);
	uint32_t number;
	uint8_t flags;

	if (!s.failed && (length < JDWP_HEAD || length > LENGTH_MOST))
		return NO;
	span_skip(&s, JDWP_HEAD - sizeof(length));
	if (s.failed || take_packet(state, parse, bytes, length, &packet) != YES)
		return MORE;
	span_skip(&packet, sizeof(length));
	number = span_u32(&packet);
	flags = span_u8(&packet);
	if (flags == JDWP_ANSWERS)
		read_answer(state, parse, number, packet);
	else if (flags == 0)
		read_command(state, number, packet);
	else
		return NO;
	return YES;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole = YES;

	if (!state->shaken[parse->side]) {
		whole = recognise_text(*bytes, jdwp_handshake);
		if (whole != YES)
			return whole == NO ? PARSE_BROKEN : PARSE_ON;
		span_skip(bytes, strlen(jdwp_handshake));
		state->shaken[parse->side] = true;
	}
	while (whole == YES && span_left(*bytes) > 0 && parse->skip == 0)
		whole = read_packet(state, parse, bytes);
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

const struct parser jdwp_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
