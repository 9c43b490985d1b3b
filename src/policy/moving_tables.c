/* Rules of iptables (as iptables-save prints them), ufw (the tuples of user.rules) and nft (nft list
 * ruleset). */
#include "policy/moving.h"

static bool is_verdict(struct span word, enum policy_verdict *ret_verdict)
{
	if (span_is_nocase(word, "accept") || span_is(word, "allow") || span_is(word, "limit"))
		*ret_verdict = VERDICT_ALLOW;
	else if (span_is_nocase(word, "drop") || span_is(word, "deny"))
		*ret_verdict = VERDICT_DENY;
	else if (span_is_nocase(word, "reject"))
		*ret_verdict = VERDICT_REJECT;
	else
		return false;
	return true;
}

static bool is_direction(struct span word, enum direction *ret_direction)
{
	if (span_is_nocase(word, "input"))
		*ret_direction = DIRECTION_IN;
	else if (span_is_nocase(word, "output"))
		*ret_direction = DIRECTION_OUT;
	else if (span_is_nocase(word, "forward"))
		*ret_direction = DIRECTION_THROUGH;
	else
		return false;
	return true;
}

/* ---- iptables ---- */

/* What is read of a rule: why it cannot be carried over, or that a policy has it by itself. */
struct reading {
	struct moving_rule rule;
	const char *why;
	bool implied, decides;
};

/* The first reason is told. */
static void refuse(struct reading *r, const char *why)
{
	if (r->why == NULL)
		r->why = why;
}

static const struct {
	const char *option;
	size_t offset;
} values[] = {
	{ "-p", offsetof(struct moving_rule, transport) },
	{ "--dport", offsetof(struct moving_rule, ports) },
	{ "--dports", offsetof(struct moving_rule, ports) },
	{ "-s", offsetof(struct moving_rule, from) },
	{ "-d", offsetof(struct moving_rule, to) },
	{ "--comment", offsetof(struct moving_rule, comment) },
};

static bool take_value(struct reading *r, struct span option, struct span value)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (span_is(option, values[i].option)) {
			*(struct span *)(void *)((char *)&r->rule + values[i].offset) = value;
			return true;
		}
	}
	return false;
}

static void take_state(struct reading *r, struct span states)
{
	if (span_find(states, "NEW") == SIZE_MAX)
		r->implied = true; /* established, related, invalid */
}

static void take_option(struct reading *r, struct span option, struct span value)
{
	static const char *const matches[] = { "tcp", "udp", "comment", "conntrack", "state", "multiport" };
	bool known = false;

	if (take_value(r, option, value))
		return;
	if (span_is(option, "-i") || span_is(option, "-o")) {
		r->rule.on = value;
		r->implied |= span_is(value, "lo");
	} else if (span_is(option, "-j")) {
		r->decides = is_verdict(value, &r->rule.verdict);
		if (!r->decides)
			refuse(r, "its target has no verdict");
	} else if (span_is(option, "--ctstate") || span_is(option, "--state")) {
		take_state(r, value);
	} else if (span_is(option, "-m")) {
		for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++)
			known |= span_is(value, matches[i]);
		if (!known)
			refuse(r, "a match that a policy does not have");
	} else if (!span_is(option, "--reject-with")) {
		refuse(r, "an option that a policy does not have");
	}
}

static void conclude(struct moving *m, const struct reading *r)
{
	if (r->implied)
		m->moved.implied++;
	else if (r->why != NULL)
		moving_leave(m, r->why);
	else if (!r->decides)
		moving_leave(m, "it decides nothing");
	else
		moving_write(m, &r->rule);
}

void moving_iptables(struct moving *m)
{
	struct span words[WORDS_MOST];
	const size_t count = moving_words(m->line, words);
	struct reading r = { 0 };

	if (count == 0 || words[0].at[0] == '#' || words[0].at[0] == '*' || span_is(words[0], "COMMIT"))
		return;
	if (words[0].at[0] == ':') {
		enum direction direction;
		struct span chain = words[0];

		span_skip(&chain, 1);
		if (count > 1 && span_is(words[1], "ACCEPT") && is_direction(chain, &direction))
			moving_leave(m, "what no rule names is let pass there; here it is denied");
		return;
	}
	if (count < 2 || !span_is(words[0], "-A")) {
		moving_leave(m, "not understood");
		return;
	}
	if (!is_direction(words[1], &r.rule.direction))
		r.why = "a rule of another chain or table";
	if (count == WORDS_MOST)
		r.why = "it is too long";
	for (size_t i = 2; i < count; i += 2) {
		if (span_is(words[i], "!")) {
			refuse(&r, "it is inverted");
			i--;
		} else if (i + 1 < count) {
			take_option(&r, words[i], words[i + 1]);
		} else {
			refuse(&r, "an option without a value");
		}
	}
	conclude(m, &r);
}

/* ---- ufw ---- */

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

/* "in", "out_eth0", "in_eth0!out_eth1": of routed traffic both. */
static bool read_way(struct span way, struct moving_rule *rule)
{
	rule->direction = span_begins(way, "out") ? DIRECTION_OUT : DIRECTION_IN;
	span_skip(&way, rule->direction == DIRECTION_OUT ? 3 : 2);
	if (span_left(way) == 0)
		return true;
	span_skip(&way, 1);
	rule->on = way;
	return span_find(way, "!") == SIZE_MAX;
}

