#include "policy/moving.h"
#include "base/address.h"
#include "catalog/catalog.h"

#include <string.h>

enum { TOLD_MOST = 1000, SHOWN = 200, ADDRESSES_MOST = 65536, TERMS_A_LINE = 8, MEMORY = 1 << 29 };

/* What is not printable ASCII becomes a dot, so that text from a file never leaves its line. */
static void plain(struct buffer *out, struct span text)
{
	for (size_t i = 0; i < span_left(text) && i < SHOWN; i++)
		buffer_u8(out, text.at[i] >= ' ' && text.at[i] < 0x7f ? text.at[i] : '.');
	if (span_left(text) > SHOWN)
		buffer_text(out, " ...");
}

static struct span trimmed(struct span s)
{
	while (span_left(s) > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
		s.at++;
	while (span_left(s) > 0 && (s.end[-1] == ' ' || s.end[-1] == '\t' || s.end[-1] == '\r'))
		s.end--;
	return s;
}

void moving_leave(struct moving *m, const char *why)
{
	if (m->moved.left_out++ >= TOLD_MOST)
		return;
	buffer_format(m->out, "# NOT CARRIED OVER, line %zu (%s): ", m->number, why);
	plain(m->out, trimmed(m->line));
	buffer_text(m->out, "\n");
}

void moving_say(struct moving *m, const char *text)
{
	buffer_text(m->out, "\n# ");
	plain(m->out, span_text(text));
	buffer_text(m->out, "\n");
}

/* What stands in quotes; without them. */
static struct span take_quoted(struct span *line)
{
	struct span word;

	line->at++;
	word = *line;
	while (span_left(*line) > 0 && line->at[0] != '"')
		line->at += line->at[0] == '\\' && span_left(*line) > 1 ? 2 : 1;
	word.end = line->at;
	span_skip(line, span_left(*line) > 0);
	return word;
}

/* What stands in braces; with them. */
static struct span take_braces(struct span *line)
{
	struct span word = *line;
	size_t depth = 0;

