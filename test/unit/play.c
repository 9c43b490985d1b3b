#include "play.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOLD_LIMIT = 1 << 24, WEAKNESSES = 64, PIECES = 4096 };

struct unread {
	uint8_t *bytes; /* of its exact size */
	size_t length;
	uint64_t taken; /* bytes that the parser has taken, skipped or lost */
	uint64_t skip;
	size_t want;
};

struct play {
	struct parse parse; /* first, so that what the engine is called with is the play */
	void *state;
	struct unread unread[2];
	struct buffer told;
	struct memory *memory;
	const struct weakness *weaknesses[WEAKNESSES];
	size_t weakness_count;
	uint8_t *kept[PIECES];
	size_t kept_count, kept_bytes;
	struct packet packet;
	bool over, ended;
};

static const char *const side_names[] = { "client", "server" };

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	(void)fprintf(stderr, "play: %s\n", what);
	abort();
}

static void *exactly(const void *bytes, size_t length)
{
	void *const copy = malloc(length);

	must(copy != NULL, "no memory");
	memcpy(copy, bytes, length);
	return copy;
}

static struct play *play_of(struct parse *parse)
{
	return (struct play *)parse;
}

/* ---- telling ---- */

static struct json line_begin(struct play *play)
{
	struct json json = json_new(&play->told);

	json_begin(&json);
	return json;
}

static void line_end(struct play *play, struct json *json)
{
	json_end(json);
	buffer_text(&play->told, "\n");
	must(!json->failed && json->depth == 0, "an event that is nested too deep, or not closed");
	must(!play->told.failed, "events without end");
}

static void remember(struct parse *parse, const struct parse_memo *memo)
{
	must(memo->size <= MEMORY_RECORD, "a record that is too large");
	memo->meet(play_of(parse)->memory, memo->record, NULL);
}

static void tell_event(struct parse *parse, const char *type, parse_emit *emit, const void *record,
		       const struct parse_memo *memo)
{
	struct play *const play = play_of(parse);
	struct json json;

	must(type != NULL && emit != NULL, "an event without a type or emit()");
	if (!parse->listened)
		return;
	json = line_begin(play);
	json_open_object(&json, type);
	emit(record, &json);
	if (memo != NULL) {
		must(memo->size <= MEMORY_RECORD && json.comma,
		     "a record that is too large, or an empty event");
		memo->meet(play->memory, memo->record, &json);
	}
	json_end(&json);
	line_end(play, &json);
}

static void tell_weakness(struct parse *parse, const struct weakness *weakness, const char *evidence)
{
	struct play *const play = play_of(parse);
	const struct weakness *const *own = parse->protocol->weaknesses;
	struct json json;

	if (!parse->listened)
		return;
	while (own != NULL && *own != NULL && *own != weakness)
		own++;
	must(own != NULL && *own != NULL, "a weakness that is not among the protocol's own");
	for (size_t i = 0; i < play->weakness_count; i++)
		if (play->weaknesses[i] == weakness)
			return;
	must(play->weakness_count < WEAKNESSES, "too many weaknesses");
	play->weaknesses[play->weakness_count++] = weakness;
	json = line_begin(play);
	json_text(&json, "weakness", weakness->id);
	json_text(&json, "evidence", evidence);
	line_end(play, &json);
}

static void tell_software(struct parse *parse, enum side side, struct span product, struct span version)
{
	struct json json;

	if (!parse->listened)
		return;
	json = line_begin(play_of(parse));
	json_text(&json, "software", side_names[side]);
	json_span(&json, "product", product);
	if (span_left(version) > 0)
		json_span(&json, "version", version);
	line_end(play_of(parse), &json);
}

static void tell_expectation(struct parse *parse, const struct expectation *expectation)
{
	const struct address nobody = { 0 };
	char text[ADDRESS_TEXT];
	struct json json = line_begin(play_of(parse));

	must(expectation->protocol != NULL, "an expectation without a protocol");
	json_text(&json, "expect", expectation->protocol->name);
	json_unsigned(&json, "transport", expectation->transport);
	json_text(&json, "address", address_text(&expectation->address, text));
	json_unsigned(&json, "port", expectation->port);
	if (address_compare(&expectation->other, &nobody) != 0)
		json_text(&json, "other", address_text(&expectation->other, text));
	json_text(&json, "waiting", side_names[expectation->waiting]);
	if (expectation->seconds > 0)
		json_unsigned(&json, "seconds", expectation->seconds);
	if (expectation->many)
		json_bool(&json, "many", true);
	json_text(&json, "about", expectation->about);
	line_end(play_of(parse), &json);
}