/* ### tuple ### [route:]ACTION[_log] PROTOCOL PORT TO SOURCE-PORT FROM WAY [comment=HEX] */
void moving_ufw(struct moving *m)
{
	struct span words[WORDS_MOST];
	const size_t count = moving_words(m->line, words);
	struct moving_rule rule = { 0 };
	uint8_t comment[256];
	struct span action;

	if (count < 10 || !span_is(words[0], "###") || !span_is(words[1], "tuple"))
		return; /* what ufw makes of its tuples */
	action = words[3];
	for (size_t i = 10; i < count; i++) {
		if (span_begins(words[i], "comment=")) {
			span_skip(&words[i], strlen("comment="));
			rule.comment = read_hex(words[i], comment, sizeof(comment));
		}
	}
	if (span_ends(action, "_log") || span_ends(action, "_log-all")) {
		rule.log = true;
		action.end = action.at + span_find(action, "_log");
	}
	rule.transport = span_is(words[4], "any") ? span_of(NULL, 0) : words[4];
	rule.ports = span_is(words[5], "any") ? span_of(NULL, 0) : words[5];
	rule.to = words[6];
	rule.from = words[8];
	if (span_begins(action, "route:") || !is_verdict(action, &rule.verdict))
		moving_leave(m, "an action that a policy does not have");
	else if (!span_is(words[7], "any"))
		moving_leave(m, "a port of the sender");
	else if (!read_way(words[9], &rule))
		moving_leave(m, "two interfaces");
	else
		moving_write(m, &rule);
}

/* ---- nft ---- */

/* The value behind a word: one word, or a set in braces. */
static struct span value_at(struct moving *m, const struct span *words, size_t count, size_t *at)
{
	struct span value = words[*at];

	(void)m;
	if (!span_begins(value, "{"))
		return value;
	while (*at + 1 < count && !span_ends(words[*at], "}"))
		++*at;
	value.end = words[*at].end;
	return value;
}

static bool begins_pair(const struct span *words, size_t i, size_t count, const char *first,
			const char *second)
{
	return i + 2 < count && span_is(words[i], first) && span_is(words[i + 1], second);
}

/* Takes one condition or statement from `i` on; returns where the next one begins. */
static size_t take_statement(struct moving *m, struct reading *r, const struct span *words, size_t i,
			     size_t count)
{
	if ((begins_pair(words, i, count, "tcp", "dport") || begins_pair(words, i, count, "udp", "dport")) &&
	    !span_is(words[i + 2], "!=")) {
		r->rule.transport = words[i];
		i += 2;
		r->rule.ports = value_at(m, words, count, &i);
	} else if (begins_pair(words, i, count, "meta", "l4proto") ||
		   begins_pair(words, i, count, "ip", "protocol")) {
		i += 2;
		r->rule.transport = words[i];
	} else if ((begins_pair(words, i, count, "ip", "saddr") ||
		    begins_pair(words, i, count, "ip6", "saddr"))) {
		i += 2;
		r->rule.from = value_at(m, words, count, &i);
	} else if ((begins_pair(words, i, count, "ip", "daddr") ||
		    begins_pair(words, i, count, "ip6", "daddr"))) {
		i += 2;
		r->rule.to = value_at(m, words, count, &i);
	} else if (i + 1 < count && (span_is(words[i], "iifname") || span_is(words[i], "iif") ||
				     span_is(words[i], "oifname") || span_is(words[i], "oif"))) {
		r->rule.on = words[++i];
		r->implied |= span_is(words[i], "lo");
	} else if (begins_pair(words, i, count, "ct", "state")) {
		i += 2;
		r->implied |= span_find(value_at(m, words, count, &i), "new") == SIZE_MAX;
	} else if (span_is(words[i], "counter")) {
		i += i + 4 < count && span_is(words[i + 1], "packets") ? 4 : 0;
	} else if (i + 1 < count && span_is(words[i], "comment")) {
		r->rule.comment = words[++i];
	} else if (is_verdict(words[i], &r->rule.verdict)) {
		r->decides = true;
	} else if (span_is(words[i], "log")) {
		r->rule.log = true;
		i += i + 2 < count && span_is(words[i + 1], "prefix") ? 2 : 0;
	} else if (span_is(words[i], "with") || span_is(words[i], "#")) {
		return count; /* how it is rejected; a handle */
	} else {
		r->why = "a statement that a policy does not have";
	}
	return i + 1;
}

static void take_hook(struct moving *m, const struct span *words, size_t count, struct moving_place *place)
{
	enum direction direction;

	place->hook[0] = '\0';
	for (size_t i = 0; i + 1 < count; i++) {
		if (span_is(words[i], "hook") && is_direction(words[i + 1], &direction))
			span_copy_text(words[i + 1], place->hook, sizeof(place->hook));
		if (span_is(words[i], "policy") && span_begins(words[i + 1], "accept") &&
		    place->hook[0] != '\0')
			moving_leave(m, "what no rule names is let pass there; here it is denied");
	}
}

void moving_nft(struct moving *m, struct moving_place *place)
{
	struct span words[WORDS_MOST];
	const size_t count = moving_words(m->line, words);
	struct reading r = { 0 };

	if (count == 0 || words[0].at[0] == '#' || span_is(words[0], "}") || span_is(words[0], "table"))
		return;
	if (span_is(words[0], "chain")) {
		memset(place->hook, 0, sizeof(place->hook));
		return;
	}
	if (span_is(words[0], "type") && count > 2 && span_is(words[2], "hook")) {
		take_hook(m, words, count, place);
		return;
	}
	if (place->hook[0] == '\0') {
		moving_leave(m, "not in a chain of input, output or forward");
		return;
	}
	(void)is_direction(span_text(place->hook), &r.rule.direction);
	if (count == WORDS_MOST)
		r.why = "it is too long";
	for (size_t i = 0; i < count;)
		i = take_statement(m, &r, words, i, count);
	conclude(m, &r);
}
