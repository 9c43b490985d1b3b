/* mumble.c: Mumble, "Protocol stack (TCP)" and "Connect and ping (UDP)" of its documentation: inside TLS both
 * sides begin with their version, a message of Protocol Buffers whose fields come in the order of their
 * numbers; over UDP a server tells its version to a ping of twelve octets. */
#include "protocols/lines.h"

#include <stdio.h>

enum {
	HEAD = 6, /* type and length */
	VERSION_MOST = 1024,
	TAG_VERSION = 0x08, /* field 1, a number */
	TAG_RELEASE = 0x12, /* field 2, a text */
	NUMBER_MOST = 5,
	PONG = 24,
	USERS_MOST = 100000,
	BANDWIDTH_LEAST = 8000, /* bits a second */
	BANDWIDTH_MOST = 10000000,
};

static const char nonce[] = "doorward";

/* Takes a message of the version up to the text of its release. MORE: it may become one. */
static enum verdict take_release(struct span *s, struct span *ret_release)
{
	static const uint8_t type[] = { 0, 0, 0, 0 }; /* with the upper half of the length */
	const size_t come = span_left(*s);
	uint16_t length;
	uint8_t octet;

	if (memcmp(s->at, type, come < sizeof(type) ? come : sizeof(type)) != 0)
		return NO;
	if (come <= HEAD)
		return MORE;
	span_skip(s, sizeof(type));
	length = span_u16(s);
	if (length > VERSION_MOST || span_u8(s) != TAG_VERSION)
		return NO;
	for (unsigned i = 0; i < NUMBER_MOST; i++) {
		octet = span_u8(s);
		if (s->failed)
			return MORE;
		if (octet < 0x80)
			break;
	}
	if (span_left(*s) == 0)
		return octet < 0x80 ? MORE : NO;
	if (octet >= 0x80 || span_u8(s) != TAG_RELEASE)
		return NO;
	octet = span_u8(s);
	if (s->failed)
		return MORE;
	*ret_release = span_take(s, octet);
	if (s->failed)
		return MORE;
	return octet > 0 && octet < 0x80 && text_is_plain(*ret_release) ? YES : NO;
}

/* The version, what was sent with the ping, users, the most of them, and what each may send. */
static bool is_pong(struct span words)
{
	uint32_t users, most, bandwidth;

	if (span_left(words) != PONG || span_u8(&words) != 0 || span_u8(&words) - 1U > 1)
		return false;
	span_skip(&words, 10);
	users = span_u32(&words);
	most = span_u32(&words);
	bandwidth = span_u32(&words);
	return users <= most && most > 0 && most <= USERS_MOST && bandwidth >= BANDWIDTH_LEAST &&
	       bandwidth <= BANDWIDTH_MOST;
}

/* Of datagrams a ping shows too little, and what follows is encrypted. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span release;

	if (transport == TRANSPORT_UDP)
		return side == SIDE_SERVER && is_pong(first) ? YES : NO;
	return take_release(&first, &release);
}

/* ---- reading ---- */

struct conversation {
	uint8_t version[3];
	uint32_t users, users_most, bandwidth;
	char release[2][64]; /* of each side, of what was said inside TLS that somebody else ended */
	bool told;
};

/* Major, minor and patch of a pong. */
static void version_text(const uint8_t version[static 3], char *text, size_t size)
{
	(void)snprintf(text, size, "%u.%u.%u", version[0], version[1], version[2]);
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;
	char version[16];

	emit_text(json, "client_release", state->release[SIDE_CLIENT]);
	emit_text(json, "server_release", state->release[SIDE_SERVER]);
	if (state->users_most == 0)
		return;
	version_text(state->version, version, sizeof(version));
	json_text(json, "version", version);
	json_unsigned(json, "users", state->users);
	json_unsigned(json, "users_most", state->users_most);
	json_unsigned(json, "bandwidth", state->bandwidth);
}

