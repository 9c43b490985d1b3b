/* doorward scan: which doors of hosts answer, and what stands behind them. Doors that are found open are
 * asked while others are still looked for. */
#include "base/clock.h"
#include "catalog/catalog.h"
#include "cmd/ending.h"
#include "cmd/gather.h"
#include "cmd/scan_diff.h"
#include "cmd/scan_look.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	ASKED_AT_ONCE = 512, /* doors; others wait */
	ASKED_IN_PUBLIC = 32,
	CONVERSATIONS_WITH_HOST = 2048,
	WITH_DISCOVERY = 1 << 16, /* beside the transport, in what tells scans apart */
};

static struct reach_options options_of(struct scan *scan)
{
	return (struct reach_options){ .targets = scan->looked_at,
				       .ports = &scan->ports,
				       .seed = scan->keeper.seed,
				       .rate = (unsigned)scan->rate,
				       .connect = invocation_has(scan->invocation, "connect"),
				       .context = scan,
				       .answered = scan_hear_door };
}

/* ---- who is there ---- */

static void hear_host(void *context, const struct reach_door *host)
{
	struct scan *const scan = context;

	scan->view.hosts_seen++;
	scan_clear_progress(scan);
	for (size_t i = 0; i < scan->out_count; i++)
		scan->outs[i].format->host(&scan->outs[i], host);
}

static bool search_hosts(struct scan *scan, struct error *err)
{
	const struct reach_options options = options_of(scan);
	struct reach *reach;

	if (!host_search_open(&scan->search, &scan->targets, &options, hear_host, scan, err))
		return false;
	reach = scan->search.reach;
	while (!scan_is_over(scan) && !reach_ended(reach)) {
		reach_turn(reach, SCAN_WAIT_MS);
		scan_show_progress(scan, reach, "hosts");
	}
	scan_clear_progress(scan);
	scan->view.incomplete = !reach_ended(reach);
	scan->alive = span_of(scan->search.alive, scan->search.alive_length);
	return true;
}

static bool wants_search(const struct scan *scan)
{
	return !invocation_has(scan->invocation, "no-discovery") &&
	       host_search_pays(&scan->targets, &scan->ports);
}

/* Who goes on need not look again. */
static bool find_hosts(struct scan *scan, struct error *err)
{
	scan->looked_at = &scan->targets;
	if (!wants_search(scan))
		return true;
	scan->view.discovery = true;
	if (scan->keeper.there && span_left(scan->keeper.from.alive) == scan->targets.count / 8 + 1)
		scan->alive = scan->keeper.from.alive;
	else if (!search_hosts(scan, err))
		return false;
	scan->looked_at = &scan->kept;
	return targets_keep(&scan->targets, scan->alive.at, &scan->kept, err);
}

static bool begin(struct scan *scan, struct error *err)
{
	const struct knock_limits limits = { .again = true,
					     .doors = scan->is_public ? ASKED_IN_PUBLIC : ASKED_AT_ONCE,
					     .per_host = scan->per_host > 0 ? (unsigned)scan->per_host
									    : CONVERSATIONS_WITH_HOST };
	const struct reach_options options = options_of(scan);

	scan->doors = (uint64_t)scan->looked_at->count * scan->ports.count;
	if (scan->doors > KEEPER_DOORS_MOST)
		return error_set(err, "more than %d doors are not asked in one go", KEEPER_DOORS_MOST);
	scan->knocking = knocking_new(&limits, scan_hear_service, scan, err);
	if (scan->knocking == NULL)
		return false;
	if (scan->view.transport == TRANSPORT_TCP && scan->doors > 0) {
		scan->reach = reach_new(&options, err);
		if (scan->reach == NULL)
			return false;
	}
	if (scan->view.transport == TRANSPORT_UDP) {
		scan->view.passes = 1;
		scan->answered = calloc(scan->doors / 8 + 1, 1);
		if (scan->answered == NULL)
			return error_memory(err);
	}
	return !scan->keeper.there || scan_take_place(scan, err);
}

static bool open_keeper(struct scan *scan, struct error *err)
{
	const unsigned flags = scan->view.transport | (wants_search(scan) ? WITH_DISCOVERY : 0);

	return keeper_open(&scan->keeper, invocation_value(scan->invocation, "resume"),
			   resume_scan(&scan->targets, &scan->ports, flags), err);
}

