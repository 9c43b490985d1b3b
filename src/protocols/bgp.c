/* bgp.c: Border Gateway Protocol 4: RFC 4271 (messages), RFC 5492 (capabilities), RFC 6793 (AS numbers of
 * four octets), RFC 2918 (refresh), RFC 8654 (long messages), RFC 9003 (words of a shutdown). */
#include "protocols/bgp.h"

#include "base/address.h"

enum {
	HEADER = 19,
	MARKER = 16,
	OPEN = 1,
	UPDATE = 2,
	NOTIFICATION = 3,
	KEEPALIVE = 4,
	REFRESH = 5,
	CAPABILITIES = 24,
	FOUR_OCTETS = 65,
	ADD_PATH = 69,
	UPDATES_TOLD = 64, /* of each side; those behind them are counted */
};

static const struct code_name type_names[] = {
	{ 1, "open" }, { 2, "update" }, { 3, "notification" }, { 4, "keepalive" }, { 5, "route_refresh" },
};
static const struct code_name capability_names[] = {
	{ 1, "multiprotocol" },
	{ 2, "route_refresh" },
	{ 3, "outbound_filter" },
	{ 5, "extended_next_hop" },
	{ 6, "extended_message" },
	{ 8, "multiple_labels" },
	{ 9, "role" },
	{ 64, "graceful_restart" },
	{ 65, "four_octet_as" },
	{ 67, "dynamic" },
	{ 69, "add_path" },
	{ 70, "enhanced_refresh" },
	{ 71, "long_lived_graceful_restart" },
	{ 73, "fqdn" },
	{ 75, "software_version" },
	{ 128, "route_refresh_cisco" },
};
static const struct code_name error_names[] = {
	{ 1, "message_header" },        { 2, "open_message" },  { 3, "update_message" },
	{ 4, "hold_timer_expired" },    { 5, "state_machine" }, { 6, "cease" },
	{ 7, "route_refresh_message" },
};
static const struct code_name cease_names[] = {
	{ 1, "maximum_prefixes" },     { 2, "administrative_shutdown" },
	{ 3, "peer_deconfigured" },    { 4, "administrative_reset" },
	{ 5, "connection_rejected" },  { 6, "configuration_change" },
	{ 7, "collision_resolution" }, { 8, "out_of_resources" },
	{ 9, "hard_reset" },           { 10, "bfd_down" },
};

/* ---- recognising ---- */

static bool fits(uint8_t type, uint16_t length)
{
	switch (type) {
	case OPEN: return length >= 29;
	case UPDATE: return length >= 23;
	case NOTIFICATION: return length >= 21 && length <= 4096;
	case KEEPALIVE: return length == HEADER;
	case REFRESH: return length >= 23 && length <= 4096;
	default: return false;
	}
}

static enum verdict read_header(struct span s, uint8_t *ret_type, uint16_t *ret_length)
{
	for (size_t i = 0; i < MARKER && i < span_left(s); i++)
		if (s.at[i] != 0xff)
			return NO;
	if (span_left(s) < HEADER)
		return MORE;
	span_skip(&s, MARKER);
	*ret_length = span_u16(&s);
	*ret_type = span_u8(&s);
	return fits(*ret_type, *ret_length) ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	uint16_t length;
	uint8_t type;

	(void)side;
	return transport == TRANSPORT_TCP ? read_header(first, &type, &length) : NO;
}

/* ---- reading ---- */

struct conversation {
	struct tally counts[2];
	uint64_t prefixes[2], withdrawn[2];
	uint8_t updates[2];
	bool opened[2], four_octets[2], add_path; /* add_path: prefixes have another form (RFC 7911) */
	bool told;
};

struct record {
	uint8_t type;
	enum side side;
	uint32_t as, hold, id;
	uint8_t capabilities[CAPABILITIES];
	size_t capability_count;
	char name[64], software[64];
	uint8_t code, subcode;
	struct span words;
	const struct bgp_update *update;
	const struct conversation *state;
};

static void emit_open(struct json *json, const struct record *record)
{
	const struct address id = address_v4(record->id);
	char text[ADDRESS_TEXT];

	json_unsigned(json, "as", record->as);
	json_unsigned(json, "hold_time", record->hold);
	json_text(json, "router_id", address_text(&id, text));
	json_open_array(json, "capabilities");
	for (size_t i = 0; i < record->capability_count; i++) {
		const char *const name = CODE_TEXT(capability_names, record->capabilities[i]);

		if (name != NULL)
			json_text(json, NULL, name);
		else
			json_unsigned(json, NULL, record->capabilities[i]);
	}
	json_end(json);
	emit_text(json, "host_name", record->name);
	emit_text(json, "software_version", record->software);
}

static void emit_count(struct json *json, const char *key, uint64_t count)
{
	if (count > 0)
		json_unsigned(json, key, count);
}

