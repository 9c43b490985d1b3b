/* amqp.c: Advanced Message Queuing Protocol: AMQP 0-9-1 (amqp.org, "AMQP 0-9-1 specification") in full;
 * AMQP 1.0 (OASIS) is read in amqp_1.c; of 0-10 the header alone. */
#include "protocols/amqp.h"

enum {
	FRAME_HEADER = 7,
	FRAME_END = 0xce,
	FRAME_MOST = 1 << 24,
	METHOD = 1,
	HEARTBEAT = 8,
	CONNECTION = 10,
	CHANNEL = 20,
	EXCHANGE = 40,
	QUEUE = 50,
	BASIC = 60,
};

#define CLASS_METHOD(class, method) ((uint32_t)(class) << 16 | (method))

static const struct weakness clear_login = {
	.id = "amqp-clear-login",
	.title = "AMQP takes passwords in clear text",
	.severity = 2,
	.remedy = "Use AMQP inside TLS (amqps), and close the clear listener.",
};
static const struct weakness guest = {
	.id = "amqp-guest",
	.title = "AMQP is used with the name that the server is delivered with (guest)",
	.severity = 2,
	.remedy = "Remove the user guest, and give each client a name of its own.",
};
static const struct weakness *const weaknesses[] = { &clear_login, &guest, NULL };

static const struct code_name method_names[] = {
	{ CLASS_METHOD(10, 10), "connection_start" },
	{ CLASS_METHOD(10, 11), "connection_start_ok" },
	{ CLASS_METHOD(10, 30), "connection_tune" },
	{ CLASS_METHOD(10, 31), "connection_tune_ok" },
	{ CLASS_METHOD(10, 40), "connection_open" },
	{ CLASS_METHOD(10, 41), "connection_open_ok" },
	{ CLASS_METHOD(10, 50), "connection_close" },
	{ CLASS_METHOD(10, 51), "connection_close_ok" },
	{ CLASS_METHOD(20, 10), "channel_open" },
	{ CLASS_METHOD(20, 11), "channel_open_ok" },
	{ CLASS_METHOD(20, 40), "channel_close" },
	{ CLASS_METHOD(20, 41), "channel_close_ok" },
	{ CLASS_METHOD(40, 10), "exchange_declare" },
	{ CLASS_METHOD(40, 11), "exchange_declare_ok" },
	{ CLASS_METHOD(50, 10), "queue_declare" },
	{ CLASS_METHOD(50, 11), "queue_declare_ok" },
	{ CLASS_METHOD(50, 20), "queue_bind" },
	{ CLASS_METHOD(50, 21), "queue_bind_ok" },
	{ CLASS_METHOD(60, 10), "basic_qos" },
	{ CLASS_METHOD(60, 20), "basic_consume" },
	{ CLASS_METHOD(60, 21), "basic_consume_ok" },
	{ CLASS_METHOD(60, 40), "basic_publish" },
	{ CLASS_METHOD(60, 60), "basic_deliver" },
	{ CLASS_METHOD(60, 70), "basic_get" },
	{ CLASS_METHOD(60, 71), "basic_get_ok" },
	{ CLASS_METHOD(60, 72), "basic_get_empty" },
	{ CLASS_METHOD(60, 80), "basic_ack" },
	{ CLASS_METHOD(85, 10), "confirm_select" },
	{ 0x10, "open" },
	{ 0x11, "begin" }, /* of 1.0: descriptors */
	{ 0x12, "attach" },
	{ 0x13, "flow" },
	{ 0x14, "transfer" },
	{ 0x15, "disposition" },
	{ 0x16, "detach" },
	{ 0x17, "end" },
	{ 0x18, "close" },
	{ 0x40, "sasl_mechanisms" },
	{ 0x41, "sasl_init" },
	{ 0x42, "sasl_challenge" },
	{ 0x43, "sasl_response" },
	{ 0x44, "sasl_outcome" },
};

/* ---- recognising ---- */

/* "AMQP", an identity, and a version. */
static enum verdict read_greeting(struct span s)
{
	static const uint8_t known[][4] = {
		{ 0, 0, 9, 1 },  { 0, 1, 0, 0 }, { 3, 1, 0, 0 }, { 2, 1, 0, 0 },
		{ 1, 1, 0, 10 }, { 1, 1, 9, 1 }, { 1, 1, 8, 0 }, { 1, 1, 0, 9 },
	};
	const enum verdict verdict = recognise_text(s, "AMQP");
	size_t come;

	if (verdict != YES)
		return verdict;
	span_skip(&s, 4);
	come = span_left(s) < 4 ? span_left(s) : 4;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (memcmp(s.at, known[i], come) == 0)
			return come < 4 ? MORE : YES;
	return NO;
}

/* A whole method of a known class, or a heartbeat, with the octet that ends a frame. */
static enum verdict is_frame(struct span s)
{
	const size_t come = span_left(s);
	uint32_t length;
	uint16_t class;