static bool open_outs(struct scan *scan, struct error *err)
{
	const char *const path = invocation_value(scan->invocation, "save");

	if (!out_open(&scan->outs[scan->out_count++], scan->invocation->json, scan->invocation->colour))
		return error_memory(err);
	if (path == NULL)
		return true;
	if (!draft_open(&scan->save, path, err))
		return false;
	return out_open_file(&scan->outs[scan->out_count++], scan->save.file) || error_memory(err);
}

/* False with words. What was saved takes its place when it is whole. */
static bool close_outs(struct scan *scan, bool whole, struct error *err)
{
	bool good = true;

	for (size_t i = 0; i < scan->out_count; i++)
		good = out_close(&scan->outs[i], good ? err : NULL) && good;
	if (scan->save.file != NULL && whole && good)
		return draft_keep(&scan->save, err);
	draft_drop(&scan->save);
	return good;
}

static bool open_judge(struct scan *scan, struct error *err)
{
	scan->judge = (struct judge){ .name = scan->view.words,
				      .targets = &scan->targets,
				      .ports = &scan->ports,
				      .transport = scan->view.transport };
	return judge_open(&scan->judge, invocation_value(scan->invocation, "policy"), err);
}

static bool prepare(struct scan *scan, struct error *err)
{
	const struct invocation *const invocation = scan->invocation;
	const char *const from = invocation_value(invocation, "from");
	uint64_t seconds = 0;

	if (!scan_read_number(invocation, "rate", 10000000, &scan->rate, err) ||
	    !scan_read_number(invocation, "per-host", 65536, &scan->per_host, err) ||
	    !scan_read_number(invocation, "max-time", 1000000, &seconds, err))
		return false;
	scan->view.transport = invocation_has(invocation, "udp") ? TRANSPORT_UDP : TRANSPORT_TCP;
	scan->no_knock = invocation_has(invocation, "no-knock");
	if (scan->no_knock && scan->view.transport == TRANSPORT_UDP)
		return error_set(err, "--no-knock: over UDP only who is asked shows that he is there");
	scan->view.words = invocation->argument_count == 1 ? invocation->arguments[0] : "these hosts";
	scan->begun_ms = clock_monotonic_ms();
	scan->end_ms = seconds > 0 ? scan->begun_ms + (int64_t)seconds * 1000 : INT64_MAX;
	if (from != NULL && !scan_enter_namespace(from, err))
		return false;
	if (!scan_read_ports(scan, err) || !scan_read_targets(scan, err) || !open_judge(scan, err) ||
	    !open_keeper(scan, err))
		return false;
	scan->is_watched = isatty(STDERR_FILENO);
	return open_outs(scan, err);
}

static void sum_up(struct scan *scan)
{
	struct scan_view *const view = &scan->view;
	struct reach_counts counts;

	view->hosts = scan->targets.count;
	view->looked_at = scan->looked_at->count;
	view->ports = scan->ports.count;
	view->ms = clock_monotonic_ms() - scan->begun_ms;
	if (view->transport == TRANSPORT_UDP)
		view->silent = scan->doors - view->open - view->closed - view->filtered;
	if (scan->reach != NULL) {
		counts = reach_counts(scan->reach);
		view->open = counts.answered[REACH_OPEN];
		view->closed = counts.answered[REACH_CLOSED];
		view->filtered = counts.answered[REACH_FILTERED];
		view->silent = counts.doors - view->open - view->closed - view->filtered;
		view->asked = counts.asked;
		view->passes = counts.pass;
		view->late = counts.late;
		view->half_open = reach_is_raw(scan->reach);
	}
}

/* False with words, where what was found cannot be judged. */
static bool judge(struct scan *scan, struct error *err)
{
	struct scan_view *const view = &scan->view;
	const bool any = judge_tallies(&scan->judge);

	view->tallies = scan->judge.tallies;
	view->tally_count = scan->judge.tally_count;
	view->exit_status = any ? STATUS_FINDINGS : view->incomplete ? STATUS_INCOMPLETE : STATUS_AGREES;
	if (scan->judge.policy == NULL)
		return true;
	scan->judge.complete = !view->incomplete;
	view->audit = judge_all(&scan->judge, err);
	if (view->audit == NULL)
		return false;
	view->exit_status = audit_status(view->audit);
	return true;
}

