/* skinny.c: Skinny Client Control Protocol, between Cisco's telephones and their call manager. Each message
 * has its length, a version and its number, in little endian; the length counts the number and what follows
 * it. Numbers and places of fields are those that the protocol's public dissectors agree on; from version 17
 * on addresses have a kind before them and 16 octets, and texts are as long as they are. */
#include "protocols/tally.h"

#include <ctype.h>

enum {
	HEAD = 12,
	BEFORE = 8, /* octets that the length does not count */
	LEAST = 4,
	MOST = 4096,
	VERSION_MOST = 0x20,
	VERSION_LONG = 17,
	TEXTS = 12, /* of a call, in the newer form */
	NAME = 48,
	DIGITS = 40,
};

enum number {
	KEEP_ALIVE = 0x0000,
	REGISTER = 0x0001,
	IP_PORT = 0x0002,
	KEYPAD = 0x0003,
	ENBLOC_CALL = 0x0004,
	OFF_HOOK = 0x0006,
	ON_HOOK = 0x0007,
	UNREGISTER = 0x0027,
	RECEIVE_ACK = 0x0022,
	REGISTER_ACK = 0x0081,
	START_MEDIA = 0x008a,
	CALL_INFO = 0x008f,
	REGISTER_REJECT = 0x009d,
	KEEP_ALIVE_ACK = 0x0100,
	CALL_STATE = 0x0111,
	DIALED_NUMBER = 0x011d,
	CALL_INFO_2 = 0x014a,
};

static const struct weakness clear = {
	.id = "skinny-clear",
	.title = "telephones are driven in the clear",
	.severity = 3,
	.remedy = "Use the secure mode of the telephones (SCCP over TLS, port 2443): digits dialled and "
		  "calls can be "
		  "read and changed.",
};
static const struct weakness *const weaknesses[] = { &clear, NULL };

static const struct code_name numbers[] = {
	{ KEEP_ALIVE, "keep_alive" },
	{ REGISTER, "register" },
	{ IP_PORT, "ip_port" },
	{ KEYPAD, "keypad_button" },
	{ ENBLOC_CALL, "enbloc_call" },
	{ 0x0005, "stimulus" },
	{ OFF_HOOK, "off_hook" },
	{ ON_HOOK, "on_hook" },
	{ 0x0008, "hook_flash" },
	{ 0x0009, "forward_stat_request" },
	{ 0x000a, "speed_dial_stat_request" },
	{ 0x000b, "line_stat_request" },
	{ 0x000c, "config_stat_request" },
	{ 0x000d, "time_date_request" },
	{ 0x000e, "button_template_request" },
	{ 0x000f, "version_request" },
	{ 0x0010, "capabilities" },
	{ 0x0012, "server_request" },
	{ 0x0020, "alarm" },
	{ RECEIVE_ACK, "open_receive_channel_ack" },
	{ 0x0023, "connection_statistics" },
	{ 0x0025, "soft_key_set_request" },
	{ 0x0026, "soft_key_event" },
	{ UNREGISTER, "unregister" },
	{ 0x0028, "soft_key_template_request" },
	{ 0x002d, "register_available_lines" },
	{ 0x0049, "media_path_event" },
	{ 0x004a, "media_path_capability" },
	{ REGISTER_ACK, "register_ack" },
	{ 0x0082, "start_tone" },
	{ 0x0083, "stop_tone" },
	{ 0x0085, "set_ringer" },
	{ 0x0086, "set_lamp" },
	{ 0x0088, "set_speaker_mode" },
	{ START_MEDIA, "start_media_transmission" },
	{ 0x008b, "stop_media_transmission" },
	{ CALL_INFO, "call_info" },
	{ 0x0090, "forward_stat" },
	{ 0x0091, "speed_dial_stat" },
	{ 0x0092, "line_stat" },
	{ 0x0093, "config_stat" },
	{ 0x0094, "define_time_date" },
	{ 0x0097, "button_template" },
	{ 0x0098, "version" },
	{ 0x0099, "display_text" },
	{ 0x009b, "capabilities_request" },
	{ REGISTER_REJECT, "register_reject" },
	{ 0x009e, "server" },
	{ 0x009f, "reset" },
	{ KEEP_ALIVE_ACK, "keep_alive_ack" },
	{ 0x0105, "open_receive_channel" },
	{ 0x0106, "close_receive_channel" },
	{ 0x0107, "connection_statistics_request" },
	{ 0x0108, "soft_key_template" },
	{ 0x0109, "soft_key_set" },
	{ 0x0110, "select_soft_keys" },
	{ CALL_STATE, "call_state" },
	{ 0x0112, "display_prompt" },
	{ 0x0113, "clear_prompt" },
	{ 0x0114, "display_notify" },
	{ 0x0115, "clear_notify" },
	{ 0x0116, "activate_call_plane" },
	{ 0x0117, "deactivate_call_plane" },
	{ 0x0118, "unregister_ack" },
	{ DIALED_NUMBER, "dialed_number" },
	{ 0x011f, "feature_stat" },
	{ 0x0120, "display_priority_notify" },
	{ 0x0121, "clear_priority_notify" },
	{ 0x0143, "display_priority_notify" },
	{ 0x0144, "display_notify" },
	{ 0x0145, "display_prompt" },
	{ 0x0146, "feature_stat" },
	{ 0x0147, "line_stat" },
	{ 0x0148, "service_url_stat" },
	{ 0x0149, "speed_dial_stat" },
	{ CALL_INFO_2, "call_info" },
};

