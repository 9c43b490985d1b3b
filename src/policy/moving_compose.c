/* Compose files: the ports that services publish on their host, in the short and the long form
 * (docs.docker.com/compose/compose-file). What is only exposed to other containers is no door of the host. */
#include "policy/moving.h"
#include "yaml_calls.h"

#include <string.h>

enum { VALUE_SIZE = 256, MERGES_MOST = 16, PORTS_MOST = 100000 };

/* libyaml asks each level and each name again and again: more than anybody writes would take hours. */
enum { DEPTH_MOST = 64, NAMES_MOST = 1000 };

struct reader {
	struct moving *m;
	struct span text;
	const uint32_t *lines; /* where each begins */
	size_t line_count;
	yaml_document_t document;
	struct span service;
	size_t ports; /* that were read */
};

/* ---- nodes ---- */

static yaml_node_t *node_of(struct reader *r, int number)
{
	return yaml_document_get_node(&r->document, number);
}

static bool is_map(const yaml_node_t *node)
{
	return node != NULL && node->type == YAML_MAPPING_NODE;
}

static struct span scalar(const yaml_node_t *node)
{
	return node != NULL && node->type == YAML_SCALAR_NODE
		       ? span_of(node->data.scalar.value, node->data.scalar.length)
		       : span_of(NULL, 0);
}

/* The value of a key, NULL without it. Which of several with the same name counts, nobody says. */
static yaml_node_t *member(struct reader *r, const yaml_node_t *map, const char *key)
{
	if (!is_map(map))
		return NULL;
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
	     p++) {
		if (span_is(scalar(node_of(r, p->key)), key))
			return node_of(r, p->value);
	}
	return NULL;
}

/* What is written or left from here on stands where this node does. */
static void stand_at(struct reader *r, const yaml_node_t *node)
{
	const size_t nth = node->start_mark.line;
	struct span rest = r->text;

	if (nth >= r->line_count)
		return;
	span_skip(&rest, r->lines[nth]);
	r->m->number = nth + 1;
	r->m->line = span_until(&rest, '\n');
	if (r->m->line.failed)
		r->m->line = rest;
}

static void leave(struct reader *r, const yaml_node_t *node, const char *why)
{
	stand_at(r, node);
	moving_leave(r->m, why);
}