static void tell_open(struct parse *parse, enum tunnel tunnel, uint32_t key, enum carried carried,
		      struct span bytes)
{
	struct json json = line_begin(play_of(parse));

	(void)carried;
	must(parse->packet != NULL, "a tunnel is opened in a stream");
	json_text(&json, "open", tunnel_text(tunnel));
	if (key != 0)
		json_unsigned(&json, "key", key);
	json_unsigned(&json, "length", span_left(bytes));
	line_end(play_of(parse), &json);
}

static struct span keep(struct parse *parse, struct span bytes)
{
	struct play *const play = play_of(parse);
	const size_t length = span_left(bytes);

	if (play->kept_bytes + length > PARSE_KEPT_LIMIT || play->kept_count == PIECES || length == 0)
		return span_of(NULL, 0);
	play->kept_bytes += length;
	play->kept[play->kept_count++] = exactly(bytes.at, length);
	return span_of(play->kept[play->kept_count - 1], length);
}

static void forget(struct parse *parse)
{
	struct play *const play = play_of(parse);

	while (play->kept_count > 0)
		free(play->kept[--play->kept_count]);
	play->kept_bytes = 0;
}

/* The scenes say themselves what is told twice. */
static void tell_weakness_about(struct parse *parse, const struct weakness *weakness,
				const struct address *about, const char *evidence)
{
	char text[ADDRESS_TEXT], whole[FACT_VALUE + ADDRESS_TEXT + 2];

	(void)snprintf(whole, sizeof(whole), "%s: %s", address_text(about, text), evidence);
	tell_weakness(parse, weakness, whole);
}

static bool is_news(const struct parse *parse, const struct weakness *weakness)
{
	(void)parse;
	(void)weakness;
	return true;
}

static const struct parse_engine engine = {
	.is_news = is_news,
	.event = tell_event,
	.remember = remember,
	.weakness = tell_weakness,
	.weakness_about = tell_weakness_about,
	.software = tell_software,
	.expect = tell_expectation,
	.open = tell_open,
	.keep = keep,
	.forget = forget,
};

/* ---- reading ---- */

struct play *play_new(const struct protocol *protocol, unsigned transport)
{
	struct play *const play = calloc(1, sizeof(*play));

	must(play != NULL && protocol->parser != NULL && protocol->parser->read != NULL,
	     "nothing to play with");
	must(protocol->parser->state_size <= PARSE_STATE_LIMIT, "the parser's state is too large");
	play->state = calloc(1, protocol->parser->state_size > 0 ? protocol->parser->state_size : 1);
	must(play->state != NULL, "no memory");
	play->told = buffer_new(TOLD_LIMIT);
	play->memory = memory_new();
	must(play->memory != NULL, "no memory");
	play->parse = (struct parse){
		.engine = &engine,
		.protocol = protocol,
		.addresses = { address_v4(0xc0000201), address_v4(0xc0000202) },
		.ports = { 40000, protocol->door_count > 0 ? protocol->doors[0].first : 0 },
		.transport = (uint8_t)transport,
		.time_ns = 1700000000000000000,
		.from_start = { true, true },
		.listened = true,
	};
	if (transport != TRANSPORT_TCP && transport != TRANSPORT_UDP)
		play->parse.ports[0] = play->parse.ports[1] = 0;
	return play;
}

void play_free(struct play *play)
{
	forget(&play->parse);
	buffer_free(&play->told);
	memory_free(play->memory);
	free(play->unread[0].bytes);
	free(play->unread[1].bytes);
	free(play->state);
	free(play);
}

void play_unheard(struct play *play)
{
	const struct parser *const parser = play->parse.protocol->parser;

	must(parser->leads && parser->unheard <= parser->state_size, "who leads has a part of its state");
	if (parser->unheard > 0) {
		free(play->state);
		play->state = calloc(1, parser->unheard);
		must(play->state != NULL, "no memory");
	}
	play->parse.listened = false;
}

void play_from_middle(struct play *play, enum side side)
{
	play->parse.from_start[side] = false;
}

