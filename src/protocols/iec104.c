/* iec104.c: telecontrol of IEC 60870-5-104 (APCI, 5) with the service data units of IEC 60870-5-101 (7). */
#include "protocols/probes.h"
#include "protocols/tally.h"

enum {
	START = 0x68,
	HEADER = 2,
	CONTROL = 4,
	LENGTH_MOST = 253,
	ASDU_LEAST = 9, /* to the end of the first object's address */
	ACTIVATION = 6,
	CAUSE = 0x3f,
	COMMAND_FIRST = 45,
	COMMAND_LAST = 64,
	RESET_PROCESS = 105,
};

static const struct weakness clear_control = {
	.id = "iec104-clear-control",
	.title = "IEC 60870-5-104 takes control commands without authentication",
	.severity = 1,
	.remedy = "Use TLS (IEC 62351-3), and allow the control centre alone.",
};
static const struct weakness *const weaknesses[] = { &clear_control, NULL };

static const struct code_name type_names[] = {
	{ 1, "M_SP_NA_1" },   { 3, "M_DP_NA_1" },   { 5, "M_ST_NA_1" },   { 7, "M_BO_NA_1" },
	{ 9, "M_ME_NA_1" },   { 11, "M_ME_NB_1" },  { 13, "M_ME_NC_1" },  { 15, "M_IT_NA_1" },
	{ 30, "M_SP_TB_1" },  { 31, "M_DP_TB_1" },  { 34, "M_ME_TD_1" },  { 35, "M_ME_TE_1" },
	{ 36, "M_ME_TF_1" },  { 37, "M_IT_TB_1" },  { 45, "C_SC_NA_1" },  { 46, "C_DC_NA_1" },
	{ 47, "C_RC_NA_1" },  { 48, "C_SE_NA_1" },  { 49, "C_SE_NB_1" },  { 50, "C_SE_NC_1" },
	{ 51, "C_BO_NA_1" },  { 58, "C_SC_TA_1" },  { 59, "C_DC_TA_1" },  { 60, "C_RC_TA_1" },
	{ 61, "C_SE_TA_1" },  { 62, "C_SE_TB_1" },  { 63, "C_SE_TC_1" },  { 64, "C_BO_TA_1" },
	{ 70, "M_EI_NA_1" },  { 100, "C_IC_NA_1" }, { 101, "C_CI_NA_1" }, { 102, "C_RD_NA_1" },
	{ 103, "C_CS_NA_1" }, { 105, "C_RP_NA_1" }, { 107, "C_TS_TA_1" }, { 120, "F_FR_NA_1" },
};

/* By the first control octet. */
static const struct code_name function_names[] = {
	{ 0x07, "startdt_act" }, { 0x0b, "startdt_con" }, { 0x13, "stopdt_act" },
	{ 0x23, "stopdt_con" },  { 0x43, "testfr_act" },  { 0x83, "testfr_con" },
};

static enum verdict read_header(struct span s)
{
	if (s.at[0] != START || (span_left(s) > 1 && (s.at[1] < CONTROL || s.at[1] > LENGTH_MOST)))
		return NO;
	return span_left(s) < HEADER ? MORE : YES;
}

/* A conversation begins with a frame without numbers: start or test. */
static enum verdict is_unnumbered(struct span first, enum side side)
{
	const size_t come = span_left(first);

	if (come > 2 && (CODE_TEXT(function_names, first.at[2]) == NULL ||
			 first.at[2] == (side == SIDE_CLIENT ? 0x0b : 0x07) ||
			 first.at[2] == (side == SIDE_CLIENT ? 0x23 : 0x13)))
		return NO;
	for (size_t i = 3; i < come && i < HEADER + CONTROL; i++)
		if (first.at[i] != 0)
			return NO;
	return come < HEADER + CONTROL ? MORE : YES;
}

/* Octets of an object's information behind its address, IEC 60870-5-101 7.3; 0: not known. */
static unsigned object_size(uint8_t type)
{
	static const uint8_t sizes[] = {
		[1] = 1,   [3] = 1,   [5] = 2,   [7] = 5,   [9] = 3,   [11] = 3,  [13] = 5,  [15] = 5,
		[30] = 8,  [31] = 8,  [32] = 9,  [33] = 12, [34] = 10, [35] = 10, [36] = 12, [37] = 12,
		[45] = 1,  [46] = 1,  [47] = 1,  [48] = 3,  [49] = 3,  [50] = 5,  [51] = 4,  [58] = 8,
		[59] = 8,  [60] = 8,  [61] = 10, [62] = 10, [63] = 12, [64] = 11, [70] = 1,  [100] = 1,
		[101] = 1, [103] = 7, [105] = 1, [107] = 9,
	};

	return type < sizeof(sizes) ? sizes[type] : 0;
}

