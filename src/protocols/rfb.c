/* rfb.c: the Remote Framebuffer protocol of VNC. RFC 6143. Versions, the kind of security, and how it ends.
 */
#include "protocols/parse.h"

#include <ctype.h>

static const struct weakness open_screen = {
	"rfb-no-authentication",
	"a screen is given to whoever asks",
	1,
	"Set a password, or better let VNC be reached through SSH or a VPN only.",
};
static const struct weakness *const weaknesses[] = { &open_screen, NULL };

enum { VERSION = 12, NONE = 1, TYPES_MOST = 16 };

struct state {
	char versions[2][8]; /* by side: "3.8" */
	bool has_version[2], typed, told;
	uint8_t type, offered[TYPES_MOST], offered_count;
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
	if (state->typed) {
		json_open_object(json, "authentication");
		json_unsigned(json, "security_type", state->type);
		json_text(json, "security_name", type_text(state->type));
		json_end(json);
	}
}

static enum parse_step choose(struct state *state, struct parse *parse, uint8_t type)
{
	state->typed = true;
	state->type = type;
	state->told = true;
	if (type == NONE)
		parse_weakness(parse, &open_screen, "no password is asked for");
	parse_event(parse, state);
	return PARSE_DONE;
}

static void hear_version(struct state *state, enum side side, struct span line)
{
	char *const text = state->versions[side];

	text[0] = (char)line.at[6];
	text[1] = '.';
	text[2] = (char)line.at[10];
	state->has_version[side] = true;
}

/* Before 3.7 the server decides with one number of 32 bits; later it offers a list and the client chooses. */
static enum parse_step hear_security(struct state *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes, list;

	if (parse->side == SIDE_CLIENT)
		return choose(state, parse, span_u8(bytes));
	if (state->has_version[SIDE_CLIENT] && state->versions[SIDE_CLIENT][2] < '7') {
		const uint32_t type = span_u32(&s);

		return s.failed ? PARSE_ON : choose(state, parse, (uint8_t)type);
	}
	list = span_take(&s, span_u8(&s));
	if (s.failed)
		return PARSE_ON;
	while (span_left(list) > 0 && state->offered_count < TYPES_MOST)
		state->offered[state->offered_count++] = span_u8(&list);
	*bytes = s;
	return PARSE_ON;
}

static enum parse_step read_rfb(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;

	if (!state->has_version[parse->side]) {
		if (recognise(*bytes, parse->side, TRANSPORT_TCP) == NO)
			return PARSE_BROKEN;
		if (span_left(*bytes) < VERSION)
			return PARSE_ON;
		hear_version(state, parse->side, span_take(bytes, VERSION));
	}
	return span_left(*bytes) > 0 ? hear_security(state, parse, bytes) : PARSE_ON;
}

static void end(void *memory, struct parse *parse)
{
	const struct state *const state = memory;

	if (!state->told)
		parse_event(parse, state);
}

static const struct parser parser = {
	.state_size = sizeof(struct state),
	.read = read_rfb,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_rfb = {
	.name = "rfb",
	.title = "Remote Framebuffer (VNC)",
	DOORS(TCP(5900)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.parser = &parser,
	.weaknesses = weaknesses,
};
