/* The rows of a report: what the policy says of each door. report_observed.c adds what was seen. */
#include "output/report_rows.h"
#include "base/clock.h"

#include <ctype.h>

enum { CELL_LIMIT = 64 * 1024, ROWS_LIMIT = 1 << 20, LIST_LIMIT = 32, NAMES_DEEP = 16 };

const char report_editions[] = "NIST SP 800-53 revision 5 (CM-7, CM-7(1), SC-7(4), SC-7(5)), PCI DSS version "
			       "4.0.1 (1.2.5, 1.2.6, 1.2.7, "
			       "2.2.4, 2.2.5), CIS Controls version 8.1 (4.4, 4.8)";

const char *report_state_text(enum report_state state)
{
	static const char *const texts[REPORT_STATES] = {
		[REPORTED_DOCUMENTED] = "not compared",     [REPORTED_OPEN] = "documented and open",
		[REPORTED_NOT_OPEN] = "not open",           [REPORTED_WRONG] = "not as documented",
		[REPORTED_UNDOCUMENTED] = "not documented", [REPORTED_ACCEPTED] = "accepted",
	};

	return texts[state];
}

const char *report_cell(const struct report_row *row, const struct report_column *column)
{
	const char *const text = row->cells[column->field];

	return text != NULL && text[0] != '\0' ? text : "-";
}

const char *report_host(const struct report *report)
{
	const struct policy *const policy = report->audit->policy;

	return policy != NULL && policy->host != NULL ? policy->host : report->audit->host->name;
}

struct report_row *report_add_row(struct report *report)
{
	struct report_row *row;

	if (report->row_count == report->row_capacity && report->row_count < ROWS_LIMIT) {
		struct report_row *const grown = arena_grow(report->arena, report->rows, report->row_count,
							    &report->row_capacity, sizeof(*report->rows));

		if (grown == NULL)
			return NULL;
		report->rows = grown;
	}
	if (report->row_count == report->row_capacity)
		return NULL;
	row = &report->rows[report->row_count++];
	*row = (struct report_row){ .cells[REPORT_NUMBER] = arena_format(report->arena, "%zu",
									 report->row_count) };
	return row;
}

const char *report_keep(struct report *report, struct buffer *text)
{
	const char *const kept = text->failed ? NULL : arena_span_text(report->arena, buffer_read(text));

	buffer_free(text);
	return kept;
}

static const char *capitals(struct report *report, const char *name)
{
	char *const text = arena_text(report->arena, name);

	for (char *at = text; at != NULL && *at != '\0'; at++)
		*at = (char)toupper((unsigned char)*at);
	return text;
}

void report_port_cells(struct report *report, struct report_row *row, unsigned transport, unsigned first,
		       unsigned last)
{
	const struct transport *const known = catalog_transport(transport);

	row->cells[REPORT_TRANSPORT] = transport == TRANSPORT_ANY ? "any"
				       : known != NULL            ? known->name
						       : arena_format(report->arena, "%u", transport);
	if (transport == TRANSPORT_ANY)
		row->cells[REPORT_PORT] = "any";
	if (known == NULL || !known->has_ports)
		return;
	row->cells[REPORT_LOW_PORT] = arena_format(report->arena, "%u", first);
	row->cells[REPORT_HIGH_PORT] = arena_format(report->arena, "%u", last);
	if (first == last)
		row->cells[REPORT_PORT] = row->cells[REPORT_LOW_PORT];
	else
		row->cells[REPORT_PORT] = arena_format(report->arena, "%u-%u", first, last);
}

