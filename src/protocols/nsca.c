/* nsca.c: passive checks of Nagios, NSCA of its add-ons (common.h of its sources, init_packet and
 * data_packet): the server opens with 128 octets of noise, by which clients encrypt, and its time in seconds
 * since 1970. Noise with a time behind it is this protocol where the time is that of the packet. What clients
 * send are results of checks, each of one size, in the clear where encryption_method is 0. */
#include "protocols/tally.h"

enum {
	NOISE = 128,
	WORDS = NOISE + 4,
	BOUND_S = 600, /* by how much the clocks of both machines may differ */
	VERSION = 3,
	HOST = 64, /* octets of a host's name, and of a service's */
	SERVICE = 128,
	CHECKSUM_AT = 4,
	RESULT = 4304,    /* with 4096 octets of what the check said */
	RESULT_OLD = 720, /* up to 2.7, with 512 */
};

static const struct weakness clear = {
	"nsca-clear",
	"NSCA takes results of checks in the clear",
	2,
	"Encrypt with a password (decryption_method 14 and above), and let only the monitored hosts in.",
};
static const struct weakness *const weaknesses[] = { &clear, NULL };

static bool is_near(uint32_t told, int64_t time_ns)
{
	const int32_t offset = (int32_t)(told - (uint32_t)(time_ns / 1000000000));

	return offset >= -BOUND_S && offset <= BOUND_S;
}

static bool tells_time(struct span words, int64_t time_ns)
{
	const bool whole = span_left(words) == WORDS;

	span_skip(&words, NOISE);
	return whole && is_near(span_u32(&words), time_ns);
}

/* ---- reading ---- */

static const struct code_name states[] = {
	{ 0, "ok" }, { 1, "warning" }, { 2, "critical" }, { 3, "unknown" }
};

struct conversation {
	struct tally results;
	char hosts[512], services[512];
	uint64_t bytes;
	bool greeted, encrypted;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	if (state->bytes > 0)
		json_bool(json, "encrypted", state->encrypted);
	EMIT_TALLY(json, "results", &state->results, states);
	emit_texts(json, "hosts", state->hosts);
	emit_texts(json, "services", state->services);
	json_unsigned(json, "bytes", state->bytes);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

/* CRC-32 of a result, in which the checksum itself counts as zero. */
static bool is_sound(struct span s)
{
	const uint32_t told = load_u32(s.at + CHECKSUM_AT);
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < span_left(s); i++) {
		crc ^= i - CHECKSUM_AT < sizeof(told) ? 0 : s.at[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc == told;
}

/* Names fill their places with noise behind the zero that ends them. */
static void read_result(struct conversation *state, struct parse *parse, struct span s)
{
	struct span host, service;

	span_skip(&s, 3 * sizeof(uint32_t)); /* version, checksum and time */
	tally_add(&state->results, span_u16(&s));
	host = span_take(&s, HOST);
	service = span_take(&s, SERVICE);
	host = span_until(&host, 0);
	service = span_until(&service, 0);
	if (!host.failed)
		texts_note(state->hosts, sizeof(state->hosts), host);
	if (!service.failed)
		texts_note(state->services, sizeof(state->services), service);
	parse_weakness(parse, &clear, "a result of %.*s was sent in the clear", (int)span_left(host),
		       (const char *)host.at);
}

/* A result in the clear shows by its version and checksum; which size it has shows with it. */
static enum verdict read_next(struct conversation *state, struct parse *parse, struct span *bytes)
{
	const struct span s = *bytes;
	size_t length;

	if (span_left(s) >= sizeof(uint16_t) && load_u16(s.at) != VERSION)
		return NO;
	if (span_left(s) < RESULT_OLD)
		return MORE;
	length = is_sound(span_of(s.at, RESULT_OLD)) ? RESULT_OLD : RESULT;
	if (span_left(s) < length) {
		parse_want(parse, length);
		return MORE;
	}
	if (length == RESULT && !is_sound(span_of(s.at, RESULT)))
		return NO;
	read_result(state, parse, span_take(bytes, length));
	state->bytes += length;
	return YES;
}

static enum parse_step read_greeting(struct conversation *state, struct span *bytes)
{
	if (state->greeted)
		return PARSE_BROKEN; /* the server says no more */
	if (span_left(*bytes) < WORDS)
		return PARSE_ON;
	span_skip(bytes, WORDS);
	state->greeted = true;
	return span_left(*bytes) > 0 ? PARSE_BROKEN : PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum verdict whole = YES;

	if (parse->side == SIDE_SERVER)
		return read_greeting(state, bytes);
	while (whole == YES && !state->encrypted && span_left(*bytes) > 0)
		whole = read_next(state, parse, bytes);
	state->encrypted |= whole == NO;
	if (!state->encrypted)
		return PARSE_ON;
	state->bytes += span_left(*bytes);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_nsca = {
	.name = "nsca",
	.title = "Nagios passive checks",
	DOORS(TCP(5667)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise_nothing,
	.tells_time = tells_time,
	.parser = &parser,
	.weaknesses = weaknesses,
};
