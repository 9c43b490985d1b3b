/* rtp.c: Real-time Transport Protocol: RFC 3550 (header 5.1, sequence A.1, jitter A.8), RFC 3551 (payload
 * types), RFC 4571 (over TCP). One datagram of it looks like many things; two that go on from each other do
 * not. */
#include "base/escape.h"
#include "protocols/tally.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	HEADER = 12,
	DATAGRAM_MOST = 2048,
	DYNAMIC = 96,
	STEP_MOST = 64, /* sequence numbers between two datagrams that go on from each other */
	STREAMS = 4,    /* sources of each side */
	CODEC = 24,
};

struct header {
	uint8_t type;
	bool marker;
	uint16_t sequence;
	uint32_t timestamp, source;
	size_t payload;
};

/* RFC 3551 6. */
static const struct payload_type {
	uint8_t type;
	const char *name;
	uint32_t rate;
} payload_types[] = {
	{ 0, "PCMU", 8000 },   { 3, "GSM", 8000 },    { 4, "G723", 8000 },   { 5, "DVI4", 8000 },
	{ 6, "DVI4", 16000 },  { 7, "LPC", 8000 },    { 8, "PCMA", 8000 },   { 9, "G722", 8000 },
	{ 10, "L16", 44100 },  { 11, "L16", 44100 },  { 12, "QCELP", 8000 }, { 13, "CN", 8000 },
	{ 14, "MPA", 90000 },  { 15, "G728", 8000 },  { 16, "DVI4", 11025 }, { 17, "DVI4", 22050 },
	{ 18, "G729", 8000 },  { 25, "CelB", 90000 }, { 26, "JPEG", 90000 }, { 28, "nv", 90000 },
	{ 31, "H261", 90000 }, { 32, "MPV", 90000 },  { 33, "MP2T", 90000 }, { 34, "H263", 90000 },
};

static const struct payload_type *payload_of(uint8_t type)
{
	for (size_t i = 0; i < sizeof(payload_types) / sizeof(payload_types[0]); i++)
		if (payload_types[i].type == type)
			return &payload_types[i];
	return NULL;
}

static bool read_header(struct span s, struct header *ret)
{
	const uint8_t begin = span_u8(&s), second = span_u8(&s);

	if (begin >> 6 != 2)
		return false;
	ret->type = second & 0x7f;
	ret->marker = (second & 0x80) != 0;
	ret->sequence = span_u16(&s);
	ret->timestamp = span_u32(&s);
	ret->source = span_u32(&s);
	span_skip(&s, (size_t)(begin & 0x0f) * 4);
	if ((begin & 0x10) != 0) {
		span_skip(&s, 2);
		span_skip(&s, (size_t)span_u16(&s) * 4);
	}
	if (s.failed)
		return false;
	if ((begin & 0x20) != 0 && (span_left(s) == 0 || s.end[-1] == 0 || s.end[-1] > span_left(s)))
		return false;
	ret->payload = span_left(s);
	return true;
}

static bool is_usual(uint8_t type)
{
	return payload_of(type) != NULL || type >= DYNAMIC;
}

/* ---- recognising ---- */

/* Voice in G.711 keeps coming back to few of its 256 values, and comes in tens of milliseconds; noise uses
 * more, and what is even has no header. */
static bool is_voice(struct span s, const struct header *header)
{
	enum { FRAME = 80, FRAMES_MOST = 4, PCMU = 0, PCMA = 8, PLAIN = 0x80 };
	/* By tens of milliseconds; five deviations below what noise has. */
	static const uint8_t values_most[FRAMES_MOST] = { 54, 96, 130, 156 };
	uint64_t seen[4] = { 0 };
	unsigned values = 0;

	if (span_peek(s, 0) != PLAIN || (header->type != PCMU && header->type != PCMA) ||
	    header->payload % FRAME != 0 || header->payload == 0 || header->payload > FRAME * FRAMES_MOST ||
	    header->source == 0 || header->source == header->timestamp)
		return false;
	span_skip(&s, HEADER);
	while (span_left(s) > 0) {
		const uint8_t octet = span_u8(&s);

		seen[octet / 64] |= (uint64_t)1 << octet % 64;
	}
	for (int i = 0; i < 4; i++)
		values += (unsigned)__builtin_popcountll(seen[i]);
	return values <= values_most[header->payload / FRAME - 1];
}