/* The protocol, and what follows from it. */
static void protocol_cells(struct report *report, struct report_row *row, const struct door *door,
			   const struct match *match)
{
	static const char *const insecure[] = {
		[PRIVACY_CLEAR] = "yes", [PRIVACY_ENCRYPTED] = "no", [PRIVACY_EITHER] = "depends"
	};
	const struct transport *const transport = catalog_transport(match->transport);
	const bool portless = transport != NULL && !transport->has_ports;
	const bool carries = match->transport == TRANSPORT_GRE || match->transport == TRANSPORT_ESP ||
			     match->transport == TRANSPORT_AH;
	const bool tunnel = door->service != NULL ? strcmp(door->service->group, "tunnel") == 0
						  : transport != NULL && carries;

	if (door->icmp_type != NULL)
		row->cells[REPORT_PROTOCOL] = door->icmp_type->name;
	else if (door->service != NULL)
		row->cells[REPORT_PROTOCOL] = door->service->name;
	else if (door->all)
		row->cells[REPORT_PROTOCOL] = "any";
	else if (portless)
		row->cells[REPORT_PROTOCOL] = transport->name;
	if (door->service != NULL) {
		row->cells[REPORT_SERVICE] = door->service->title;
		row->cells[REPORT_DATA_SERVICE] = capitals(report, door->service->name);
		row->cells[REPORT_INSECURE] = insecure[door->service->privacy];
	} else if (portless) {
		row->cells[REPORT_SERVICE] = transport->title;
	}
	row->cells[REPORT_TUNNEL] = tunnel ? "Yes" : "No";
	if (tunnel)
		row->cells[REPORT_TUNNEL_TYPE] = capitals(report, door->service != NULL ? door->service->name
											: transport->name);
}

/* ---- the parties ---- */

static void write_terms(struct buffer *text, const struct address_term *terms, size_t count, unsigned depth);

/* A name stands for addresses, which the reader of a report wants to see. The parser refuses names that go
 * round in a circle. */
static void write_term(struct buffer *text, const struct address_term *term, unsigned depth)
{
	struct address_term one = *term;
	const struct address_list alone = { .terms = &one, .count = 1 };

	if (term->kind == ADDRESS_NAMED && term->name != NULL && depth > 0 &&
	    term->name->addresses.except_count == 0)
		write_terms(text, term->name->addresses.terms, term->name->addresses.count, depth - 1);
	else
		addresses_format(&alone, text);
}

static void write_terms(struct buffer *text, const struct address_term *terms, size_t count, unsigned depth)
{
	for (size_t i = 0; i < count; i++) {
		buffer_text(text, i > 0 ? ", " : "");
		write_term(text, &terms[i], depth);
	}
}

/* The addresses without names; NULL where a rule names none. */
static const char *plain_addresses(struct report *report, const struct address_list *list)
{
	struct buffer text = buffer_new(CELL_LIMIT);

	if (list->count == 0)
		return NULL;
	write_terms(&text, list->terms, list->count, NAMES_DEEP);
	buffer_text(&text, list->except_count > 0 ? " except " : "");
	write_terms(&text, list->except, list->except_count, NAMES_DEEP);
	return report_keep(report, &text);
}

/* As written, with what its names stand for: "branch (203.0.113.64/26)". */
static const char *written_addresses(struct report *report, const struct address_list *list,
				     const char *plain)
{
	struct buffer text = buffer_new(CELL_LIMIT);
	const char *written;

	if (plain == NULL)
		return NULL;
	addresses_format(list, &text);
	written = report_keep(report, &text);
	if (written == NULL || strcmp(written, plain) == 0)
		return plain;
	return arena_format(report->arena, "%s (%s)", written, plain);
}

/* Where a rule names no address, its direction says what it means: a rule for what comes in is about this
 * host, whoever asks. */
static void party_cells(struct report *report, struct report_row *row, const struct rule *rule)
{
	const char *const host = report_host(report);
	const char *const from = plain_addresses(report, &rule->from), *const to = plain_addresses(report,
												   &rule->to);
	const bool in = rule->direction == DIRECTION_IN, out = rule->direction == DIRECTION_OUT;

	row->cells[REPORT_DIRECTION] = direction_text(rule->direction);
	row->cells[REPORT_SOURCE] = from != NULL ? written_addresses(report, &rule->from, from)
				    : out        ? "this host"
						 : "any";
	row->cells[REPORT_DESTINATION] = to != NULL ? written_addresses(report, &rule->to, to)
					 : in       ? "this host"
						    : "any";
	row->cells[REPORT_SOURCE_ADDRESSES] = from != NULL ? from : out ? NULL : "any";
	row->cells[REPORT_DESTINATION_ADDRESSES] = to != NULL ? to : in ? NULL : "any";
	row->cells[REPORT_SOURCE_NAME] = out ? host : NULL;
	row->cells[REPORT_DESTINATION_NAME] = in ? host : NULL;
}