static void end(struct play *play)
{
	const struct parser *const parser = play->parse.protocol->parser;

	play->parse.packet = NULL;
	if (parser->end != NULL && !play->ended)
		parser->end(play->state, &play->parse);
	play->ended = play->over = true;
}

static void end_with(struct play *play, const char *key, const char *value, uint64_t at, bool with_offset)
{
	struct json json;

	end(play);
	json = line_begin(play);
	json_text(&json, key, value);
	if (with_offset)
		json_unsigned(&json, "at", at);
	line_end(play, &json);
}

static bool heed(struct play *play, enum side side, enum parse_step step)
{
	if (play->parse.upgraded)
		end_with(play, "upgrade",
			 play->parse.upgraded_to != NULL ? play->parse.upgraded_to->name : "", 0, false);
	else if (step == PARSE_DONE)
		end_with(play, "done", side_names[side], 0, false);
	else if (step == PARSE_BROKEN)
		end_with(play, "broken", side_names[side], play->unread[side].taken, true);
	return !play->over;
}

static void drop(struct unread *unread, size_t count)
{
	uint8_t *rest = NULL;

	if (count == 0)
		return;
	unread->length -= count;
	if (unread->length > 0)
		rest = exactly(unread->bytes + count, unread->length);
	free(unread->bytes);
	unread->bytes = rest;
	unread->taken += count;
}

static void append(struct unread *unread, struct span bytes)
{
	uint8_t *const whole = malloc(unread->length + span_left(bytes));

	must(whole != NULL, "no memory");
	if (unread->length > 0)
		memcpy(whole, unread->bytes, unread->length);
	memcpy(whole + unread->length, bytes.at, span_left(bytes));
	free(unread->bytes);
	unread->bytes = whole;
	unread->length += span_left(bytes);
}

static void skip(struct unread *unread)
{
	const size_t now = unread->skip < unread->length ? (size_t)unread->skip : unread->length;

	drop(unread, now);
	unread->skip -= now;
}

static enum parse_step call_read(struct play *play, enum side side, size_t *ret_taken)
{
	struct unread *const unread = &play->unread[side];
	struct span bytes = span_of(unread->bytes, unread->length);
	enum parse_step step;

	play->parse.side = side;
	play->parse.skip = play->parse.want = 0;
	step = play->parse.protocol->parser->read(play->state, &play->parse, &bytes);
	must(bytes.at >= unread->bytes && bytes.at <= unread->bytes + unread->length,
	     "the parser took bytes that are not there");
	*ret_taken = (size_t)(bytes.at - unread->bytes);
	return step;
}

/* Reads while each call brings something new to read: what stands behind skipped bytes, or what was wanted.
 */
static bool read_stream(struct play *play, enum side side)
{
	struct unread *const unread = &play->unread[side];
	bool again = true;

	skip(unread);
	while (again && unread->length > 0 && unread->length >= unread->want) {
		size_t taken;
		const enum parse_step step = call_read(play, side, &taken);

		drop(unread, taken);
		unread->want = play->parse.want;
		unread->skip = play->parse.skip;
		again = unread->skip > 0 || (unread->want > 0 && taken > 0);
		if (!heed(play, side, step))
			return false;
		skip(unread);
	}
	if (unread->length > PARSE_UNREAD_LIMIT)
		return play_gap(play, side, 0);
	return true;
}

static bool read_datagram(struct play *play, enum side side, bool cut)
{
	struct unread *const unread = &play->unread[side];
	const struct packet header = play->packet;
	const bool v6 = play->parse.transport == TRANSPORT_ICMPV6;
	enum parse_step step;
	size_t taken;
	bool on;

	play->packet = (struct packet){
		.source = play->parse.addresses[side],
		.destination = play->parse.addresses[!side],
		.source_port = play->parse.ports[side] | header.source_port,
		.destination_port = play->parse.ports[!side] | header.destination_port,
		.tunnel_key = header.tunnel_key,
		.tunnel_sequence = header.tunnel_sequence,
		.protects = header.protects,
		.transport = play->parse.transport,
		.version = v6 ? 6 : 4,
		.payload = span_of(unread->bytes, unread->length),
		.payload_length = (uint32_t)(unread->length + cut),
		.length = (uint32_t)(unread->length + 28 + cut),
		.hop_limit = 255,
		.cast = CAST_UNICAST,
	};
	play->parse.packet = &play->packet;
	play->parse.cut = cut;
	step = call_read(play, side, &taken);
	play->parse.packet = NULL;
	play->parse.cut = false;
	unread->taken += taken; /* only for the offset of what is broken */
	on = heed(play, side, step);
	unread->taken -= taken;
	drop(unread, unread->length);
	return on;
}