/* ---- values ---- */

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
				    .origin = r->service,
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

	if (!known(r, item, &text)) {
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

/* { target: 80, published: 8080, host_ip: 127.0.0.1, protocol: tcp } */
static void take_long(struct reader *r, const yaml_node_t *item)
{
	struct span published, address, transport;

	if (known(r, scalar(member(r, item, "published")), &published) &&
	    known(r, scalar(member(r, item, "host_ip")), &address) &&
	    known(r, scalar(member(r, item, "protocol")), &transport))
		write_door(r, address, published, transport);
	else
		moving_leave(r->m, "a variable whose value is not known here");
}

static void take_ports(struct reader *r, const yaml_node_t *ports)
{
	if (ports->type != YAML_SEQUENCE_NODE) {
		leave(r, ports, "not understood");
		return;
	}
	for (const yaml_node_item_t *i = ports->data.sequence.items.start; i < ports->data.sequence.items.top;
	     i++) {
		const yaml_node_t *const item = node_of(r, *i);

		stand_at(r, item);
		if (++r->ports > PORTS_MOST) {
			r->m->failed = true;
			error_set(r->m->err, "more than %d ports", PORTS_MOST);
			return;
		}
		if (is_map(item))
			take_long(r, item);
		else
			take_short(r, scalar(item));
	}
}

/* ---- services ---- */

/* What a service has by itself, or takes from others of this file by "<<", the first that has it. */
static yaml_node_t *inherited(struct reader *r, yaml_node_t *map, const char *key)
{
	for (unsigned i = 0; i < MERGES_MOST && map != NULL; i++) {
		yaml_node_t *const found = member(r, map, key), *const from = member(r, map, "<<");

		if (found != NULL)
			return found;
		if (from != NULL && from->type == YAML_SEQUENCE_NODE) {
			for (const yaml_node_item_t *n = from->data.sequence.items.start;
			     n < from->data.sequence.items.top; n++) {
				yaml_node_t *const there = member(r, node_of(r, *n), key);

				if (there != NULL)
					return there;
			}
		}
		map = from;
	}
	return NULL;
}

static void take_service(struct reader *r, yaml_node_t *service)
{
	yaml_node_t *const ports = inherited(r, service, "ports");
	yaml_node_t *const mode = inherited(r, service, "network_mode");
	yaml_node_t *const extends = inherited(r, service, "extends");

	if (extends != NULL)
		leave(r, extends, "what it takes from another service is not looked up");
	if (mode != NULL && span_is(scalar(mode), "host"))
		leave(r, mode, "all that it opens is open on the host: ask 'doorward learn' there");
	if (ports != NULL)
		take_ports(r, ports);
}

static void take_document(struct reader *r)
{
	const yaml_node_t *const root = yaml_document_get_root_node(&r->document);
	const yaml_node_t *const include = member(r, root, "include"), *const services = member(r, root,
												"services");

	if (include != NULL)
		leave(r, include, "another file");
	if (!is_map(services))
		return;
	for (const yaml_node_pair_t *p = services->data.mapping.pairs.start;
	     p < services->data.mapping.pairs.top && !r->m->failed && !r->m->out->failed; p++) {
		r->service = scalar(node_of(r, p->key));
		take_service(r, node_of(r, p->value));
	}
}

/* ---- the file ---- */

static bool find_lines(struct reader *r)
{
	size_t count = 1;
	uint32_t *lines;

	for (const uint8_t *at = r->text.at; at < r->text.end; at++)
		count += *at == '\n';
	r->lines = lines = arena_array(r->m->arena, count, sizeof(*lines));
	if (lines == NULL)
		return error_memory(r->m->err);
	lines[r->line_count++] = 0;
	for (const uint8_t *at = r->text.at; at < r->text.end; at++) {
		if (*at == '\n')
			lines[r->line_count++] = (uint32_t)(at + 1 - r->text.at);
	}
	return true;
}

/* Octets that are no text are told by their place alone. */
static size_t line_of_problem(const struct reader *r, const yaml_parser_t *parser)
{
	size_t line = 0;

	if (parser->error != YAML_READER_ERROR)
		return parser->problem_mark.line + 1;
	while (line < r->line_count && r->lines[line] <= parser->problem_offset)
		line++;
	return line;
}

static bool refuse(struct reader *r, const yaml_parser_t *parser)
{
	return error_set(r->m->err, "line %zu: no YAML: %s", line_of_problem(r, parser),
			 parser->problem != NULL ? parser->problem : "out of memory");
}

/* Whether it is worth making documents of it. */
static bool is_reasonable(struct reader *r, yaml_parser_t *parser)
{
	size_t depth = 0, names = 0;
	bool more = true;

	while (more) {
		yaml_event_t event;

		if (yaml_parser_parse(parser, &event) != 1)
			return refuse(r, parser);
		switch (event.type) {
		case YAML_SEQUENCE_START_EVENT:
			depth++;
			names += event.data.sequence_start.anchor != NULL;
			break;
		case YAML_MAPPING_START_EVENT:
			depth++;
			names += event.data.mapping_start.anchor != NULL;
			break;
		case YAML_SEQUENCE_END_EVENT:
		case YAML_MAPPING_END_EVENT: depth--; break;
		case YAML_SCALAR_EVENT: names += event.data.scalar.anchor != NULL; break;
		case YAML_ALIAS_EVENT: names++; break;
		case YAML_STREAM_END_EVENT: more = false; break;
		default: break;
		}
		if (depth > DEPTH_MOST || names > NAMES_MOST)
			error_set(r->m->err, "line %zu: %s", event.start_mark.line + 1,
				  depth > DEPTH_MOST ? "it is nested too deep"
						     : "too many anchors and aliases");
		yaml_event_delete(&event);
		if (depth > DEPTH_MOST || names > NAMES_MOST)
			return false;
	}
	return true;
}

/* All documents of the file, of which there is mostly one. */
static bool read_all(struct reader *r, yaml_parser_t *parser)
{
	bool more = true;

	while (more && !r->m->failed) {
		if (yaml_parser_load(parser, &r->document) != 1)
			return refuse(r, parser);
		more = yaml_document_get_root_node(&r->document) != NULL;
		if (more)
			take_document(r);
		yaml_document_delete(&r->document);
	}
	return true;
}

static bool parse(struct reader *r, bool (*with)(struct reader *r, yaml_parser_t *parser))
{
	yaml_parser_t parser;
	bool good;

	if (yaml_parser_initialize(&parser) != 1)
		return error_memory(r->m->err);
	yaml_parser_set_input_string(&parser, r->text.at, span_left(r->text));
	good = with(r, &parser);
	yaml_parser_delete(&parser);
	return good;
}

void moving_compose(struct moving *m, struct span text)
{
	struct reader r = { .m = m, .text = text };

	if (!yaml_load(m->err) || !find_lines(&r) || !parse(&r, is_reasonable) || !parse(&r, read_all))
		m->failed = true;
}
