/* output/scan.h: what a scan found: a service as it comes, and the sums at the end. */
#ifndef OUTPUT_SCAN_H
#define OUTPUT_SCAN_H

#include "audit/audit.h"
#include "output/output.h"
#include "scan/knock.h"
#include "scan/reach.h"

/* What is looked at. */
struct scan_beginning {
	const struct targets *targets;
	const struct ports *ports;
	unsigned transport;
};

struct service_view {
	const struct knock_door *door;
	const struct knock_result *result;
	bool several;              /* hosts are scanned, so that each line names its own */
	const struct audit *audit; /* of this door alone; NULL where all are judged together at the end */
};

/* How often something was found. What its finding says of a single door is left out. */
struct scan_tally {
	struct finding finding;
	uint64_t doors;
};

struct scan_view {
	const char *words; /* what was looked at, for people */
	unsigned transport;
	uint64_t hosts, ports;                   /* that were asked for */
	bool discovery;                          /* it was looked first which hosts are there */
	uint64_t hosts_seen;                     /* that answered then */
	uint64_t looked_at;                      /* hosts whose doors were looked for */
	uint64_t open, closed, filtered, silent; /* doors */
	uint64_t identified;
	uint64_t weaknesses;
	uint64_t asked; /* packets or connections that looked for doors; 0 over UDP */
	uint64_t late;  /* doors that answered only when they were asked again */
	unsigned passes;
	bool half_open;
	bool incomplete;                  /* the time was up before all was asked */
	const struct audit *audit;        /* of the host, with a policy; else NULL */
	const struct scan_tally *tallies; /* without one, the worst first */
	size_t tally_count;
	int64_t ms;
	int exit_status;
};

void service_text(struct out *out, const struct service_view *view);
void service_json(struct out *out, const struct service_view *view);
/* A host that is there. */
void host_text(struct out *out, const struct reach_door *host);
void host_json(struct out *out, const struct reach_door *host);
void scan_text(struct out *out, const struct scan_view *view);
void scan_json(struct out *out, const struct scan_view *view);

/* What is looked at; for people the titles of the lines. */
void scan_begin_text(struct out *out, const struct scan_beginning *beginning);
void scan_begin_json(struct out *out, const struct scan_beginning *beginning);

#endif