/* The same source, and the next numbers. Pictures may be sent in another order than they are shown in. */
static bool follows(const struct header *one, const struct header *two, unsigned step_most)
{
	const int64_t passed = (int32_t)(two->timestamp - one->timestamp);

	return one->source == two->source && (uint16_t)(two->sequence - one->sequence - 1) < step_most &&
	       passed < 1 << 22 && passed > -(1 << 22) && is_usual(two->type);
}

/* RFC 4571: over a stream each packet has its length before it. Two are needed. */
static enum verdict recognise_stream(struct span first)
{
	struct header headers[2];

	for (int i = 0; i < 2; i++) {
		const uint16_t length = span_u16(&first);
		struct span packet;

		if (first.failed)
			return MORE;
		if (length < HEADER || length > DATAGRAM_MOST)
			return NO;
		if (span_left(first) > 0 && span_peek(first, 0) >> 6 != 2)
			return NO;
		if (span_left(first) > 1 && !is_usual(span_peek(first, 1) & 0x7f))
			return NO;
		if (span_left(first) < length)
			return MORE;
		packet = span_take(&first, length);
		if (!read_header(packet, &headers[i]))
			return NO;
	}
	return headers[0].type == headers[1].type && follows(&headers[0], &headers[1], 1) ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct header header;

	(void)side;
	if (transport == TRANSPORT_TCP)
		return recognise_stream(first);
	if (transport != TRANSPORT_UDP || *first.at >> 6 != 2 || span_left(first) > DATAGRAM_MOST ||
	    !read_header(first, &header) || !is_usual(header.type))
		return NO;
	return is_voice(first, &header) ? YES : MORE;
}

/* Lines of a language look alike, and a piece of them may begin and end in the midst of a letter. */
static bool is_text(struct span s)
{
	enum { TEXT_LEAST = 32, LETTER_REST = 3 };

	if (span_left(s) < TEXT_LEAST)
		return false;
	for (unsigned i = 0; i < LETTER_REST && *s.at >> 6 == 2; i++)
		s.at++;
	while (span_left(s) > LETTER_REST) {
		const int32_t c = utf8_next(&s);

		if (c < ' ' && c != '\t' && c != '\n' && c != '\r')
			return false;
	}
	return true;
}

/* A source of zero is one as well, but then the numbers have to tell more. */
static bool continues(struct span before, struct span now)
{
	struct header one, two;

	if (!read_header(before, &one) || !read_header(now, &two) || (is_text(before) && is_text(now)))
		return false;
	return follows(&one, &two, one.source != 0 ? STEP_MOST : 1) &&
	       (one.source != 0 || (one.type == two.type && one.payload == two.payload));
}

/* ---- reading ---- */

struct stream {
	uint32_t source, packets, cycles, rate, last_timestamp, late;
	uint64_t bytes;
	uint16_t first, highest;
	uint8_t type;
	char codec[CODEC]; /* as it was announced */
	int64_t last_time;
	double jitter, jitter_most; /* in units of the clock */
};

struct conversation {
	struct stream streams[2][STREAMS];
	bool told;
};

static void emit_stream(struct json *json, const struct stream *stream)
{
	const struct payload_type *const type = payload_of(stream->type);
	const uint32_t expected = stream->cycles + stream->highest - stream->first + 1;
	char text[16];

	json_begin(json);
	(void)snprintf(text, sizeof(text), "0x%08x", stream->source);
	json_text(json, "ssrc", text);
	json_unsigned(json, "payload_type", stream->type);
	if (stream->codec[0] != '\0' || type != NULL)
		json_text(json, "codec", stream->codec[0] != '\0' ? stream->codec : type->name);
	json_unsigned(json, "packets", stream->packets);
	json_unsigned(json, "bytes", stream->bytes);
	json_unsigned(json, "lost", expected > stream->packets ? expected - stream->packets : 0);
	if (stream->late > 0)
		json_unsigned(json, "out_of_order", stream->late);
	if (stream->rate > 0)
		json_unsigned(json, "jitter_us", (uint64_t)(stream->jitter_most * 1e6 / stream->rate));
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	static const char *const keys[] = { "to_server", "to_client" };
	const struct conversation *const state = record;

	for (unsigned side = 0; side < 2; side++) {
		if (state->streams[side][0].packets == 0)
			continue;
		json_open_array(json, keys[side]);
		for (size_t i = 0; i < STREAMS && state->streams[side][i].packets > 0; i++)
			emit_stream(json, &state->streams[side][i]);
		json_end(json);
	}
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && (state->streams[0][0].packets > 0 || state->streams[1][0].packets > 0))
		parse_event(parse, state);
	state->told = true;
}

