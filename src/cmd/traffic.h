/* cmd/traffic.h: what `read` and `watch` share: their options, the engine and what listens to it, and the
 * end: doors, findings, statistics and the exit status.
 *
 *     if (traffic_session_open(&session, invocation, &err) && traffic_session_start(&session, &err))
 *             while (frames come)
 *                     traffic_session_read(&session, frames, count);
 *     status = traffic_session_end(&session, &input);
 *     traffic_session_close(&session); */
#ifndef CMD_TRAFFIC_H
#define CMD_TRAFFIC_H

#include "cmd/command.h"
#include "flow/workers.h"
#include "output/flow_events.h"
#include "output/traffic.h"

/* The options of both, as members of a table of options. */
#define TRAFFIC_OPTIONS                                                                                      \
	{ .letter = 'P',                                                                                     \
	  .name = "policy",                                                                                  \
	  .argument = "FILE",                                                                                \
	  .help = "report what this policy does not expect",                                                 \
	  .completes = COMPLETES_POLICY },                                                                   \
		{ .name = "host",                                                                            \
		  .argument = "ADDRESS",                                                                     \
		  .help = "the host that the policy is about; may be repeated (default: this one)" },        \
		{ .letter = 'f',                                                                             \
		  .name = "filter",                                                                          \
		  .argument = "EXPRESSION",                                                                  \
		  .help = "only frames that match, as tcpdump writes it" },                                  \
		{ .name = "protocol",                                                                        \
		  .argument = "NAME",                                                                        \
		  .help = "only flows that speak it: ssh, dns, unknown, none",                               \
		  .completes = COMPLETES_SERVICE },                                                          \
		{ .letter = 'd',                                                                             \
		  .name = "door",                                                                            \
		  .argument = "DOOR",                                                                        \
		  .help = "only flows to it: tcp/443, dns/53, icmp" },                                       \
		{ .name = "flows", .help = "a line for each flow instead of the table of doors" },           \
		{ .name = "top", .argument = "N", .help = "show N doors (default: 100; 0: all)" },           \
		{ .name = "stats", .help = "only the statistics" },                                          \
		{ .name = "keys",                                                                            \
		  .argument = "FILE",                                                                        \
		  .help = "open IPsec with the keys of this file",                                           \
		  .completes = COMPLETES_FILE },                                                             \
		{ .name = "anycast",                                                                         \
		  .argument = "ADDRESSES",                                                                   \
		  .help = "an address, prefix or range that many hosts share; may be repeated" },            \
		{ .name = "checksums", .help = "verify the checksums of TCP, UDP and the like" },            \
		{ .name = "memory",                                                                          \
		  .argument = "SIZE",                                                                        \
		  .help = "at most this for flows: 512M, 4G (default: 1G)" },                                \
	{                                                                                                    \
		.name = "workers", .argument = "N", .help = "share the work among N threads (default: 1)"    \
	}

struct traffic_session;

/* What a session's listener writes to and adds to; one for each engine. */
struct traffic_sink {
	struct traffic_session *session;
	struct worker_log *log;
	struct flow_events *events; /* owned */
	struct clock_texts times;
	struct traffic *traffic; /* owned */
};

struct traffic_session {
	const struct invocation *invocation;
	struct arena *arena; /* owned: the policy, and what surrounds the host */
	struct out out;
	bool out_is_open, flows_shown, only_stats;
	const struct policy *policy; /* NULL without one */
	struct decider *decider;     /* owned; of the policy */
	struct surroundings around;
	const char *host;                    /* its addresses in words */
	const char *protocol;                /* only these flows; or NULL */
	const struct address_range *anycast; /* declared with --anycast */
	size_t anycast_count;
	const struct question *doors;
	size_t door_count;
	size_t top;
	size_t worker_count;
	bool copies; /* frames are good until traffic_session_read() returns; else until they have been read
		      */
	struct engine_options engine;
	struct workers *workers;    /* owned */
	struct traffic_sink *sinks; /* owned; one for each engine */
	size_t sink_count;
	struct engine_counts counts; /* at the end */
};

/* Where the frames came from, for the end. */
struct traffic_input {
	const struct capture_file **files;
	size_t file_count;
	const struct error *unopened;
	size_t unopened_count;
	uint64_t kernel_dropped;
	int64_t now_ns; /* of a watch; 0 of files */
};

/* Reads the options and the files that they name, and then makes the workers, which may be threads. False
 * with words; what was opened is given back by traffic_session_close() in any case. */
bool traffic_session_open(struct traffic_session *session, const struct invocation *invocation,
			  struct error *err);
bool traffic_session_start(struct traffic_session *session, struct error *err);
void traffic_session_close(struct traffic_session *session);

void traffic_session_read(struct traffic_session *session, const struct frame *frames, size_t count);

/* Time has come so far without frames, when watching: flows whose time is over end. */
void traffic_session_tick(struct traffic_session *session, int64_t now_ns);

/* Hands what was told so far to the output: where no more comes for a while. */
void traffic_session_pause(struct traffic_session *session);

/* Ends all flows, shows what came of them, and returns the exit status. */
int traffic_session_end(struct traffic_session *session, const struct traffic_input *input);

/* The value of an option: a number, or a size such as "512M". False with words where it is none, or out of
 * bounds; without the option *value stays. */
bool traffic_option_number(const struct invocation *invocation, const char *name, uint64_t least,
			   uint64_t most, size_t *value, struct error *err);
bool traffic_option_size(const struct invocation *invocation, const char *name, uint64_t least, uint64_t most,
			 size_t *value, struct error *err);

#endif
