/* The right side of a report: what was seen of a door, and whether it is as documented. */
#include "base/clock.h"
#include "output/report_rows.h"
#include "output/sockets.h"

enum { CELL_LIMIT = 64 * 1024, DOORS_SHOWN = 6 };

static bool covers(const struct match *match, const struct audit_door *door)
{
	return (match->transport == TRANSPORT_ANY || match->transport == door->transport) &&
	       match->first <= door->port && door->port <= match->last;
}

/* "nginx, tls:http"; "not visible" where no process can be seen. */
static void write_seen(const struct report *report, struct buffer *text, const struct audit_door *door)
{
	char spoken[64];
	const char *const why = door->process == NULL
					? socket_without_process(report->audit->host, door->sockets[0])
					: NULL;

	if (door->process != NULL)
		buffer_text(text, door->process->name);
	else
		buffer_format(text, "process %s", why != NULL ? why : "not visible");
	if (door->process_count > 1)
		buffer_format(text, " +%zu", door->process_count - 1);
	if (door->spoken == NULL)
		return;
	if (knock_spoken(door->spoken, spoken) != NULL)
		buffer_format(text, ", speaks %s", spoken);
	else if (door->spoken->outcome == KNOCK_SILENT)
		buffer_text(text, ", silent");
	else if (door->spoken->outcome == KNOCK_UNKNOWN)
		buffer_text(text, ", speaks something unknown");
}

/* Counts the open doors of a row and tells of the first of them. */
static size_t write_open(const struct report *report, const struct rule *rule, const struct match *match,
			 struct buffer *text)
{
	const bool single = match->first == match->last;
	size_t open = 0;

	for (size_t i = 0; i < report->audit->door_count; i++) {
		const struct audit_door *const door = &report->audit->doors[i];

		if (door->rule != rule || door->socket_count == 0 || !covers(match, door) ||
		    open++ >= DOORS_SHOWN)
			continue;
		buffer_text(text, open > 1 ? "; " : "open: ");
		if (!single)
			buffer_format(text, "%u ", door->port);
		write_seen(report, text, door);
	}
	if (open > DOORS_SHOWN)
		buffer_format(text, "; and %zu more", open - DOORS_SHOWN);
	return open;
}

/* The findings that say that a row is not as documented, and how. Others have their own section. */
static const char *const wrongs[FINDING_KINDS] = {
	[FINDING_DENIED_OPEN] = "denied, but open",  [FINDING_WIDER] = "wider than documented",
	[FINDING_WRONG_PROTOCOL] = "wrong protocol", [FINDING_WRONG_PROCESS] = "wrong process",
	[FINDING_NOT_OPEN] = "documented, not open", [FINDING_EXPIRED] = "expired",
};

/* The worst finding about this row, an accepted one if there is no other; NULL if all is as documented. */
static const struct finding *finding_of(const struct report *report, const struct rule *rule,
					const struct match *match)
{
	for (size_t i = 0; i < report->audit->finding_count; i++) {
		const struct finding *const finding = &report->audit->findings[i];

		if (finding->rule == rule && wrongs[finding->kind] != NULL &&
		    (finding->door == NULL || covers(match, finding->door)))
			return finding;
	}
	return NULL;
}

static void set_status(struct report_row *row, enum report_state state, const char *text)
{
	row->state = state;
	row->cells[REPORT_STATUS] = text;
}

static void set_accepted(struct report *report, struct report_row *row, const struct finding *finding,
			 const char *what)
{
	char date[DATE_TEXT];

	set_status(row, REPORTED_ACCEPTED,
		   arena_format(report->arena, "%s, accepted until %s", what,
				date_text(finding->accepted->until, date)));
}