static const struct code_name states[] = {
	{ 1, "off_hook" }, { 2, "on_hook" },    { 3, "ring_out" }, { 4, "ring_in" },  { 5, "connected" },
	{ 6, "busy" },     { 7, "congestion" }, { 8, "hold" },     { 9, "waiting" },  { 10, "transfer" },
	{ 11, "park" },    { 12, "proceed" },   { 13, "remote" },  { 14, "invalid" },
};

/* ---- recognising ---- */

/* The head of a message that is known; the shortest that it can be tells it from zeros and small numbers. */
static enum verdict read_head(struct span s, uint32_t *ret_length, uint32_t *ret_number)
{
	const uint8_t *const at = s.at;
	const size_t come = span_left(s);
	uint32_t version;

	for (size_t i = 2; i < BEFORE && i < come; i++)
		if (at[i] != 0 && i != 4)
			return NO;
	*ret_length = span_u32_le(&s);
	if (come >= 4 && (*ret_length < LEAST || *ret_length > MOST))
		return NO;
	version = span_u32_le(&s);
	if (version > VERSION_MOST)
		return NO;
	*ret_number = span_u32_le(&s);
	if (s.failed)
		return MORE;
	return CODE_TEXT(numbers, *ret_number) != NULL ? YES : NO;
}

static size_t least_of(uint32_t number)
{
	switch (number) {
	case REGISTER: return 36;
	case CALL_INFO: return 100;
	case CALL_STATE: return 16;
	case REGISTER_ACK: return 20;
	case START_MEDIA: return 40;
	default: return LEAST;
	}
}

/* What telephones tell with the smallest numbers is short: a button, a line, or nothing beside the number. */
static size_t most_of(uint32_t number)
{
	enum { SHORT_LAST = 0x000f, SHORT = 16, CALLED = 36 };

	switch (number) {
	case KEEP_ALIVE:
	case KEEP_ALIVE_ACK: return LEAST;
	case REGISTER: return MOST;
	case ENBLOC_CALL: return CALLED;
	default: return number <= SHORT_LAST ? SHORT : MOST;
	}
}

/* "SEP001122334455", "ATA...", "VGC...": the kind of a device is three letters. */
static bool is_device(struct span name)
{
	for (; span_left(name) > 0; name.at++)
		if (!isupper(*name.at))
			return false;
	return true;
}

