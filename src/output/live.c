/* Connections that a policy denies which is about to be put in place. */
#include "output/enforcement.h"

static const char *holder_name(const struct host *host, const struct live *live)
{
	const struct host_process *const process = live->socket != NULL ? host_holder(host, live->socket)
									: NULL;

	return process != NULL ? process->name : NULL;
}

static const char *user_name(struct host *host, const struct live *live)
{
	return live->socket != NULL ? host_user(host, live->socket->uid) : NULL;
}

static const char *fate_of(const struct live_connections *all, const struct live *live)
{
	if (live->depends)
		return "goes on";
	return all->cut ? "ended" : "goes on";
}

static const char *end_text(struct out *out, const struct address *a, uint16_t port)
{
	char text[ADDRESS_TEXT];

	address_text(a, text);
	if (port == 0)
		return arena_text(out->arena, text);
	return arena_format(out->arena, address_is_v4(a) ? "%s:%u" : "[%s]:%u", text, port);
}

static void print_row(struct out *out, struct table *table, const struct live_connections *all,
		      const struct live *live)
{
	const struct tracked *const t = &live->connection;
	const struct transport *const transport = catalog_transport(t->transport);
	const char *const process = holder_name(all->host, live);

	table_row(table);
	table_cell(table, 0, STYLE_PLAIN, direction_text(live->direction));
	if (transport != NULL)
		table_cell(table, 1, STYLE_PLAIN, transport->name);
	else
		table_format(table, 1, STYLE_PLAIN, "%u", t->transport);
	table_cell(table, 2, STYLE_PLAIN, end_text(out, &t->source, t->source_port));
	table_cell(table, 3, STYLE_PLAIN, end_text(out, &t->destination, t->destination_port));
	table_cell(table, 4, STYLE_PLAIN, process);
	table_cell(table, 5, STYLE_PLAIN, user_name(all->host, live));
	table_cell(table, 6, live->session ? STYLE_BAD : STYLE_PLAIN,
		   live->session   ? "this session"
		   : live->depends ? "perhaps: depends on the interface"
				   : fate_of(all, live));
}

void live_text(struct out *out, const struct live_connections *live)
{
	static const struct column columns[] = {
		{ .title = "DIRECTION" },
		{ .title = "TRANSPORT" },
		{ .title = "FROM" },
		{ .title = "TO" },
		{ .title = "PROCESS" },
		{ .title = "USER" },
		{ .title = "REMARK", .least = 8 },
	};
	const struct live_view *const view = live->view;
	struct table *const table = table_new(out->arena, columns, 7);
	const char *words;

	if (live->unseen != NULL)
		screen_paragraph(&out->screen, 0, STYLE_NOTICE, live->unseen);
	if (view->denied_count == 0 || table == NULL)
		return;
	words = arena_format(out->arena, "Of %zu live connections this policy denies %zu, %s:", view->alive,
			     view->denied_count, live->cut ? "which are ended" : "which go on");
	if (words != NULL)
		screen_paragraph(&out->screen, 0, STYLE_WARNING, words);
	for (size_t i = 0; i < view->denied_count; i++)
		print_row(out, table, live, &view->denied[i]);
	table_print(table, &out->screen);
	fputc('\n', out->screen.file);
}

/* ---- as events ---- */

static bool has_ports(const struct tracked *t)
{
	const struct transport *const transport = catalog_transport(t->transport);

	return transport != NULL && transport->has_ports;
}

void live_json(struct out *out, const struct live_connections *live)
{
	for (size_t i = 0; i < live->view->denied_count; i++) {
		const struct live *const one = &live->view->denied[i];
		const struct tracked *const t = &one->connection;
		struct json json = event_begin(out, "connection");

		event_source(&json, &t->source, has_ports(t), t->source_port);
		event_destination(&json, &t->destination, has_ports(t), t->destination_port);
		event_transport(&json, t->transport);
		json_open_object(&json, "connection");
		json_text(&json, "direction", direction_text(one->direction));
		json_text(&json, "rule", one->rule != NULL ? one->rule->id : NULL);
		json_text(&json, "process", holder_name(live->host, one));
		json_text(&json, "user", user_name(live->host, one));
		json_bool(&json, "session", one->session);
		json_bool(&json, "depends_on_interface", one->depends);
		json_bool(&json, "ended", live->cut && !one->depends);
		json_end(&json);
		event_end(out, &json);
	}
}
