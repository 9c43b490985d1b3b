/* rdp_parse.c: reads how a connection of RDP begins, in the form that EVE has. [MS-RDPBCGR] 2.2.1: the
 * request with its cookie, the confirm, and where no TLS follows the settings of both (2.2.1.3, 2.2.1.4). */
#include "protocols/parse.h"
#include "protocols/rdp.h"
#include "protocols/tls.h"
#include "protocols/utf16.h"

#include <stdio.h>

enum { COOKIE = 128, NAME = 64, CHANNELS = 16, CHANNEL = 9, SETTINGS_MOST = 8192, BITS = 5 };

enum kind { REQUEST, RESPONSE, CONNECT_REQUEST, CONNECT_RESPONSE };

struct state {
	uint32_t told;
	bool asked, answered;
};

struct record {
	enum kind kind;
	uint32_t number;
	char cookie[COOKIE];
	bool negotiates, failed;
	uint8_t flags;
	uint32_t protocols; /* asked for, chosen, or why none */
	/* of the client's settings */
	uint32_t version, layout, build, keyboard, function_keys;
	uint16_t width, height;
	char name[NAME];
	uint8_t channel_count;
	char channels[CHANNELS][CHANNEL];
	/* of the server's */
	bool encrypts;
	uint32_t method, level;
};

/* ---- the event ---- */

static void write_asked(struct json *json, uint32_t protocols)
{
	json_open_array(json, "protocols");
	if (protocols == RDP_STANDARD)
		json_text(json, NULL, rdp_protocol_text(RDP_STANDARD));
	for (unsigned i = 0; i < BITS; i++)
		if (protocols >> i & 1)
			json_text(json, NULL, rdp_protocol_text(1u << i));
	json_end(json);
}

static void write_request(const struct record *record, struct json *json)
{
	json_text(json, "event_type", "initial_request");
	if (record->cookie[0] != '\0')
		json_text(json, "cookie", record->cookie);
	if (record->negotiates)
		write_asked(json, record->protocols);
}

static void write_response(const struct record *record, struct json *json)
{
	json_text(json, "event_type", "initial_response");
	if (record->failed) {
		json_unsigned(json, "error_code", record->protocols);
		json_text(json, "reason", rdp_failure_text(record->protocols));
		return;
	}
	if (record->negotiates) {
		json_open_array(json, "server_supports");
		for (unsigned i = 0; i < 8; i++)
			if (record->flags >> i & 1 && rdp_flag_text(i) != NULL)
				json_text(json, NULL, rdp_flag_text(i));
		json_end(json);
	}
	json_text(json, "protocol", rdp_protocol_text(record->protocols));
}

/* Versions of RDP and the builds of Windows that people know. */
static void write_client(const struct record *record, struct json *json)
{
	char version[24];

	json_text(json, "event_type", "connect_request");
	json_open_object(json, "client");
	(void)snprintf(version, sizeof(version), "RDP v%s%u", record->version >= 0x00080005 ? "10." : "",
		       record->version >= 0x00080005 ? record->version - 0x00080005
						     : 4 + (record->version >= 0x00080004));
	json_text(json, "version", version);
	json_unsigned(json, "desktop_width", record->width);
	json_unsigned(json, "desktop_height", record->height);
	json_unsigned(json, "keyboard_layout", record->layout);
	json_unsigned(json, "build", record->build);
	json_text(json, "client_name", record->name);
	json_unsigned(json, "keyboard_type", record->keyboard);
	json_unsigned(json, "function_keys", record->function_keys);
	json_end(json);
	json_open_array(json, "channels");
	for (size_t i = 0; i < record->channel_count; i++)
		json_text(json, NULL, record->channels[i]);
	json_end(json);
}

static void write_server(const struct record *record, struct json *json)
{
	static const char *const levels[] = { "none", "low", "client_compatible", "high", "fips" };

	json_text(json, "event_type", "connect_response");
	if (record->encrypts) {
		json_unsigned(json, "encryption_method", record->method);
		json_text(json, "encryption_level", levels[record->level <= 4 ? record->level : 0]);
	}
}

static void emit(const void *memory, struct json *json)
{
	static void (*const writers[])(const struct record *record, struct json *json) = {
		[REQUEST] = write_request,
		[RESPONSE] = write_response,
		[CONNECT_REQUEST] = write_client,
		[CONNECT_RESPONSE] = write_server,
	};
	const struct record *const record = memory;

	json_unsigned(json, "tx_id", record->number);
	writers[record->kind](record, json);
}

/* ---- the opening ---- */

static void tell(struct state *state, struct parse *parse, struct record *record)
{
	record->number = state->told++;
	parse_event(parse, record);
}

static void hear_request(struct state *state, struct parse *parse, struct span variable)
{
	struct record record = { .kind = REQUEST };
	struct rdp_negotiation n;
	struct span line;

	if (span_begins(variable, "Cookie: ")) {
		line = span_line(&variable);
		span_skip(&line, strlen("Cookie: "));
		if (span_begins(line, "mstshash="))
			span_skip(&line, strlen("mstshash="));
		span_copy_text(line, record.cookie, sizeof(record.cookie));
	}
	if (rdp_read_negotiation(variable, &n) && n.type == RDP_NEGOTIATION_REQUEST) {
		record.negotiates = true;
		record.protocols = n.value;
	}
	state->asked = true;
	tell(state, parse, &record);
}

