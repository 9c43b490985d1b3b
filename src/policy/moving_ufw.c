/* ufw: the tuples of user.rules and user6.rules. */
#include "policy/moving.h"

#include <string.h>

static int digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Comments are written as hexadecimal digits. */
static struct span read_hex(struct span hex, uint8_t *text, size_t size)
{
	size_t length = 0;

	while (span_left(hex) >= 2 && length < size && digit(hex.at[0]) >= 0 && digit(hex.at[1]) >= 0) {
		text[length++] = (uint8_t)(digit(hex.at[0]) << 4 | digit(hex.at[1]));
		hex.at += 2;
	}
	return span_of(text, length);
}

/* "in", "out_eth0"; of routed traffic "in_eth0!out_eth1" as well. */
static void read_way(struct span way, bool routed, struct moving_rule *rule)
{
	const bool out = span_begins(way, "out");
	struct span name = way;

	rule->direction = routed ? DIRECTION_THROUGH : out ? DIRECTION_OUT : DIRECTION_IN;
	span_skip(&name, out ? strlen("out_") : strlen("in_"));
	if (name.failed)
		return;
	if (out) {
		rule->leaves = name;
	} else if (span_find(name, "!out_") != SIZE_MAX) {
		const size_t at = span_find(name, "!out_");

		rule->on = span_of(name.at, at);
		span_skip(&name, at + strlen("!out_"));
		rule->leaves = name;
	} else {
		rule->on = name;
	}
}

/* Behind the addresses stand the names of profiles, where there are some, the way, and a comment. */
static size_t read_rest(const struct span *words, size_t count, struct moving_rule *rule,
			uint8_t comment[256])
{
	size_t way = 9;

	if (count > 11 && !span_begins(words[11], "comment=")) {
		rule->origin = span_is(words[9], "-") ? words[10] : words[9];
		way = 11;
	}
	for (size_t i = way + 1; i < count; i++) {
		struct span text = words[i];

		if (span_begins(text, "comment=")) {
			span_skip(&text, strlen("comment="));
			rule->comment = read_hex(text, comment, 256);
		}
	}
	return way;
}

/* ### tuple ### [route:]ACTION[_log] PROTOCOL PORT TO SOURCE-PORT FROM [TO-APP FROM-APP] WAY [comment=HEX] */
static void read_tuple(struct moving *m, const struct span *words, size_t count)
{
	struct moving_rule rule = { 0 };
	struct span action = words[3];
	const bool routed = span_begins(action, "route:");
	uint8_t comment[256];
	const size_t way = read_rest(words, count, &rule, comment);

	if (routed)
		span_skip(&action, strlen("route:"));
	if (span_ends(action, "_log") || span_ends(action, "_log-all")) {
		rule.log = true;
		action.end = action.at + span_find(action, "_log");
	}
	rule.transport = span_is(words[4], "any") ? span_of(NULL, 0) : words[4];
	rule.ports = span_is(words[5], "any") ? span_of(NULL, 0) : words[5];
	rule.to = words[6];
	rule.from = words[8];
	read_way(words[way], routed, &rule);
	if (!moving_verdict(action, &rule.verdict))
		moving_leave(m, "an action that a policy does not have");
	else if (!span_is(words[7], "any"))
		moving_leave(m, "a port of the sender");
	else
		moving_write(m, &rule);
	if (span_is(action, "limit"))
		moving_leave(m, "only the limit of 6 connections in 30 seconds for each sender is not");
}

void moving_ufw(struct moving *m, struct span text)
{
	struct span words[WORDS_MOST];

	while (moving_line(m, &text)) {
		const size_t count = moving_words(m->line, words);

		/* All else is what ufw makes of its tuples. */
		if (count > 1 && span_is(words[0], "###") && span_is(words[1], "tuple")) {
			if (count >= 10)
				read_tuple(m, words, count);
			else
				moving_leave(m, "not understood");
		}
	}
}
