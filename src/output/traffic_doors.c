/* The table of doors. On a wide screen, or into a file, a door is one line; on a narrow one when it was seen
 * and what is to be said of it stands on lines of its own below. */
#include "base/clock.h"
#include "output/traffic.h"
#include "protocols/naming.h"

#include <stdlib.h>

enum { NARROW = 120, REMARKS = 512, SCAN_DOORS = 4, TIME_SHOWN = 19, INDENT = 2 };

/* What is shown on one line: a door, or all doors of a server that nobody answered at. */
struct line {
	const struct traffic_door *door;
	size_t doors;                          /* of one transport that it stands for */
	const struct traffic_parties *parties; /* of the door that has the most */
	bool same_party;                       /* all of them have just this one */
	uint64_t flows, bytes, refused, unanswered;
	uint64_t group; /* bytes of all doors with this protocol, transport and port */
	int64_t first_ns, last_ns;
	bool answered;
};

static uint64_t bytes_of(const struct traffic_door *door)
{
	return door->bytes_to_server + door->bytes_to_client;
}

static bool is_answered(const struct traffic_door *door)
{
	return door->flows > door->unanswered + door->refused;
}

static bool is_icmp(const struct traffic_door *door)
{
	return door->transport == TRANSPORT_ICMP || door->transport == TRANSPORT_ICMPV6;
}

/* ---- which lines there are ---- */

static bool belongs_to_scan(const struct traffic_door *a, const struct traffic_door *b)
{
	return !is_answered(b) && strcmp(b->protocol, "none") == 0 && a->transport == b->transport &&
	       address_compare(&a->server, &b->server) == 0;
}

static void add_to_line(struct line *line, const struct traffic_door *door)
{
	const struct traffic_parties *const parties = &door->parties;

	line->same_party &= parties->count == 1 &&
			    address_compare(&parties->some[0], &line->parties->some[0]) == 0;
	if (parties->count > line->parties->count)
		line->parties = parties;
	line->doors++;
	line->flows += door->flows;
	line->bytes += bytes_of(door);
	line->refused += door->refused;
	line->unanswered += door->unanswered;
	if (door->first_ns < line->first_ns)
		line->first_ns = door->first_ns;
	if (door->last_ns > line->last_ns)
		line->last_ns = door->last_ns;
}

static struct line line_of(const struct traffic_door *door)
{
	struct line line = { .door = door,
			     .parties = &door->parties,
			     .same_party = true,
			     .first_ns = door->first_ns,
			     .last_ns = door->last_ns,
			     .answered = is_answered(door) };

	add_to_line(&line, door);
	return line;
}

/* Doors are sorted by server, transport and port. Those that did not answer become one line, if they are
 * many. */
static size_t make_lines(const struct traffic_summary *summary, struct line *lines)
{
	const struct traffic_door *const doors = summary->doors;
	size_t count = 0;

	for (size_t i = 0, end; i < summary->door_count; i = end) {
		size_t silent = 0, scan = SIZE_MAX;

		for (end = i; end < summary->door_count && doors[end].transport == doors[i].transport &&
			      address_compare(&doors[end].server, &doors[i].server) == 0;
		     end++)
			silent += belongs_to_scan(&doors[i], &doors[end]);
		for (size_t d = i; d < end; d++) {
			if (silent <= SCAN_DOORS || !belongs_to_scan(&doors[i], &doors[d])) {
				lines[count++] = line_of(&doors[d]);
			} else if (scan == SIZE_MAX) {
				scan = count;
				lines[count++] = line_of(&doors[d]);
			} else {
				add_to_line(&lines[scan], &doors[d]);
			}
		}
	}
	return count;
}

static int compare_groups(const struct line *a, const struct line *b)
{
	const int protocol = strcmp(a->door->protocol, b->door->protocol);

	if (a->answered != b->answered)
		return a->answered ? -1 : 1;
	if (protocol != 0)
		return protocol;
	if (a->door->transport != b->door->transport)
		return a->door->transport < b->door->transport ? -1 : 1;
	if (!a->answered) /* attempts are one group for each transport */
		return 0;
	return a->door->port < b->door->port ? -1 : a->door->port > b->door->port;
}

static int by_group(const void *first, const void *second)
{
	return compare_groups(first, second);
}

/* Answered ones first, the busiest group first, the busiest server of it first. */
static int by_rank(const void *first, const void *second)
{
	const struct line *const a = first, *const b = second;
	int group;

	if (a->answered != b->answered)
		return a->answered ? -1 : 1;
	if (a->group != b->group)
		return a->group > b->group ? -1 : 1;
	group = compare_groups(a, b);
	if (group != 0)
		return group;
	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return a->door < b->door ? -1 : 1;
}

static void rank(struct line *lines, size_t count)
{
	qsort(lines, count, sizeof(*lines), by_group);
	for (size_t begin = 0, end; begin < count; begin = end) {
		uint64_t sum = 0;

		for (end = begin; end < count && compare_groups(&lines[begin], &lines[end]) == 0; end++)
			sum += lines[end].bytes;
		for (size_t i = begin; i < end; i++)
			lines[i].group = sum;
	}
	qsort(lines, count, sizeof(*lines), by_rank);
}

