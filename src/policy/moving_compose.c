/* Compose files: the ports that services publish on their host, in the short and the long form
 * (docs.docker.com/compose/compose-file). YAML is read as it is customary in them: blocks, and lists and maps
 * of one line. What is only exposed to other containers is no door of the host. */
#include "policy/moving.h"

#include <string.h>

enum { NAME_SIZE = 64, VALUE_SIZE = 256 };

struct reader {
	struct moving *m;
	char name[NAME_SIZE]; /* the service */
	size_t services;      /* how far the names of services stand in; 0: not known yet */
	bool in_services, in_ports, in_item;
	size_t ports;                             /* how far the word "ports" stands in */
	struct span published, host_ip, protocol; /* of the long form */
	struct span line;
	size_t number;
};

/* ---- values ---- */

static struct span bare(struct span s)
{
	static const char around[] = "\"' \t\r";
	const size_t comment = span_find(s, " #");

	if (comment != SIZE_MAX)
		s.end = s.at + comment;
	while (span_left(s) > 0 && memchr(around, s.at[0], sizeof(around)) != NULL)
		s.at++;
	while (span_left(s) > 0 && memchr(around, s.end[-1], sizeof(around)) != NULL)
		s.end--;
	return s;
}

/* "${NAME:-8080}" and "${NAME-8080}" stand for what is behind the sign, where nothing else is said; other
 * variables are not known here. */
static bool known(struct reader *r, struct span value, struct span *ret_value)
{
	struct buffer text = buffer_new(VALUE_SIZE);
	const char *copy = NULL;
	bool good = true;

	while (span_left(value) > 0 && good) {
		struct span variable;
		size_t at;

		if (value.at[0] != '$') {
			buffer_u8(&text, span_u8(&value));
			continue;
		}
		good = span_begins(value, "${");
		span_skip(&value, good ? 2 : 1);
		variable = span_until(&value, '}');
		at = span_find(variable, "-");
		good &= !variable.failed && at != SIZE_MAX;
		span_skip(&variable, good ? at + 1 : 0);
		buffer_span(&text, variable);
	}
	if (good && !text.failed)
		copy = arena_span_text(r->m->arena, buffer_read(&text));
	buffer_free(&text);
	*ret_value = span_text(copy != NULL ? copy : "");
	return copy != NULL;
}

/* ---- doors ---- */

static void write_door(struct reader *r, struct span address, struct span ports, struct span transport)
{
	struct moving_rule rule = { .verdict = VERDICT_ALLOW,
				    .origin = span_text(r->name),
				    .ports = ports,
				    .transport = transport,
				    .to = address };

	if (span_begins(address, "[") && span_ends(address, "]"))
		rule.to = span_of(address.at + 1, span_left(address) - 2);
	if (span_is(rule.to, "0.0.0.0") || span_is(rule.to, "::"))
		rule.to = span_of(NULL, 0);
	if (span_begins(rule.to, "127.") || span_is(rule.to, "::1"))
		rule.from = rule.to;
	if (span_left(rule.transport) == 0)
		rule.transport = span_text("tcp");
	if (span_left(ports) == 0 || span_is(ports, "0"))
		moving_leave(r->m, "its port is not fixed");
	else
		moving_write(r->m, &rule);
}

/* [ADDRESS:]PUBLISHED:TARGET[/TRANSPORT]: what counts is what is published, and where. */
static void take_short(struct reader *r, struct span item)
{
	struct span text, transport = span_text("tcp"), address = span_of(NULL, 0);
	size_t at;

	if (!known(r, bare(item), &text)) {
		moving_leave(r->m, "a variable whose value is not known here");
		return;
	}
	at = span_find_last(text, '/');
	if (at != SIZE_MAX) {
		transport = span_of(text.at + at + 1, span_left(text) - at - 1);
		text.end = text.at + at;
	}
	at = span_find_last(text, ':');
	if (at == SIZE_MAX) {
		moving_leave(r->m, "its port is not fixed");
		return;
	}
	text.end = text.at + at;
	at = span_find_last(text, ':');
	if (at != SIZE_MAX) {
		address = span_of(text.at, at);
		span_skip(&text, at + 1);
	}
	write_door(r, address, text, transport);
}

/* "published: 8080" */
static void take_member(struct reader *r, struct span member)
{
	struct span value = member;
	const struct span key = bare(span_until(&value, ':'));
	struct span *const into = span_is(key, "published")  ? &r->published
				  : span_is(key, "host_ip")  ? &r->host_ip
				  : span_is(key, "protocol") ? &r->protocol
							     : NULL;

	if (into != NULL && !known(r, bare(value), into))
		*into = span_text("$");
}

