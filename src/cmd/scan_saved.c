#include "cmd/scan_saved.h"

#include "base/file.h"
#include "catalog/catalog.h"
#include "jansson_calls.h"

#include <stdlib.h>

enum { MEMORY = 1 << 30 };

/* Where one reads. */
struct reading {
	struct saved_scan *saved;
	unsigned line;
	bool begun, ended;
};

/* ---- one event ---- */

static bool refuse(const struct reading *reading, struct error *err, const char *what)
{
	return error_set(err, "%s:%u: %s", reading->saved->path, reading->line, what);
}

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static const char *keep(struct saved_scan *saved, const char *text)
{
	return text != NULL ? arena_text(saved->arena, text) : NULL;
}

static bool read_address(const json_t *event, struct address *ret_address)
{
	const char *const text = text_at(event, "dest_ip");

	return text != NULL && address_parse(span_text(text), ret_address);
}

static bool add_host(struct saved_scan *saved, const struct address *address)
{
	struct address *const hosts = arena_grow(saved->arena, saved->hosts, saved->host_count,
						 &saved->host_capacity, sizeof(*hosts));

	if (hosts == NULL)
		return false;
	saved->hosts = hosts;
	hosts[saved->host_count++] = *address;
	return true;
}

static bool add_door(struct saved_scan *saved, const struct saved_door *door)
{
	struct saved_door *const doors = arena_grow(saved->arena, saved->doors, saved->door_count,
						    &saved->door_capacity, sizeof(*doors));

	if (doors == NULL)
		return false;
	saved->doors = doors;
	doors[saved->door_count++] = *door;
	return add_host(saved, &door->address);
}

/* The name, with TLS around it; where nobody knows it, what came of asking. */
static const char *protocol_of(struct saved_scan *saved, const json_t *event)
{
	const char *const name = text_at(event, "app_proto");
	const json_t *const tls = json_object_get(event, "tls");

	if (name == NULL)
		return keep(saved, text_at(json_object_get(event, "doorward"), "outcome"));
	return arena_format(saved->arena, "%s%s", tls != NULL && json_is_true(tls) ? "tls:" : "", name);
}

static const char *certificate_of(const json_t *doorward)
{
	const char *const outside = text_at(json_object_get(doorward, "tls_facts"), "fingerprint");

	return outside != NULL ? outside : text_at(json_object_get(doorward, "facts"), "fingerprint");
}

static bool read_service(struct reading *reading, const json_t *event, struct error *err)
{
	struct saved_scan *const saved = reading->saved;
	const json_t *const doorward = json_object_get(event, "doorward");
	const json_t *const port = json_object_get(event, "dest_port");
	const char *const outcome = text_at(doorward, "outcome");
	struct saved_door door = { 0 };

	if (!read_address(event, &door.address))
		return refuse(reading, err, "a service without an address");
	if (port == NULL || !json_is_integer(port) || json_integer_value(port) < 0 ||
	    json_integer_value(port) > PORTS_ALL)
		return refuse(reading, err, "a service without a port");
	if (outcome == NULL)
		return refuse(reading, err, "a service that does not tell what came of asking it");
	if (saved->door_count == SAVED_DOORS)
		return refuse(reading, err, "more services than can be compared");
	door.port = (uint16_t)json_integer_value(port);
	door.known = strcmp(outcome, "unfinished") != 0 && strcmp(outcome, "unreached") != 0;
	door.texts[DOOR_PROTOCOL] = protocol_of(saved, event);
	door.texts[DOOR_PRODUCT] = keep(saved, text_at(event, "product"));
	door.texts[DOOR_VERSION] = keep(saved, text_at(event, "version"));
	door.texts[DOOR_CERTIFICATE] = keep(saved, certificate_of(doorward));
	return add_door(saved, &door) || error_memory(err);
}

static bool read_targets(struct reading *reading, const json_t *list, struct error *err)
{
	struct address_range range;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *const text = json_string_value(json_array_get(list, i));

		if (text == NULL || !address_range_parse(span_text(text), &range, NULL))
			return refuse(reading, err, "a target that is no address, prefix or range");
		if (!targets_add(&reading->saved->targets, text, err))
			return false;
	}
	targets_sort(&reading->saved->targets);
	return reading->saved->targets.count > 0 || refuse(reading, err, "a scan without targets");
}

/* What was looked at. */
static bool read_scan(struct reading *reading, const json_t *event, struct error *err)
{
	struct saved_scan *const saved = reading->saved;
	const json_t *const scan = json_object_get(event, "scan");
	const char *const proto = text_at(event, "proto"), *const ports = text_at(scan, "ports");
	struct error reason;

	if (reading->begun)
		return refuse(reading, err, "a second scan begins here: one is compared with one");
	if (scan == NULL || proto == NULL || ports == NULL ||
	    (strcmp(proto, "TCP") != 0 && strcmp(proto, "UDP") != 0))
		return refuse(reading, err, "a scan that does not tell what it looked at");
	saved->transport = strcmp(proto, "TCP") == 0 ? TRANSPORT_TCP : TRANSPORT_UDP;
	reading->begun = true;
	if (!ports_parse(&saved->ports, span_text(ports), saved->transport, &reason))
		return refuse(reading, err, reason.text);
	return read_targets(reading, json_object_get(scan, "targets"), err);
}

