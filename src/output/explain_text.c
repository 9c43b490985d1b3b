/* Explanations for people: a heading, facts in two columns, a table where there are many. */
#include "output/explain.h"

#include <stdio.h>

enum { NAME_WIDTH = 12, TEXT_LIMIT = 4096 };

static void heading(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fact(struct out *out, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A line between explanations, and none before the first. */
static void heading(struct out *out, const char *format, ...)
{
	char text[TEXT_LIMIT];
	va_list list;

	if (out->subjects++ > 0)
		fputc('\n', out->screen.file);
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	screen_print(&out->screen, STYLE_BOLD, text);
	fputc('\n', out->screen.file);
}

static void fact(struct out *out, const char *name, const char *format, ...)
{
	char text[TEXT_LIMIT];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	fputs("  ", out->screen.file);
	screen_print(&out->screen, STYLE_DIM, name);
	fprintf(out->screen.file, "%*s", (int)(NAME_WIDTH - strlen(name)), "");
	screen_print(&out->screen, STYLE_PLAIN, text);
	fputc('\n', out->screen.file);
}

static void add_door(struct buffer *text, const struct catalog_door *door)
{
	const struct transport *const transport = catalog_transport(door->transport);

	buffer_format(text, "%s%s", text->length > 0 ? ", " : "", transport->name);
	if (transport->has_ports)
		buffer_format(text, "/%u", door->first);
	if (door->last != door->first)
		buffer_format(text, "-%u", door->last);
}

/* The doors of a service; of those within `within` alone, unless that is NULL. It lives in the arena. */
static const char *doors_text(struct arena *arena, const struct service *service,
			      const struct explanation *within)
{
	struct buffer text = buffer_new(TEXT_LIMIT);
	const char *kept;

	for (size_t i = 0; i < service->door_count; i++) {
		if (within == NULL || explanation_holds(within, &service->doors[i]))
			add_door(&text, &service->doors[i]);
	}
	kept = arena_span_text(arena, buffer_read(&text));
	buffer_free(&text);
	return kept != NULL ? kept : "";
}

static enum style privacy_style(enum privacy privacy)
{
	return privacy == PRIVACY_CLEAR       ? STYLE_WARNING
	       : privacy == PRIVACY_ENCRYPTED ? STYLE_GOOD
					      : STYLE_PLAIN;
}

static void services_table(struct out *out, const struct explanation *explanation,
			   const struct service *const *list, size_t count)
{
	static const struct column columns[] = {
		{ "  door", ALIGN_LEFT, 0 },  { "service", ALIGN_LEFT, 0 }, { "spoken", ALIGN_LEFT, 0 },
		{ "privacy", ALIGN_LEFT, 0 }, { "group", ALIGN_LEFT, 0 },   { "what it is", ALIGN_LEFT, 20 },
	};
	struct table *const table = table_new(out->arena, columns, sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; table != NULL && i < count; i++) {
		const bool first = i == 0 && explanation->first == explanation->last;

		table_row(table);
		table_format(table, 0, STYLE_PLAIN, "  %s", doors_text(out->arena, list[i], explanation));
		table_cell(table, 1, first ? STYLE_BOLD : STYLE_PLAIN, list[i]->name);
		table_cell(table, 2, STYLE_PLAIN, list[i]->spoken);
		table_cell(table, 3, privacy_style(list[i]->privacy), privacy_text(list[i]->privacy));
		table_cell(table, 4, STYLE_PLAIN, list[i]->group);
		table_cell(table, 5, STYLE_PLAIN, list[i]->title);
	}
	fputc('\n', out->screen.file);
	if (table == NULL || !table_print(table, &out->screen))
		fputs("doorward: out of memory\n", stderr);
}

/* Which of the three ranges of RFC 6335 the ports lie in, and what that means. */
static void range_fact(struct out *out, const struct explanation *explanation)
{
	static const char *const meanings[PORT_RANGES] = {
		[PORTS_WELL_KNOWN] = "for services of the system; mostly root alone may listen there",
		[PORTS_REGISTERED] = "registered for services that any user may run",
		[PORTS_DYNAMIC] = "never registered; for temporary and private use",
	};
	const enum port_range first = catalog_port_range(explanation->first),
			      last = catalog_port_range(explanation->last);

	for (enum port_range range = first; range <= last; range++)
		fact(out, range == first ? "range" : "", "%s, %u-%u: %s", catalog_port_ranges[range].name,
		     catalog_port_ranges[range].first, catalog_port_ranges[range].last, meanings[range]);
}

static void temporary_fact(struct out *out, const struct explanation *explanation)
{
	const unsigned first = explanation->ephemeral_first, last = explanation->ephemeral_last;

	if (last == 0)
		fact(out, "temporary", "not known: this host does not tell its range");
	else
		fact(out, "temporary", "%s: this host takes %u-%u for its own connections",
		     !explanation_temporary(explanation)                        ? "no"
		     : explanation->first >= first && explanation->last <= last ? "yes"
										: "in part",
		     first, last);
}

static void ports_text(struct out *out, const struct explanation *explanation)
{
	enum { SHOWN_AT_MOST = 200 };
	const bool single = explanation->first == explanation->last;
	const char *const transport = explanation->transport != NULL ? explanation->transport->name : NULL;
	char ports[32];
	size_t count;
	const struct service *const *const list = explanation_services(out->arena, explanation, &count);

	if (single)
		snprintf(ports, sizeof(ports), "%u", explanation->first);
	else
		snprintf(ports, sizeof(ports), "%u-%u", explanation->first, explanation->last);
	heading(out, "%s%sport%s %s", transport != NULL ? transport : "", transport != NULL ? " " : "",
		single ? "" : "s", ports);
	range_fact(out, explanation);
	temporary_fact(out, explanation);
	if (count == 0)
		fact(out, "services", "none is registered or customary");
	else if (count > SHOWN_AT_MOST)
		fact(out, "services", "%zu are registered or customary", count);
	else
		services_table(out, explanation, list, count);
}

static void aliases_fact(struct out *out, const struct service *service)
{
	struct buffer text = buffer_new(TEXT_LIMIT);

	for (const char *const *alias = service->aliases; *alias != NULL; alias++)
		buffer_format(&text, "%s%s", text.length > 0 ? ", " : "", *alias);
	buffer_u8(&text, '\0');
	if (text.length > 1 && !text.failed)
		fact(out, "also called", "%s", (const char *)text.bytes);
	buffer_free(&text);
}

static void service_text(struct out *out, const struct explanation *explanation)
{
	static const char *const privacies[] = {
		[PRIVACY_CLEAR] = "clear: others on the way can read it",
		[PRIVACY_ENCRYPTED] = "encrypted",
		[PRIVACY_EITHER] = "either: clear or encrypted, as the two parties agree",
	};
	const struct service *const service = explanation->service;

	heading(out, "%s: %s", service->name, service->title);
	aliases_fact(out, service);
	fact(out, "doors", "%s",
	     service->door_count > 0 ? doors_text(out->arena, service, NULL) : "none of its own");
	fact(out, "spoken", "%s", service->spoken);
	fact(out, "privacy", "%s", privacies[service->privacy]);
	fact(out, "group", "%s", service->group);
}

static void transport_text(struct out *out, const struct explanation *explanation)
{
	const struct transport *const transport = explanation->transport;

	heading(out, "IP protocol %u: %s", transport->number, transport->name);
	fact(out, "title", "%s", transport->title);
	if (transport->has_ports)
		fact(out, "ports", "yes: a door is written %s/PORT", transport->name);
	else
		fact(out, "ports", "none: its door is written '%s'; it is not port %u", transport->name,
		     transport->number);
}

static void icmp_text(struct out *out, const struct explanation *explanation)
{
	const struct icmp_type *const icmp = explanation->icmp;
	const char *const transport = catalog_transport(icmp->transport)->name;

	heading(out, "%s type %u: %s", transport, icmp->type, icmp->name);
	fact(out, "title", "%s", icmp->title);
	fact(out, "door", "%s/%s", transport, icmp->name);
}

static void blocks_table(struct out *out, const struct explanation *explanation)
{
	static const struct column columns[] = {
		{ "  block", ALIGN_LEFT, 0 },   { "name", ALIGN_LEFT, 0 },
		{ "cast", ALIGN_LEFT, 0 },      { "scope", ALIGN_LEFT, 0 },
		{ "reference", ALIGN_LEFT, 0 }, { "what it is", ALIGN_LEFT, 20 },
	};
	struct table *const table = table_new(out->arena, columns, sizeof(columns) / sizeof(columns[0]));
	const struct special_address *block;
	char text[ADDRESS_RANGE_TEXT];

	for (size_t n = 0; table != NULL && (block = explanation_block(explanation, n)) != NULL; n++) {
		table_row(table);
		table_format(table, 0, STYLE_PLAIN, "  %s", address_range_text(&block->range, text));
		table_cell(table, 1, STYLE_PLAIN, block->name);
		table_cell(table, 2, STYLE_PLAIN, cast_text(block->cast));
		table_cell(table, 3, STYLE_PLAIN, scope_text(block->scope));
		table_cell(table, 4, STYLE_PLAIN, block->reference);
		table_cell(table, 5, STYLE_PLAIN, block->title);
	}
	fputc('\n', out->screen.file);
	if (table == NULL || !table_print(table, &out->screen))
		fputs("doorward: out of memory\n", stderr);
}

static void addresses_text(struct out *out, const struct explanation *explanation)
{
	static const char *const scopes[] = {
		[SCOPE_HOST] = "host: it does not leave this host",
		[SCOPE_LINK] = "link: no router forwards it",
		[SCOPE_PRIVATE] = "private: within networks of one's own, not on the Internet",
		[SCOPE_GLOBAL] = "global: on the Internet",
	};
	const struct address *const first = &explanation->range.first;
	char text[ADDRESS_RANGE_TEXT];

	address_range_text(&explanation->range, text);
	heading(out, "%s %s", address_compare(first, &explanation->range.last) == 0 ? "address" : "addresses",
		text);
	if (explanation_is_uniform(explanation)) {
		fact(out, "cast", "%s", cast_text(catalog_cast(first)));
		fact(out, "scope", "%s", scopes[catalog_scope(first)]);
	} else {
		fact(out, "scope", "several: see the blocks");
	}
	if (explanation_block(explanation, 0) != NULL)
		blocks_table(out, explanation);
	else
		fact(out, "block", "none with a meaning of its own");
}

/* The standards that ask for it, one a line. */
static void references_facts(struct out *out, const char *references)
{
	const char *name = "references";

	for (const char *at = references; *at != '\0'; at += strspn(at, "; ")) {
		const size_t length = strcspn(at, ";");

		fact(out, name, "%.*s", (int)length, at);
		name = "";
		at += length;
	}
}

static void finding_text(struct out *out, const struct explanation *explanation)
{
	const struct finding_type *const finding = explanation->finding;

	heading(out, "finding %s: %s", finding->id, finding->title);
	fact(out, "severity", "%s", audit_severity_text(finding->severity));
	references_facts(out, finding->references);
	fputc('\n', out->screen.file);
	screen_paragraph(&out->screen, 2, STYLE_PLAIN, finding->remedy);
}

/* How a protocol is known, in words. */
static void known_fact(struct out *out, const struct protocol *protocol)
{
	fact(out, "known", "%s",
	     protocol->only_expected ? "when another conversation announces it; its content shows no sign"
	     : protocol->by_header   ? "by the header before it, which names it"
				     : "by content, on any port");
	fact(out, "in traffic", "%s", protocol->parser != NULL ? "recognised and read" : "recognised");
	fact(out, "at a door", "%s", protocol->probe != NULL ? "servers are asked" : "not asked");
}

static void protocol_text(struct out *out, const struct explanation *explanation)
{
	const struct protocol *const protocol = explanation->protocol;
	struct buffer doors = buffer_new(TEXT_LIMIT);
	const char *text;

	for (size_t i = 0; i < protocol->door_count; i++)
		add_door(&doors, &protocol->doors[i]);
	for (size_t i = 0; i < protocol->frame_count; i++)
		buffer_format(&doors, "%s0x%04x", i > 0 ? ", " : "frames of type ", protocol->frames[i]);
	text = arena_span_text(out->arena, buffer_read(&doors));
	buffer_free(&doors);
	heading(out, "protocol %s: %s", protocol->name, protocol->title);
	fact(out, "customary", "%s", text == NULL || *text == '\0' ? "nowhere" : text);
	fact(out, "privacy", "%s", privacy_text(protocol->privacy));
	known_fact(out, protocol);
	for (size_t i = 0; protocol->weaknesses != NULL && protocol->weaknesses[i] != NULL; i++)
		fact(out, i == 0 ? "findings" : "", "%s", protocol->weaknesses[i]->id);
}

void explanation_text(struct out *out, const struct explanation *explanation)
{
	static void (*const texts[EXPLAINED_KINDS])(struct out * out,
						    const struct explanation *explanation) = {
		[EXPLAINED_PORTS] = ports_text,         [EXPLAINED_TRANSPORT] = transport_text,
		[EXPLAINED_SERVICE] = service_text,     [EXPLAINED_ICMP] = icmp_text,
		[EXPLAINED_ADDRESSES] = addresses_text, [EXPLAINED_FINDING] = finding_text,
		[EXPLAINED_PROTOCOL] = protocol_text,
	};
	const char *const remark = explanation_remark(out->arena, explanation);

	texts[explanation->kind](out, explanation);
	if (remark == NULL)
		return;
	fputc('\n', out->screen.file);
	screen_paragraph(&out->screen, 2, STYLE_NOTICE, remark);
}
