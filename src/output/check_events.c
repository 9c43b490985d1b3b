/* The events of `check`: a `door` for each door, a `finding` for each finding, and `stats` at the end. */
#include "audit/traffic.h"
#include "output/check.h"
#include "output/sockets.h"
#include "protocols/protocols.h"

static const char *const documented_ids[] = {
	[DOCUMENTED_NO] = "no",
	[DOCUMENTED_YES] = "yes",
	[DOCUMENTED_DENIED] = "denied",
	[DOCUMENTED_NO_POLICY] = "no-policy",
	[DOCUMENTED_NOT_JUDGED] = "not-judged",
	[DOCUMENTED_TEMPORARY] = "temporary",
};

/* What is spoken; inside TLS that what it carries, as far as it is known. */
static const struct protocol *innermost(const struct audit_door *door)
{
	const struct knock_result *const heard = door->spoken;

	if (heard == NULL || heard->outcome != KNOCK_IDENTIFIED)
		return NULL;
	return heard->inside_tls != NULL ? heard->inside_tls : heard->protocol;
}

/* Where it is: a socket's address, or that of a server seen in traffic. */
static const struct address *address_of(const struct audit_door *door)
{
	if (door->socket_count > 0)
		return &door->sockets[0]->local;
	return door->seen != NULL && !address_is_unspecified(&door->seen->server) ? &door->seen->server
										  : NULL;
}

void event_door(struct json *json, const struct audit_door *door)
{
	const struct transport *const transport = catalog_transport(door->transport);
	const struct protocol *const protocol = innermost(door);
	const char *const name = protocol != NULL ? protocol->name : NULL;
	/* Raw sockets have the same number, for any of IP's: those are no link's. */
	const bool is_link = door->transport == TRANSPORT_LINK && door->socket_count == 0;

	event_destination(json, address_of(door), !is_link && (transport == NULL || transport->has_ports),
			  door->port);
	if (!is_link)
		event_transport(json, door->transport);
	json_text(json, "app_proto", door->seen != NULL ? door->seen->protocol : name);
}

static void write_identified(struct json *json, const struct audit_door *door)
{
	const struct knock_result *const heard = door->spoken;
	const struct answer *const answer = &heard->answer;

	json_text(json, "known_by", known_by(door));
	json_bool(json, "tls", heard->inside_tls != NULL);
	json_bool(json, "starttls", answer->starttls);
	json_text(json, "product", answer->product[0] != '\0' ? answer->product : NULL);
	json_text(json, "version", answer->version[0] != '\0' ? answer->version : NULL);
	event_facts(json, "facts", answer);
	if (heard->tls.fact_count > 0)
		event_facts(json, "tls_facts", &heard->tls);
}

static void write_answer(struct json *json, const struct audit_door *door)
{
	const struct knock_result *const heard = door->spoken;

	json_open_object(json, "service");
	json_text(json, "outcome", knock_outcome_text(heard != NULL ? heard->outcome : KNOCK_NOT_ASKED));
	if (heard != NULL && heard->outcome == KNOCK_IDENTIFIED)
		write_identified(json, door);
	if (heard != NULL && heard->outcome == KNOCK_UNKNOWN)
		json_span(json, "evidence", span_of(heard->evidence, heard->evidence_length));
	json_text(json, "problem", heard != NULL && heard->problem[0] != '\0' ? heard->problem : NULL);
	json_end(json);
}

static void write_process(struct json *json, const struct host *host, const struct audit_door *door)
{
	const struct host_process *const process = door->process;

	json_text(json, "user", door->user);
	json_text(json, "unit", door->unit);
	if (process == NULL && door->socket_count > 0)
		json_text(json, "without_process", socket_without_process(host, door->sockets[0]));
	if (process == NULL)
		return;
	json_open_object(json, "process");
	json_unsigned(json, "pid", process->pid);
	json_text(json, "name", process->name);
	json_text(json, "executable", process->executable);
	json_text(json, "command", process->command);
	json_text(json, "container", process->container);
	json_unsigned(json, "count", door->process_count);
	json_end(json);
}

static void write_addresses(struct json *json, const struct audit_door *door)
{
	char text[ADDRESS_TEXT];

	json_open_array(json, "addresses");
	for (size_t i = 0; i < door->socket_count; i++) {
		const struct host_socket *const socket = door->sockets[i];

		if (i == 0 || address_compare(&socket->local, &door->sockets[i - 1]->local) != 0)
			json_text(json, NULL, address_text(&socket->local, text));
	}
	json_end(json);
}

static void write_host(struct json *json, const struct host *host)
{
	json_open_object(json, "doorward");
	json_text(json, "host", host->name);
	json_end(json);
}

static void door_event(struct out *out, const struct audit *audit, const struct audit_door *door)
{
	struct json json = event_begin(out, "door");

	event_door(&json, door);
	write_answer(&json, door);
	json_open_object(&json, "door");
	write_addresses(&json, door);
	json_text(&json, "namespace", audit->host->spaces[door->space].name);
	json_text(&json, "exposure", exposure_text(door->exposure));
	event_reach(&json, &door->reach);
	json_text(&json, "documented", documented_ids[door->documented]);
	json_text(&json, "rule", door->rule != NULL ? door->rule->id : NULL);
	json_text(&json, "registered", door->registered != NULL ? door->registered->name : NULL);
	json_bool(&json, "open", door->socket_count > 0);
	write_process(&json, audit->host, door);
	if (door->worst > 0)
		json_number(&json, "worst", door->worst);
	json_end(&json);
	write_host(&json, audit->host);
	event_end(out, &json);
}

static void stats_event(struct out *out, const struct check_view *view)
{
	const struct audit *const audit = view->audit;
	struct json json = event_begin(out, "stats");

	json_open_object(&json, "stats");
	json_unsigned(&json, "doors", audit->door_count);
	json_unsigned(&json, "findings", audit_counting(audit));
	json_unsigned(&json, "accepted", audit->accepted_count);
	json_unsigned(&json, "notes", audit->note_count);
	if (view->knocked) {
		json_unsigned(&json, "knocked", view->knock_count);
		json_number(&json, "knock_ms", view->knock_ms);
	}
	json_number(&json, "exit_status", view->exit_status);
	json_end(&json);
	json_open_object(&json, "doorward");
	json_text(&json, "host", audit->host->name);
	json_text(&json, "policy", audit->policy != NULL ? audit->policy->path : NULL);
	json_text(&json, "filtering", filtering_text(audit->host->filtering));
	json_text(&json, "filtering_by", audit->host->filtering_by);
	json_open_array(&json, "unseen");
	for (size_t i = 0; i < audit->incomplete_count; i++)
		json_text(&json, NULL, audit->incomplete[i]);
	json_end(&json);
	json_end(&json);
	event_end(out, &json);
}

void check_json(struct out *out, const struct check_view *view)
{
	for (size_t i = 0; i < view->audit->door_count; i++)
		door_event(out, view->audit, &view->audit->doors[i]);
	for (size_t i = 0; i < view->audit->finding_count; i++)
		finding_event(out, view->audit, &view->audit->findings[i]);
	stats_event(out, view);
}
