/* snapcast_control.c: the control of Snapcast, "JSON RPC API" of its documents: JSON-RPC 2.0, a message a
 * line. JSON-RPC alone is anybody's; the names of its methods tell whose. */
#include "protocols/lines.h"

enum { LINE_MOST = 64 * 1024, NUMBER_MOST = 10 };

static const struct weakness control_open = {
	"snapcast-control-open",
	"Snapcast can be controlled by everybody",
	3,
	"Let in only the hosts that choose what is played (snapserver.conf, [tcp] bind_to_address).",
};
static const struct weakness *const weaknesses[] = { &control_open, NULL };

/* ---- recognising ---- */

/* Compares in spite of spaces; takes what was the same. */
static enum verdict take_words(struct span *s, const char *words)
{
	while (*words != '\0') {
		if (span_left(*s) == 0)
			return MORE;
		if (span_peek(*s, 0) == ' ') {
			span_skip(s, 1);
			continue;
		}
		if (span_u8(s) != (uint8_t)*words++)
			return NO;
	}
	return YES;
}

/* "id":17, or "id":"17", with the comma behind it. */
static enum verdict take_number(struct span *s)
{
	size_t length = 0;
	enum verdict verdict = take_words(s, "\"id\":");

	if (verdict != YES)
		return verdict;
	while (length < NUMBER_MOST + 3 && length < span_left(*s) && span_peek(*s, length) != ',')
		length++;
	if (length == NUMBER_MOST + 3)
		return NO;
	if (length == span_left(*s))
		return MORE;
	span_skip(s, length + 1);
	return YES;
}

/* What stands before the method or the result, in either order; the version must. */
static enum verdict take_envelope(struct span *s)
{
	bool version = false;

	for (int i = 0; i < 2; i++) {
		struct span rest = *s;
		enum verdict verdict = take_words(&rest, "\"jsonrpc\":\"2.0\",");

		version = version || verdict == YES;
		if (verdict == NO) {
			rest = *s;
			verdict = take_number(&rest);
		}
		if (verdict == MORE)
			return MORE;
		if (verdict == YES)
			*s = rest;
	}
	return version ? YES : NO;
}

static enum verdict tail_says(struct span s, enum side side)
{
	static const char *const tails[] = {
		"\"method\":\"Server.",
		"\"method\":\"Client.",
		"\"method\":\"Group.",
		"\"method\":\"Stream.",
		"\"result\":{\"server\":{\"groups\":",
	};
	const size_t count = sizeof(tails) / sizeof(*tails) - (side == SIDE_CLIENT);
	enum verdict best = NO;

	for (size_t i = 0; i < count && best != YES; i++) {
		struct span rest = s;
		const enum verdict verdict = take_words(&rest, tails[i]);

		best = verdict == NO ? best : verdict;
	}
	return best;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict;

	if (transport != TRANSPORT_TCP || span_peek(first, 0) != '{' || span_peek(first, 1) == ' ')
		return NO;
	verdict = take_words(&first, "{");
	if (verdict == YES)
		verdict = take_envelope(&first);
	return verdict == YES ? tail_says(first, side) : verdict;
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"Server.GetStatus\"}\r\n");
}

/* "snapserver":{..."version":"0.26.0"}. */
static void tell_version(struct span line, struct answer *answer)
{
	static const char server[] = "\"snapserver\":{", version[] = "\"version\":\"";
	const size_t at = span_find(line, server);
	size_t behind;

	answer_product(answer, span_text("Snapcast"), span_text(""));
	if (at == SIZE_MAX)
		return;
	span_skip(&line, at + sizeof(server) - 1);
	line = span_until(&line, '}');
	behind = span_find(line, version);
	if (line.failed || behind == SIZE_MAX)
		return;
	span_skip(&line, behind + sizeof(version) - 1);
	answer_product(answer, span_text("Snapcast"), text_version(line));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span rest = *heard;
	const struct span line = span_line(&rest);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (line.failed && !ended && span_left(*heard) < LINE_MOST)
		return PROBE_WAIT;
	tell_version(line.failed ? *heard : line, answer);
	answer_weakness(answer, &control_open, "Server.GetStatus was answered");
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true,
	.knows = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_snapcast_control = {
	.name = "snapcast-control",
	.title = "Snapcast control",
	DOORS(TCP(1705)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.probe = &probe,
	.weaknesses = weaknesses,
};
