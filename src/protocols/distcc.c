/* distcc.c: distributed compilation, "doc/protocol-1.txt" of distcc's sources: tokens of four letters with
 * eight hexadecimal digits, some with as many octets behind them. */
#include "protocols/lines.h"
#include "protocols/probes.h"

#include <ctype.h>

enum { HEAD = 12, ARGUMENT = 1024, ARGUMENTS = 2048, DIGIT_BITS = 4 };

/* distccd trusts addresses, and has no names or passwords (SSH has, and shows none of this). */
static const struct weakness no_auth = {
	"distcc-no-auth",
	"distcc compiles for every address that it takes, without a login",
	2,
	"Run it over ssh (@HOST in DISTCC_HOSTS), or take few addresses (--allow).",
};
static const struct weakness *const weaknesses[] = { &no_auth, NULL };

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const enum verdict begins = transport == TRANSPORT_TCP
					    ? recognise_text(first, side == SIDE_CLIENT ? "DIST0000000"
											: "DONE0000000")
					    : NO;

	if (begins != YES)
		return begins;
	if (span_left(first) < HEAD)
		return MORE;
	return span_peek(first, HEAD - 1) >= '1' && span_peek(first, HEAD - 1) <= '3' ? YES : NO;
}

struct conversation {
	uint32_t version, status;
	uint64_t source, object;   /* octets */
	char arguments[ARGUMENTS]; /* texts */
	bool has_status;
	bool told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_unsigned(json, "version", state->version);
	emit_texts(json, "arguments", state->arguments);
	if (state->source > 0)
		json_unsigned(json, "source_length", state->source);
	if (state->object > 0)
		json_unsigned(json, "object_length", state->object);
	if (state->has_status)
		json_unsigned(json, "status", state->status);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && (state->version > 0 || state->has_status))
		parse_event(parse, state);
	state->told = true;
}

static bool read_hex(struct span digits, uint32_t *ret_number)
{
	uint32_t number = 0;

	for (; digits.at < digits.end; digits.at++) {
		const uint8_t c = *digits.at;

		if (!isxdigit(c))
			return false;
		number = number << DIGIT_BITS | (uint32_t)(isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	*ret_number = number;
	return true;
}

/* Those whose number is no length. */
static bool is_plain_number(struct span name)
{
	return span_is(name, "DIST") || span_is(name, "DONE") || span_is(name, "ARGC") ||
	       span_is(name, "STAT") || span_is(name, "NFIL");
}

static void read_number(struct conversation *state, struct parse *parse, struct span name, uint32_t number)
{
	if (span_is(name, "DIST"))
		state->version = number;
	if (!span_is(name, "STAT"))
		return;
	state->status = number;
	state->has_status = true;
	parse_weakness(parse, &no_auth, "a job was run, with status %u", number);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) >= HEAD && parse->skip == 0) {
		struct span rest = *bytes;
		const struct span name = span_take(&rest, 4), digits = span_take(&rest, 8);
		uint32_t number = 0;

		if (!isupper(*name.at) || !read_hex(digits, &number))
			return PARSE_BROKEN;
		if (is_plain_number(name)) {
			read_number(state, parse, name, number);
		} else if (span_is(name, "ARGV") && number <= ARGUMENT) {
			const struct span argument = span_take(&rest, number);

			if (rest.failed) {
				parse_want(parse, HEAD + number);
				return PARSE_ON;
			}
			(void)texts_add(state->arguments, sizeof(state->arguments), argument);
		} else {
			state->source += span_is(name, "DOTI") ? number : 0;
			state->object += span_is(name, "DOTO") ? number : 0;
			if (number > 0)
				parse_skip(parse, number);
		}
		*bytes = rest;
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_distcc = {
	.name = "distcc",
	.title = "distcc",
	DOORS(TCP(3632)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &distcc_probe,
	.weaknesses = weaknesses,
};