/* Who does not negotiate speaks the standard of old. */
static enum parse_step hear_confirm(struct state *state, struct parse *parse, struct span variable)
{
	struct record record = { .kind = RESPONSE };
	struct rdp_negotiation n;

	if (rdp_read_negotiation(variable, &n)) {
		record.negotiates = true;
		record.failed = n.type == RDP_NEGOTIATION_FAILURE;
		record.flags = n.flags;
		record.protocols = n.value;
	}
	state->answered = true;
	tell(state, parse, &record);
	if (record.failed)
		return PARSE_DONE;
	if (record.protocols != RDP_STANDARD)
		parse_upgrade(parse, &protocol_tls);
	else
		parse_weakness(parse, &rdp_standard_security, "the server agrees to it");
	return PARSE_ON;
}

/* ---- the settings ---- */

static void read_core(struct span s, struct record *record)
{
	record->version = span_u32_le(&s);
	record->width = span_u16_le(&s);
	record->height = span_u16_le(&s);
	span_skip(&s, 4); /* colours, secure access sequence */
	record->layout = span_u32_le(&s);
	record->build = span_u32_le(&s);
	utf16_text(span_take(&s, 32), record->name, sizeof(record->name));
	record->keyboard = span_u32_le(&s);
	span_skip(&s, 4);
	record->function_keys = span_u32_le(&s);
}

static void read_channels(struct span s, struct record *record)
{
	const uint32_t count = span_u32_le(&s);

	for (uint32_t i = 0; i < count && record->channel_count < CHANNELS && !s.failed; i++) {
		const struct span name = span_take(&s, 8);

		span_skip(&s, 4);
		if (!s.failed)
			span_copy_text(name, record->channels[record->channel_count++], CHANNEL);
	}
}

static void read_block(uint16_t type, struct span content, struct record *record)
{
	enum { CLIENT_CORE = 0xc001, CLIENT_CHANNELS = 0xc003, SERVER_SECURITY = 0x0c02 };

	if (type == CLIENT_CORE) {
		read_core(content, record);
	} else if (type == CLIENT_CHANNELS) {
		read_channels(content, record);
	} else if (type == SERVER_SECURITY) {
		record->encrypts = true;
		record->method = span_u32_le(&content);
		record->level = span_u32_le(&content);
	}
}

/* The settings lie in BER, in which lies PER; Microsoft's keys tell where they begin: behind them a length in
 * PER. */
static bool hear_settings(struct state *state, struct parse *parse, struct span packet)
{
	const bool client = parse->side == SIDE_CLIENT;
	const size_t at = span_find(packet, client ? "Duca" : "McDn");
	struct record record = { .kind = client ? CONNECT_REQUEST : CONNECT_RESPONSE };

	if (at == SIZE_MAX)
		return false;
	span_skip(&packet, at + 4);
	if (span_u8(&packet) & 0x80)
		span_skip(&packet, 1);
	while (span_left(packet) >= 4 && !packet.failed) {
		const uint16_t type = span_u16_le(&packet), length = span_u16_le(&packet);

		read_block(type, span_take(&packet, length >= 4 ? length - 4u : 0), &record);
	}
	tell(state, parse, &record);
	return true;
}

static enum parse_step read_settings(struct state *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes, packet;
	uint16_t whole;

	if (span_u8(&s) != RDP_TPKT_VERSION)
		return PARSE_DONE; /* the short form of later packets, or TLS that was not announced */
	span_skip(&s, 1);
	whole = span_u16(&s);
	if (s.failed)
		return PARSE_ON;
	packet = span_take(&s, whole > RDP_TPKT_HEADER ? whole - (size_t)RDP_TPKT_HEADER : 0);
	if (s.failed) {
		parse_want(parse, whole);
		return PARSE_ON;
	}
	*bytes = s;
	if (!hear_settings(state, parse, packet))
		return PARSE_DONE;
	return parse->side == SIDE_SERVER ? PARSE_DONE : PARSE_ON;
}

/* ---- reading ---- */

static enum parse_step read_opening(struct state *state, struct parse *parse, struct span *bytes)
{
	struct rdp_packet packet;
	const enum verdict verdict = rdp_take_packet(bytes, &packet);

	if (verdict == MORE)
		return PARSE_ON;
	if (verdict == NO ||
	    packet.kind != (parse->side == SIDE_CLIENT ? RDP_CONNECTION_REQUEST : RDP_CONNECTION_CONFIRM))
		return PARSE_BROKEN;
	if (parse->side == SIDE_SERVER)
		return hear_confirm(state, parse, packet.variable);
	hear_request(state, parse, packet.variable);
	return PARSE_ON;
}

/* Over UDP all that follows is encrypted. A client's next packet waits for the confirm, which says what it
 * is. */
static enum parse_step read_rdp(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;
	enum parse_step step = PARSE_ON;

	if (parse->transport == TRANSPORT_UDP)
		return PARSE_DONE;
	while (step == PARSE_ON && !parse->upgraded && span_left(*bytes) > 0) {
		const uint8_t *const before = bytes->at;
		const bool opened = parse->side == SIDE_CLIENT ? state->asked : state->answered;

		if (opened && span_peek(*bytes, 0) == 0x16) {
			parse_upgrade(parse, &protocol_tls);
			break;
		}
		step = opened ? read_settings(state, parse, bytes) : read_opening(state, parse, bytes);
		if (bytes->at == before)
			break;
	}
	return step;
}

const struct parser rdp_parser = {
	.state_size = PARSE_STATE(struct state), .read = read_rdp, .emit = emit, .leads = true, /* to TLS */
};