static const char *boundary_title(const struct report *report, struct span number)
{
	for (size_t i = 0; i < report->boundary_count; i++) {
		if (span_is(number, report->boundaries[i].number))
			return report->boundaries[i].title;
	}
	return NULL;
}

/* "9; 12" becomes "9. Enclave GW to Enclave DMZ (In); 12. ..."; what is no number of the list stays as it
 * is. */
static const char *boundary_cell(struct report *report, const char *written)
{
	struct buffer text = buffer_new(CELL_LIMIT);
	const char *at = written;

	if (written == NULL)
		return NULL;
	for (size_t parts = 0; *at != '\0' && parts < LIST_LIMIT; parts++) {
		const size_t length = strcspn(at, ";,");
		size_t end = length;
		const char *title;

		while (end > 0 && at[end - 1] == ' ')
			end--;
		title = boundary_title(report, span_of(at, end));
		if (title == NULL) {
			buffer_free(&text);
			return written;
		}
		buffer_format(&text, "%s%.*s. %s", parts > 0 ? "; " : "", (int)end, at, title);
		at += length;
		at += strspn(at, ";, ");
	}
	return report_keep(report, &text);
}

static const char *date_cell(struct report *report, int32_t day)
{
	char text[DATE_TEXT];

	return day != DATE_NONE ? arena_text(report->arena, date_text(day, text)) : NULL;
}

static void document_cells(struct report *report, struct report_row *row, const struct rule *rule)
{
	row->cells[REPORT_ID] = rule->id;
	row->cells[REPORT_VERDICT] = verdict_text(rule->verdict);
	if (rule->service != NULL)
		row->cells[REPORT_SERVICE] = rule->service;
	row->cells[REPORT_BOUNDARY] = boundary_cell(report, rule->boundary);
	row->cells[REPORT_DATA] = rule->data;
	row->cells[REPORT_PURPOSE] = rule->because;
	row->cells[REPORT_OWNER] = rule->owner;
	row->cells[REPORT_APPROVER] = rule->approved;
	row->cells[REPORT_APPROVED_ON] = date_cell(report, rule->approved_on);
	row->cells[REPORT_REVIEW] = date_cell(report, rule->review);
	row->cells[REPORT_UNTIL] = date_cell(report, rule->until);
	row->cells[REPORT_MITIGATION] = rule->mitigation;
	row->cells[REPORT_PROCESS] = rule->by;
	row->cells[REPORT_PLACE] = arena_format(report->arena, "%s:%u", rule->place.file, rule->place.line);
}

static bool add_rule(struct report *report, const struct rule *rule)
{
	for (size_t d = 0; d < rule->door_count; d++) {
		const struct door *const door = &rule->doors[d];

		for (size_t m = 0; m < door->match_count; m++) {
			const struct match *const match = &door->matches[m];
			struct report_row *const row = report_add_row(report);

			if (row == NULL)
				return false;
			report_port_cells(report, row, match->transport, match->first, match->last);
			protocol_cells(report, row, door, match);
			party_cells(report, row, rule);
			document_cells(report, row, rule);
			report_observe_rule(report, row, rule, door, match);
			report->states[row->state]++;
		}
	}
	return true;
}

bool report_fill(struct report *report)
{
	const struct policy *const policy = report->audit->policy;

	for (size_t r = 0; policy != NULL && r < policy->rule_count; r++) {
		if (!add_rule(report, &policy->rules[r]))
			return false;
	}
	for (size_t d = 0; d < report->audit->door_count; d++) {
		if (!report_add_undocumented(report, &report->audit->doors[d]))
			return false;
	}
	return true;
}
