/* tinc.c: the meta connections of tinc, after "The tinc protocol" in its manual. Both ends begin with a line
 * "0 NAME VERSION"; of version 1.0 keys in hexadecimal follow ("1 ..."), of 1.1 a key exchange that is
 * encrypted. */
#include "protocols/parse.h"

#include <ctype.h>

enum { NAME_MOST = 64, LINE_MOST = 128, DATA_SECONDS = 600 };

struct state {
	struct span names[2], versions[2];
	bool heard[2], told;
};

/* ---- recognising ---- */

/* A node's name has letters, digits and underscores; an invitation "?" and a control cookie "^" come as well.
 */
static enum verdict read_id(struct span s, struct span *ret_name, struct span *ret_version)
{
	struct span line = s;
	size_t length = 0;
	bool dotted = false;

	if (span_peek(s, 0) != '0' || (span_left(s) > 1 && span_peek(s, 1) != ' '))
		return NO;
	if (span_left(s) <= 2)
		return MORE;
	span_skip(&s, 2);
	*ret_name = s;
	while (span_left(s) > 0 && (isalnum(*s.at) || *s.at == '_')) {
		if (++length > NAME_MOST)
			return NO;
		s.at++;
	}
	ret_name->end = s.at;
	if (span_left(s) == 0)
		return MORE;
	if (length == 0 || *s.at != ' ')
		return NO;
	s.at++;
	*ret_version = s;
	for (size_t i = 0; span_left(s) > 0 && *s.at != '\n'; i++, s.at++) {
		static const char major[] = "17";

		if (i < 2 ? *s.at != (uint8_t)major[i] : i == 2 ? *s.at != '.' : !isdigit(*s.at) || i > 6)
			return NO;
		dotted = dotted || i > 2;
	}
	ret_version->end = s.at;
	if (span_left(s) == 0)
		return (size_t)(s.at - line.at) > LINE_MOST ? NO : MORE;
	return span_left(*ret_version) == 2 || dotted ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span name, version;

	(void)side; /* both begin alike */
	return transport == TRANSPORT_TCP ? read_id(first, &name, &version) : NO;
}

/* ---- the event ---- */

static void write_end(struct json *json, const char *key, const struct state *state, enum side side)
{
	if (!state->heard[side])
		return;
	json_open_object(json, key);
	json_span(json, "name", state->names[side]);
	json_span(json, "version", state->versions[side]);
	json_end(json);
}

static void emit(const void *memory, struct json *json)
{
	const struct state *const state = memory;

	write_end(json, "client", state, SIDE_CLIENT);
	write_end(json, "server", state, SIDE_SERVER);
}

static void tell(struct state *state, struct parse *parse)
{
	if (!state->told && (state->heard[SIDE_CLIENT] || state->heard[SIDE_SERVER]))
		parse_event(parse, state);
	state->told = true;
}

/* ---- reading ---- */

/* What the network carries goes over UDP, at the same doors. */
static void expect_data(struct parse *parse)
{
	parse_expect(parse, &(struct expectation){
				    .transport = TRANSPORT_UDP,
				    .address = parse->addresses[SIDE_SERVER],
				    .port = parse->ports[SIDE_SERVER],
				    .other = parse->addresses[SIDE_CLIENT],
				    .protocol = parse->protocol,
				    .waiting = SIDE_SERVER,
				    .seconds = DATA_SECONDS,
				    .many = true,
			    });
}

/* What follows the two lines is keys and then encrypted. */
static enum parse_step read_tinc(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;
	struct span name, version;

	if (parse->transport != TRANSPORT_TCP)
		return PARSE_DONE;
	if (!state->heard[parse->side]) {
		switch (read_id(*bytes, &name, &version)) {
		case NO: tell(state, parse); return PARSE_BROKEN;
		case MORE: return PARSE_ON;
		case YES: break;
		}
		state->heard[parse->side] = true;
		state->names[parse->side] = parse_keep(parse, name);
		state->versions[parse->side] = parse_keep(parse, version);
		bytes->at = version.end + 1;
	}
	if (!state->heard[SIDE_CLIENT] || !state->heard[SIDE_SERVER]) {
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	tell(state, parse);
	expect_data(parse);
	return PARSE_DONE;
}

static void end(void *memory, struct parse *parse)
{
	tell(memory, parse);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_tinc,
	.end = end,
	.emit = emit,
	.leads = true,
};

const struct protocol protocol_tinc = {
	.name = "tinc",
	.title = "tinc",
	DOORS(TCP(655), UDP(655)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.datagram_least = UINT16_MAX, /* they are encrypted, and nobody knows one */
	.parser = &parser,
};
