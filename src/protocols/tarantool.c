/* tarantool.c: Tarantool, "Binary protocol" of its documentation: the server greets with two lines of 64
 * octets, its version and an identifier in the first, a salt for passwords in the second. */
#include "protocols/tarantool.h"
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

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict;

	if (transport != TRANSPORT_TCP || side != SIDE_SERVER)
		return NO;
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
