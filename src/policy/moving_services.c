/* Open ports as firewalld's zones, compose files and nmap name them. XML is read tag by tag, a line at a
 * time, as these programs write it. */
#include "policy/moving.h"

#include <stdio.h>

/* What stood above. */
struct moving_place {
	char name[64];     /* of compose: the service */
	char list[16];     /* of compose: in whose list we are: "ports" */
	char sources[512]; /* of firewalld: of the zone */
	size_t indent, list_indent;
};

/* The value of ATTRIBUTE="..." within a tag; empty and failed without it. */
static struct span value_of(struct span tag, const char *attribute)
{
	char begins[32];
	size_t at;

	snprintf(begins, sizeof(begins), " %s=\"", attribute);
	at = span_find(tag, begins);
	span_skip(&tag, at != SIZE_MAX ? at + strlen(begins) : span_left(tag) + 1);
	return span_until(&tag, '"');
}

/* The next "<name ...>" of the line. */
static bool next_tag(struct span *line, struct span *ret_tag)
{
	(void)span_until(line, '<');
	*ret_tag = span_until(line, '>');
	return !ret_tag->failed;
}

static bool is_tag(struct span tag, const char *name)
{
	const size_t length = strlen(name);

	return span_begins(tag, name) && (span_left(tag) == length || strchr(" /\t", tag.at[length]) != NULL);
}

/* ---- firewalld ---- */

static void take_service(struct moving *m, struct moving_rule *rule, struct span name)
{
	const struct service *const service = catalog_service(name);

	rule->origin = name;
	if (service == NULL) {
		moving_leave(m, "a service that is not known by this name");
		return;
	}
	for (size_t i = 0; i < service->door_count; i++) {
		char ports[PORTS_TEXT];

		snprintf(ports, sizeof(ports), "%u-%u", service->doors[i].first, service->doors[i].last);
		rule->transport = span_text(catalog_transport(service->doors[i].transport)->name);
		rule->ports = catalog_transport(service->doors[i].transport)->has_ports ? span_text(ports)
											: span_of(NULL, 0);
		moving_write(m, rule);
	}
}

static void take_zone_tag(struct moving *m, struct span tag, struct moving_place *place)
{
	static const char *const nothing[] = {
		"?xml",        "zone",         "/zone", "short",      "/short",
		"description", "/description", "!--",   "masquerade", "icmp-block-inversion"
	};
	struct moving_rule rule = { .verdict = VERDICT_ALLOW, .from = span_text(place->sources) };

	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		if (is_tag(tag, nothing[i]))
			return;
	}
	if (is_tag(tag, "service")) {
		take_service(m, &rule, value_of(tag, "name"));
	} else if (is_tag(tag, "port")) {
		rule.transport = value_of(tag, "protocol");
		rule.ports = value_of(tag, "port");
		moving_write(m, &rule);
	} else if (is_tag(tag, "protocol")) {
		rule.transport = value_of(tag, "value");
		moving_write(m, &rule);
	} else if (is_tag(tag, "source") && !value_of(tag, "address").failed) {
		const struct span address = value_of(tag, "address");
		const size_t length = strlen(place->sources);

		if (length + span_left(address) + 2 < sizeof(place->sources))
			snprintf(place->sources + length, sizeof(place->sources) - length, "%s%.*s",
				 length > 0 ? "," : "", (int)span_left(address), (const char *)address.at);
		else
			moving_leave(m, "too many sources");
	} else {
		moving_leave(m, "an element that a policy does not have");
	}
}

void moving_firewalld(struct moving *m, struct span text)
{
	struct moving_place place = { 0 };

	while (moving_line(m, &text)) {
		struct span line = m->line, tag;

		while (next_tag(&line, &tag))
			take_zone_tag(m, tag, &place);
	}
}

/* ---- nmap ---- */

/* The port whose state is told beside it. */
static void take_nmap_xml(struct moving *m, struct span line)
{
	struct moving_rule rule = { .verdict = VERDICT_ALLOW };
	struct span tag;
	bool port = false;

	while (next_tag(&line, &tag)) {
		if (is_tag(tag, "port")) {
			rule.transport = value_of(tag, "protocol");
			rule.ports = value_of(tag, "portid");
			port = true;
		} else if (is_tag(tag, "state") && port) {
			port = span_is(value_of(tag, "state"), "open");
		} else if (is_tag(tag, "service") && port) {
			rule.origin = value_of(tag, "name");
			rule.comment = value_of(tag, "product");
		} else if (is_tag(tag, "/port") && port) {
			moving_write(m, &rule);
			port = false;
		}
	}
}

