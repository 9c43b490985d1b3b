/* rtmp.c: Real-Time Messaging Protocol: "Adobe's Real Time Messaging Protocol", version 1.0. Its handshake is
 * noise around a few zeros, so that what stands behind it decides: a command "connect" of the client, and
 * messages of control of the server. */
#include "protocols/probes.h"
#include "protocols/tally.h"

enum { VERSION = 3, HANDSHAKE = 1 + 2 * 1536, CHUNK = 12, HEADS = 4096 - HANDSHAKE };

/* Four octets of zero, or a version of a player, behind version and time. */
static bool begins(struct span s)
{
	const size_t come = span_left(s);

	if (s.at[0] != VERSION)
		return false;
	if (come < 9)
		return true;
	return (s.at[6] == 0 && s.at[5] == 0 && s.at[7] == 0 && s.at[8] == 0) || s.at[5] == 0x80 ||
	       (s.at[5] >= 9 && s.at[5] <= 32);
}

/* A message of type 20 (AMF 0) or 17 (AMF 3) that begins with the text "connect". */
static enum verdict is_connect(struct span s)
{
	static const uint8_t text[] = { 2, 0, 7, 'c', 'o', 'n', 'n', 'e', 'c', 't' };
	size_t at = CHUNK;

	if (span_left(s) < CHUNK + 1 + sizeof(text))
		return MORE;
	at += s.at[7] == 17;
	return s.at[0] == VERSION && (s.at[7] == 20 || s.at[7] == 17) &&
			       memcmp(s.at + at, text, sizeof(text)) == 0
		       ? YES
		       : NO;
}

/* Window size, bandwidth, chunk size or a user's control message, on the stream of control. */
static enum verdict is_control(struct span s)
{
	const uint8_t *const at = s.at;

	if (span_left(s) < CHUNK)
		return MORE;
	return at[0] == 2 && at[4] == 0 && at[5] == 0 && at[6] >= 4 && at[6] <= 10 && at[7] >= 1 &&
			       at[7] <= 6 && at[8] == 0 && at[9] == 0 && at[10] == 0 && at[11] == 0
		       ? YES
		       : NO;
}

/* A client that only tries sends zeros for noise: behind a version so many of them are nobody else's. */
static bool is_silent(struct span handshake)
{
	for (const uint8_t *at = handshake.at + 1; at < handshake.end; at++)
		if (*at != 0)
			return false;
	return handshake.at[0] == VERSION;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP || !begins(first))
		return NO;
	if (side == SIDE_CLIENT && span_left(first) >= HANDSHAKE && is_silent(text_first(first, HANDSHAKE)))
		return YES;
	if (span_left(first) <= HANDSHAKE)
		return MORE;
	span_skip(&first, HANDSHAKE);
	return side == SIDE_CLIENT ? is_connect(first) : is_control(first);
}

/* ---- reading ---- */

struct conversation {
	bool passed[2], told;
	char application[128], url[256], flash[64], page[256];
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "app", state->application);
	emit_text(json, "tc_url", state->url);
	emit_text(json, "flash_version", state->flash);
	emit_text(json, "page_url", state->page);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && (state->passed[0] || state->passed[1]))
		parse_event(parse, state);
	state->told = true;
}

/* A property of the command's object: its name with a length, the mark of a text, the text. The chunks that
 * part a message each 128 octets begin with one octet of their own (0xc3), which may stand inside. */
static void find_property(struct span s, const char *name, char *text, size_t size)
{
	const size_t at = span_find(s, name);
	uint8_t plain[256];
	size_t count = 0;
	uint16_t length;

	if (at == SIZE_MAX)
		return;
	span_skip(&s, at + strlen(name));
	if (span_u8(&s) != 2)
		return;
	length = span_u16(&s);
	for (; count < length && count < sizeof(plain) && span_left(s) > 0;) {
		const uint8_t byte = span_u8(&s);

		if (byte != 0xc3)
			plain[count++] = byte;
	}
	span_copy_text(span_of(plain, count), text, size);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct span s;
	uint32_t length;

	if (!state->passed[parse->side]) {
		if (!begins(*bytes))
			return PARSE_BROKEN;
		if (span_left(*bytes) < HANDSHAKE) {
			parse_want(parse, HANDSHAKE);
			return PARSE_ON;
		}
		span_skip(bytes, HANDSHAKE);
		state->passed[parse->side] = true;
	}
	if (parse->side == SIDE_SERVER) {
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	s = *bytes;
	span_skip(&s, 4);
	length = span_u24(&s);
	span_skip(&s, 5);
	length += length / 128; /* as the message is cut */
	if (s.failed || (span_left(s) < length && length < HEADS))
		return PARSE_ON;
	find_property(s, "app", state->application, sizeof(state->application));
	find_property(s, "tcUrl", state->url, sizeof(state->url));
	find_property(s, "flashVer", state->flash, sizeof(state->flash));
	find_property(s, "pageUrl", state->page, sizeof(state->page));
	bytes->at = bytes->end;
	end(state, parse);
	return PARSE_DONE;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_rtmp = {
	.name = "rtmp",
	.title = "Real-Time Messaging Protocol",
	DOORS(TCP(1935)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &rtmp_probe,
};