/* A numbered frame, with which one begins that is heard from its middle on: objects of one type fill it. */
static enum verdict is_numbered(struct span s, uint8_t length)
{
	enum { UNIT = 6, ADDRESS = 3, SEQUENCE = 0x80, CAUSES = 47 };
	const uint8_t *const at = span_header(&s, HEADER + CONTROL + UNIT);
	unsigned size, count, objects;

	if (at == NULL)
		return MORE;
	size = object_size(at[6]);
	count = at[7] & ~(unsigned)SEQUENCE;
	objects = (at[7] & SEQUENCE) != 0 ? ADDRESS + count * size : count * (ADDRESS + size);
	return (at[4] & 1) == 0 && size > 0 && count > 0 && (at[8] & CAUSE) > 0 &&
			       (at[8] & CAUSE) <= CAUSES && (at[10] | at[11]) != 0 &&
			       length == CONTROL + UNIT + objects
		       ? YES
		       : NO;
}

/* One that acknowledges, without anything else in it: says too little alone. */
static bool is_acknowledgement(struct span s)
{
	const uint8_t *const at = span_header(&s, HEADER + CONTROL);

	return at != NULL && at[1] == CONTROL && at[2] == 1 && at[3] == 0 && (at[4] & 1) == 0;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum { ACKNOWLEDGED_MOST = 8 };

	if (transport != TRANSPORT_TCP)
		return NO;
	for (unsigned i = 0; i < ACKNOWLEDGED_MOST; i++) {
		const enum verdict verdict = read_header(first);

		if (verdict != YES)
			return verdict;
		if (span_left(first) == HEADER)
			return MORE;
		if ((first.at[2] & 1) == 0)
			return is_numbered(first, first.at[1]);
		if ((first.at[2] & 3) == 3)
			return first.at[1] == CONTROL ? is_unnumbered(first, side) : NO;
		if (span_left(first) < HEADER + CONTROL)
			return first.at[1] == CONTROL && first.at[2] == 1 ? MORE : NO;
		if (!is_acknowledgement(first))
			return NO;
		span_skip(&first, HEADER + CONTROL);
		if (span_left(first) == 0)
			return i + 1 < ACKNOWLEDGED_MOST ? MORE : YES;
	}
	return YES;
}

/* ---- reading ---- */

struct conversation {
	struct tally types, functions;
	uint32_t frames;
	uint16_t station;
	bool told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_unsigned(json, "frames", state->frames);
	if (state->station > 0)
		json_unsigned(json, "common_address", state->station);
	EMIT_TALLY(json, "functions", &state->functions, function_names);
	EMIT_TALLY(json, "types", &state->types, type_names);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && state->frames > 0)
		parse_event(parse, state);
	state->told = true;
}

/* Type, count, cause, originator, station, address of the first object. */
static void read_unit(struct conversation *state, struct parse *parse, struct span s)
{
	uint8_t type, cause;

	if (span_left(s) < ASDU_LEAST)
		return;
	type = span_u8(&s);
	span_skip(&s, 1);
	cause = span_u8(&s) & CAUSE;
	span_skip(&s, 1);
	state->station = span_u16_le(&s);
	tally_add(&state->types, type);
	if (cause == ACTIVATION && parse->side == SIDE_CLIENT &&
	    ((type >= COMMAND_FIRST && type <= COMMAND_LAST) || type == RESET_PROCESS)) {
		const char *const name = CODE_TEXT(type_names, type);

		parse_weakness(parse, &clear_control, "type %u (%s) to object %u of station %u", type,
			       name != NULL ? name : "private", span_u24_le(&s), state->station);
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0) {
		const enum verdict verdict = read_header(*bytes);
		struct span frame;
		uint8_t control;

		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		if (message_take(parse, bytes, (uint64_t)bytes->at[1] + HEADER, &frame) != YES)
			break;
		state->frames++;
		span_skip(&frame, HEADER);
		control = *frame.at;
		span_skip(&frame, CONTROL);
		if ((control & 1) == 0)
			read_unit(state, parse, frame);
		else if ((control & 3) == 3)
			tally_add(&state->functions, control);
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_iec104 = {
	.name = "iec104",
	.title = "IEC 60870-5-104",
	DOORS(TCP(2404)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &iec104_probe,
	.weaknesses = weaknesses,
};
