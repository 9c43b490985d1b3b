/* kafka.c: the protocol of Apache Kafka ("Kafka protocol guide", Apache Kafka documentation): requests with
 * key, version and the client's name, answers in their order. */
#include "protocols/sasl.h"
#include "protocols/tally.h"

#include <ctype.h>

enum {
	SIZE_MOST = 100 << 20,
	ASKED_MOST = 1 << 20,
	PRODUCE = 0,
	KEYS = 93,
	VERSIONS = 20,
	CLIENT_MOST = 255,
	API_VERSIONS = 18,
	SASL_HANDSHAKE = 17,
	SASL_AUTHENTICATE = 36,
	LIST_MOST = 128, /* keys that a broker lists */
};

static const struct weakness clear_login = {
	.id = "kafka-clear-login",
	.title = "Kafka takes passwords in clear text",
	.severity = 2,
	.remedy = "Use SASL_SSL listeners, or SCRAM instead of PLAIN.",
};
static const struct weakness *const weaknesses[] = { &clear_login, NULL };

static const struct code_name key_names[] = {
	{ 0, "produce" },
	{ 1, "fetch" },
	{ 2, "list_offsets" },
	{ 3, "metadata" },
	{ 4, "leader_and_isr" },
	{ 5, "stop_replica" },
	{ 6, "update_metadata" },
	{ 7, "controlled_shutdown" },
	{ 8, "offset_commit" },
	{ 9, "offset_fetch" },
	{ 10, "find_coordinator" },
	{ 11, "join_group" },
	{ 12, "heartbeat" },
	{ 13, "leave_group" },
	{ 14, "sync_group" },
	{ 15, "describe_groups" },
	{ 16, "list_groups" },
	{ 17, "sasl_handshake" },
	{ 18, "api_versions" },
	{ 19, "create_topics" },
	{ 20, "delete_topics" },
	{ 21, "delete_records" },
	{ 22, "init_producer_id" },
	{ 24, "add_partitions_to_txn" },
	{ 26, "end_txn" },
	{ 29, "describe_acls" },
	{ 30, "create_acls" },
	{ 32, "describe_configs" },
	{ 33, "alter_configs" },
	{ 36, "sasl_authenticate" },
	{ 37, "create_partitions" },
	{ 42, "delete_groups" },
	{ 60, "describe_cluster" },
};

/* ---- recognising ---- */

struct request {
	uint32_t size;
	uint16_t key, version;
	struct span client; /* empty where it has none */
};

static bool is_name(struct span s)
{
	if (span_left(s) > 0 && !isalnum(*s.at))
		return false;
	for (; span_left(s) > 0; s.at++)
		if (!isgraph(*s.at) && *s.at != ' ')
			return false;
	return true;
}

/* Who has no name begins by asking for versions, or in old times for metadata, and that is short. */
static bool may_be_nameless(const struct request *request)
{
	enum { METADATA = 3, SHORT = 1024 };

	return (request->key == METADATA || request->key == API_VERSIONS) && request->size <= SHORT;
}

static enum verdict read_request(struct span s, struct request *ret)
{
	const size_t come = span_left(s);
	uint16_t length;

	*ret = (struct request){ .size = span_u32(&s), .key = span_u16(&s), .version = span_u16(&s) };
	if (come >= 4 && (ret->size < 10 || ret->size > SIZE_MOST))
		return NO;
	if (come >= 6 && ret->key != PRODUCE && ret->size > ASKED_MOST) /* only what is produced is long */
		return NO;
	if ((come >= 6 && ret->key >= KEYS) || (come >= 8 && ret->version > VERSIONS))
		return NO;
	span_skip(&s, 4);
	length = span_u16(&s);
	if (s.failed)
		return MORE;
	if (length == 0xffff || length == 0)
		return may_be_nameless(ret) ? YES : NO;
	if (length > CLIENT_MOST || (uint32_t)length + 10 > ret->size)
		return NO;
	ret->client = s;
	ret->client.end = s.at + (length < span_left(s) ? length : span_left(s));
	if (!is_name(ret->client))
		return NO;
	return span_left(ret->client) < length ? MORE : YES;
}

