/* The main screen: every door of this host, what disagrees, and what could not be seen. On a wide screen, and
 * where nobody looks, a door is one line; on a narrow one it is two. */
#include "output/check.h"
#include "base/clock.h"
#include "output/sockets.h"
#include "protocols/protocols.h"

enum { WIDE_FROM = 132, CELL = AUDIT_ADDRESSES_TEXT, LINE = 4096, SAID = 20 };

static const char *const documented_words[] = {
	[DOCUMENTED_NO] = "no",
	[DOCUMENTED_YES] = "yes",
	[DOCUMENTED_DENIED] = "denied",
	[DOCUMENTED_NO_POLICY] = "no policy",
	[DOCUMENTED_NOT_JUDGED] = "not judged",
	[DOCUMENTED_TEMPORARY] = "temporary",
};

const char *known_by(const struct audit_door *door)
{
	const struct knock_result *const heard = door->spoken;

	if (heard == NULL || heard->outcome != KNOCK_IDENTIFIED)
		return "";
	if (door->transport == TRANSPORT_TCP && heard->protocol->probe != NULL &&
	    heard->protocol->probe->server_speaks_first)
		return "greeting";
	return "answer";
}

static const char *spoken_cell(const struct audit_door *door, char text[static 64], enum style *ret_style)
{
	static const char *const words[] = {
		[KNOCK_NOT_ASKED] = "not asked", [KNOCK_UNKNOWN] = "unknown",
		[KNOCK_SILENT] = "silent",       [KNOCK_REFUSED] = "refused",
		[KNOCK_UNREACHED] = "no answer", [KNOCK_UNFINISHED] = "time was up",
	};

	*ret_style = STYLE_DIM;
	if (door->socket_count == 0)
		return "nobody listens";
	if (door->spoken == NULL)
		return "not asked";
	if (door->spoken->outcome != KNOCK_IDENTIFIED)
		return words[door->spoken->outcome];
	*ret_style = STYLE_PLAIN;
	return knock_spoken(door->spoken, text);
}

/* What the server says that it is; where nothing is known of it, what the port is customary for. */
static const char *product_cell(const struct audit_door *door, char text[static CELL], enum style *ret_style)
{
	const struct knock_result *const heard = door->spoken;

	*ret_style = STYLE_PLAIN;
	text[0] = '\0';
	if (heard != NULL && heard->outcome == KNOCK_IDENTIFIED) {
		snprintf(text, CELL, "%s%s%s", heard->answer.product,
			 heard->answer.version[0] != '\0' ? " " : "", heard->answer.version);
	} else if (heard != NULL && heard->outcome == KNOCK_UNKNOWN) {
		*ret_style = STYLE_DIM;
		snprintf(text, CELL, "says \"%.*s\"",
			 heard->evidence_length < SAID ? (int)heard->evidence_length : SAID,
			 (const char *)heard->evidence);
	} else if (door->registered != NULL) {
		*ret_style = STYLE_DIM;
		snprintf(text, CELL, "port of %s", door->registered->name);
	}
	return text;
}

static const char *process_cell(const struct host *host, const struct audit_door *door,
				char text[static CELL])
{
	const struct host_process *const process = door->process;

	if (door->socket_count == 0)
		return "";
	if (process == NULL)
		return socket_without_process(host, door->sockets[0]);
	if (door->process_count > 1)
		snprintf(text, CELL, "%s (%u +%zu)", process->name, process->pid, door->process_count - 1);
	else
		snprintf(text, CELL, "%s (%u)", process->name, process->pid);
	return text;
}

static const char *unit_of(const struct audit_door *door)
{
	if (door->process != NULL && door->process->container != NULL)
		return door->process->container;
	return door->unit != NULL ? door->unit : "";
}

static const char *documented_cell(const struct audit_door *door, enum style *ret_style)
{
	static const enum style styles[] = {
		[DOCUMENTED_NO] = STYLE_BAD,         [DOCUMENTED_YES] = STYLE_GOOD,
		[DOCUMENTED_DENIED] = STYLE_BAD,     [DOCUMENTED_NO_POLICY] = STYLE_DIM,
		[DOCUMENTED_NOT_JUDGED] = STYLE_DIM, [DOCUMENTED_TEMPORARY] = STYLE_DIM,
	};

	*ret_style = styles[door->documented];
	if (door->documented == DOCUMENTED_YES && door->rule != NULL)
		return door->rule->id;
	return documented_words[door->documented];
}