/* What pongs say in a row is told when it changes. */
static void read_pong(struct conversation *state, struct parse *parse, struct span s)
{
	const struct conversation before = *state;
	char version[16];

	span_skip(&s, 1);
	for (size_t i = 0; i < sizeof(state->version); i++)
		state->version[i] = span_u8(&s);
	span_skip(&s, sizeof(nonce) - 1);
	state->users = span_u32(&s);
	state->users_most = span_u32(&s);
	state->bandwidth = span_u32(&s);
	if (state->users == before.users && state->users_most == before.users_most &&
	    state->bandwidth == before.bandwidth)
		return;
	parse_event(parse, state);
	if (before.users_most > 0)
		return;
	version_text(state->version, version, sizeof(version));
	parse_software(parse, SIDE_SERVER, span_text("Mumble server"), span_text(version));
}

/* Of the stream the versions, with which both begin. */
static enum parse_step read_release(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes, release;
	const enum verdict verdict = take_release(&rest, &release);
	char *const text = state->release[parse->side];

	if (verdict != YES)
		return verdict == NO ? PARSE_BROKEN : PARSE_ON;
	span_copy_text(release, text, sizeof(state->release[0]));
	parse_skip(parse, UINT32_MAX);
	if (state->release[SIDE_CLIENT][0] == '\0' || state->release[SIDE_SERVER][0] == '\0')
		return PARSE_ON;
	parse_event(parse, state);
	state->told = true;
	return PARSE_DONE;
}

/* A ping, or one of either side in the messages of Protocol Buffers that version 1.5 sends beside it. */
static bool is_other_ping(struct span words)
{
	enum { PING = 12, PING_OF_BUFFERS = 1 };
	const uint8_t first = span_peek(words, 0);

	return first == PING_OF_BUFFERS || (span_left(words) == PING && span_u32(&words) == 0);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	if (parse->transport == TRANSPORT_TCP)
		return state->release[parse->side][0] == '\0' ? read_release(state, parse, bytes) : PARSE_ON;
	if (parse->side == SIDE_SERVER && is_pong(*bytes))
		read_pong(state, parse, *bytes);
	else if (!is_other_ping(*bytes) && !parse->cut)
		return PARSE_BROKEN;
	return PARSE_ON;
}

static void end(void *memory, struct parse *parse)
{
	const struct conversation *const state = memory;

	if (!state->told && (state->release[SIDE_CLIENT][0] != 0 || state->release[SIDE_SERVER][0] != 0))
		parse_event(parse, state);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	if (transport != TRANSPORT_UDP)
		return;
	buffer_u32(out, 0);
	buffer_text(out, nonce);
}

static bool is_ours(struct span words)
{
	if (!is_pong(words))
		return false;
	span_skip(&words, 4);
	return span_begins(words, nonce);
}

static void tell_pong(struct span words, struct answer *answer)
{
	char version[16];

	version_text(words.at + 1, version, sizeof(version));
	answer_product(answer, span_text("Mumble server"), span_text(version));
}

/* 1.3.4-4: without what who packed it has added. */
static struct span version_of(struct span release)
{
	struct span version = text_version(release), rest = version;

	for (size_t i = 0; i < span_left(rest); i++)
		if (strchr("-+~", rest.at[i]) != NULL) {
			version.end = rest.at + i;
			break;
		}
	return version;
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span rest = *heard, release;
	enum verdict verdict;

	(void)state;
	(void)out;
	if (is_ours(*heard)) {
		tell_pong(*heard, answer);
		heard->at = heard->end;
		return PROBE_DONE;
	}
	verdict = span_left(rest) > 0 ? take_release(&rest, &release) : MORE;
	if (verdict == YES) {
		answer_product(answer, span_text("Mumble server"), version_of(release));
		heard->at = heard->end;
	}
	return probe_step_for(verdict, ended);
}

static const struct probe probe = {
	.rare = true,
	.knows = true,
	.transports = PROBE_TCP | PROBE_UDP,
	.server_speaks_first = true,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_mumble = {
	.name = "mumble",
	.title = "Mumble",
	DOORS(TCP(64738), UDP(64738)),
	.privacy = PRIVACY_EITHER, /* pings are in the clear */
	.recognise = recognise,
	.datagram_least = PONG,
	MARKS(OCTET(0, 0), OCTETS(1, 1, 2)),
	.parser = &parser,
	.probe = &probe,
};