/* The answer to ApiVersions: keys that rise from 0, each with a range of versions.
 */
static enum verdict is_versions(struct span s)
{
	const uint32_t size = span_u32(&s);
	uint32_t keys;
	unsigned step = 6;

	if (s.failed)
		return MORE;
	if (size < 16 || size > 2048)
		return NO;
	span_skip(&s, 4);
	if (span_u16(&s) != 0)
		return NO;
	if (s.failed)
		return MORE;
	if (span_left(s) > 0 && *s.at != 0) { /* compact, since version 3 */
		keys = (uint32_t)span_u8(&s) - 1;
		step = 7;
		if (keys < 8 || keys > LIST_MOST - 2 || size < 7 + keys * step)
			return NO;
	} else {
		keys = span_u32(&s);
		if (s.failed)
			return MORE;
		if (keys < 8 || keys > LIST_MOST || (size != 10 + keys * step && size != 14 + keys * step))
			return NO;
	}
	for (unsigned i = 0; i < 8; i++) {
		const uint16_t key = span_u16(&s), least = span_u16(&s), most = span_u16(&s);

		if (step == 7)
			span_skip(&s, 1);
		if (s.failed)
			return MORE;
		if (key >= KEYS || least > most || most > 30)
			return NO;
	}
	return YES;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct request request;
	enum verdict verdict;

	if (transport != TRANSPORT_TCP || *first.at != 0) /* nobody begins with 16 MiB */
		return NO;
	if (side == SIDE_SERVER)
		return is_versions(first);
	verdict = read_request(first, &request);
	/* Without a name there is little to go by; from version 3 on it has more to say. */
	if (verdict == YES && span_left(request.client) == 0)
		return request.key == API_VERSIONS && request.version <= 2 && request.size == 10 ? YES : NO;
	return verdict;
}

/* ---- reading ---- */

struct conversation {
	struct tally keys;
	uint32_t requests, answers;
	uint32_t tokens; /* of SASL, which have no answer yet */
	char client[CLIENT_MOST + 1], software[64], software_version[32];
	struct sasl sasl;
	bool raw; /* messages are tokens of SASL, without heads: KIP-43, after version 0 of the handshake */
	bool told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "client_id", state->client);
	emit_text(json, "software_name", state->software);
	emit_text(json, "software_version", state->software_version);
	json_unsigned(json, "requests", state->requests);
	json_unsigned(json, "responses", state->answers);
	EMIT_TALLY(json, "apis", &state->keys, key_names);
	emit_text(json, "mechanism", state->sasl.mechanism);
	emit_text(json, "user", state->sasl.user);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && state->requests + state->answers > 0)
		parse_event(parse, state);
	state->told = true;
}

/* A text whose length stands before it in one octet, plus one (a varint of small numbers). */
static struct span take_compact(struct span *s)
{
	const uint8_t length = span_u8(s);

	if (length == 0 || length > 127)
		s->failed = true;
	return span_take(s, (size_t)length - (length > 0));
}

static void read_login(struct conversation *state, struct parse *parse, struct span s)
{
	sasl_octets(&state->sasl, s);
	if (sasl_is_clear(&state->sasl) && !s.failed)
		parse_weakness(parse, &clear_login, "SASL %s%s%s", state->sasl.mechanism,
			       state->sasl.user[0] != '\0' ? " of user " : "", state->sasl.user);
}

/* The same, where the length may be any: a varint has seven bits in each octet, the lowest first. */
static struct span take_bytes(struct span *s)
{
	uint32_t length = 0;
	uint8_t octet = 0x80;