static int end(struct scan *scan)
{
	struct error err;

	sum_up(scan);
	if (scan->in_trouble)
		return command_trouble(scan->invocation, &scan->trouble);
	if (!judge(scan, &err))
		return command_trouble(scan->invocation, &err);
	for (size_t i = 0; i < scan->out_count; i++)
		scan->outs[i].format->scan(&scan->outs[i], &scan->view);
	return scan->view.exit_status;
}

static void tell_beginning(struct scan *scan)
{
	const struct scan_beginning beginning = { &scan->targets, &scan->ports, scan->view.transport };

	for (size_t i = 0; i < scan->out_count; i++)
		scan->outs[i].format->scan_begin(&scan->outs[i], &beginning);
}

static int look(struct scan *scan)
{
	struct error err;

	if (!find_hosts(scan, &err) || !begin(scan, &err))
		return command_trouble(scan->invocation, &err);
	scan_go_on(scan);
	return end(scan);
}

static int run(const struct invocation *invocation)
{
	struct scan scan = { .invocation = invocation };
	struct error err;
	int status;

	if (invocation_has(invocation, "diff"))
		return scan_diff(invocation);
	if (prepare(&scan, &err)) {
		ending_heed();
		tell_beginning(&scan);
		status = look(&scan);
	} else {
		status = command_trouble(invocation, &err);
	}
	knocking_free(scan.knocking);
	reach_free(scan.reach);
	if (!close_outs(&scan, status != STATUS_TROUBLE, &err))
		status = command_trouble(invocation, &err);
	judge_close(&scan.judge);
	keeper_close(&scan.keeper);
	ports_free(&scan.ports);
	host_search_close(&scan.search);
	free(scan.answered);
	targets_free(&scan.kept);
	targets_free(&scan.targets);
	return status;
}

static const struct command_option options[] = {
	{ .letter = 'P',
	  .name = "policy",
	  .argument = "FILE",
	  .help = "compare with this policy of the host",
	  .completes = COMPLETES_POLICY },
	{ .letter = 'p',
	  .name = "ports",
	  .argument = "PORTS",
	  .help = "only these: 22,80,8000-8100,https (default: all; over UDP known ones)" },
	{ .name = "udp", .help = "ask over UDP, each port in what is customary there" },
	{ .name = "targets",
	  .argument = "FILE",
	  .help = "more targets, a word each; - is standard input",
	  .completes = COMPLETES_FILE },
	{ .name = "rate", .argument = "N", .help = "look at no more than N doors a second" },
	{ .name = "per-host", .argument = "N", .help = "have no more than N conversations with one host" },
	{ .name = "connect", .help = "connect to doors even where half-open would be allowed" },
	{ .name = "max-time", .argument = "SECONDS", .help = "end then with what is known" },
	{ .name = "from", .argument = "NETNS", .help = "look from this network namespace" },
	{ .name = "no-knock", .help = "only look which doors are open, and ask nobody what it speaks" },
	{ .name = "no-discovery", .help = "look at all addresses, whether anybody answers there or not" },
	{ .name = "public", .help = "the targets may be public addresses" },
	{ .name = "save",
	  .argument = "FILE",
	  .help = "keep the events in this file",
	  .completes = COMPLETES_FILE },
	{ .name = "resume",
	  .argument = "FILE",
	  .help = "keep in this file where the scan stands, and go on there",
	  .completes = COMPLETES_FILE },
	{ .name = "diff", .help = "compare two files that --save has written: OLD NEW" },
	{ 0 },
};

extern const struct command command_scan;
const struct command command_scan = {
	.name = "scan",
	.arguments = "TARGET...",
	.summary = "which doors of hosts answer, what they speak, and who stands behind them",
	.description =
		"Looks which doors of hosts are open, and asks each what it speaks: protocol, product "
		"and version, whatever the port's number, and what is weak about it. A target is an "
		"address, a prefix, a range or a name. Results come as they are known. What does not "
		"answer is asked again; the pace follows the answers. Only harmless requests are sent: "
		"no login, no change, and never a word to printers and other doors that act on "
		"whatever they get. Public addresses are looked at with --public alone. As root doors "
		"are looked for half-open, else by connecting. With a policy the targets are the "
		"addresses of the host that it speaks of, and what differs from it is told at the "
		"end. Exit status: 0 no finding, 1 there are findings, 2 it could not be done, 3 no "
		"finding, but not all was asked.",
	.options = options,
	.most_arguments = 1024,
	.run = run,
};