	if (s.at[0] != METHOD && s.at[0] != HEARTBEAT)
		return NO;
	if (come < FRAME_HEADER)
		return MORE;
	length = load_u32(s.at + 3);
	if (s.at[0] == HEARTBEAT) {
		if (length != 0 || s.at[1] != 0 || s.at[2] != 0)
			return NO;
		return come <= FRAME_HEADER ? MORE : s.at[FRAME_HEADER] == FRAME_END ? YES : NO;
	}
	if (length < 4 || length > RECOGNISE_LIMIT - FRAME_HEADER - 1)
		return NO;
	if (come < FRAME_HEADER + 4)
		return MORE;
	class = load_u16(s.at + FRAME_HEADER);
	if ((class % 10 != 0 && class != 85) || class == 0 || class > 120 || s.at[FRAME_HEADER + 2] != 0 ||
	    s.at[FRAME_HEADER + 3] < 10 || s.at[FRAME_HEADER + 3] > 121)
		return NO;
	if (come <= FRAME_HEADER + length)
		return MORE;
	return s.at[FRAME_HEADER + length] == FRAME_END ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side;
	if (transport != TRANSPORT_TCP)
		return NO;
	return *first.at == 'A' ? read_greeting(first) : is_frame(first);
}

/* ---- reading ---- */

static void emit(const void *record, struct json *json)
{
	const struct amqp_state *const state = record;
	const uint8_t *const v = state->version;

	if (v[0] == 0 && v[1] == 0 && v[2] == 9)
		json_text(json, "version", "0-9-1");
	else if (v[0] == 1)
		json_text(json, "version", v[2] == 0 && v[3] == 10 ? "0-10" : "0-9");
	else if (v[1] == 1)
		json_text(json, "version", "1.0");
	emit_text(json, "server_product", state->product);
	emit_text(json, "server_version", state->software);
	emit_text(json, "server_platform", state->platform);
	emit_text(json, "client_product", state->client);
	emit_text(json, "client_version", state->client_version);
	emit_text(json, "mechanisms", state->mechanisms);
	emit_text(json, "mechanism", state->mechanism);
	emit_text(json, "user", state->user);
	emit_text(json, "vhost", state->vhost);
	emit_texts(json, "queues", state->queues);
	emit_texts(json, "exchanges", state->exchanges);
	EMIT_TALLY(json, "requests", &state->methods[SIDE_CLIENT], method_names);
	EMIT_TALLY(json, "responses", &state->methods[SIDE_SERVER], method_names);
	emit_text(json, "last_error", state->error);
	amqp_1_emit(json, state);
}

static void end(void *memory, struct parse *parse)
{
	struct amqp_state *const state = memory;

	if (!state->told && (state->greeted[0] || state->greeted[1] ||
			     state->methods[0].places[0].count > 0 || state->methods[1].places[0].count > 0))
		parse_event(parse, state);
	state->told = true;
}

static struct span take_short(struct span *s)
{
	return span_take(s, span_u8(s));
}

static struct span take_long(struct span *s)
{
	return span_take(s, span_u32(s));
}

/* A text of a table of properties; tables inside are stepped over. */
static struct span find_property(struct span table, const char *key)
{
	while (span_left(table) > 0 && !table.failed) {
		const struct span name = take_short(&table);
		struct span value;

		switch (span_u8(&table)) {
		case 'S':
		case 'F':
		case 'A':
		case 'x': value = take_long(&table); break;
		case 't':
		case 'b':
		case 'B': value = span_take(&table, 1); break;
		case 's':
		case 'u':
		case 'U': value = span_take(&table, 2); break;
		case 'I':
		case 'i':
		case 'f': value = span_take(&table, 4); break;
		case 'l':
		case 'L':
		case 'd':
		case 'T': value = span_take(&table, 8); break;
		case 'V': value = span_take(&table, 0); break;
		default: return span_of(NULL, 0);
		}
		if (span_is(name, key) && !table.failed)
			return value;
	}
	return span_of(NULL, 0);
}

void amqp_judge_login(struct parse *parse, const struct amqp_state *state)
{
	parse_weakness(parse, &clear_login, "%s of user %s", state->mechanism, state->user);
	if (strcmp(state->user, "guest") == 0)
		parse_weakness(parse, &guest, "%s of user guest", state->mechanism);
}

static void read_start(struct amqp_state *state, struct parse *parse, struct span s)
{
	struct span properties;

	span_skip(&s, 2);
	properties = take_long(&s);
	span_copy_text(find_property(properties, "product"), state->product, sizeof(state->product));
	span_copy_text(find_property(properties, "version"), state->software, sizeof(state->software));
	span_copy_text(find_property(properties, "platform"), state->platform, sizeof(state->platform));
	span_copy_text(take_long(&s), state->mechanisms, sizeof(state->mechanisms));
	if (state->product[0] != '\0')
		parse_software(parse, SIDE_SERVER, span_text(state->product), span_text(state->software));
}

