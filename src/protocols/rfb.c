/* rfb.c: the Remote Framebuffer protocol of VNC. RFC 6143 7.1 to 7.3: versions, the kind of security and how
 * it ends, and what both begin with: whether others may look on, the screen's size and name. What rfbproto
 * adds is VeNCrypt (type 19), behind which TLS begins. Each side's words are read in their own order, which
 * what the other side has said decides. */
#include "protocols/lines.h"
#include "protocols/probes.h"
#include "protocols/tls.h"

#include <ctype.h>
#include <stdio.h>

const struct weakness rfb_no_authentication = {
	"rfb-no-authentication",
	"a screen is given to whoever asks",
	1,
	"Set a password, or better let VNC be reached through SSH or a VPN only.",
};
static const struct weakness *const weaknesses[] = { &rfb_no_authentication, NULL };

enum {
	VERSION = 12,
	NONE = 1,
	VNC = 2,
	VENCRYPT = 19,
	TYPES_MOST = 16,
	CHALLENGE = 16,
	PIXEL_FORMAT = 16,
	REASON_MOST = 128,
	NAME_MOST = 128,
	SHORT_PLAIN = 256, /* of VeNCrypt: the only kind without TLS */
	X509_LAST = 262,
};

/* What a side says next. */
enum step {
	SAY_VERSION,
	SAY_SECURITY,       /* the server's kinds; the client's choice */
	SAY_VENCRYPT,       /* a version of it from both; the server takes it */
	SAY_KINDS,          /* kinds of VeNCrypt; the client's choice */
	SAY_AUTHENTICATION, /* challenge; response */
	SAY_RESULT,
	SAY_REASON,
	SAY_INIT,
	SAY_ALL,
};

struct state {
	char versions[2][8]; /* by side: "3.8" */
	uint16_t minors[2];
	bool has_version[2], typed, has_kind, has_result, has_shared, has_screen, told, tls;
	uint8_t step[2], type, offered[TYPES_MOST], offered_count;
	uint32_t kind, result;
	bool shared;
	uint16_t width, height;
	uint8_t pixel_bits, depth;
	char reason[REASON_MOST], name[NAME_MOST];
};

/* "RFB 003.008\n" */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char pattern[VERSION + 1] = "RFB ddd.ddd\n";

	(void)side;
	if (transport != TRANSPORT_TCP)
		return NO;
	for (size_t i = 0; i < VERSION && i < span_left(first); i++)
		if (pattern[i] == 'd' ? !isdigit(first.at[i]) : first.at[i] != (uint8_t)pattern[i])
			return NO;
	return span_left(first) < VERSION ? MORE : YES;
}

static const char *type_text(uint8_t type)
{
	switch (type) {
	case 1: return "none";
	case 2: return "vnc_authentication";
	case 5: return "ra2";
	case 16: return "tight";
	case 18: return "tls";
	case 19: return "vencrypt";
	case 30: return "apple_diffie_hellman";
	default: return "other";
	}
}

static const char *kind_text(uint32_t kind)
{
	static const char *const names[] = { "plain",     "tls_none", "tls_vnc",   "tls_plain",
					     "x509_none", "x509_vnc", "x509_plain" };

	return kind >= SHORT_PLAIN && kind <= X509_LAST ? names[kind - SHORT_PLAIN] : "other";
}

static const char *result_text(uint32_t result)
{
	return result == 0 ? "ok" : result == 1 ? "failed" : result == 2 ? "too_many_attempts" : "other";
}

static void emit_authentication(const struct state *state, struct json *json)
{
	if (!state->typed && !state->has_result && state->reason[0] == '\0')
		return;
	json_open_object(json, "authentication");
	if (state->typed) {
		json_unsigned(json, "security_type", state->type);
		json_text(json, "security_name", type_text(state->type));
	}
	if (state->has_kind)
		json_text(json, "kind", kind_text(state->kind));
	if (state->has_result)
		json_text(json, "security_result", result_text(state->result));
	emit_text(json, "reason", state->reason);
	json_end(json);
}

