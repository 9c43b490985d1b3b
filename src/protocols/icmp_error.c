/* icmp_error.c: errors of ICMP (RFC 792, RFC 1191, RFC 1812) and ICMPv6 (RFC 4443, RFC 4884), each with the
 * packet of which it speaks, and redirects. */
#include "protocols/icmp.h"

#include <stdio.h>

enum {
	UNREACHABLE = 3,
	REDIRECT = 5,
	TIME_EXCEEDED = 11,
	PARAMETER_PROBLEM = 12,
	CODE_TOO_BIG = 4,

	UNREACHABLE_6 = 1,
	TOO_BIG_6 = 2,
	TIME_EXCEEDED_6 = 3,
	PARAMETER_PROBLEM_6 = 4,
};

const struct weakness icmp_weakness_redirect = {
	"icmp-redirect",
	"a host is told to send its packets by way of another router",
	3,
	"Let hosts ignore redirects (net.ipv4.conf.all.accept_redirects=0) unless the network needs them.",
};

#define REASON(type, code) ((uint32_t)(type) << 8 | (code))

static const struct code_name reasons[] = {
	{ REASON(UNREACHABLE, 0), "network-unreachable" },
	{ REASON(UNREACHABLE, 1), "host-unreachable" },
	{ REASON(UNREACHABLE, 2), "protocol-unreachable" },
	{ REASON(UNREACHABLE, 3), "port-unreachable" },
	{ REASON(UNREACHABLE, 4), "fragmentation-needed" },
	{ REASON(UNREACHABLE, 5), "source-route-failed" },
	{ REASON(UNREACHABLE, 6), "network-unknown" },
	{ REASON(UNREACHABLE, 7), "host-unknown" },
	{ REASON(UNREACHABLE, 8), "host-isolated" },
	{ REASON(UNREACHABLE, 9), "network-prohibited" },
	{ REASON(UNREACHABLE, 10), "host-prohibited" },
	{ REASON(UNREACHABLE, 11), "network-unreachable-for-service" },
	{ REASON(UNREACHABLE, 12), "host-unreachable-for-service" },
	{ REASON(UNREACHABLE, 13), "administratively-prohibited" },
	{ REASON(UNREACHABLE, 14), "host-precedence-violation" },
	{ REASON(UNREACHABLE, 15), "precedence-cutoff" },
	{ REASON(REDIRECT, 0), "network" },
	{ REASON(REDIRECT, 1), "host" },
	{ REASON(REDIRECT, 2), "network-for-service" },
	{ REASON(REDIRECT, 3), "host-for-service" },
	{ REASON(TIME_EXCEEDED, 0), "hop-limit" },
	{ REASON(TIME_EXCEEDED, 1), "reassembly" },
	{ REASON(PARAMETER_PROBLEM, 0), "pointer" },
	{ REASON(PARAMETER_PROBLEM, 1), "option-missing" },
	{ REASON(PARAMETER_PROBLEM, 2), "bad-length" },
};
static const struct code_name reasons_6[] = {
	{ REASON(UNREACHABLE_6, 0), "no-route" },
	{ REASON(UNREACHABLE_6, 1), "administratively-prohibited" },
	{ REASON(UNREACHABLE_6, 2), "beyond-scope" },
	{ REASON(UNREACHABLE_6, 3), "address-unreachable" },
	{ REASON(UNREACHABLE_6, 4), "port-unreachable" },
	{ REASON(UNREACHABLE_6, 5), "source-policy" },
	{ REASON(UNREACHABLE_6, 6), "reject-route" },
	{ REASON(UNREACHABLE_6, 7), "source-route-failed" },
	{ REASON(UNREACHABLE_6, 8), "headers-too-long" },
	{ REASON(TIME_EXCEEDED_6, 0), "hop-limit" },
	{ REASON(TIME_EXCEEDED_6, 1), "reassembly" },
	{ REASON(PARAMETER_PROBLEM_6, 0), "bad-header" },
	{ REASON(PARAMETER_PROBLEM_6, 1), "unknown-next-header" },
	{ REASON(PARAMETER_PROBLEM_6, 2), "unknown-option" },
	{ REASON(PARAMETER_PROBLEM_6, 3), "first-fragment-incomplete" },
	{ REASON(PARAMETER_PROBLEM_6, 4), "segment-routing-upper-layer" },
	{ REASON(PARAMETER_PROBLEM_6, 5), "unknown-next-header-at-intermediate-node" },
	{ REASON(PARAMETER_PROBLEM_6, 6), "extension-header-too-big" },
	{ REASON(PARAMETER_PROBLEM_6, 7), "extension-header-chain-too-long" },
	{ REASON(PARAMETER_PROBLEM_6, 8), "too-many-extension-headers" },
	{ REASON(PARAMETER_PROBLEM_6, 9), "too-many-options" },
	{ REASON(PARAMETER_PROBLEM_6, 10), "option-too-big" },
};

/* ---- reading ---- */

static bool is_redirect(const struct packet *packet)
{
	return packet->transport == TRANSPORT_ICMP && packet->source_port == REDIRECT;
}

