/* nrpe.c: the Nagios Remote Plugin Executor, versions 2 to 4, as its source tells: one question, the name of
 * a command, and one answer, each with a checksum. Mostly inside TLS. */
#include "protocols/probes.h"
#include "protocols/tally.h"

enum {
	CHECKSUM_AT = 4,
	HEADER = 10,
	HEADER_3 = 16, /* versions 3 and 4: with two octets of filling, and the length of the text */
	PACKET_2 = 1036,
	TEXT_2 = 1024,
	TEXT_MOST = 64 * 1024,
	TAIL_3 = 3, /* that versions 3 and 4 may add */
	QUESTION = 1,
	ANSWER = 2,
	ANSWER_MORE = 3,
	TEXT = 512,
};

static const struct weakness clear = {
	"nrpe-clear",
	"NRPE runs commands for whoever asks in the clear",
	2,
	"Let NRPE use TLS with certificates of the monitoring hosts (ssl_client_certs=2).",
};
static const struct weakness *const weaknesses[] = { &clear, NULL };

struct nrpe_packet {
	uint16_t version, type, result;
	uint32_t length;
};

static enum verdict read_header(struct span s, struct nrpe_packet *ret)
{
	const size_t come = span_left(s);

	if (*s.at != 0)
		return NO;
	if (come < HEADER)
		return come > 1 && (s.at[1] < 2 || s.at[1] > 4) ? NO : MORE;
	ret->version = span_u16(&s);
	ret->type = span_u16(&s);
	span_skip(&s, 4);
	ret->result = span_u16(&s);
	if (ret->version < 2 || ret->version > 4 || ret->type < QUESTION || ret->type > ANSWER_MORE)
		return NO;
	ret->length = PACKET_2;
	if (ret->version == 2)
		return YES;
	if (come < HEADER_3)
		return MORE;
	span_skip(&s, 2);
	ret->length = span_u32(&s);
	if (ret->length > TEXT_MOST)
		return NO;
	ret->length += HEADER_3;
	return YES;
}

/* CRC-32 of a whole packet, in which the checksum itself counts as zero. */
static uint32_t checksum(struct span s)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < span_left(s); i++) {
		crc ^= i - CHECKSUM_AT < 4 ? 0 : s.at[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* Version 3 counts three octets more than its text; not all programs send them. */
static bool fits(struct span s, uint32_t length)
{
	return span_left(s) >= length && checksum(span_of(s.at, length)) == load_u32(s.at + CHECKSUM_AT);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct nrpe_packet packet;
	enum verdict verdict = transport == TRANSPORT_TCP ? read_header(first, &packet) : NO;

	if (verdict != YES)
		return verdict;
	if ((packet.type == QUESTION) != (side == SIDE_CLIENT) || packet.length > RECOGNISE_LIMIT - TAIL_3)
		return NO;
	if (span_left(first) < packet.length)
		return MORE;
	if (fits(first, packet.length))
		return YES;
	if (packet.version == 2)
		return NO;
	if (span_left(first) < packet.length + TAIL_3)
		return MORE;
	return fits(first, packet.length + TAIL_3) ? YES : NO;
}

/* ---- reading ---- */

struct conversation {
	char command[TEXT], output[TEXT];
	uint16_t version, result;
	bool asked, answered;
};

static void emit(const void *record, struct json *json)
{
	static const char *const results[] = { "ok", "warning", "critical", "unknown" };
	const struct conversation *const state = record;

	json_unsigned(json, "version", state->version);
	emit_text(json, "command", state->command);
	if (state->answered)
		json_text(json, "result", state->result < 4 ? results[state->result] : "unknown");
	emit_text(json, "output", state->output);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (state->asked || state->answered)
		parse_event(parse, state);
	state->asked = state->answered = false;
}

/* "check_disk!20%!10%!/": what stands behind the name are arguments, and may be secret. */
static void read_text(struct conversation *state, struct parse *parse, const struct nrpe_packet *packet,
		      struct span text)
{
	struct span rest = text, whole = span_until(&rest, 0), name;

	whole = whole.failed ? text : whole;
	state->version = packet->version;
	if (packet->type != QUESTION) {
		state->answered = true;
		state->result = packet->result;
		span_copy_text(whole, state->output, sizeof(state->output));
		return;
	}
	state->asked = true;
	rest = whole;
	name = span_until(&rest, '!');
	span_copy_text(name.failed ? whole : name, state->command, sizeof(state->command));
	parse_weakness(parse, &clear, "command %s", state->command);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > TAIL_3 && parse->skip == 0) {
		struct nrpe_packet packet;
		struct span message;
		const enum verdict verdict = read_header(*bytes, &packet);

		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		if (message_take(parse, bytes, packet.length, &message) != YES)
			break;
		span_skip(&message, packet.version == 2 ? HEADER : HEADER_3);
		read_text(state, parse, &packet, text_first(message, TEXT_2));
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_nrpe = {
	.name = "nrpe",
	.title = "Nagios Remote Plugin Executor",
	DOORS(TCP(5666)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.parser = &parser,
	.probe = &nrpe_probe,
	.weaknesses = weaknesses,
};