static enum style door_style(const struct audit_door *door)
{
	if (door->socket_count == 0 || door->temporary)
		return STYLE_DIM;
	return door->worst == 0 ? STYLE_BOLD : door->worst <= AUDIT_HIGH ? STYLE_BAD : STYLE_WARNING;
}

static enum style reach_style(const struct audit_door *door)
{
	return door->exposure >= EXPOSED_PUBLIC ? STYLE_BOLD
	       : door->exposure <= EXPOSED_HOST ? STYLE_DIM
						: STYLE_PLAIN;
}

static void door_cell(struct table *table, const struct audit_door *door)
{
	const struct transport *const transport = catalog_transport(door->transport);

	if (transport == NULL)
		table_format(table, 0, door_style(door), "ip %u", door->transport);
	else if (!transport->has_ports)
		table_format(table, 0, door_style(door), "%s", transport->name);
	else
		table_format(table, 0, door_style(door), "%s/%u", transport->name, door->port);
}

/* ---- one line for a door ---- */

enum {
	W_DOOR,
	W_SPOKEN,
	W_KNOWN,
	W_PRODUCT,
	W_PROCESS,
	W_USER,
	W_UNIT,
	W_REACH,
	W_BOUND,
	W_DOCUMENTED,
	W_COLUMNS
};

static const struct column wide_columns[W_COLUMNS] = {
	[W_DOOR] = { "DOOR", ALIGN_LEFT, 0 },        [W_SPOKEN] = { "SPOKEN", ALIGN_LEFT, 8 },
	[W_KNOWN] = { "KNOWN BY", ALIGN_LEFT, 0 },   [W_PRODUCT] = { "PRODUCT", ALIGN_LEFT, 12 },
	[W_PROCESS] = { "PROCESS", ALIGN_LEFT, 12 }, [W_USER] = { "USER", ALIGN_LEFT, 6 },
	[W_UNIT] = { "UNIT", ALIGN_LEFT, 8 },        [W_REACH] = { "REACHABLE FROM", ALIGN_LEFT, 0 },
	[W_BOUND] = { "BOUND TO", ALIGN_LEFT, 8 },   [W_DOCUMENTED] = { "DOCUMENTED", ALIGN_LEFT, 8 },
};

static void wide_row(struct table *table, const struct host *host, const struct audit_door *door)
{
	char spoken[64], text[CELL];
	const char *words;
	enum style style;

	table_row(table);
	door_cell(table, door);
	words = spoken_cell(door, spoken, &style);
	table_cell(table, W_SPOKEN, style, words);
	table_cell(table, W_KNOWN, STYLE_DIM, known_by(door));
	words = product_cell(door, text, &style);
	table_cell(table, W_PRODUCT, style, words);
	table_cell(table, W_PROCESS, STYLE_PLAIN, process_cell(host, door, text));
	table_cell(table, W_USER, STYLE_PLAIN, door->user);
	table_cell(table, W_UNIT, STYLE_PLAIN, unit_of(door));
	if (door->socket_count > 0)
		table_cell(table, W_REACH, reach_style(door),
			   reach_text(&door->reach, audit_reach_text(door->exposure), text));
	table_cell(table, W_BOUND, STYLE_PLAIN, audit_addresses_short(door, text));
	words = documented_cell(door, &style);
	table_cell(table, W_DOCUMENTED, style, words);
}

/* ---- two lines for a door ---- */

enum { N_DOOR, N_SPOKEN, N_PROCESS, N_REACH, N_DOCUMENTED, N_COLUMNS };

static const struct column narrow_columns[N_COLUMNS] = {
	[N_DOOR] = { "DOOR", ALIGN_LEFT, 0 },
	[N_SPOKEN] = { "SPOKEN", ALIGN_LEFT, 18 },
	[N_PROCESS] = { "PROCESS", ALIGN_LEFT, 12 },
	[N_REACH] = { "REACHABLE FROM", ALIGN_LEFT, 14 },
	[N_DOCUMENTED] = { "DOCUMENTED", ALIGN_LEFT, 8 },
};