	for (unsigned shift = 0; shift < 28 && (octet & 0x80) != 0; shift += 7) {
		octet = span_u8(s);
		length |= (uint32_t)(octet & 0x7f) << shift;
	}
	s->failed = s->failed || length == 0 || (octet & 0x80) != 0;
	return span_take(s, length - (length > 0));
}

static void read_body(struct conversation *state, struct parse *parse, const struct request *request,
		      struct span s)
{
	switch (request->key) {
	case API_VERSIONS:
		if (request->version < 3)
			return;
		span_skip(&s, 1); /* no tags */
		span_copy_text(take_compact(&s), state->software, sizeof(state->software));
		span_copy_text(take_compact(&s), state->software_version, sizeof(state->software_version));
		if (!s.failed)
			parse_software(parse, SIDE_CLIENT, span_text(state->software),
				       span_text(state->software_version));
		break;
	case SASL_HANDSHAKE:
		sasl_begin(&state->sasl, span_take(&s, span_u16(&s)));
		state->raw = request->version == 0;
		break;
	case SASL_AUTHENTICATE:
		if (request->version >= 2)
			span_skip(&s, 1); /* no tags */
		read_login(state, parse, request->version < 2 ? span_take(&s, span_u32(&s)) : take_bytes(&s));
		break;
	default: break;
	}
}

/* True if it was none. */
static bool read_token(struct conversation *state, struct parse *parse, struct span message)
{
	struct request request;

	state->raw = state->raw && read_request(message, &request) != YES;
	if (!state->raw)
		return true;
	span_skip(&message, 4);
	state->tokens++;
	read_login(state, parse, message);
	return false;
}

static void hear_answer(struct conversation *state)
{
	if (state->tokens > 0)
		state->tokens--;
	else
		state->answers++;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) >= 4 && parse->skip == 0) {
		const uint32_t size = load_u32(bytes->at);
		struct request request;
		struct span message;

		if ((size < 4 && !state->raw) || size > SIZE_MOST)
			return PARSE_BROKEN;
		if (message_take(parse, bytes, (uint64_t)size + 4, &message) != YES)
			break;
		if (parse->side == SIDE_SERVER) {
			hear_answer(state);
			continue;
		}
		if (state->raw && !read_token(state, parse, message))
			continue;
		if (read_request(message, &request) != YES)
			return PARSE_BROKEN;
		state->requests++;
		tally_add(&state->keys, request.key);
		if (state->client[0] == '\0')
			span_copy_text(request.client, state->client, sizeof(state->client));
		span_skip(&message, 14 + span_left(request.client));
		read_body(state, parse, &request, message);
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

/* ApiVersions, version 0, which every broker answers without a login. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u32(out, 18);
	buffer_u16(out, API_VERSIONS);
	buffer_u16(out, 0);
	buffer_u32(out, 1);
	buffer_u16(out, 8);
	buffer_text(out, "doorward");
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard;
	const enum verdict verdict = *s.at > 6 ? NO : is_versions(s);
	uint32_t size, keys;

	(void)memory;
	(void)out;
	if (verdict == NO || (verdict == MORE && ended))
		return PROBE_NOT;
	size = span_u32(&s);
	if (verdict == MORE || (span_left(s) < size && !ended))
		return PROBE_WAIT;
	span_skip(&s, 6);
	keys = span_u32(&s);
	answer_fact_format(answer, "apis", "%u", keys);
	for (uint32_t i = 0; i < keys && !s.failed; i++) {
		const uint16_t key = span_u16(&s);

		span_skip(&s, 2);
		if (key == 1)
			answer_fact_format(answer, "fetch_version", "%u", span_u16(&s));
		else if (key == 3)
			answer_fact_format(answer, "metadata_version", "%u", span_u16(&s));
		else
			span_skip(&s, 2);
	}
	heard->at = heard->end;
	answer_product(answer, span_text("Kafka"), span_text(""));
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_kafka = {
	.name = "kafka",
	.title = "Apache Kafka",
	DOORS(TCP(9092)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