/* "22/tcp open ssh OpenSSH 9.2p1" */
static void take_nmap_line(struct moving *m)
{
	struct span words[WORDS_MOST];
	const size_t count = moving_words(m->line, words);
	struct moving_rule rule = { .verdict = VERDICT_ALLOW };
	struct span port;

	if (count < 2 || span_find(words[0], "/") == SIZE_MAX || !span_is(words[1], "open"))
		return;
	port = words[0];
	rule.ports = span_until(&port, '/');
	rule.transport = port;
	if (count > 2)
		rule.origin = words[2];
	if (count > 3)
		rule.comment = span_of(words[3].at, (size_t)(words[count - 1].end - words[3].at));
	moving_write(m, &rule);
}

void moving_nmap(struct moving *m, struct span text)
{
	while (moving_line(m, &text)) {
		if (span_find(m->line, "<port ") != SIZE_MAX)
			take_nmap_xml(m, m->line);
		else if (span_find(m->line, "<") == SIZE_MAX)
			take_nmap_line(m);
	}
}

/* ---- compose ---- */

static size_t indent_of(struct span line)
{
	size_t indent = 0;

	while (indent < span_left(line) && line.at[indent] == ' ')
		indent++;
	return indent;
}

static struct span unquoted(struct span s)
{
	while (span_left(s) > 0 && (s.at[0] == '"' || s.at[0] == '\'' || s.at[0] == ' '))
		s.at++;
	while (span_left(s) > 0 && strchr("\"' \r\t", s.end[-1]) != NULL)
		s.end--;
	return s;
}

/* [ADDRESS:]PUBLISHED:TARGET[/TRANSPORT]: what counts is what is published, and where. */
static void take_published(struct moving *m, struct span text, const struct moving_place *place)
{
	struct moving_rule rule = { .verdict = VERDICT_ALLOW, .origin = span_text(place->name) };
	const size_t slash = span_find_last(text, '/');
	size_t colon;

	rule.transport = span_text("tcp");
	if (slash != SIZE_MAX) {
		rule.transport = span_of(text.at + slash + 1, span_left(text) - slash - 1);
		text.end = text.at + slash;
	}
	colon = span_find_last(text, ':');
	if (colon == SIZE_MAX) {
		moving_leave(m, "its port is not fixed");
		return;
	}
	text.end = text.at + colon;
	colon = span_find_last(text, ':');
	rule.ports = text;
	if (colon != SIZE_MAX) {
		rule.ports = span_of(text.at + colon + 1, span_left(text) - colon - 1);
		rule.to = span_of(text.at, colon);
		if (span_begins(rule.to, "[") && span_ends(rule.to, "]")) {
			rule.to.at++;
			rule.to.end--;
		}
		if (span_is(rule.to, "0.0.0.0") || span_is(rule.to, "::"))
			rule.to = span_of(NULL, 0);
		if (span_is(rule.to, "127.0.0.1") || span_is(rule.to, "::1"))
			rule.from = rule.to;
	}
	moving_write(m, &rule);
}

static void take_compose_line(struct moving *m, struct moving_place *place)
{
	const size_t indent = indent_of(m->line);
	struct span line = m->line, key;

	span_skip(&line, indent);
	if (span_left(line) == 0 || line.at[0] == '#' || line.at[0] == '\r')
		return;
	if (span_begins(line, "-") && strcmp(place->list, "ports") == 0 && indent >= place->list_indent) {
		span_skip(&line, 1);
		line = unquoted(line);
		if (span_find(line, ": ") != SIZE_MAX)
			moving_leave(m, "a port in the long form");
		else
			take_published(m, line, place);
		return;
	}
	if (strcmp(place->list, "ports") == 0 && indent > place->list_indent)
		return; /* the rest of the long form, which was left out with its first line */
	place->list[0] = '\0';
	key = line;
	key = span_until(&key, ':');
	if (key.failed || span_begins(line, "-"))
		return;
	if (indent > 0 && (place->indent == 0 || indent <= place->indent)) {
		place->indent = indent;
		span_copy_text(unquoted(key), place->name, sizeof(place->name));
	} else if (span_is(key, "ports")) {
		memcpy(place->list, "ports", sizeof("ports"));
		place->list_indent = indent;
		if (span_find(line, "[") != SIZE_MAX)
			moving_leave(m, "a list in one line");
	}
}

void moving_compose(struct moving *m, struct span text)
{
	struct moving_place place = { 0 };

	while (moving_line(m, &text))
		take_compose_line(m, &place);
}