static void narrow_row(struct table *table, const struct host *host, const struct audit_door *door)
{
	char spoken[64], text[CELL];
	const char *words;
	enum style style;

	table_row(table);
	door_cell(table, door);
	words = spoken_cell(door, spoken, &style);
	if (*known_by(door) != '\0')
		table_format(table, N_SPOKEN, style, "%s (%s)", words, known_by(door));
	else
		table_cell(table, N_SPOKEN, style, words);
	table_cell(table, N_PROCESS, STYLE_PLAIN, process_cell(host, door, text));
	if (door->socket_count > 0)
		table_cell(table, N_REACH, reach_style(door),
			   reach_text(&door->reach, audit_reach_text(door->exposure), text));
	words = documented_cell(door, &style);
	table_cell(table, N_DOCUMENTED, style, words);

	table_row(table);
	words = product_cell(door, text, &style);
	table_cell(table, N_SPOKEN, STYLE_DIM, words);
	if (door->user != NULL)
		table_format(table, N_PROCESS, STYLE_DIM, "%s%s%s", door->user,
			     *unit_of(door) != '\0' ? ", " : "", unit_of(door));
	table_cell(table, N_REACH, STYLE_DIM, audit_addresses_short(door, text));
}

/* ---- the screen ---- */

static void print_doors(struct out *out, const struct audit *audit)
{
	const bool wide = out->screen.width == 0 || out->screen.width >= WIDE_FROM;
	struct table *const table = wide ? table_new(out->arena, wide_columns, W_COLUMNS)
					 : table_new(out->arena, narrow_columns, N_COLUMNS);
	const struct audit_door *before = NULL;
	char line[CELL];

	if (table == NULL || audit->door_count == 0) {
		fputs("No door of this host is open.\n", out->screen.file);
		return;
	}
	for (size_t i = 0; i < audit->door_count; i++) {
		const struct audit_door *const door = &audit->doors[i];

		if (door->space != 0 && (before == NULL || before->space != door->space)) {
			snprintf(line, sizeof(line), "In network namespace %s, no part of the policy:",
				 audit->host->spaces[door->space].name);
			table_line(table, STYLE_DIM, line);
		}
		(wide ? wide_row : narrow_row)(table, audit->host, door);
		before = door;
	}
	table_print(table, &out->screen);
}

static void print_heading(const struct screen *screen, const struct check_view *view)
{
	const struct audit *const audit = view->audit;
	char when[CLOCK_TEXT], line[LINE];

	clock_text(clock_wall_us(), when);
	snprintf(line, sizeof(line), "The doors of %s on %.10s at %.5s%s%s", audit->host->name, when,
		 when + 11, audit->policy != NULL ? ", against " : "",
		 audit->policy != NULL ? audit->policy->path : "");
	screen_paragraph(screen, 0, STYLE_BOLD, line);
	fputc('\n', screen->file);
}

static bool has_temporary(const struct audit *audit)
{
	for (size_t i = 0; i < audit->door_count; i++) {
		if (audit->doors[i].temporary)
			return true;
	}
	return false;
}

/* The first door of which it is not known who gets in. */
static const struct audit_door *unclear_door(const struct audit *audit)
{
	for (size_t i = 0; i < audit->door_count; i++) {
		if (audit->doors[i].reach.kind == REACH_UNKNOWN)
			return &audit->doors[i];
	}
	return NULL;
}

/* What REACHABLE FROM was read from. */
static const char *reach_legend(const struct check_view *view, char words[static LINE])
{
	const struct host *const host = view->audit->host;
	const struct audit_door *const unclear = unclear_door(view->audit);

	if (host->filtering == FILTERING_NONE)
		return "REACHABLE FROM tells by the addresses that a door is bound to; no firewall on this "
		       "host "
		       "narrows it.";
	if (host->filtering != FILTERING_PRESENT)
		return "REACHABLE FROM tells by the addresses that a door is bound to. Whether a firewall "
		       "narrows "
		       "it cannot be seen (needs root).";
	if (view->filter_problem != NULL)
		snprintf(words, LINE,
			 "REACHABLE FROM tells by the addresses that a door is bound to. A firewall may let "
			 "fewer "
			 "in (%s): %s.",
			 host->filtering_by != NULL ? host->filtering_by : "packets are filtered",
			 view->filter_problem);
	else
		snprintf(words, LINE,
			 "REACHABLE FROM tells who gets in from outside: by the addresses that a door is "
			 "bound to, and "
			 "by the whole rule set of the kernel as it stands.%s%s%s",
			 unclear != NULL ? " Unknown because of " : "",
			 unclear != NULL ? unclear->reach.unknown : "",
			 unclear != NULL ? ": what stands there is not understood, and not guessed." : "");
	return words;
}

