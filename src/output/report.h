/* output/report.h: the documented ports, protocols and services of a host, for an auditor. One row for each
 * rule and door, one for each open door that no rule documents; beside each what was observed, and whether
 * the two agree. Which columns there are is data: see data/columns/ and doc/catalogue.md. */
#ifndef OUTPUT_REPORT_H
#define OUTPUT_REPORT_H

#include "audit/audit.h"
#include "output/output.h"

/* What a column can show. The names in data/columns are those of report_field_names. */
enum report_field {
	REPORT_NOTHING, /* "-": for people to fill in */
	REPORT_NUMBER,
	REPORT_ID,
	REPORT_VERDICT,
	REPORT_SERVICE,
	REPORT_PROTOCOL,
	REPORT_DATA_SERVICE, /* the protocol in capitals; nothing for a transport without ports */
	REPORT_TRANSPORT,
	REPORT_PORT, /* "443", "8000-8010"; nothing for a transport without ports */
	REPORT_LOW_PORT,
	REPORT_HIGH_PORT,
	REPORT_DIRECTION,
	REPORT_SOURCE, /* as written */
	REPORT_DESTINATION,
	REPORT_SOURCE_NAME, /* this host's name where it is the source */
	REPORT_SOURCE_ADDRESSES,
	REPORT_DESTINATION_NAME,
	REPORT_DESTINATION_ADDRESSES,
	REPORT_BOUNDARY,
	REPORT_DATA,
	REPORT_PURPOSE,
	REPORT_OWNER,
	REPORT_APPROVER,
	REPORT_APPROVED_ON,
	REPORT_REVIEW,
	REPORT_UNTIL,
	REPORT_MITIGATION,
	REPORT_INSECURE, /* "yes", "no" or "depends", by what is known of the protocol */
	REPORT_TUNNEL,
	REPORT_TUNNEL_TYPE,
	REPORT_PROCESS,
	REPORT_OBSERVED,
	REPORT_STATUS,
	REPORT_PLACE, /* where the rule is written */
	REPORT_FIELDS
};
extern const char *const report_field_names[REPORT_FIELDS];

/* How documented and observed agree; each is also a colour. */
enum report_state {
	REPORTED_DOCUMENTED, /* nothing to compare: outbound, without ports, or denied and not open */
	REPORTED_OPEN,
	REPORTED_NOT_OPEN,
	REPORTED_WRONG, /* another protocol or process, wider than documented, denied but open, past its end
			 */
	REPORTED_UNDOCUMENTED,
	REPORTED_ACCEPTED,
	REPORT_STATES
};

struct report_row {
	const char *cells[REPORT_FIELDS]; /* NULL: nothing is known or said */
	enum report_state state;
};

struct report_column {
	const char *heading;
	enum report_field field;
};

struct report_boundary {
	const char *number, *title;
};

/* A file that the policy was read from. */
struct report_source {
	const char *path;
	char sha256[65];
};

struct report {
	struct arena *arena; /* borrowed: holds all that is below */
	const struct audit *audit;
	const char *version; /* of this program */
	bool knocked;
	int64_t made_us;
	struct report_source *sources;
	struct report_column *columns;
	struct report_boundary *boundaries;
	struct report_row *rows;
	size_t source_count, column_count, boundary_count, row_count, row_capacity;
	size_t states[REPORT_STATES]; /* rows in each */
	size_t elsewhere; /* open doors in other network namespaces, of which the policy does not speak */
};

/* Reads the columns, or the boundaries, of a set that is built in ("default", "ppsm", "pci"; "boundaries")
 * or, if there is none of that name, of a file. False with file, line and reason. */
bool report_read_columns(struct report *report, const char *name, struct error *err);
bool report_read_boundaries(struct report *report, const char *name, struct error *err);

/* Fills the rows from the audit. False without memory. */
bool report_fill(struct report *report);

/* The ways to write it, sorted by name, ending with a NULL name. */
struct report_format {
	const char *name;
	void (*write)(struct out *out, const struct report *report);
};
extern const struct report_format report_formats[];

void report_csv(struct out *out, const struct report *report);
void report_html(struct out *out, const struct report *report);
void report_json(struct out *out, const struct report *report);
void report_markdown(struct out *out, const struct report *report);

/* A row's cell of a column: never NULL, "-" where there is nothing. */
const char *report_cell(const struct report_row *row, const struct report_column *column);

/* What the reader of every format needs to know beside the table. */
/* The host that the policy names as its own, else what this one is called. */
const char *report_host(const struct report *report);
extern const char report_editions[];
const char *report_state_text(enum report_state state);

#endif
