/* The `explanation` event: one for each thing that a word means. */
#include "output/explain.h"
#include "protocols/parse.h"

static void write_door(struct json *json, const struct catalog_door *door)
{
	const struct transport *const transport = catalog_transport(door->transport);

	json_begin(json);
	event_transport(json, door->transport);
	if (transport->has_ports) {
		json_unsigned(json, "first", door->first);
		json_unsigned(json, "last", door->last);
	}
	json_end(json);
}

static void write_doors(struct json *json, const struct catalog_door *doors, size_t count)
{
	json_open_array(json, "doors");
	for (size_t i = 0; i < count; i++)
		write_door(json, &doors[i]);
	json_end(json);
}

static void write_service(struct json *json, const struct service *service)
{
	json_text(json, "name", service->name);
	json_text(json, "title", service->title);
	json_open_array(json, "aliases");
	for (const char *const *alias = service->aliases; *alias != NULL; alias++)
		json_text(json, NULL, *alias);
	json_end(json);
	write_doors(json, service->doors, service->door_count);
	json_text(json, "spoken", service->spoken);
	json_text(json, "privacy", privacy_text(service->privacy));
	json_text(json, "group", service->group);
	json_text(json, "instead", service->instead);
}

static void write_ports(struct out *out, struct json *json, const struct explanation *explanation)
{
	size_t count;
	const struct service *const *const list = explanation_services(out->arena, explanation, &count);

	json_unsigned(json, "first_port", explanation->first);
	json_unsigned(json, "last_port", explanation->last);
	if (explanation->transport != NULL)
		event_transport(json, explanation->transport->number);
	json_text(json, "range", catalog_port_ranges[catalog_port_range(explanation->first)].name);
	if (explanation->ephemeral_last > 0)
		json_bool(json, "temporary", explanation_temporary(explanation));
	json_open_array(json, "services");
	for (size_t i = 0; i < count; i++) {
		json_begin(json);
		write_service(json, list[i]);
		json_end(json);
	}
	json_end(json);
}

static void write_transport(struct out *out, struct json *json, const struct explanation *explanation)
{
	(void)out;
	event_transport(json, explanation->transport->number);
	json_unsigned(json, "number", explanation->transport->number);
	json_text(json, "name", explanation->transport->name);
	json_text(json, "title", explanation->transport->title);
	json_bool(json, "has_ports", explanation->transport->has_ports);
}

static void write_one_service(struct out *out, struct json *json, const struct explanation *explanation)
{
	(void)out;
	write_service(json, explanation->service);
}

static void write_icmp(struct out *out, struct json *json, const struct explanation *explanation)
{
	(void)out;
	event_transport(json, explanation->icmp->transport);
	json_unsigned(json, "icmp_type", explanation->icmp->type);
	json_text(json, "name", explanation->icmp->name);
	json_text(json, "title", explanation->icmp->title);
}

static void write_addresses(struct out *out, struct json *json, const struct explanation *explanation)
{
	const struct special_address *block;
	char text[ADDRESS_RANGE_TEXT];

	(void)out;
	json_text(json, "addresses", address_range_text(&explanation->range, text));
	if (explanation_is_uniform(explanation)) {
		json_text(json, "cast", cast_text(catalog_cast(&explanation->range.first)));
		json_text(json, "scope", scope_text(catalog_scope(&explanation->range.first)));
	}
	json_open_array(json, "blocks");
	for (size_t n = 0; (block = explanation_block(explanation, n)) != NULL; n++) {
		json_begin(json);
		json_text(json, "block", address_range_text(&block->range, text));
		json_text(json, "name", block->name);
		json_text(json, "title", block->title);
		json_text(json, "reference", block->reference);
		json_text(json, "cast", cast_text(block->cast));
		json_text(json, "scope", scope_text(block->scope));
		json_end(json);
	}
	json_end(json);
}

static void write_finding(struct out *out, struct json *json, const struct explanation *explanation)
{
	(void)out;
	json_text(json, "id", explanation->finding->id);
	json_text(json, "title", explanation->finding->title);
	json_number(json, "severity", explanation->finding->severity);
	json_text(json, "remedy", explanation->finding->remedy);
	event_references(json, explanation->finding->references);
}

static void write_asked_over(struct json *json, const struct probe *probe)
{
	json_open_array(json, "asked_over");
	if (probe != NULL && (probe->transports & PROBE_TCP) != 0)
		json_text(json, NULL, "tcp");
	if (probe != NULL && (probe->transports & PROBE_UDP) != 0)
		json_text(json, NULL, "udp");
	json_end(json);
}

static void write_protocol(struct out *out, struct json *json, const struct explanation *explanation)
{
	const struct protocol *const protocol = explanation->protocol;

	(void)out;
	json_text(json, "name", protocol->name);
	json_text(json, "title", protocol->title);
	write_doors(json, protocol->doors, protocol->door_count);
	json_text(json, "privacy", privacy_text(protocol->privacy));
	json_bool(json, "announced", protocol->only_expected);
	json_bool(json, "by_header", protocol->by_header);
	json_bool(json, "read", protocol->parser != NULL);
	json_bool(json, "leads", protocol->parser != NULL && protocol->parser->leads);
	json_bool(json, "asked_at_doors", protocol->probe != NULL);
	write_asked_over(json, protocol->probe);
	json_open_array(json, "findings");
	for (size_t i = 0; protocol->weaknesses != NULL && protocol->weaknesses[i] != NULL; i++)
		json_text(json, NULL, protocol->weaknesses[i]->id);
	json_end(json);
}

void explanation_json(struct out *out, const struct explanation *explanation)
{
	static const char *const names[EXPLAINED_KINDS] = {
		[EXPLAINED_PORTS] = "ports",         [EXPLAINED_TRANSPORT] = "transport",
		[EXPLAINED_SERVICE] = "service",     [EXPLAINED_ICMP] = "icmp",
		[EXPLAINED_ADDRESSES] = "addresses", [EXPLAINED_FINDING] = "finding",
		[EXPLAINED_PROTOCOL] = "protocol",
	};
	static void (*const writers[EXPLAINED_KINDS])(struct out * out, struct json * json,
						      const struct explanation *explanation) = {
		[EXPLAINED_PORTS] = write_ports,         [EXPLAINED_TRANSPORT] = write_transport,
		[EXPLAINED_SERVICE] = write_one_service, [EXPLAINED_ICMP] = write_icmp,
		[EXPLAINED_ADDRESSES] = write_addresses, [EXPLAINED_FINDING] = write_finding,
		[EXPLAINED_PROTOCOL] = write_protocol,
	};
	struct json json = event_begin(out, "explanation");

	json_open_object(&json, "explanation");
	json_text(&json, "asked", explanation->asked);
	json_text(&json, "kind", names[explanation->kind]);
	writers[explanation->kind](out, &json, explanation);
	json_text(&json, "remark", explanation_remark(out->arena, explanation));
	json_end(&json);
	event_end(out, &json);
}