static bool read_stats(struct reading *reading, const json_t *event)
{
	const json_t *const incomplete = json_object_get(json_object_get(event, "stats"), "incomplete");

	reading->saved->incomplete = incomplete != NULL && json_is_true(incomplete);
	reading->ended = true;
	return true;
}

static bool read_host(struct reading *reading, const json_t *event, struct error *err)
{
	struct address address;

	if (!read_address(event, &address))
		return refuse(reading, err, "a host without an address");
	return add_host(reading->saved, &address) || error_memory(err);
}

static bool read_event(struct reading *reading, const json_t *event, struct error *err)
{
	const char *const type = text_at(event, "event_type");

	if (type == NULL)
		return refuse(reading, err, "this is no event of a scan");
	if (reading->ended)
		return refuse(reading, err, "the scan has ended before");
	if (strcmp(type, "scan") == 0)
		return read_scan(reading, event, err);
	if (!reading->begun)
		return refuse(reading, err, "a saved scan begins with what was looked at, an event 'scan'");
	if (strcmp(type, "service") == 0)
		return read_service(reading, event, err);
	if (strcmp(type, "host") == 0)
		return read_host(reading, event, err);
	if (strcmp(type, "stats") == 0)
		return read_stats(reading, event);
	return strcmp(type, "finding") == 0 || refuse(reading, err, "this is no event of a scan");
}

/* ---- the file ---- */

/* Nobody else holds the event: it is given back at once, and not counted down, which the library does inline
 * with a name that is not loaded. */
static bool read_line(struct reading *reading, struct span line, struct error *err)
{
	json_error_t problem;
	json_t *const event = json_loadb((const char *)line.at, span_left(line), JSON_REJECT_DUPLICATES,
					 &problem);
	bool good;

	if (event == NULL)
		return error_set(err, "%s:%u:%d: %s", reading->saved->path, reading->line, problem.column,
				 problem.text);
	good = read_event(reading, event, err);
	json_delete(event);
	return good;
}

static bool read_lines(struct reading *reading, struct span content, struct error *err)
{
	while (span_left(content) > 0) {
		struct span rest = content, line = span_line(&rest);

		reading->line++;
		if (line.failed)
			return refuse(reading, err, "the last line has no end: the file was cut");
		if (!read_line(reading, line, err))
			return false;
		content = rest;
	}
	if (!reading->begun)
		return error_set(err, "%s: there is no scan in it", reading->saved->path);
	return reading->ended ||
	       error_set(err, "%s: the scan has no end: the file was cut", reading->saved->path);
}

int saved_compare(const struct saved_door *a, const struct saved_door *b)
{
	const int order = address_compare(&a->address, &b->address);

	return order != 0 ? order : (a->port > b->port) - (a->port < b->port);
}

static int compare_doors(const void *first, const void *second)
{
	return saved_compare(first, second);
}

static int compare_hosts(const void *first, const void *second)
{
	return address_compare(first, second);
}

static void sort(struct saved_scan *saved)
{
	size_t kept = 0;

	if (saved->door_count > 0)
		qsort(saved->doors, saved->door_count, sizeof(*saved->doors), compare_doors);
	for (size_t i = 0; i < saved->door_count; i++)
		if (i == 0 || saved_compare(&saved->doors[i], &saved->doors[kept - 1]) != 0)
			saved->doors[kept++] = saved->doors[i];
	saved->door_count = kept;
	if (saved->host_count > 0)
		qsort(saved->hosts, saved->host_count, sizeof(*saved->hosts), compare_hosts);
	kept = 0;
	for (size_t i = 0; i < saved->host_count; i++)
		if (i == 0 || address_compare(&saved->hosts[i], &saved->hosts[kept - 1]) != 0)
			saved->hosts[kept++] = saved->hosts[i];
	saved->host_count = kept;
}

bool saved_read(struct saved_scan *saved, const char *path, struct error *err)
{
	struct arena *const content_arena = arena_new(2 * (size_t)SAVED_FILE_LIMIT);
	struct reading reading = { .saved = saved };
	struct span content;
	bool good;

	*saved = (struct saved_scan){ .path = path, .arena = arena_new(MEMORY) };
	good = content_arena != NULL && saved->arena != NULL;
	if (!good)
		error_memory(err);
	good = good && jansson_load(err) && file_read(content_arena, path, SAVED_FILE_LIMIT, &content, err) &&
	       read_lines(&reading, content, err);
	if (good)
		sort(saved);
	arena_free(content_arena);
	return good;
}

void saved_free(struct saved_scan *saved)
{
	targets_free(&saved->targets);
	ports_free(&saved->ports);
	arena_free(saved->arena);
	*saved = (struct saved_scan){ 0 };
}

bool saved_asked(const struct saved_scan *saved, const struct address *address)
{
	uint32_t nth;

	return targets_find(&saved->targets, address, &nth);
}

bool saved_asked_at(const struct saved_scan *saved, const struct address *address, uint16_t port)
{
	uint32_t nth;

	return ports_find(&saved->ports, port, &nth) && saved_asked(saved, address);
}