/* How the columns are to be read, so that nobody takes them for more than they are. */
static void print_legend(const struct screen *screen, const struct check_view *view)
{
	const struct host *const host = view->audit->host;
	char line[LINE], words[LINE];

	fputc('\n', screen->file);
	if (view->knocked)
		snprintf(line, sizeof(line),
			 "SPOKEN is what the server itself said when it was knocked at (%zu address%s in "
			 "%.1f s); "
			 "a port number proves nothing.",
			 view->knock_count, view->knock_count == 1 ? "" : "es",
			 (double)view->knock_ms / 1000);
	else
		snprintf(line, sizeof(line), "SPOKEN: nobody was asked (--no-knock).");
	screen_paragraph(screen, 0, STYLE_DIM, line);
	snprintf(line, sizeof(line), "%s", reach_legend(view, words));
	screen_paragraph(screen, 0, STYLE_DIM, line);
	if (has_temporary(view->audit)) {
		snprintf(line, sizeof(line),
			 "Temporary: udp sockets on ports that the kernel hands out (%u-%u), as clients have "
			 "while they wait "
			 "for an answer. The kernel does not tell them from servers: they are shown, not "
			 "counted.",
			 host->spaces[0].ephemeral_first, host->spaces[0].ephemeral_last);
		screen_paragraph(screen, 0, STYLE_DIM, line);
	}
}

void check_incomplete(const struct screen *screen, const struct audit *audit)
{
	if (audit->incomplete_count == 0)
		return;
	fputc('\n', screen->file);
	screen_print(screen, STYLE_BOLD, "Not seen");
	fputc('\n', screen->file);
	for (size_t i = 0; i < audit->incomplete_count; i++)
		screen_paragraph(screen, 2, STYLE_PLAIN, audit->incomplete[i]);
}

static size_t count_documented(const struct audit *audit, enum documented documented, bool open)
{
	size_t count = 0;

	for (size_t i = 0; i < audit->door_count; i++)
		count += audit->doors[i].documented == documented &&
			 (audit->doors[i].socket_count > 0) == open;
	return count;
}

static size_t count_severity(const struct audit *audit, int severity)
{
	size_t count = 0;

	for (size_t i = 0; i < audit->finding_count; i++)
		count += audit->findings[i].accepted == NULL && audit->findings[i].severity == severity;
	return count;
}

static void add_count(struct buffer *line, size_t count, const char *words)
{
	if (count > 0)
		buffer_format(line, "%s%zu %s", line->length > 0 ? ", " : "", count, words);
}

static void print_counts(const struct screen *screen, const char *label, const struct buffer *counts)
{
	char line[LINE];

	snprintf(line, sizeof(line), "%s: %.*s", label,
		 counts->failed || counts->length == 0 ? 4 : (int)counts->length,
		 counts->failed || counts->length == 0 ? "none" : (const char *)counts->bytes);
	screen_paragraph(screen, 0, STYLE_BOLD, line);
}

void check_summary(const struct screen *screen, const struct audit *audit)
{
	struct buffer doors = buffer_new(LINE), findings = buffer_new(LINE);

	fputc('\n', screen->file);
	add_count(&doors, count_documented(audit, DOCUMENTED_YES, true), "documented");
	add_count(&doors, count_documented(audit, DOCUMENTED_NO, true), "undocumented");
	add_count(&doors, count_documented(audit, DOCUMENTED_DENIED, true), "denied and open");
	add_count(&doors, count_documented(audit, DOCUMENTED_NO_POLICY, true), "open");
	add_count(&doors, count_documented(audit, DOCUMENTED_YES, false), "documented and not open");
	add_count(&doors, count_documented(audit, DOCUMENTED_TEMPORARY, true), "temporary");
	add_count(&doors, count_documented(audit, DOCUMENTED_NOT_JUDGED, true), "in other namespaces");
	print_counts(screen, "Doors", &doors);
	for (int severity = AUDIT_CRITICAL; severity < AUDIT_SEVERITIES; severity++)
		add_count(&findings, count_severity(audit, severity), audit_severity_text(severity));
	add_count(&findings, audit->accepted_count, "accepted");
	print_counts(screen, "Findings", &findings);
	buffer_free(&doors);
	buffer_free(&findings);
}

static void print_beginning(const struct screen *screen)
{
	fputc('\n', screen->file);
	screen_paragraph(screen, 0, STYLE_PLAIN,
			 "No policy says yet which of these doors may be open. 'doorward learn > "
			 "host.policy' writes a "
			 "first one from what is seen; 'doorward check -P host.policy' then compares.");
}

void check_text(struct out *out, const struct check_view *view)
{
	const struct screen *const screen = &out->screen;

	print_heading(screen, view);
	print_doors(out, view->audit);
	print_legend(screen, view);
	findings_text(screen, view->audit);
	check_incomplete(screen, view->audit);
	check_summary(screen, view->audit);
	if (view->audit->policy == NULL)
		print_beginning(screen);
}
