#include "policy/moving.h"
#include "base/address.h"
#include "catalog/catalog.h"

#include <string.h>

enum { TOLD_MOST = 1000, SHOWN = 200, ADDRESSES_MOST = 256, PORTS_MOST = 256 };

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

size_t moving_words(struct span line, struct span words[static WORDS_MOST])
{
	size_t count = 0;

	while (count < WORDS_MOST) {
		struct span word;

		line = trimmed(line);
		if (span_left(line) == 0)
			break;
		if (line.at[0] == '"' && span_left(line) > 1) {
			line.at++;
			word = line;
			while (span_left(line) > 0 && line.at[0] != '"')
				line.at += line.at[0] == '\\' && span_left(line) > 1 ? 2 : 1;
			word.end = line.at;
			span_skip(&line, span_left(line) > 0);
		} else {
			word = span_word(&line);
		}
		words[count++] = word;
	}
	return count;
}

/* ---- lists ---- */

/* Takes the next term of "{ a, b }", "a,b" or "a". */
static bool next_term(struct span *list, struct span *ret_term)
{
	struct span term;

	while (span_left(*list) > 0 && strchr("{ ,}\t", list->at[0]) != NULL)
		list->at++;
	term = *list;
	while (span_left(*list) > 0 && strchr("{ ,}\t", list->at[0]) == NULL)
		list->at++;
	term.end = list->at;
	*ret_term = term;
	return span_left(term) > 0;
}

static bool is_any(struct span address)
{
	return span_left(address) == 0 || span_is(address, "0.0.0.0/0") || span_is(address, "::/0") ||
	       span_is(address, "any") || span_is(address, "anywhere");
}

/* " from 192.0.2.0/24, 2001:db8::/32". False, and nothing of use written, for what is no address. */
static bool write_addresses(struct buffer *out, const char *word, struct span list)
{
	char text[ADDRESS_RANGE_TEXT];
	struct address_range range;
	struct span term, rest = list;
	size_t count = 0;

	if (is_any(list))
		return true;
	while (next_term(&rest, &term)) {
		if (count >= ADDRESSES_MOST || !address_range_parse(term, &range, NULL))
			return false;
		buffer_format(out, "%s%s", count == 0 ? word : ", ", address_range_text(&range, text));
		count++;
	}
	return count > 0;
}

/* "22", "8000-8010", "8000:8010". */
static bool read_ports(struct span term, uint64_t *ret_first, uint64_t *ret_last)
{
	struct span first = term, last = term;

	for (size_t i = 0; i < span_left(term); i++) {
		if (term.at[i] == ':' || term.at[i] == '-') {
			first.end = term.at + i;
			last.at = term.at + i + 1;
			break;
		}
	}
	return span_number(first, UINT16_MAX, ret_first) && span_number(last, UINT16_MAX, ret_last) &&
	       *ret_first <= *ret_last;
}

/* A name such as "ssh" or "https" is the port that it is known by. */
static bool port_named(const char *transport, struct span name, uint64_t *ret_port)
{
	const struct transport *const wanted = catalog_transport_named(span_text(transport));
	const struct service *const service = catalog_service(name);

	for (size_t i = 0; service != NULL && wanted != NULL && i < service->door_count; i++) {
		if (service->doors[i].transport == wanted->number) {
			*ret_port = service->doors[i].first;
			return service->doors[i].first == service->doors[i].last;
		}
	}
	return false;
}

static bool write_ports(struct buffer *out, const char *transport, struct span list, bool first)
{
	struct span term;
	uint64_t from, to;
	size_t count = 0;

	if (span_left(list) == 0) {
		buffer_format(out, "%s%s/0-65535", first ? " " : ", ", transport);
		return true;
	}
	while (next_term(&list, &term)) {
		if (count >= PORTS_MOST)
			return false;
		if (!read_ports(term, &from, &to)) {
			if (!port_named(transport, term, &from))
				return false;
			to = from;
		}
		buffer_format(out, "%s%s/%llu", first && count == 0 ? " " : ", ", transport,
			      (unsigned long long)from);
		if (to > from)
			buffer_format(out, "-%llu", (unsigned long long)to);
		count++;
	}
	return count > 0;
}

/* " tcp/22, tcp/80", " icmp", " all". Both transports where ports are given without one. */
static bool write_doors(struct buffer *out, const struct moving_rule *rule)
{
	const struct transport *const transport = catalog_transport_named(
		span_is(rule->transport, "ipv6-icmp") ? span_text("icmpv6") : rule->transport);

	if (span_left(rule->transport) == 0 || span_is(rule->transport, "all") ||
	    span_is(rule->transport, "any")) {
		if (span_left(rule->ports) > 0)
			return write_ports(out, "tcp", rule->ports, true) &&
			       write_ports(out, "udp", rule->ports, false);
		buffer_text(out, " all");
		return true;
	}
	if (transport == NULL)
		return false;
	if (transport->has_ports)
		return write_ports(out, transport->name, rule->ports, true);
	buffer_format(out, " %s", transport->name);
	return span_left(rule->ports) == 0;
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
	for (size_t i = 0; i < span_left(name); i++) {
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_", name.at[i]) ==
			    NULL ||
		    name.at[i] == '\0')
			return false;
	}
	return span_left(name) < 16;
}

void moving_write(struct moving *m, const struct moving_rule *rule)
{
	struct buffer text = buffer_new(1 << 16);
	bool good;

	buffer_text(&text, verdict_text(rule->verdict));
	if (rule->direction != DIRECTION_IN)
		buffer_format(&text, " %s", direction_text(rule->direction));
	good = write_doors(&text, rule) && write_addresses(&text, " from ", rule->from) &&
	       write_addresses(&text, " to ", rule->to) && is_interface(rule->on);
	if (good && span_left(rule->on) > 0)
		buffer_format(&text, " on %.*s", (int)span_left(rule->on), (const char *)rule->on.at);
	if (good && !text.failed) {
		write_comment(m, rule);
		buffer_span(m->out, buffer_read(&text));
		buffer_text(m->out, rule->log ? " log\n" : "\n");
		m->moved.rules++;
	} else {
		moving_leave(m, "a door or an address is not one that can be named");
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

static bool read_line(const char *kind, struct moving *m, struct moving_place *place)
{
	if (strcmp(kind, "iptables") == 0)
		moving_iptables(m);
	else if (strcmp(kind, "ufw") == 0)
		moving_ufw(m);
	else if (strcmp(kind, "nft") == 0)
		moving_nft(m, place);
	else if (strcmp(kind, "firewalld") == 0)
		moving_firewalld(m, place);
	else if (strcmp(kind, "compose") == 0)
		moving_compose(m, place);
	else if (strcmp(kind, "nmap") == 0)
		moving_nmap(m, place);
	else
		return false;
	return true;
}

bool moving_in(const char *kind, struct span text, struct buffer *out, struct moved *ret_moved)
{
	struct moving m = { .out = out };
	struct moving_place place = { 0 };

	begin(out, kind);
	while (span_left(text) > 0 && !out->failed) {
		struct span rest = text;

		m.line = span_until(&rest, '\n');
		if (m.line.failed) {
			m.line = text;
			rest.at = text.end;
			rest.failed = false;
		}
		text = rest;
		m.number++;
		if (!read_line(kind, &m, &place))
			return false;
	}
	end(&m);
	*ret_moved = m.moved;
	return true;
}