	do {
		if (line->at[0] == '"') {
			(void)take_quoted(line);
			continue;
		}
		depth += line->at[0] == '{';
		depth -= line->at[0] == '}';
		line->at++;
	} while (span_left(*line) > 0 && depth > 0);
	word.end = line->at;
	return word;
}

size_t moving_words(struct span line, struct span words[static WORDS_MOST])
{
	size_t count = 0;

	while (count < WORDS_MOST) {
		line = trimmed(line);
		if (span_left(line) == 0)
			break;
		if (line.at[0] == '"' && span_left(line) > 1)
			words[count++] = take_quoted(&line);
		else if (line.at[0] == '{')
			words[count++] = take_braces(&line);
		else
			words[count++] = span_word(&line);
	}
	return count;
}

void moving_no_memory(struct moving *m)
{
	m->failed = true;
	error_memory(m->err);
}

/* ---- rules ---- */

bool moving_verdict(struct span word, enum policy_verdict *ret_verdict)
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

bool moving_direction(struct span word, enum direction *ret_direction)
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

static bool is_any(struct span address)
{
	return span_left(address) == 0 || span_is(address, "0.0.0.0/0") || span_is(address, "::/0") ||
	       span_is(address, "any") || span_is(address, "anywhere");
}

/* Between two terms of a list; long ones go on in lines of their own. */
static void separate(struct buffer *out, const char *word, size_t count)
{
	buffer_text(out, count == 0 ? word : count % TERMS_A_LINE == 0 ? ",\n    " : ", ");
}

/* " from 192.0.2.0/24, 2001:db8::/32". False, and nothing of use written, for what is no address. */
static bool write_list(struct buffer *out, const char *word, struct span list)
{
	char text[ADDRESS_RANGE_TEXT];
	struct address_range range;
	struct span term;
	size_t count = 0;

	while (moving_next_term(&list, &term)) {
		const bool self = span_is(term, "self");

		if (count >= ADDRESSES_MOST || (!self && !address_range_parse(term, &range, NULL)))
			return false;
		separate(out, word, count);
		buffer_text(out, self ? "self" : address_range_text(&range, text));
		count++;
	}
	return count > 0;
}

static bool write_addresses(struct buffer *out, const char *word, struct span list, struct span except)
{
	if (is_any(list) && span_left(except) == 0)
		return true;
	if (is_any(list))
		buffer_format(out, "%sany", word);
	else if (!write_list(out, word, list))
		return false;
	return span_left(except) == 0 || write_list(out, " except ", except);
}

static bool write_ports(struct buffer *out, const struct transport *transport, struct span list, bool first)
{
	struct span term;
	uint64_t from, to;
	size_t count = 0;

	if (span_left(list) == 0) {
		buffer_format(out, "%s%s/0-65535", first ? " " : ", ", transport->name);
		return true;
	}
	while (moving_next_term(&list, &term)) {
		if (count >= TERMS_MOST || !moving_read_ports(span_text(transport->name), term, &from, &to))
			return false;
		separate(out, first && count == 0 ? " " : ", ", count);
		buffer_format(out, "%s/%llu", transport->name, (unsigned long long)from);
		if (to > from)
			buffer_format(out, "-%llu", (unsigned long long)to);
		count++;
	}
	return count > 0;
}

/* " icmp/8, icmp/0": by number, or by name. */
static bool write_types(struct buffer *out, const struct transport *transport, struct span list, bool first)
{
	struct span term;
	uint64_t type;
	size_t count = 0;

	while (moving_next_term(&list, &term)) {
		const struct icmp_type *const named = catalog_icmp_named(transport->number, term);

		if (count >= TERMS_MOST || (named == NULL && !span_number(term, UINT8_MAX, &type)))
			return false;
		separate(out, first && count == 0 ? " " : ", ", count);
		buffer_format(out, "%s/%llu", transport->name,
			      named != NULL ? (unsigned long long)named->type : (unsigned long long)type);
		count++;
	}
	return count > 0;
}

static const struct transport *transport_of(struct span name)
{
	uint64_t number;

	if (span_number(name, UINT8_MAX, &number))
		return catalog_transport((uint8_t)number);
	return catalog_transport_named(span_is(name, "ipv6-icmp") ? span_text("icmpv6") : name);
}

/* " tcp/22, tcp/80", " icmp", " all". Both transports where ports are given without one. */
static bool write_doors(struct buffer *out, const struct moving_rule *rule)
{
	struct span list = rule->transport, term;
	bool first = true;

	if (span_left(list) == 0 || span_is(list, "all") || span_is(list, "any") || span_is(list, "0")) {
		if (span_left(rule->ports) == 0) {
			buffer_text(out, " all");
			return true;
		}
		list = span_text("tcp,udp");
	}
	for (; moving_next_term(&list, &term); first = false) {
		const struct transport *const transport = transport_of(term);
		const bool types = span_left(rule->ports) > 0;

		if (transport == NULL)
			return false;
		if (transport->has_ports ? !write_ports(out, transport, rule->ports, first)
					 : types && !write_types(out, transport, rule->ports, first))
			return false;
		if (!transport->has_ports && !types)
			buffer_format(out, "%s%s", first ? " " : ", ", transport->name);
	}
	return !first;
}

static void write_comment(struct moving *m, const struct moving_rule *rule)
{
	buffer_format(m->out, "\n# line %zu", m->number);
	if (span_left(rule->origin) > 0) {
		buffer_text(m->out, ", ");
		plain(m->out, rule->origin);
	}
	if (span_left(rule->comment) > 0) {
		buffer_text(m->out, ": ");
		plain(m->out, rule->comment);
	}
	buffer_text(m->out, "\n");
}

static bool is_interface(struct span name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@";

	for (size_t i = 0; i < span_left(name); i++) {
		if (memchr(letters, name.at[i], sizeof(letters) - 1) == NULL)
			return false;
	}
	return span_left(name) > 0 && span_left(name) < 16;
}

/* " on eth0, wlan*"; iptables writes the wildcard as "wlan+". */
static bool write_interfaces(struct buffer *out, struct span list)
{
	struct span name;

	for (size_t count = 0; moving_next_term(&list, &name); count++) {
		const bool wild = span_ends(name, "*") || span_ends(name, "+");

		name.end -= wild;
		if (!is_interface(name) || count >= TERMS_MOST)
			return false;
		separate(out, count == 0 ? " on " : ", ", count);
		buffer_span(out, name);
		buffer_text(out, wild ? "*" : "");
	}
	return true;
}

/* A policy asks of what it lets through by which interface it came, and of what goes out by which it leaves.
 */
static const char *take_interfaces(const struct moving_rule *rule, struct span *ret_on)
{
	const bool out = rule->direction == DIRECTION_OUT;

	*ret_on = out ? rule->leaves : rule->on;
	if (span_left(out ? rule->on : rule->leaves) == 0)
		return NULL;
	return out ? "an interface by which what goes out would have come"
		   : "the interface by which it leaves, where a policy asks by which it came";
}

/* Where only one family is meant, and neither end says it. */
static struct span source_of(const struct moving_rule *rule)
{
	if (rule->family == 0 || !is_any(rule->from) || !is_any(rule->to))
		return rule->from;
	return span_text(rule->family == 4 ? "0.0.0.0-255.255.255.255"
					   : "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

void moving_write(struct moving *m, const struct moving_rule *rule)
{
	struct buffer text = buffer_new(1 << 22);
	struct span on;
	const char *const why = take_interfaces(rule, &on);
	bool good;

	buffer_text(&text, verdict_text(rule->verdict));
	if (rule->direction != DIRECTION_IN)
		buffer_format(&text, " %s", direction_text(rule->direction));
	good = why == NULL && write_doors(&text, rule) &&
	       write_addresses(&text, " from ", source_of(rule), rule->not_from) &&
	       write_addresses(&text, " to ", rule->to, rule->not_to) && write_interfaces(&text, on);
	if (good && !text.failed) {
		write_comment(m, rule);
		buffer_span(m->out, buffer_read(&text));
		buffer_text(m->out, rule->log ? " log\n" : "\n");
		m->moved.rules++;
	} else {
		moving_leave(m, why != NULL ? why : "a door or an address is not one that can be named");
	}
	buffer_free(&text);
}

/* ---- the file ---- */

static void begin(struct buffer *out, const char *kind)
{
	buffer_format(out,
		      "# A first policy, from what %s has. What was there is not thereby approved: ask who "
		      "needs each rule,\n"
		      "# write down 'owner' and 'because', and delete the others.\n",
		      kind);
}

static void end(struct moving *m)
{
	if (m->moved.left_out > TOLD_MOST)
		buffer_format(m->out, "# NOT CARRIED OVER: %zu further lines\n",
			      m->moved.left_out - TOLD_MOST);
	buffer_text(m->out, "\n# Established connections, and what this host says to itself, need no rule.\n"
			    "deny all\n");
}

bool moving_line(struct moving *m, struct span *text)
{
	struct span rest = *text;

	if (span_left(rest) == 0 || m->out->failed || m->failed)
		return false;
	m->line = span_until(&rest, '\n');
	if (m->line.failed) {
		m->line = *text;
		rest = span_of(text->end, 0);
	}
	*text = rest;
	m->number++;
	return true;
}

static const struct {
	const char *kind;
	void (*read)(struct moving *m, struct span text);
} kinds[] = {
	{ "compose", moving_compose }, { "firewalld", moving_firewalld }, { "iptables", moving_iptables },
	{ "nft", moving_nft },         { "nmap", moving_nmap },           { "ufw", moving_ufw },
};

bool moving_in(const char *kind, struct span text, struct buffer *out, struct moved *ret_moved,
	       struct error *err)
{
	struct moving m = { .out = out, .arena = arena_new(MEMORY), .err = err };
	size_t i = 0;

	if (m.arena == NULL) {
		error_memory(err);
		return false;
	}
	while (i < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[i].kind, kind) != 0)
		i++;
	m.failed = i == sizeof(kinds) / sizeof(kinds[0]);
	if (m.failed) {
		error_set(err, "'%s' is none of: %s", kind, MOVING_KINDS);
	} else {
		begin(out, kind);
		kinds[i].read(&m, text);
		end(&m);
	}
	if (!m.failed && out->failed)
		error_set(err, "what was learned is larger than a policy may be");
	*ret_moved = m.moved;
	arena_free(m.arena);
	return !m.failed && !out->failed;
}