static bool is_same(const struct icmp_error *a, const struct icmp_error *b)
{
	return a->type == b->type && a->code == b->code && a->transport == b->transport &&
	       a->value == b->value && a->has_quoted == b->has_quoted && a->ports[0] == b->ports[0] &&
	       a->ports[1] == b->ports[1] && address_compare(&a->source, &b->source) == 0 &&
	       address_compare(&a->destination, &b->destination) == 0;
}

static void add(struct icmp_errors *errors, const struct icmp_error *error)
{
	for (size_t i = 0; i < errors->count; i++) {
		if (is_same(&errors->list[i], error)) {
			errors->list[i].count++;
			return;
		}
	}
	if (errors->count == ICMP_ERRORS) {
		errors->others++;
		return;
	}
	errors->list[errors->count] = *error;
	errors->list[errors->count++].count = 1;
}

static void tell_redirect(struct parse *parse, const struct icmp_error *error)
{
	const struct address gateway = address_v4(error->value);
	char to[ADDRESS_TEXT], by[ADDRESS_TEXT], teller[ADDRESS_TEXT];

	parse_weakness(parse, &icmp_weakness_redirect, "%s says that %s is reached by way of %s",
		       address_text(&parse->addresses[parse->side], teller),
		       address_text(&error->destination, to), address_text(&gateway, by));
}

bool icmp_error_read(struct icmp_errors *errors, struct parse *parse)
{
	const struct packet *const packet = parse->packet;
	struct span s = packet->payload;
	struct icmp_error error = { .type = (uint8_t)packet->source_port,
				    .code = (uint8_t)packet->destination_port };
	struct packet quoted;

	error.value = span_u32(&s);
	if (s.failed)
		return false;
	error.has_quoted = packet_quoted(packet, &quoted);
	if (error.has_quoted) {
		error.source = quoted.source;
		error.destination = quoted.destination;
		error.transport = quoted.transport;
		error.ports[0] = quoted.source_port;
		error.ports[1] = quoted.destination_port;
	}
	add(errors, &error);
	if (is_redirect(packet) && error.has_quoted)
		tell_redirect(parse, &error);
	return true;
}

/* ---- the event ---- */

static void emit_value(struct json *json, const struct icmp_error *error, bool v6)
{
	const struct address gateway = address_v4(error->value);
	char text[ADDRESS_TEXT];

	if (v6 && error->type == TOO_BIG_6)
		json_unsigned(json, "mtu", error->value);
	else if (v6 && error->type == PARAMETER_PROBLEM_6)
		json_unsigned(json, "pointer", error->value);
	else if (!v6 && error->type == UNREACHABLE && error->code == CODE_TOO_BIG)
		json_unsigned(json, "mtu", error->value & UINT16_MAX);
	else if (!v6 && error->type == PARAMETER_PROBLEM && error->code == 0)
		json_unsigned(json, "pointer", error->value >> 24);
	else if (!v6 && error->type == REDIRECT)
		json_text(json, "gateway", address_text(&gateway, text));
}

static void emit_quoted(struct json *json, const struct icmp_error *error)
{
	const struct transport *const transport = catalog_transport(error->transport);
	char text[ADDRESS_TEXT];

	if (!error->has_quoted)
		return;
	json_text(json, "proto", transport != NULL ? transport->name : NULL);
	json_text(json, "src_ip", address_text(&error->source, text));
	if (transport != NULL && transport->has_ports)
		json_unsigned(json, "src_port", error->ports[0]);
	json_text(json, "dest_ip", address_text(&error->destination, text));
	if (transport != NULL && transport->has_ports)
		json_unsigned(json, "dest_port", error->ports[1]);
}

void icmp_errors_emit(struct json *json, const struct icmp_errors *errors, unsigned transport)
{
	const bool v6 = transport == TRANSPORT_ICMPV6;

	if (errors->count == 0)
		return;
	json_open_array(json, "errors");
	for (size_t i = 0; i < errors->count; i++) {
		const struct icmp_error *const error = &errors->list[i];
		const struct icmp_type *const type = catalog_icmp(transport, error->type);
		const uint32_t reason = REASON(error->type, error->code);

		json_begin(json);
		json_text(json, "error", type != NULL ? type->name : NULL);
		json_unsigned(json, "icmp_type", error->type);
		json_unsigned(json, "icmp_code", error->code);
		json_text(json, "reason", v6 ? CODE_TEXT(reasons_6, reason) : CODE_TEXT(reasons, reason));
		emit_value(json, error, v6);
		emit_quoted(json, error);
		json_unsigned(json, "count", error->count);
		json_end(json);
	}
	json_end(json);
	if (errors->others > 0)
		json_unsigned(json, "other_errors", errors->others);
}

void icmp_messages_emit(struct json *json, const struct tally *messages, unsigned transport)
{
	json_open_object(json, "messages");
	for (size_t i = 0; i < TALLY_PLACES && messages->places[i].count > 0; i++) {
		const struct icmp_type *const type = catalog_icmp(transport,
								  (uint8_t)messages->places[i].code);
		char number[16];

		(void)snprintf(number, sizeof(number), "%u", messages->places[i].code);
		json_unsigned(json, type != NULL ? type->name : number, messages->places[i].count);
	}
	if (messages->other > 0)
		json_unsigned(json, "other", messages->other);
	json_end(json);
}