/* Its header stays before what the parser sees. */
static void note_gre(struct packet *packet, struct span s)
{
	const uint16_t flags = span_u16(&s);

	span_skip(&s, (flags & 0xc000) != 0 ? 6 : 2);
	if ((flags & 0x2000) != 0)
		packet->tunnel_key = span_u32(&s);
	if ((flags & 0x1000) != 0)
		packet->tunnel_sequence = span_u32(&s);
}

static void note_ah(struct packet *packet, struct span s)
{
	packet->protects = span_u8(&s);
	span_skip(&s, 3);
	packet->tunnel_key = span_u32(&s);
	packet->tunnel_sequence = span_u32(&s);
}

/* What packet_decode() notes of a header, and of some takes off before a parser sees the payload. False where
 * that is cut off. */
static bool take_header(struct play *play, struct span *bytes)
{
	play->packet = (struct packet){ .source_port = 0 };
	switch (play->parse.transport) {
	case TRANSPORT_ICMP:
	case TRANSPORT_ICMPV6:
		play->packet.source_port = span_u8(bytes);
		play->packet.destination_port = span_u8(bytes);
		span_skip(bytes, 2);
		break;
	case TRANSPORT_ESP:
		play->packet.tunnel_key = span_u32(bytes);
		play->packet.tunnel_sequence = span_u32(bytes);
		break;
	case TRANSPORT_AH: note_ah(&play->packet, *bytes); break;
	case TRANSPORT_GRE: note_gre(&play->packet, *bytes); break;
	default: break;
	}
	return !bytes->failed;
}

bool play_bytes(struct play *play, enum side side, struct span bytes, bool cut)
{
	if (play->parse.transport != TRANSPORT_TCP && !take_header(play, &bytes))
		return !play->over;
	if (play->over || span_left(bytes) == 0)
		return !play->over;
	play->parse.time_ns += 1000000;
	append(&play->unread[side], bytes);
	return play->parse.transport == TRANSPORT_TCP ? read_stream(play, side)
						      : read_datagram(play, side, cut);
}

bool play_gap(struct play *play, enum side side, uint64_t length)
{
	struct unread *const unread = &play->unread[side];
	const uint64_t skipped = unread->skip < length ? unread->skip : length;
	const uint64_t lost = unread->length + length - skipped;
	enum parse_step step;

	unread->skip -= skipped;
	unread->taken += skipped;
	if (play->over || lost == 0)
		return !play->over;
	if (play->parse.protocol->parser->gap == NULL) {
		end_with(play, "lost", side_names[side], 0, false);
		return false;
	}
	drop(unread, unread->length);
	unread->taken += length - skipped;
	unread->want = 0;
	play->parse.side = side;
	play->parse.skip = play->parse.want = 0;
	step = play->parse.protocol->parser->gap(play->state, &play->parse, lost);
	unread->want = play->parse.want;
	unread->skip = play->parse.skip;
	return heed(play, side, step);
}

void play_script(struct play *play, struct span script)
{
	enum { SERVERS = 1, GAP = 2, CUT = 4, MIDDLE = 8 };

	while (span_left(script) > 0) {
		const uint8_t what = span_u8(&script);
		const enum side side = (what & SERVERS) != 0 ? SIDE_SERVER : SIDE_CLIENT;
		const uint16_t length = span_u16(&script);

		if (script.failed)
			return;
		if ((what & MIDDLE) != 0)
			play_from_middle(play, side);
		if ((what & GAP) != 0)
			(void)play_gap(play, side, length);
		else
			(void)play_bytes(
				play, side,
				span_take(&script, length < span_left(script) ? length : span_left(script)),
				(what & CUT) != 0);
	}
}

const char *play_end(struct play *play)
{
	if (!play->ended)
		end(play);
	buffer_u8(&play->told, 0);
	must(!play->told.failed, "events without end");
	play->told.length--;
	return (const char *)play->told.bytes;
}