/* ---- what stands on a line ---- */

struct listing {
	struct out *out;
	struct memory *memory;
	struct table *table;
	bool narrow, days;
};

static void door_cell(struct table *table, const struct line *line)
{
	const struct traffic_door *const door = line->door;
	const struct transport *const transport = catalog_transport(door->transport);
	const struct icmp_type *const type = catalog_icmp(door->transport, (uint8_t)door->port);

	const bool numbered = is_icmp(door) || (transport != NULL && transport->has_ports);

	if (transport == NULL)
		table_format(table, 1, STYLE_PLAIN, "%u", door->transport);
	else if (line->doors > 1)
		table_format(table, 1, STYLE_PLAIN, "%s, %zu ports", transport->name, line->doors);
	else if (type != NULL)
		table_format(table, 1, STYLE_PLAIN, "%s/%s", transport->name, type->name);
	else if (numbered)
		table_format(table, 1, STYLE_PLAIN, "%s/%u", transport->name, door->port);
	else
		table_cell(table, 1, STYLE_PLAIN, transport->name);
}

/* An address with the name that it was given last: "192.0.2.7 (www.shop.example)". */
static void address_cell(struct listing *listing, size_t column, const struct address *address)
{
	const struct name *const name = naming_of(listing->memory, address, NULL);
	char text[ADDRESS_TEXT];

	address_text(address, text);
	if (name != NULL)
		table_format(listing->table, column, STYLE_PLAIN, "%s (%.*s)", text, name->length,
			     name->text);
	else
		table_cell(listing->table, column, STYLE_PLAIN, text);
}

static void parties_cell(struct listing *listing, const struct line *line)
{
	struct table *const table = listing->table;
	const struct traffic_parties *const parties = line->parties;
	const char *const sign = line->doors > 1 && !line->same_party ? "≥" : parties->estimated ? "~" : "";
	char count[QUANTITY_TEXT];

	if (line->same_party && !listing->narrow)
		address_cell(listing, 3, &parties->some[0]);
	else
		table_format(table, 3, STYLE_PLAIN, "%s%s", sign, count_text(parties->count, count));
}

