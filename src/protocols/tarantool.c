/* tarantool.c: Tarantool, "Binary protocol" of its documentation: the server greets with two lines of 64
 * octets, its version and an identifier in the first, a salt for passwords in the second. */
#include "protocols/tarantool.h"
#include "protocols/msgpack.h"
#include "protocols/text.h"

const struct weakness tarantool_console_open = {
	"tarantool-console-open",
	"The console of Tarantool runs Lua for whoever connects",
	1,
	"Let the console listen on a socket of Unix or on loopback.",
};
const struct weakness tarantool_no_auth = {
	"tarantool-no-auth",
	"Tarantool does for everybody what was asked without a login",
	2,
	"Take the rights of the user guest away, and let it listen on the addresses that need it.",
};
static const struct weakness *const weaknesses[] = { &tarantool_console_open, &tarantool_no_auth, NULL };

const char tarantool_greeting[] = "Tarantool ", tarantool_console[] = "(Lua console)";
static const char binary[] = "(Binary)";

/* Between which octets each one of a message's beginning lies. */
struct range {
	uint8_t low, high;
};
#define ANY                                                                                                  \
	{                                                                                                    \
		0, 0xff                                                                                      \
	}

static enum verdict recognise_ranges(struct span first, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count && i < span_left(first); i++)
		if (first.at[i] < ranges[i].low || first.at[i] > ranges[i].high)
			return NO;
	return span_left(first) < count ? MORE : YES;
}

/* Two pairs of a request's head, in either order: its type (0) and its number (1). */
static enum verdict recognise_pairs(struct span s)
{
	enum { PAIRS = 2, TYPE_MOST = 0x4d, OCTETS_MOST = 2 * (1 + 9) };
	const size_t come = span_left(s);
	unsigned seen = 0;

	for (size_t i = 0; i < PAIRS; i++) {
		struct msgpack key, value;

		if (!msgpack_take(&s, &key) || key.kind != MSGPACK_NUMBER || key.number > 1)
			return s.failed && come < OCTETS_MOST ? MORE : NO;
		if (!msgpack_take(&s, &value) || value.kind != MSGPACK_NUMBER)
			return s.failed && come < OCTETS_MOST ? MORE : NO;
		if (key.number == 0 && (value.number == 0 || value.number > TYPE_MOST))
			return NO;
		seen |= 1u << key.number;
	}
	return seen == 3 ? YES : NO;
}

/* A message as all clients and servers write them: its length in four octets, then a map with its type and
 * its number; the server's numbers have eight octets. So a conversation is known of which one side is
 * missing. */
static enum verdict recognise_message(struct span first, enum side side)
{
	static const struct range request[] = {
		{ 0xce, 0xce }, { 0, 0 }, ANY, ANY, ANY, { 0x82, 0x84 },
	};
	static const struct range answer[] = {
		{ 0xce, 0xce }, { 0, 0 }, ANY,      ANY,         ANY, { 0x83, 0x84 }, { 0, 0 },
		{ 0xce, 0xce }, { 0, 0 }, { 0, 0 }, { 0, 0x80 }, ANY, { 1, 1 },       { 0xcf, 0xcf },
	};
	const size_t begins = sizeof(request) / sizeof(*request);
	enum verdict verdict;

	if (side == SIDE_SERVER)
		return recognise_ranges(first, answer, sizeof(answer) / sizeof(*answer));
	verdict = recognise_ranges(first, request, begins);
	if (verdict != YES)
		return verdict;
	span_skip(&first, begins);
	return recognise_pairs(first);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict;

	if (transport != TRANSPORT_TCP)
		return NO;
	verdict = recognise_message(first, side);
	if (side == SIDE_CLIENT || verdict != NO)
		return verdict;
	verdict = recognise_text(first, tarantool_greeting);
	if (verdict != YES)
		return verdict;
	verdict = recognise_in_line(first, TARANTOOL_LINE, binary);
	return verdict != YES ? recognise_in_line(first, TARANTOOL_LINE, tarantool_console) : YES;
}

/* ---- asking ---- */

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span line = text_first(*heard, TARANTOOL_LINE);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (span_find(line, tarantool_console) != SIZE_MAX)
		answer_weakness(answer, &tarantool_console_open, "it greets with the prompt of Lua");
	span_skip(&line, strlen(tarantool_greeting));
	answer_product(answer, span_text("Tarantool"), text_word(&line));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_tarantool = {
	.name = "tarantool",
	.title = "Tarantool",
	DOORS(TCP(3301)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.server_tells = true,
	.parser = &tarantool_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