/* Two heads of one version, one of which is more than a sign of life; a registration is enough alone, with
 * its name. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	bool telling = false;
	uint8_t version = 0;

	(void)side;
	if (transport != TRANSPORT_TCP)
		return NO;
	for (int i = 0; i < 2; i++) {
		uint32_t length, number;
		const enum verdict head = read_head(first, &length, &number);

		if (head != YES)
			return head;
		if (length < least_of(number) || length > most_of(number) ||
		    (first.at[4] < VERSION_LONG && length % 4 != 0) || (i > 0 && first.at[4] != version))
			return NO;
		version = first.at[4];
		if (number == REGISTER && span_left(first) >= HEAD + 3)
			return is_device(span_of(first.at + HEAD, 3)) ? YES : NO;
		telling |= number != KEEP_ALIVE && number != KEEP_ALIVE_ACK;
		if (span_left(first) < BEFORE + (size_t)length)
			return BEFORE + (size_t)length < RECOGNISE_LIMIT / 2 ? MORE : NO;
		span_skip(&first, BEFORE + length);
	}
	return telling ? YES : NO;
}

/* ---- reading ---- */

struct conversation {
	char dialled[DIGITS];
	struct tally messages;
	uint32_t count;
};

struct message {
	uint32_t version, number, state, line, reference;
	char device[NAME], calling[NAME], calling_name[NAME], called[NAME], called_name[NAME];
	char dialled[DIGITS];
	struct address address;
	uint32_t port;
	const struct tally *messages; /* at the end alone */
};

static void emit(const void *record, struct json *json)
{
	const struct message *const m = record;
	char text[ADDRESS_TEXT];

	if (m->messages != NULL) {
		json_text(json, "message", "end");
		EMIT_TALLY(json, "messages", m->messages, numbers);
		emit_text(json, "dialled", m->dialled);
		return;
	}
	json_text(json, "message", CODE_TEXT(numbers, m->number));
	emit_text(json, "device", m->device);
	if (m->number == CALL_STATE && CODE_TEXT(states, m->state) != NULL)
		json_text(json, "state", CODE_TEXT(states, m->state));
	if (m->number == CALL_STATE || m->number == CALL_INFO || m->number == CALL_INFO_2 ||
	    (m->number == DIALED_NUMBER && m->version < VERSION_LONG)) {
		json_unsigned(json, "line", m->line);
		json_unsigned(json, "call_reference", m->reference);
	}
	emit_text(json, "calling_number", m->calling);
	emit_text(json, "calling_name", m->calling_name);
	emit_text(json, "called_number", m->called);
	emit_text(json, "called_name", m->called_name);
	emit_text(json, "dialled", m->dialled);
	if (m->port > 0) {
		json_text(json, "media_address", address_text(&m->address, text));
		json_unsigned(json, "media_port", m->port);
	}
}

/* Text in a place of fixed size. */
static void take_text(struct span *s, size_t size, char *text, size_t room)
{
	const struct span field = span_take(s, size);

	text[0] = '\0';
	if (!field.failed && text_is_plain(span_of(field.at, strnlen((const char *)field.at, size))))
		span_copy_text(field, text, room);
}

/* Digits are 0 to 9, then the star and the cross; later models send characters. */
static void note_digit(struct conversation *state, uint32_t button)
{
	const size_t length = strlen(state->dialled);
	char digit = 0;

	if (button <= 9)
		digit = (char)('0' + button);
	else if (button == 14 || button == '*')
		digit = '*';
	else if (button == 15 || button == '#')
		digit = '#';
	else if (button >= '0' && button <= '9')
		digit = (char)button;
	if (digit != 0 && length + 1 < sizeof(state->dialled)) {
		state->dialled[length] = digit;
		state->dialled[length + 1] = '\0';
	}
}

extern const struct protocol protocol_rtp;

/* The end that media is sent to, or that waits for it. */
static void expect_media(struct parse *parse, const struct message *m)
{
	if (m->port > 0 && m->port <= UINT16_MAX)
		parse_expect(parse, &(struct expectation){
					    .transport = TRANSPORT_UDP,
					    .address = m->address,
					    .port = (uint16_t)m->port,
					    .protocol = &protocol_rtp,
					    .waiting = SIDE_SERVER,
				    });
}

static void read_media(struct span s, struct message *m)
{
	struct span address;

	span_skip(&s, m->number == START_MEDIA ? 8 : 4); /* conference and pass-through, or status */
	if (m->version >= VERSION_LONG) {
		const bool v6 = span_u32_le(&s) != 0;

		address = span_take(&s, 16);
		if (!address.failed)
			m->address = v6 ? address_v6(address.at) : address_v4(load_u32(address.at));
	} else {
		m->address = address_v4(span_u32(&s));
	}
	m->port = span_u32_le(&s);
	if (s.failed || m->port > UINT16_MAX)
		m->port = 0;
}