static void end_item(struct reader *r)
{
	const struct span line = r->m->line;
	const size_t number = r->m->number;

	if (!r->in_item)
		return;
	r->m->line = r->line;
	r->m->number = r->number;
	if (span_is(r->published, "$") || span_is(r->host_ip, "$") || span_is(r->protocol, "$"))
		moving_leave(r->m, "a variable whose value is not known here");
	else
		write_door(r, r->host_ip, r->published, r->protocol);
	r->m->line = line;
	r->m->number = number;
	r->in_item = false;
}

static void begin_item(struct reader *r)
{
	r->published = r->host_ip = r->protocol = span_of(NULL, 0);
	r->line = r->m->line;
	r->number = r->m->number;
	r->in_item = true;
}

/* Takes what stands up to the next comma that is not in quotes or braces. */
static bool next_part(struct span *list, struct span *ret_part)
{
	uint8_t quote = 0;
	size_t depth = 0;

	*ret_part = *list;
	while (span_left(*list) > 0 && (quote != 0 || depth > 0 || list->at[0] != ',')) {
		const uint8_t c = list->at[0];

		if (quote != 0 || c == '"' || c == '\'')
			quote = quote == 0 ? c : c == quote ? 0 : quote;
		depth += quote == 0 && c == '{';
		depth -= quote == 0 && c == '}' && depth > 0;
		list->at++;
	}
	ret_part->end = list->at;
	span_skip(list, span_left(*list) > 0);
	return span_left(*ret_part) > 0;
}

/* One of the list: "8080:80", "{ target: 80, published: 8080 }", or the first line of the long form. */
static void take_item(struct reader *r, struct span item)
{
	struct span text = bare(item), member;

	if (span_begins(text, "*")) {
		moving_leave(r->m, "an alias");
	} else if (span_begins(text, "{") && span_ends(text, "}")) {
		begin_item(r);
		text = span_of(text.at + 1, span_left(text) - 2);
		while (next_part(&text, &member))
			take_member(r, member);
		end_item(r);
	} else if (span_find(text, ": ") != SIZE_MAX || span_ends(text, ":")) {
		begin_item(r);
		take_member(r, text);
	} else {
		take_short(r, item);
	}
}

/* What stands behind "ports:" in the same line. */
static void take_list(struct reader *r, struct span rest)
{
	struct span item;

	rest = bare(rest);
	if (span_begins(rest, "[") && span_ends(rest, "]")) {
		rest = span_of(rest.at + 1, span_left(rest) - 2);
		while (next_part(&rest, &item))
			take_item(r, item);
		r->in_ports = false;
	} else if (span_left(rest) > 0 && !span_begins(rest, "&")) {
		moving_leave(r->m, span_begins(rest, "*") ? "an alias" : "a list of another form");
		r->in_ports = false;
	}
}

/* ---- lines ---- */

static void take_key(struct reader *r, size_t indent, struct span line)
{
	struct span rest = line;
	const struct span key = bare(span_until(&rest, ':'));

	if (key.failed)
		return;
	if (indent == 0) {
		r->in_services = span_is(key, "services");
		r->services = 0;
		if (span_is(key, "include"))
			moving_leave(r->m, "another file");
	} else if (!r->in_services) {
		return;
	} else if (r->services == 0 || indent <= r->services) {
		r->services = indent;
		span_copy_text(key, r->name, sizeof(r->name));
	} else if (span_is(key, "ports")) {
		r->in_ports = true;
		r->ports = indent;
		take_list(r, rest);
	} else if (span_is(key, "network_mode") && span_is(bare(rest), "host")) {
		moving_leave(r->m, "all that it opens is open on the host: ask 'doorward learn' there");
	} else if (span_is(key, "<<") || span_is(key, "extends")) {
		moving_leave(r->m, "what it takes from elsewhere is not looked up");
	}
}

static void take_line(struct reader *r)
{
	struct span line = r->m->line;
	size_t indent = 0;

	while (span_left(line) > 0 && line.at[0] == ' ') {
		span_skip(&line, 1);
		indent++;
	}
	if (span_left(line) == 0 || line.at[0] == '#' || line.at[0] == '\r')
		return;
	if (r->in_ports && indent >= r->ports && span_begins(line, "-")) {
		end_item(r);
		span_skip(&line, 1);
		take_item(r, line);
	} else if (r->in_ports && indent > r->ports) {
		if (r->in_item)
			take_member(r, line);
		else
			moving_leave(r->m, "not understood");
	} else {
		end_item(r);
		r->in_ports = false;
		if (!span_begins(line, "-"))
			take_key(r, indent, line);
	}
}

void moving_compose(struct moving *m, struct span text)
{
	struct reader r = { .m = m };

	while (moving_line(m, &text))
		take_line(&r);
	end_item(&r);
}