static void emit(const void *memory, struct json *json)
{
	const struct state *const state = memory;

	if (state->has_version[SIDE_SERVER])
		json_text(json, "server_protocol_version", state->versions[SIDE_SERVER]);
	if (state->has_version[SIDE_CLIENT])
		json_text(json, "client_protocol_version", state->versions[SIDE_CLIENT]);
	if (state->offered_count > 0) {
		json_open_array(json, "offered_security");
		for (size_t i = 0; i < state->offered_count; i++)
			json_text(json, NULL, type_text(state->offered[i]));
		json_end(json);
	}
	emit_authentication(state, json);
	if (state->has_shared)
		json_bool(json, "screen_shared", state->shared);
	if (!state->has_screen)
		return;
	json_open_object(json, "framebuffer");
	json_unsigned(json, "width", state->width);
	json_unsigned(json, "height", state->height);
	json_unsigned(json, "bits_per_pixel", state->pixel_bits);
	json_unsigned(json, "depth", state->depth);
	emit_text(json, "name", state->name);
	json_end(json);
}

static void end(void *memory, struct parse *parse)
{
	struct state *const state = memory;

	if (!state->told)
		parse_event(parse, state);
	state->told = true;
}

/* ---- reading ---- */

/* Whether version 3.`minor` or later is spoken: the client says which; until it has, the server's. */
static bool is_since(const struct state *state, uint16_t minor)
{
	const enum side side = state->has_version[SIDE_CLIENT] ? SIDE_CLIENT : SIDE_SERVER;

	return state->versions[side][0] > '3' || state->minors[side] >= minor;
}

static bool take_version(struct state *state, enum side side, struct span *s)
{
	const struct span line = span_take(s, VERSION);
	uint64_t major = 0, minor = 0;

	if (line.failed)
		return false;
	(void)span_number(span_of(line.at + 4, 3), 999, &major);
	(void)span_number(span_of(line.at + 8, 3), 999, &minor);
	(void)snprintf(state->versions[side], sizeof(state->versions[side]), "%u.%u", (unsigned)major,
		       (unsigned)minor);
	state->minors[side] = (uint16_t)minor;
	state->has_version[side] = true;
	state->step[side] = SAY_SECURITY;
	return true;
}

static enum step behind_type(const struct state *state, enum side side)
{
	switch (state->type) {
	case NONE: return side == SIDE_SERVER && is_since(state, 8) ? SAY_RESULT : SAY_INIT;
	case VNC: return SAY_AUTHENTICATION;
	case VENCRYPT: return SAY_VENCRYPT;
	default: return SAY_ALL;
	}
}

static void choose(struct state *state, struct parse *parse, uint8_t type)
{
	state->typed = true;
	state->type = type;
	if (type == NONE)
		parse_weakness(parse, &rfb_no_authentication, "no password is asked for");
}

/* Before 3.7 the server decides with one number of 32 bits; later it offers a list and the client chooses. No
 * kind at all is a refusal, with its reason. */
static bool take_kinds_of_security(struct state *state, struct parse *parse, struct span *s)
{
	struct span list;

	if (!is_since(state, 7)) {
		const uint32_t type = span_u32(s);

		if (s->failed)
			return false;
		choose(state, parse, (uint8_t)type);
		state->step[SIDE_SERVER] = type == 0 ? SAY_REASON : behind_type(state, SIDE_SERVER);
		state->step[SIDE_CLIENT] = behind_type(state, SIDE_CLIENT);
		return true;
	}
	list = span_take(s, span_u8(s));
	if (s->failed)
		return false;
	state->step[SIDE_SERVER] = span_left(list) == 0 ? SAY_REASON : SAY_VENCRYPT;
	while (span_left(list) > 0 && state->offered_count < TYPES_MOST)
		state->offered[state->offered_count++] = span_u8(&list);
	return true;
}

static bool take_choice(struct state *state, struct parse *parse, struct span *s)
{
	if (state->step[SIDE_SERVER] <= SAY_SECURITY) /* of 3.3 nothing is chosen */
		return false;
	choose(state, parse, span_u8(s));
	state->step[SIDE_SERVER] = behind_type(state, SIDE_SERVER);
	state->step[SIDE_CLIENT] = behind_type(state, SIDE_CLIENT);
	return true;
}

/* VeNCrypt's versions, two octets each; the server adds whether it takes the client's, and the kinds that it
 * has. */
static bool take_vencrypt(struct state *state, enum side side, struct span *s)
{
	if (!state->typed)
		return false;
	span_skip(s, 2);
	state->step[side] = SAY_KINDS;
	return !s->failed;
}

static bool take_kinds(struct state *state, struct parse *parse, struct span *s)
{
	if (parse->side == SIDE_SERVER) {
		const uint8_t refused = span_u8(s);

		span_skip(s, refused == 0 ? span_u8(s) * 4u : 0);
		state->step[SIDE_SERVER] = refused == 0 ? SAY_AUTHENTICATION : SAY_ALL;
		return !s->failed;
	}
	state->kind = span_u32(s);
	state->has_kind = !s->failed;
	state->step[SIDE_CLIENT] = SAY_ALL;
	return !s->failed;
}

