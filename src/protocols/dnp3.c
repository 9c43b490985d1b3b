/* dnp3.c: Distributed Network Protocol, IEEE 1815-2012: the link layer (9), with its checksum, the transport
 * function (8) and the head of the application layer (4). */
#include "protocols/tally.h"

enum {
	HEADER = 10,
	BLOCK = 16,
	LENGTH_LEAST = 5, /* counts from the control octet */
	FIRST_FRAGMENT = 0x40,
	SELECT = 3,
	DIRECT_OPERATE_NO_ACK = 6,
	COLD_RESTART = 13,
	WARM_RESTART = 14,
	STOP_APPLICATION = 18,
	RESPONSE = 129,
};

static const struct weakness clear_control = {
	.id = "dnp3-clear-control",
	.title = "DNP3 takes control commands without authentication",
	.severity = 1,
	.remedy = "Use secure authentication (IEEE 1815 clause 7) or TLS (IEC 62351-3), and allow the master "
		  "alone.",
};
static const struct weakness *const weaknesses[] = { &clear_control, NULL };

static const struct code_name function_names[] = {
	{ 0, "confirm" },
	{ 1, "read" },
	{ 2, "write" },
	{ 3, "select" },
	{ 4, "operate" },
	{ 5, "direct_operate" },
	{ 6, "direct_operate_no_ack" },
	{ 7, "freeze" },
	{ 8, "freeze_no_ack" },
	{ 9, "freeze_clear" },
	{ 11, "freeze_at_time" },
	{ 13, "cold_restart" },
	{ 14, "warm_restart" },
	{ 15, "initialize_data" },
	{ 16, "initialize_application" },
	{ 17, "start_application" },
	{ 18, "stop_application" },
	{ 20, "enable_unsolicited" },
	{ 21, "disable_unsolicited" },
	{ 22, "assign_class" },
	{ 23, "delay_measure" },
	{ 24, "record_current_time" },
	{ 25, "open_file" },
	{ 26, "close_file" },
	{ 27, "delete_file" },
	{ 28, "get_file_info" },
	{ 29, "authenticate_file" },
	{ 30, "abort_file" },
	{ 32, "authenticate" },
	{ 33, "authenticate_no_ack" },
	{ 129, "response" },
	{ 130, "unsolicited_response" },
	{ 131, "authentication_response" },
};

/* The checksum of the link layer: polynomial 0x3d65, from the low bit, turned over at the end. */
static uint16_t checksum(const uint8_t *bytes, size_t length)
{
	uint16_t sum = 0;

	for (size_t i = 0; i < length; i++) {
		sum ^= bytes[i];
		for (unsigned bit = 0; bit < 8; bit++)
			sum = (uint16_t)((sum & 1) != 0 ? sum >> 1 ^ 0xa6bc : sum >> 1);
	}
	return (uint16_t)~sum;
}

/* Octets of a frame whose length field says so: a checksum stands behind each 16 octets of data. */
static size_t frame_length(uint8_t length)
{
	const size_t data = (size_t)length - LENGTH_LEAST;

	return HEADER + data + 2 * ((data + BLOCK - 1) / BLOCK);
}

static enum verdict read_header(struct span s)
{
	const size_t come = span_left(s);

	if ((come > 0 && s.at[0] != 0x05) || (come > 1 && s.at[1] != 0x64) ||
	    (come > 2 && s.at[2] < LENGTH_LEAST))
		return NO;
	if (come < HEADER)
		return MORE;
	return checksum(s.at, 8) == (uint16_t)(s.at[9] << 8 | s.at[8]) ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict;

	(void)side;
	if (transport != TRANSPORT_TCP && transport != TRANSPORT_UDP)
		return NO;
	verdict = read_header(first);
	return verdict == MORE && transport == TRANSPORT_UDP ? NO : verdict;
}

/* ---- reading ---- */

struct conversation {
	struct tally functions;
	uint32_t frames, damaged;
	uint16_t source, destination, indications;
	bool answered, told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_unsigned(json, "src", state->source);
	json_unsigned(json, "dst", state->destination);
	json_unsigned(json, "frames", state->frames);
	if (state->damaged > 0)
		json_unsigned(json, "damaged", state->damaged);
	EMIT_TALLY(json, "functions", &state->functions, function_names);
	if (state->answered) {
		json_open_object(json, "iin");
		json_bool(json, "device_restart", (state->indications & 0x8000) != 0);
		json_bool(json, "device_trouble", (state->indications & 0x4000) != 0);
		json_bool(json, "function_unsupported", (state->indications & 0x0001) != 0);
		json_bool(json, "object_unknown", (state->indications & 0x0002) != 0);
		json_bool(json, "parameter_error", (state->indications & 0x0004) != 0);
		json_end(json);
	}
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && state->frames > 0)
		parse_event(parse, state);
	state->told = true;
}

/* The first data block begins with the transport octet and the head of the application's fragment. */
static void read_frame(struct conversation *state, struct parse *parse, struct span s)
{
	const uint8_t *const head = span_header(&s, HEADER);
	const uint8_t control = head[3];
	uint8_t function;

	state->frames++;
	if (parse->side == SIDE_CLIENT || state->frames == 1) {
		state->destination = (uint16_t)(head[5] << 8 | head[4]);
		state->source = (uint16_t)(head[7] << 8 | head[6]);
	}
	if ((control & 0x4f) != 0x43 && (control & 0x4f) != 0x44) /* user data of the primary */
		return;
	if (span_left(s) >= 5 && (span_peek(s, 0) & FIRST_FRAGMENT) != 0) {
		const size_t block = span_left(s) < BLOCK + 2 ? span_left(s) - 2 : BLOCK;

		if (checksum(s.at, block) != (uint16_t)(s.at[block + 1] << 8 | s.at[block])) {
			state->damaged++;
			return;
		}
		function = s.at[2];
		tally_add(&state->functions, function);
		if (function >= RESPONSE && function <= RESPONSE + 1 && block >= 5) {
			state->indications = (uint16_t)(s.at[3] << 8 | s.at[4]);
			state->answered = true;
		}
		if ((function >= SELECT && function <= DIRECT_OPERATE_NO_ACK) || function == COLD_RESTART ||
		    function == WARM_RESTART || function == STOP_APPLICATION)
			parse_weakness(parse, &clear_control, "function %u (%s) to station %u", function,
				       CODE_TEXT(function_names, function), state->destination);
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0) {
		const enum verdict verdict = read_header(*bytes);
		struct span frame;

		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		if (message_take(parse, bytes, frame_length(bytes->at[2]), &frame) != YES)
			break;
		read_frame(state, parse, frame);
	}
	if (parse->transport != TRANSPORT_TCP)
		bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_dnp3 = {
	.name = "dnp3",
	.title = "Distributed Network Protocol",
	DOORS(TCP(20000), UDP(20000)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = HEADER,
	MARKS(OCTET(0, 0x05), OCTET(1, 0x64)),
	.parser = &parser,
	.weaknesses = weaknesses,
};
