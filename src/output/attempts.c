#include "output/attempts.h"
#include "base/clock.h"
#include "base/escape.h"

static bool has_ports(const struct packet *p)
{
	const struct transport *const transport = catalog_transport(p->transport);

	return transport != NULL && transport->has_ports && !p->fragment;
}

static int64_t moment_of(const struct attempt *a)
{
	return a->record->time_us != 0 ? a->record->time_us : clock_wall_us();
}

/* ---- one attempt ---- */

static void end_text(struct buffer *out, const struct packet *p, const struct address *address, uint16_t port)
{
	const bool brackets = has_ports(p) && !address_is_v4(address);
	char text[ADDRESS_TEXT];

	buffer_format(out, "%s%s%s", brackets ? "[" : "", address_text(address, text), brackets ? "]" : "");
	if (has_ports(p))
		buffer_format(out, ":%u", port);
}

void attempt_line(struct buffer *out, const struct attempt *a)
{
	const struct packet *const p = a->packet;
	const struct transport *const transport = catalog_transport(p->transport);
	char when[CLOCK_TEXT];

	clock_text(moment_of(a), when);
	buffer_format(out, "%.12s  ", when + 11);
	escape_terminal(out, a->word);
	buffer_text(out, "  ");
	escape_terminal(out, a->rule);
	buffer_format(out, "  %s  ", transport != NULL ? transport->name : "ip");
	end_text(out, p, &p->source, p->source_port);
	buffer_text(out, " -> ");
	end_text(out, p, &p->destination, p->destination_port);
	if (a->in != NULL || a->out != NULL)
		buffer_format(out, "  %s%s%s", a->in != NULL ? a->in : "", a->out != NULL ? "->" : "",
			      a->out != NULL ? a->out : "");
	if (a->protocol != NULL)
		buffer_format(out, "  %s", a->protocol->name);
	if (a->local != NULL) { /* a process chooses its name */
		buffer_text(out, "  ");
		escape_terminal(out, span_text(a->local->name));
		buffer_format(out, " (%u)", a->local->pid);
	} else if (a->user != NULL) {
		buffer_format(out, "  user %s", a->user);
	}
}

static void write_local(struct json *json, const struct attempt *a)
{
	if (a->local != NULL) {
		json_open_object(json, "process");
		json_unsigned(json, "pid", a->local->pid);
		json_text(json, "name", a->local->name);
		json_text(json, "executable", a->local->executable);
		json_text(json, "container", a->local->container);
		json_end(json);
	}
	json_text(json, "user", a->user);
	json_text(json, "unit", a->unit);
}

void attempt_event(struct buffer *out, const struct attempt *a)
{
	const struct packet *const p = a->packet;
	struct json json = json_new(out);
	char when[CLOCK_TEXT];

	json_begin(&json);
	json_text(&json, "timestamp", clock_text(moment_of(a), when));
	json_text(&json, "event_type", "attempt");
	event_source(&json, &p->source, has_ports(p), p->source_port);
	event_destination(&json, &p->destination, has_ports(p), p->destination_port);
	event_transport(&json, p->transport);
	json_text(&json, "app_proto", a->protocol != NULL ? a->protocol->name : NULL);
	json_open_object(&json, "attempt");
	json_span(&json, "rule", a->rule);
	json_span(&json, "verdict", a->word);
	json_text(&json, "direction", direction_text(a->direction));
	json_text(&json, "in_interface", a->in);
	json_text(&json, "out_interface", a->out);
	json_text(&json, "cast", cast_text(p->cast));
	json_unsigned(&json, "length", p->length);
	if (p->transport == TRANSPORT_ICMP || p->transport == TRANSPORT_ICMPV6) {
		json_unsigned(&json, "icmp_type", p->source_port);
		json_unsigned(&json, "icmp_code", p->destination_port);
	}
	if (p->transport == TRANSPORT_TCP)
		json_unsigned(&json, "tcp_flags", p->tcp_flags);
	json_unsigned(&json, "payload", p->payload_length);
	write_local(&json, a);
	json_end(&json);
	json_end(&json);
}

/* ---- all of them ---- */

static void print_rules(struct out *out, const struct attempts *attempts)
{
	static const struct column columns[] = {
		{ .title = "RULE", .least = 8 },
		{ .title = "PACKETS", .align = ALIGN_RIGHT },
		{ .title = "LOGGED", .align = ALIGN_RIGHT },
		{ .title = "SUPPRESSED", .align = ALIGN_RIGHT },
	};
	struct table *const table = table_new(out->arena, columns, 4);

	for (size_t i = 0; table != NULL && i < attempts->count; i++) {
		const struct rule_attempts *const rule = &attempts->rules[i];

		table_row(table);
		table_cell(table, 0, STYLE_PLAIN, rule->id);
		table_format(table, 1, STYLE_PLAIN, "%llu", (unsigned long long)rule->packets);
		table_format(table, 2, STYLE_PLAIN, "%llu", (unsigned long long)rule->logged);
		table_format(table, 3, STYLE_PLAIN, "%llu", (unsigned long long)rule->suppressed);
	}
	if (table != NULL)
		table_print(table, &out->screen);
}

void attempts_text(struct out *out, const struct attempts_view *view)
{
	char line[256];

	if (view->followed) {
		snprintf(line, sizeof(line),
			 "%llu attempts; %llu more were suppressed by the limit of the log, "
			 "%llu lost, %llu not delivered.",
			 (unsigned long long)view->told, (unsigned long long)view->suppressed,
			 (unsigned long long)view->lost, (unsigned long long)view->failed);
		screen_paragraph(&out->screen, 0, STYLE_DIM, line);
	} else if (view->attempts->count == 0) {
		screen_paragraph(
			&out->screen, 0, STYLE_PLAIN,
			"No rule that is loaded logs. 'log' in a rule of the policy makes it do so.");
	} else {
		print_rules(out, view->attempts);
	}
}

void attempts_json(struct out *out, const struct attempts_view *view)
{
	struct json json = event_begin(out, "attempts");

	json_open_object(&json, "attempts");
	if (view->followed) {
		json_unsigned(&json, "told", view->told);
		json_unsigned(&json, "lost", view->lost);
		json_unsigned(&json, "not_delivered", view->failed);
		json_unsigned(&json, "of_others", view->others);
		json_unsigned(&json, "suppressed", view->suppressed);
	} else {
		json_unsigned(&json, "packets", view->attempts->packets);
		json_unsigned(&json, "logged", view->attempts->logged);
		json_unsigned(&json, "suppressed", view->attempts->suppressed);
		json_open_array(&json, "rules");
		for (size_t i = 0; i < view->attempts->count; i++) {
			const struct rule_attempts *const rule = &view->attempts->rules[i];

			json_begin(&json);
			json_text(&json, "id", rule->id);
			json_unsigned(&json, "packets", rule->packets);
			json_unsigned(&json, "logged", rule->logged);
			json_unsigned(&json, "suppressed", rule->suppressed);
			json_end(&json);
		}
		json_end(&json);
	}
	json_end(&json);
	event_end(out, &json);
}
