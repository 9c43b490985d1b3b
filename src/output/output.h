/* output.h: what people and programs see. One subject, one function; one table of functions for text and one
 * for JSON events, chosen once when the command starts. A command gathers and hands over; it does not know
 * the format. Data goes to stdout, everything else to stderr.
 *
 * Each subject has a file of its own in this folder, which holds its text and its JSON side by side. */
#ifndef OUTPUT_OUTPUT_H
#define OUTPUT_OUTPUT_H

#include "base/error.h"
#include "base/json.h"
#include "base/table.h"

struct audit;
struct diagnostics;
struct difference;      /* output/difference.h */
struct difference_sums; /* output/difference.h */
struct finding;
struct enforcement_view; /* output/enforcement.h */
struct explanation;      /* output/explain.h */
struct live_connections; /* output/enforcement.h */
struct plan_view;        /* output/plan.h */
struct policy;
struct reach_door;     /* scan/reach.h */
struct scan_beginning; /* output/scan.h */
struct scan_view;      /* output/scan.h */
struct service_view;   /* output/scan.h */
struct socket_list;    /* output/sockets.h */
struct standing_view;  /* firewall/enforce.h */
struct state;          /* firewall/state.h */
struct traffic_view;   /* output/traffic.h */
struct verdict_view;   /* output/verdict.h */

/* Where one command's output goes. */
struct out {
	const struct output *format; /* output_text or output_json */
	struct screen screen;
	struct arena *arena; /* owned: tables and texts until out_close() */
	struct buffer
		buffer;  /* owned: JSON lines on their way to the file, written when large and at the end */
	size_t subjects; /* shown so far, where text parts them by an empty line */
};

/* What `check` shows: the audit, and how it was come by. */
struct check_view {
	const struct audit *audit;
	bool knocked;
	size_t knock_count; /* addresses that were knocked at */
	int64_t knock_ms;
	const char *filter_problem; /* why the packet filter could not be judged, or NULL */
	int exit_status;
};

/* A subject is one line here, one function in each of the two tables, and one file. */
struct attempts_view;
struct hardening_view;
struct output {
	const char *name;
	void (*attempts)(struct out *out, const struct attempts_view *view);
	void (*check)(struct out *out, const struct check_view *view);
	void (*diagnostics)(struct out *out, const struct diagnostics *diagnostics);
	void (*difference)(struct out *out, const struct difference *difference);
	void (*difference_sums)(struct out *out, const struct difference_sums *sums);
	void (*enforcement)(struct out *out, const struct enforcement_view *view);
	void (*explanation)(struct out *out, const struct explanation *explanation);
	void (*hardening)(struct out *out, const struct hardening_view *view);
	void (*history)(struct out *out, const struct state *state);
	void (*host)(struct out *out, const struct reach_door *host);
	void (*live)(struct out *out, const struct live_connections *live);
	void (*normal_form)(struct out *out, const struct policy *policy, struct span text);
	void (*plan)(struct out *out, const struct plan_view *view);
	void (*scan)(struct out *out, const struct scan_view *view);
	void (*scan_begin)(struct out *out, const struct scan_beginning *beginning);
	void (*service)(struct out *out, const struct service_view *view);
	void (*sockets)(struct out *out, const struct socket_list *list);
	void (*standing)(struct out *out, const struct standing_view *view);
	void (*traffic)(struct out *out, const struct traffic_view *view);
	void (*traffic_finding)(struct out *out, const struct audit *audit, const struct finding *finding);
	void (*verdict)(struct out *out, const struct verdict_view *view);
};
extern const struct output output_text, output_json;

/* Opens stdout. False without memory. */
bool out_open(struct out *out, bool json, enum colour_choice colour);

/* The same for events that go to a file of the caller's, who closes it. */
bool out_open_file(struct out *out, FILE *file);

/* Writes what is left. False if any of it could not be written or memory ran out. */
bool out_close(struct out *out, struct error *err);

/* Hands what the buffer holds to the file: for those who write into it what is no event. */
void out_flush(struct out *out);

/* Writes finished lines behind what the buffer holds: large ones pass it by. */
void out_write(struct out *out, struct span lines);

/* Begins an event with its timestamp and type: {"timestamp":...,"event_type":type ; event_end() closes it and
 * ends the line. Between the two the caller writes its fields. */
struct json event_begin(struct out *out, const char *type);
void event_end(struct out *out, struct json *json);

/* The same for many events of one moment, whose text clock_text() made once. */
struct json event_begin_at(struct out *out, const char *when, const char *type);

/* The keys that EVE gives to the end points and the transport: src_ip, src_port, dest_ip, dest_port, proto in
 * upper case. A NULL address leaves its keys out; a transport without ports has no port keys. */
struct address;
void event_source(struct json *json, const struct address *address, bool ports, uint16_t port);
void event_destination(struct json *json, const struct address *address, bool ports, uint16_t port);
void event_transport(struct json *json, unsigned transport);

/* What a server told of itself, as an object of texts. */
struct answer;
void event_facts(struct json *json, const char *key, const struct answer *answer);

/* References parted by "; ", as findings have them, as an array. */
void event_references(struct json *json, const char *references);

/* Errors and remarks about a policy as text, wherever they belong: a command that was asked for something
 * else shows them on stderr. */
void diagnostics_print(const struct screen *screen, const struct diagnostics *diagnostics);

#endif