/* A door such as dns/53 has several transports: it is open when one of them is. */
static bool is_open(const struct report *report, const struct rule *rule, const struct door *door)
{
	for (size_t i = 0; i < report->audit->door_count; i++) {
		const struct audit_door *const seen = &report->audit->doors[i];

		for (size_t m = 0; m < door->match_count; m++) {
			if (seen->rule == rule && seen->socket_count > 0 && covers(&door->matches[m], seen))
				return true;
		}
	}
	return false;
}

void report_observe_rule(struct report *report, struct report_row *row, const struct rule *rule,
			 const struct door *door, const struct match *match)
{
	const struct finding *const finding = finding_of(report, rule, match);
	struct buffer text = buffer_new(CELL_LIMIT);
	const size_t open = write_open(report, rule, match, &text);
	const bool watched = rule->direction == DIRECTION_IN && rule->verdict == VERDICT_ALLOW;

	row->cells[REPORT_OBSERVED] = report_keep(report, &text);
	if (open == 0 && rule->direction == DIRECTION_IN && row->cells[REPORT_LOW_PORT] != NULL)
		row->cells[REPORT_OBSERVED] = "not open";
	if (finding != NULL && finding->accepted != NULL)
		set_accepted(report, row, finding, wrongs[finding->kind]);
	else if (finding != NULL)
		set_status(row, finding->kind == FINDING_NOT_OPEN ? REPORTED_NOT_OPEN : REPORTED_WRONG,
			   wrongs[finding->kind]);
	else if (rule->verdict != VERDICT_ALLOW)
		set_status(row, REPORTED_DOCUMENTED, "denied");
	else if (open > 0)
		set_status(row, REPORTED_OPEN, "documented and open");
	else if (watched && row->cells[REPORT_LOW_PORT] != NULL && !is_open(report, rule, door))
		set_status(row, REPORTED_NOT_OPEN, "documented, not open");
	else
		set_status(row, REPORTED_DOCUMENTED, "documented");
}

static const struct finding *finding_at(const struct report *report, const struct audit_door *door)
{
	for (size_t i = 0; i < report->audit->finding_count; i++) {
		if (report->audit->findings[i].door == door &&
		    report->audit->findings[i].kind == FINDING_UNDOCUMENTED)
			return &report->audit->findings[i];
	}
	return NULL;
}

/* What a door tells of itself, where no rule does. */
static void door_cells(struct report *report, struct report_row *row, const struct audit_door *door)
{
	struct buffer text = buffer_new(CELL_LIMIT);
	char spoken[64];

	report_port_cells(report, row, door->transport, door->port, door->port);
	if (door->spoken != NULL && knock_spoken(door->spoken, spoken) != NULL)
		row->cells[REPORT_PROTOCOL] = arena_text(report->arena, spoken);
	row->cells[REPORT_DIRECTION] = direction_text(DIRECTION_IN);
	row->cells[REPORT_DESTINATION] = row->cells[REPORT_DESTINATION_ADDRESSES] = door->addresses;
	row->cells[REPORT_DESTINATION_NAME] = report->audit->host->name;
	if (door->process != NULL)
		row->cells[REPORT_PROCESS] = door->process->name;
	buffer_text(&text, "open: ");
	write_seen(report, &text, door);
	row->cells[REPORT_OBSERVED] = report_keep(report, &text);
}

bool report_add_undocumented(struct report *report, const struct audit_door *door)
{
	const struct finding *const finding = finding_at(report, door);
	struct report_row *row;

	if (door->socket_count == 0 || door->temporary)
		return true;
	report->elsewhere += door->documented == DOCUMENTED_NOT_JUDGED;
	if (door->documented != DOCUMENTED_NO && door->documented != DOCUMENTED_NO_POLICY)
		return true;
	row = report_add_row(report);
	if (row == NULL)
		return false;
	door_cells(report, row, door);
	if (finding != NULL && finding->accepted != NULL)
		set_accepted(report, row, finding, "not documented");
	else
		set_status(row, REPORTED_UNDOCUMENTED, "not documented");
	report->states[row->state]++;
	return true;
}