static void emit(const void *memory, struct json *json)
{
	const struct record *const record = memory;

	if (record->state != NULL) {
		json_text(json, "type", "summary");
		EMIT_TALLY(json, "to_server", &record->state->counts[SIDE_CLIENT], type_names);
		EMIT_TALLY(json, "to_client", &record->state->counts[SIDE_SERVER], type_names);
		emit_count(json, "prefix_count", record->state->prefixes[0] + record->state->prefixes[1]);
		emit_count(json, "withdrawn_count",
			   record->state->withdrawn[0] + record->state->withdrawn[1]);
		return;
	}
	json_text(json, "type", CODE_TEXT(type_names, record->type));
	json_text(json, "side", record->side == SIDE_CLIENT ? "client" : "server");
	if (record->type == OPEN) {
		emit_open(json, record);
		return;
	}
	if (record->type == UPDATE) {
		bgp_emit_update(json, record->update);
		return;
	}
	json_unsigned(json, "error_code", record->code);
	json_text(json, "error", CODE_TEXT(error_names, record->code));
	json_unsigned(json, "error_subcode", record->subcode);
	if (record->code == 6)
		json_text(json, "reason", CODE_TEXT(cease_names, record->subcode));
	emit_span(json, "words", record->words);
}

static void read_capability(struct record *record, uint8_t code, struct span value)
{
	if (record->capability_count < CAPABILITIES)
		record->capabilities[record->capability_count++] = code;
	if (code == FOUR_OCTETS && span_left(value) == 4)
		record->as = span_u32(&value);
	else if (code == 73)
		span_copy_text(span_take(&value, span_u8(&value)), record->name, sizeof(record->name));
	else if (code == 75)
		span_copy_text(span_take(&value, span_u8(&value)), record->software,
			       sizeof(record->software));
}

static bool has_capability(const struct record *record, uint8_t code)
{
	return memchr(record->capabilities, code, record->capability_count) != NULL;
}

static void read_open(struct conversation *state, struct parse *parse, struct span s)
{
	struct record record = { .type = OPEN, .side = parse->side };
	struct span parameters;
	uint8_t length;

	span_skip(&s, 1);
	record.as = span_u16(&s);
	record.hold = span_u16(&s);
	record.id = span_u32(&s);
	length = span_u8(&s);
	if (length == 255 && span_peek(s, 0) == 255) { /* RFC 9072 */
		span_skip(&s, 1);
		parameters = span_take(&s, span_u16(&s));
	} else {
		parameters = span_take(&s, length);
	}
	while (span_left(parameters) > 0 && !parameters.failed) {
		const uint8_t kind = span_u8(&parameters);
		struct span list = span_take(&parameters,
					     length == 255 ? span_u16(&parameters) : span_u8(&parameters));

		while (kind == 2 && span_left(list) > 0 && !list.failed) {
			const uint8_t code = span_u8(&list);

			read_capability(&record, code, span_take(&list, span_u8(&list)));
		}
	}
	state->opened[parse->side] = true;
	state->four_octets[parse->side] = has_capability(&record, FOUR_OCTETS);
	state->add_path |= has_capability(&record, ADD_PATH);
	parse_event(parse, &record);
}

/* Without routes and attributes it tells that all have been sent (RFC 4724 2). */
static bool read_update(struct conversation *state, struct parse *parse, struct span s)
{
	const bool both = state->opened[0] && state->opened[1];
	const unsigned width = !both ? 0 : state->four_octets[0] && state->four_octets[1] ? 4 : 2;
	struct bgp_update update = { .path_length = 0 };
	const struct record record = { .type = UPDATE, .side = parse->side, .update = &update };

	if (state->add_path)
		return true;
	if (!bgp_read_update(s, width, &update))
		return false;
	state->prefixes[parse->side] += update.prefix_count;
	state->withdrawn[parse->side] += update.withdrawn_count;
	if (update.prefix_count + update.withdrawn_count > 0 && state->updates[parse->side] < UPDATES_TOLD) {
		state->updates[parse->side]++;
		parse_event(parse, &record);
	}
	return true;
}

static void read_notification(struct parse *parse, struct span s)
{
	struct record record = { .type = NOTIFICATION, .side = parse->side };

	record.code = span_u8(&s);
	record.subcode = span_u8(&s);
	if (record.code == 6 && (record.subcode == 2 || record.subcode == 4) && span_left(s) > 0)
		record.words = span_take(&s, span_u8(&s));
	else
		record.words = span_take(&s, 0);
	parse_event(parse, &record);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct span message;
		uint16_t length;
		uint8_t type;
		const enum verdict verdict = read_header(*bytes, &type, &length);

		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		if (message_take(parse, bytes, length, &message) != YES)
			break;
		span_skip(&message, HEADER);
		tally_add(&state->counts[parse->side], type);
		if (type == OPEN)
			read_open(state, parse, message);
		else if (type == UPDATE && length <= MESSAGE_MOST && !read_update(state, parse, message))
			return PARSE_BROKEN;
		else if (type == NOTIFICATION)
			read_notification(parse, message);
	}
	return PARSE_ON;
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;
	const struct record record = { .state = state };

	if (!state->told && (state->counts[0].places[0].count > 0 || state->counts[1].places[0].count > 0))
		parse_event(parse, &record);
	state->told = true;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_bgp = {
	.name = "bgp",
	.title = "Border Gateway Protocol",
	DOORS(TCP(179)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
};