static void read_call_info(struct span s, struct message *m)
{
	take_text(&s, 40, m->calling_name, sizeof(m->calling_name));
	take_text(&s, 24, m->calling, sizeof(m->calling));
	take_text(&s, 40, m->called_name, sizeof(m->called_name));
	take_text(&s, 24, m->called, sizeof(m->called));
	m->line = span_u32_le(&s);
	m->reference = span_u32_le(&s);
}

/* Line, reference and six numbers more, then texts: numbers of who calls and who is called, each with a
 * mailbox, then two pairs more, four that are seldom filled, and the names. */
static void read_call_info_2(struct span s, struct message *m)
{
	m->line = span_u32_le(&s);
	m->reference = span_u32_le(&s);
	span_skip(&s, 24);
	for (int i = 0; i < TEXTS && !s.failed; i++) {
		char *const texts[TEXTS] = {
			[0] = m->calling, [2] = m->called, [10] = m->calling_name, [11] = m->called_name
		};
		const struct span text = span_until(&s, 0);

		if (texts[i] != NULL && !text.failed && text_is_plain(text))
			span_copy_text(text, texts[i], NAME);
	}
}

/* What of it is told as an event of its own. */
static bool read_fields(struct conversation *state, struct span s, struct message *m)
{
	switch (m->number) {
	case REGISTER: take_text(&s, 16, m->device, sizeof(m->device)); return true;
	case REGISTER_ACK:
	case UNREGISTER:
	case OFF_HOOK: return true;
	case REGISTER_REJECT: take_text(&s, 32, m->called_name, sizeof(m->called_name)); return true;
	case KEYPAD: note_digit(state, span_u32_le(&s)); return false;
	case ENBLOC_CALL: take_text(&s, 24, m->called, sizeof(m->called)); return true;
	case ON_HOOK:
		memcpy(m->dialled, state->dialled, sizeof(m->dialled));
		state->dialled[0] = '\0';
		return true;
	case DIALED_NUMBER:
		take_text(&s, 24, m->called, sizeof(m->called));
		m->line = span_u32_le(&s);
		m->reference = span_u32_le(&s);
		return true;
	case CALL_STATE:
		m->state = span_u32_le(&s);
		m->line = span_u32_le(&s);
		m->reference = span_u32_le(&s);
		return !s.failed;
	case CALL_INFO: read_call_info(s, m); return true;
	case CALL_INFO_2: read_call_info_2(s, m); return true;
	case RECEIVE_ACK:
	case START_MEDIA: read_media(s, m); return true;
	default: return false;
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) >= HEAD && parse->skip == 0) {
		struct message m = { 0 };
		struct span rest = *bytes, body;
		uint32_t length;

		length = span_u32_le(&rest);
		m.version = span_u32_le(&rest);
		m.number = span_u32_le(&rest);
		if (length < LEAST || length > MOST || m.number > UINT16_MAX)
			return PARSE_BROKEN;
		body = span_take(&rest, length - LEAST);
		if (rest.failed) {
			parse_want(parse, BEFORE + (size_t)length);
			return PARSE_ON;
		}
		*bytes = rest;
		tally_add(&state->messages, m.number);
		state->count++;
		if (m.number == REGISTER || m.number == KEYPAD)
			parse_weakness(parse, &clear, "%s", CODE_TEXT(numbers, m.number));
		if (!read_fields(state, body, &m))
			continue;
		parse_event(parse, &m);
		expect_media(parse, &m);
	}
	return PARSE_ON;
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;
	struct message m = { .messages = &state->messages };

	memcpy(m.dialled, state->dialled, sizeof(m.dialled));
	if (state->count > 0)
		parse_event(parse, &m);
	state->count = 0;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
	.leads = true,
};

const struct protocol protocol_skinny = {
	.name = "skinny",
	.title = "Skinny Client Control Protocol",
	DOORS(TCP(2000)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.weaknesses = weaknesses,
};