static void read_start_ok(struct amqp_state *state, struct parse *parse, struct span s)
{
	const struct span properties = take_long(&s), mechanism = take_short(&s);
	struct span response = take_long(&s);

	span_copy_text(find_property(properties, "product"), state->client, sizeof(state->client));
	span_copy_text(find_property(properties, "version"), state->client_version,
		       sizeof(state->client_version));
	span_copy_text(mechanism, state->mechanism, sizeof(state->mechanism));
	if (state->client[0] != '\0')
		parse_software(parse, SIDE_CLIENT, span_text(state->client),
			       span_text(state->client_version));
	if (span_is(mechanism, "PLAIN")) {
		(void)span_until(&response, 0);
		span_copy_text(span_until(&response, 0), state->user, sizeof(state->user));
	} else if (span_is(mechanism, "AMQPLAIN")) {
		span_copy_text(find_property(response, "LOGIN"), state->user, sizeof(state->user));
	} else {
		return;
	}
	amqp_judge_login(parse, state);
}

static void read_method(struct amqp_state *state, struct parse *parse, struct span s)
{
	const uint16_t class = span_u16(&s);
	const uint16_t method = span_u16(&s);

	tally_add(&state->methods[parse->side], CLASS_METHOD(class, method));
	switch (CLASS_METHOD(class, method)) {
	case CLASS_METHOD(CONNECTION, 10): read_start(state, parse, s); break;
	case CLASS_METHOD(CONNECTION, 11): read_start_ok(state, parse, s); break;
	case CLASS_METHOD(CONNECTION, 40):
		span_copy_text(take_short(&s), state->vhost, sizeof(state->vhost));
		break;
	case CLASS_METHOD(CONNECTION, 50):
	case CLASS_METHOD(CHANNEL, 40):
		if (span_u16(&s) != 200)
			span_copy_text(take_short(&s), state->error, sizeof(state->error));
		break;
	case CLASS_METHOD(EXCHANGE, 10):
		span_skip(&s, 2);
		texts_note(state->exchanges, AMQP_NAMES, take_short(&s));
		break;
	case CLASS_METHOD(QUEUE, 10):
	case CLASS_METHOD(BASIC, 20):
	case CLASS_METHOD(BASIC, 70):
		span_skip(&s, 2);
		texts_note(state->queues, AMQP_NAMES, take_short(&s));
		break;
	case CLASS_METHOD(BASIC, 40):
		span_skip(&s, 2);
		texts_note(state->exchanges, AMQP_NAMES, take_short(&s));
		break;
	default: break;
	}
}

/* Of AMQP 1.0 each layer (SASL, then the messages) begins with a greeting of its own; behind that of TLS
 * comes TLS. Frames of 0-10 are not read. */
static enum verdict take_frame(struct amqp_state *state, struct parse *parse, struct span *bytes)
{
	enum { TLS = 2 };
	struct span frame, s = *bytes;
	uint32_t length;

	if (*bytes->at == 'A') {
		const enum verdict verdict = read_greeting(s);

		if (verdict != YES)
			return verdict;
		memcpy(state->version, s.at + 4, 4);
		state->greeted[parse->side] = true;
		span_skip(bytes, 8);
		state->unread = state->version[0] == 1 || state->version[0] == TLS;
		return YES;
	}
	if (state->unread) {
		bytes->at = bytes->end;
		return YES;
	}
	if (state->version[1] == 1)
		return amqp_1_take_frame(state, parse, bytes);
	if (span_left(s) < FRAME_HEADER)
		return MORE;
	length = load_u32(s.at + 3);
	if (s.at[0] == 0 || s.at[0] > HEARTBEAT || length > FRAME_MOST)
		return NO;
	if (message_take(parse, bytes, (uint64_t)length + FRAME_HEADER + 1, &frame) != YES)
		return MORE;
	if (*frame.at == METHOD) {
		span_skip(&frame, FRAME_HEADER);
		read_method(state, parse, frame);
	}
	return YES;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct amqp_state *const state = memory;
	enum verdict whole = YES;

	while (span_left(*bytes) > 0 && parse->skip == 0 && whole == YES)
		whole = take_frame(state, parse, bytes);
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct amqp_state),
	.read = read,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_add(out, "AMQP\0\0\x09\1", 8);
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard, properties;
	const enum verdict verdict = recognise(s, SIDE_SERVER, TRANSPORT_TCP);

	(void)memory;
	(void)out;
	if (verdict == NO || (verdict == MORE && ended))
		return PROBE_NOT;
	if (verdict == MORE)
		return PROBE_WAIT;
	heard->at = heard->end;
	if (*s.at == 'A') { /* it speaks another version, and says which */
		answer_fact(answer, "version", span_text(s.at[5] == 1 ? "1.0" : "0-9-1"));
		return PROBE_DONE;
	}
	span_skip(&s, FRAME_HEADER);
	if (span_u32(&s) != CLASS_METHOD(CONNECTION, 10))
		return PROBE_DONE;
	answer_fact_format(answer, "version", "0-9-1");
	span_skip(&s, 2);
	properties = take_long(&s);
	answer_fact(answer, "platform", find_property(properties, "platform"));
	answer_fact(answer, "cluster", find_property(properties, "cluster_name"));
	answer_fact(answer, "mechanisms", take_long(&s));
	answer_product(answer, find_property(properties, "product"), find_property(properties, "version"));
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_amqp = {
	.name = "amqp",
	.title = "Advanced Message Queuing Protocol",
	DOORS(TCP(5672)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
