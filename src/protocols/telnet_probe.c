/* telnet_probe.c: what a server of Telnet is asked: nothing. Every option is refused politely, so that the
 * server comes to its banner. Nobody is logged in. */
#include "protocols/telnet.h"

enum { REFUSALS_LIMIT = 64 };

struct state {
	bool negotiated;
	uint64_t asked, offered; /* options by their number */
	uint8_t refusals;
	uint16_t length;
	char banner[TELNET_BANNER];
};
_Static_assert(sizeof(struct state) <= TELNET_PROBE_STATE, "state of the probe");

static void tell_option(struct state *state, struct telnet_command command, struct answer *answer)
{
	const char *const key = command.verb == DO ? "options_asked" : "options_offered";
	uint64_t *const told = command.verb == DO ? &state->asked : &state->offered;
	const char *const before = answer_get(answer, key);

	if (command.option >= TELNET_OPTIONS || *told >> command.option & 1)
		return;
	*told |= (uint64_t)1 << command.option;
	answer_fact_format(answer, key, "%s%s%s", before != NULL ? before : "", before != NULL ? ", " : "",
			   telnet_options[command.option]);
}

/* RFC 854: what a party will or would have the other do is refused with DONT and WONT. */
static void refuse(struct state *state, struct telnet_command command, struct buffer *out,
		   struct answer *answer)
{
	if ((command.verb != WILL && command.verb != DO) || state->refusals == REFUSALS_LIMIT)
		return;
	state->refusals++;
	tell_option(state, command, answer);
	buffer_u8(out, IAC);
	buffer_u8(out, command.verb == WILL ? DONT : WONT);
	buffer_u8(out, command.option);
}

static void keep_text(struct state *state, uint8_t byte)
{
	if (state->length + 1u < sizeof(state->banner) && byte != '\0')
		state->banner[state->length++] = (char)byte;
}

/* BusyBox opens with the same four commands always, whatever its banner. */
static bool is_busybox(const struct answer *answer)
{
	const char *const asked = answer_get(answer, "options_asked");
	const char *const offered = answer_get(answer, "options_offered");

	return asked != NULL && offered != NULL && strcmp(asked, "echo, window-size") == 0 &&
	       strcmp(offered, "echo, suppress-go-ahead") == 0;
}

static void tell_banner(const struct state *state, struct answer *answer)
{
	const struct span text = text_trim(span_of(state->banner, state->length));

	answer_fact(answer, "banner", text);
	if (!text_tell_product(answer, text, telnet_products, telnet_product_count) && is_busybox(answer))
		answer_product(answer, span_text("BusyBox telnetd"), span_of(NULL, 0));
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;
	struct telnet_command command;
	enum verdict whole = YES;

	while (span_left(*heard) > 0 && whole == YES) {
		if (span_peek(*heard, 0) != IAC || span_peek(*heard, 1) == IAC) {
			keep_text(state, span_u8(heard));
			continue;
		}
		whole = telnet_take(heard, &command);
		if (whole == YES) {
			state->negotiated = true;
			refuse(state, command, out, answer);
		}
	}
	if (whole == NO)
		return PROBE_NOT;
	/* Nothing follows a question for the name or the password: no need to wait longer. */
	if (!ended &&
	    !(state->negotiated && telnet_asks(span_of(state->banner, state->length)) != ASKS_NOTHING))
		return PROBE_WAIT;
	tell_banner(state, answer);
	return state->negotiated ? PROBE_DONE : PROBE_NOT;
}

const struct probe telnet_probe = {
	.transports = PROBE_TCP,
	.server_speaks_first = true,
	.hear = hear,
};