/* Of VNC a challenge and its response; of VeNCrypt the server says whether it agrees, and TLS follows. */
static bool take_authentication(struct state *state, struct parse *parse, struct span *s)
{
	if (state->type == VENCRYPT) {
		if (!state->has_kind)
			return false;
		state->tls = state->kind != SHORT_PLAIN && span_u8(s) == 1;
		state->step[SIDE_SERVER] = SAY_ALL;
		return !s->failed;
	}
	span_skip(s, CHALLENGE);
	state->step[parse->side] = parse->side == SIDE_SERVER ? SAY_RESULT : SAY_INIT;
	return !s->failed;
}

static bool take_result(struct state *state, struct span *s)
{
	state->result = span_u32(s);
	if (s->failed)
		return false;
	state->has_result = true;
	state->step[SIDE_SERVER] = state->result == 0 ? SAY_INIT : is_since(state, 8) ? SAY_REASON : SAY_ALL;
	return true;
}

static bool take_reason(struct state *state, struct span *s)
{
	const struct span reason = span_take(s, span_u32(s));

	if (s->failed)
		return false;
	span_copy_text(reason, state->reason, sizeof(state->reason));
	state->step[SIDE_SERVER] = SAY_ALL;
	return true;
}

/* The client shares the screen or not; the server tells its size, what a pixel is, and its name. */
static bool take_init(struct state *state, enum side side, struct span *s)
{
	struct span format, name;

	state->step[side] = SAY_ALL;
	if (side == SIDE_CLIENT) {
		state->shared = span_u8(s) != 0;
		state->has_shared = true;
		return true;
	}
	state->width = span_u16(s);
	state->height = span_u16(s);
	format = span_take(s, PIXEL_FORMAT);
	name = span_take(s, span_u32(s));
	if (s->failed)
		return false;
	state->pixel_bits = span_u8(&format);
	state->depth = span_u8(&format);
	span_copy_text(name, state->name, sizeof(state->name));
	state->has_screen = true;
	return true;
}

static bool take_step(struct state *state, struct parse *parse, struct span *s)
{
	const enum side side = parse->side;

	switch (state->step[side]) {
	case SAY_VERSION: return take_version(state, side, s);
	case SAY_SECURITY:
		return side == SIDE_SERVER ? take_kinds_of_security(state, parse, s)
					   : take_choice(state, parse, s);
	case SAY_VENCRYPT: return take_vencrypt(state, side, s);
	case SAY_KINDS: return take_kinds(state, parse, s);
	case SAY_AUTHENTICATION: return take_authentication(state, parse, s);
	case SAY_RESULT: return take_result(state, s);
	case SAY_REASON: return take_reason(state, s);
	default: return take_init(state, side, s);
	}
}

/* All is known, or what follows is another's, or encrypted in a way of its own. */
static bool is_over(const struct state *state)
{
	return state->step[SIDE_SERVER] == SAY_ALL ||
	       (state->typed && behind_type(state, SIDE_SERVER) == SAY_ALL);
}

static enum parse_step read_rfb(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;
	uint8_t *const step = &state->step[parse->side];

	if (*step == SAY_VERSION && recognise(*bytes, parse->side, TRANSPORT_TCP) == NO)
		return PARSE_BROKEN;
	while (*step != SAY_ALL && span_left(*bytes) > 0) {
		const uint8_t before = *step;
		struct span s = *bytes;

		if (!take_step(state, parse, &s)) {
			*step = before;
			return PARSE_ON;
		}
		*bytes = s;
	}
	if (!is_over(state)) {
		bytes->at = *step == SAY_ALL ? bytes->end : bytes->at;
		return PARSE_ON;
	}
	end(state, parse);
	if (!state->tls)
		return PARSE_DONE;
	parse_upgrade(parse, &protocol_tls);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_rfb,
	.end = end,
	.emit = emit,
	.leads = true,
};

const struct protocol protocol_rfb = {
	.name = "rfb",
	.title = "Remote Framebuffer (VNC)",
	DOORS(TCP(5900)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.parser = &parser,
	.probe = &rfb_probe,
	.probe_state_size = RFB_PROBE_STATE,
	.weaknesses = weaknesses,
};