/* Adds "words", parted from what stands there. */
static void add_remark(struct buffer *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_remark(struct buffer *text, const char *format, ...)
{
	va_list list;

	if (text->length > 0)
		buffer_text(text, "; ");
	va_start(list, format);
	buffer_format_list(text, format, list);
	va_end(list);
}

static void add_counted(struct buffer *text, uint64_t count, uint64_t all, const char *words)
{
	char number[QUANTITY_TEXT];

	if (count > 0 && count == all)
		add_remark(text, "%s", words);
	else if (count > 0)
		add_remark(text, "%s %s", count_text(count, number), words);
}

static void collect_remarks(struct buffer *text, const struct line *line)
{
	const struct traffic_door *const door = line->door;

	for (size_t i = 0; i < door->weakness_count; i++)
		add_remark(text, "%s", door->weaknesses[i]->id);
	if (door->registered != NULL)
		add_remark(text, "port of %s", door->registered->name);
	if (door->turned_into != NULL && door->turned == door->flows)
		add_remark(text, "turned into %s", door->turned_into);
	else if (door->turned_into != NULL)
		add_remark(text, "%llu of %llu turned into %s", (unsigned long long)door->turned,
			   (unsigned long long)door->flows, door->turned_into);
	add_counted(text, line->refused, line->flows, "refused");
	add_counted(text, line->unanswered, line->flows, "unanswered");
	add_counted(text, door->parse_errors, 0, door->parse_errors == 1 ? "parse error" : "parse errors");
	add_counted(text, door->one_sided, door->flows, "only one side seen");
	if (door->expected > 0)
		add_remark(text, "announced");
	if (door->tunnelled > 0)
		add_remark(text, "in a tunnel");
	if (door->cast != CAST_UNICAST)
		add_remark(text, "%s", cast_text(door->cast));
	if (door->software[0] != '\0')
		add_remark(text, "%s", door->software);
	if (door->software_more > 0)
		add_remark(text, "and %zu other%s", door->software_more, door->software_more == 1 ? "" : "s");
	if (door->clear_text)
		add_remark(text, "clear text");
}

static enum style protocol_style(const struct line *line)
{
	const char *const protocol = line->door->protocol;

	if (!line->answered || strcmp(protocol, "none") == 0)
		return STYLE_DIM;
	return strcmp(protocol, "unknown") == 0 ? STYLE_NOTICE : STYLE_BOLD;
}

static enum style remark_style(const struct line *line)
{
	if (line->door->weakness_count > 0)
		return STYLE_WARNING;
	return line->door->registered != NULL || line->door->parse_errors > 0 ? STYLE_NOTICE : STYLE_PLAIN;
}

/* "10:02:33", and with the day where there are several. */
static const char *time_text(int64_t time_ns, bool days, char text[static CLOCK_TEXT])
{
	clock_text(time_ns / 1000, text);
	text[10] = ' ';
	text[TIME_SHOWN] = '\0';
	return days ? text : text + 11;
}

static bool several_days(const struct traffic_summary *summary)
{
	char first[CLOCK_TEXT], last[CLOCK_TEXT];

	clock_text(summary->first_ns / 1000, first);
	clock_text(summary->last_ns / 1000, last);
	return strncmp(first, last, 10) != 0;
}

static const struct column wide[] = {
	{ "PROTOCOL", ALIGN_LEFT, 0 }, { "DOOR", ALIGN_LEFT, 14 },  { "SERVER", ALIGN_LEFT, 24 },
	{ "PARTIES", ALIGN_LEFT, 7 },  { "FLOWS", ALIGN_RIGHT, 0 }, { "BYTES", ALIGN_RIGHT, 0 },
	{ "FIRST", ALIGN_LEFT, 0 },    { "LAST", ALIGN_LEFT, 0 },   { "REMARKS", ALIGN_LEFT, 24 },
};
enum { NARROW_COLUMNS = 6, WIDE_COLUMNS = sizeof(wide) / sizeof(wide[0]) };

/* When it was seen, and the remarks, broken between words at the screen's width. */
static void print_below(struct listing *listing, const struct line *line, const char *first, const char *last,
			const char *remarks)
{
	const bool moment = line->first_ns / 1000000000 == line->last_ns / 1000000000;
	const char *const text = arena_format(listing->out->arena, "%s%s%s%s%s", first, moment ? "" : " to ",
					      moment ? "" : last, remarks[0] != '\0' ? "; " : "", remarks);
	struct span rest = span_text(text != NULL ? text : "");

	while (span_left(rest) > 0) {
		size_t length = span_left(rest) < listing->out->screen.width - INDENT
					? span_left(rest)
					: listing->out->screen.width - INDENT;

		if (length < span_left(rest)) {
			const size_t space = span_find_last(span_of(rest.at, length + 1), ' ');

			length = space != SIZE_MAX && space > 0 ? space : length;
		}
		table_line(listing->table, STYLE_DIM,
			   arena_format(listing->out->arena, "%*s%.*s", INDENT, "", (int)length,
					(const char *)rest.at));
		span_skip(&rest, length + (length < span_left(rest) ? 1 : 0));
	}
}

static void print_line(struct listing *listing, const struct line *line)
{
	struct table *const table = listing->table;
	struct buffer remarks = buffer_new(REMARKS);
	char text[CLOCK_TEXT], other[CLOCK_TEXT];
	const char *const first = time_text(line->first_ns, listing->days, text);
	const char *const last = time_text(line->last_ns, listing->days, other);

	table_row(table);
	table_cell(table, 0, protocol_style(line), line->door->protocol);
	door_cell(table, line);
	address_cell(listing, 2, &line->door->server);
	parties_cell(listing, line);
	table_cell(table, 4, STYLE_PLAIN, count_text(line->flows, (char[QUANTITY_TEXT]){ 0 }));
	table_cell(table, 5, STYLE_PLAIN, bytes_text(line->bytes, (char[QUANTITY_TEXT]){ 0 }));
	collect_remarks(&remarks, line);
	remarks.failed = false; /* what did not fit is left out */
	buffer_u8(&remarks, '\0');
	if (!listing->narrow) {
		table_cell(table, 6, STYLE_DIM, first);
		table_cell(table, 7, STYLE_DIM, last);
		if (remarks.length > 1)
			table_cell(table, 8, remark_style(line), (const char *)remarks.bytes);
	} else {
		print_below(listing, line, first, last, (const char *)remarks.bytes);
	}
	buffer_free(&remarks);
}

static void tell_rest(struct out *out, const struct line *lines, size_t count)
{
	uint64_t flows = 0, bytes = 0;
	char one[QUANTITY_TEXT], two[QUANTITY_TEXT], three[QUANTITY_TEXT];

	for (size_t i = 0; i < count; i++) {
		flows += lines[i].flows;
		bytes += lines[i].bytes;
	}
	if (count > 0)
		fprintf(out->screen.file, "... and %s more with %s flow%s and %s (--top 0 shows all)\n",
			count_text(count, one), count_text(flows, two), flows == 1 ? "" : "s",
			bytes_text(bytes, three));
}

bool traffic_doors_print(struct out *out, const struct traffic_view *view)
{
	const struct traffic_summary *const summary = view->summary;
	struct line *const lines = arena_array(out->arena, summary->door_count + 1, sizeof(*lines));
	const bool narrow = out->screen.width > 0 && out->screen.width < NARROW;
	struct listing listing = {
		.out = out, .memory = view->memory, .narrow = narrow, .days = several_days(summary)
	};
	size_t count, shown;

	listing.table = table_new(out->arena, wide, narrow ? NARROW_COLUMNS : WIDE_COLUMNS);
	if (lines == NULL || listing.table == NULL)
		return false;
	count = make_lines(summary, lines);
	rank(lines, count);
	shown = view->top > 0 && view->top < count ? view->top : count;
	for (size_t i = 0; i < shown; i++)
		print_line(&listing, &lines[i]);
	if (!table_print(listing.table, &out->screen))
		return false;
	tell_rest(out, lines + shown, count - shown);
	return true;
}