/* Words of the announcement: "audio 97 opus/48000/2, 101 telephone-event/8000". Without such words the type
 * may be one that everybody knows. */
static void name_codec(struct stream *stream, struct span words)
{
	const struct payload_type *const known = payload_of(stream->type);
	uint64_t type, rate;

	stream->rate = known != NULL ? known->rate : 0;
	(void)text_word(&words); /* audio, video */
	while (span_left(words) > 0) {
		struct span rest = words, map = span_until(&rest, ','), number, name;

		if (map.failed) { /* the last */
			map = words;
			rest.at = rest.end;
		}
		words = rest;
		number = text_word(&map);
		map = text_trim(map);
		name = span_until(&map, '/');
		if (name.failed || !span_number(number, 127, &type) || type != stream->type)
			continue;
		span_copy_text(name, stream->codec, sizeof(stream->codec));
		number = span_until(&map, '/'); /* channels may follow: RFC 8866 6.6 */
		if (span_number(number.failed ? map : number, UINT32_MAX, &rate))
			stream->rate = (uint32_t)rate;
	}
}

static void note_jitter(struct stream *stream, const struct header *header, int64_t time)
{
	const double passed = (double)(time - stream->last_time) * stream->rate / 1e9;
	const double spoken = (double)(int32_t)(header->timestamp - stream->last_timestamp);
	const double difference = passed > spoken ? passed - spoken : spoken - passed;

	if (stream->rate == 0)
		return;
	stream->jitter += (difference - stream->jitter) / 16;
	if (stream->jitter > stream->jitter_most)
		stream->jitter_most = stream->jitter;
}

static void note(struct conversation *state, struct parse *parse, const struct header *header)
{
	struct stream *stream = state->streams[parse->side];
	size_t i = 0;

	while (i < STREAMS && stream[i].packets > 0 && stream[i].source != header->source)
		i++;
	if (i == STREAMS)
		return;
	stream += i;
	if (stream->packets++ == 0) {
		stream->source = header->source;
		stream->type = header->type;
		stream->first = stream->highest = header->sequence;
		name_codec(stream, span_text(parse->about != NULL ? parse->about : ""));
	} else {
		const uint16_t step = (uint16_t)(header->sequence - stream->highest);

		if (step > 0x8000) {
			stream->late++;
		} else {
			if (header->sequence < stream->highest)
				stream->cycles += 1 << 16;
			stream->highest = header->sequence;
			if (header->type == stream->type && !header->marker)
				note_jitter(stream, header, parse->time_ns);
		}
	}
	stream->bytes += header->payload;
	stream->last_timestamp = header->timestamp;
	stream->last_time = parse->time_ns;
}

/* What has a type of RTCP's is RTCP in the same flow (RFC 5761 4). */
static bool is_control(struct span packet)
{
	return span_peek(packet, 1) >= 192 && span_peek(packet, 1) <= 223;
}

static bool read_packet(struct conversation *state, struct parse *parse, struct span packet)
{
	struct header header;

	if (is_control(packet))
		return span_peek(packet, 0) >> 6 == 2;
	if (!read_header(packet, &header))
		return false;
	note(state, parse, &header);
	return true;
}

static enum parse_step read_stream(struct conversation *state, struct parse *parse, struct span *bytes)
{
	while (span_left(*bytes) > 2) {
		struct span rest = *bytes;
		const uint16_t length = span_u16(&rest);

		if (span_left(rest) < length) {
			parse_want(parse, length + 2u);
			return PARSE_ON;
		}
		if (length > 0 && !read_packet(state, parse, span_take(&rest, length)))
			return PARSE_BROKEN;
		*bytes = rest;
	}
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	if (parse->transport == TRANSPORT_TCP)
		return read_stream(state, parse, bytes);
	/* STUN and DTLS may stand between (RFC 7983). */
	if (span_peek(*bytes, 0) >> 6 == 2 && !read_packet(state, parse, *bytes) && !parse->cut)
		return PARSE_BROKEN;
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_rtp = {
	.name = "rtp",
	.title = "Real-time Transport Protocol",
	.announced = true,
	DOORS(UDP(5004), TCP(5004)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = HEADER,
	MARKS(OCTETS(0, 0x80, 0xbf), OCTETS(1, 0, 34), OCTETS(1, DYNAMIC, 127), OCTETS(1, 128, 128 + 34),
	      OCTETS(1, 128 + DYNAMIC, 255)),
	.continues = continues,
	.parser = &parser,
};
