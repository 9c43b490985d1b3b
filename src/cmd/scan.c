/* doorward scan: which doors of hosts answer, and what stands behind them. Doors that are found open are
 * asked while others are still looked for. */
#include "base/clock.h"
#include "base/draft.h"
#include "catalog/catalog.h"
#include "cmd/command.h"
#include "cmd/gather.h"
#include "cmd/scan_diff.h"
#include "cmd/scan_hosts.h"
#include "cmd/scan_judge.h"
#include "cmd/scan_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	ASKED_AT_ONCE = 512, /* doors; others wait */
	ASKED_IN_PUBLIC = 32,
	DOOR_MS = 5000,
	QUEUE_MOST = 2048, /* doors over UDP that wait to be asked */
	WAIT_MS = 20,
	PROGRESS_MS = 250,
	DATAGRAM_PASSES = 2,
	WITH_DISCOVERY = 1 << 16, /* beside the transport, in what tells scans apart */
};

static volatile sig_atomic_t asked_to_end;

static void ask_to_end(int number)
{
	(void)number;
	asked_to_end = 1;
}

struct scan {
	const struct invocation *invocation;
	struct out outs[2]; /* the screen, and the file of --save */
	size_t out_count;
	struct draft save;
	struct targets targets;          /* that were asked for */
	struct targets kept;             /* of them those that are there */
	const struct targets *looked_at; /* one of the two */
	struct span
		alive; /* with discovery: a bit for each target; lives in `search`, or where a scan goes on */
	struct host_search search;
	struct ports ports;
	struct reach *reach;       /* owned; over TCP */
	struct knocking *knocking; /* owned */
	struct judge judge;
	struct keeper keeper;
	struct error trouble; /* of what goes on beside: a state that cannot be written */
	bool in_trouble;
	uint64_t next;     /* over UDP: the next of all doors */
	uint8_t *answered; /* owned; over UDP: a bit for each door */
	uint64_t doors;
	int64_t begun_ms, end_ms, shown_ms;
	bool is_watched; /* somebody sees stderr */
	uint64_t rate;
	bool no_knock;
	bool is_public; /* some of the targets are */
	struct scan_view view;
};

/* ---- what is to be looked at ---- */

static bool read_number(const struct invocation *invocation, const char *name, uint64_t most, uint64_t *value,
			struct error *err)
{
	const char *const text = invocation_value(invocation, name);

	if (text == NULL)
		return true;
	return (span_number(span_text(text), most, value) && *value > 0) ||
	       error_set(err, "--%s: '%s' is no number from 1 to %llu", name, text, (unsigned long long)most);
}

static bool read_ports(struct scan *scan, struct error *err)
{
	const char *const text = invocation_value(scan->invocation, "ports");
	struct error reason;

	if (text == NULL && scan->view.transport == TRANSPORT_UDP)
		return ports_known(&scan->ports, TRANSPORT_UDP, err);
	if (ports_parse(&scan->ports, span_text(text != NULL ? text : "-"), scan->view.transport, &reason))
		return true;
	return error_set(err, "--ports: %s", reason.text);
}

static bool read_targets(struct scan *scan, struct error *err)
{
	const struct invocation *const invocation = scan->invocation;
	const char *const file = invocation_value(invocation, "targets");
	const struct targets_range *in_public;
	char text[ADDRESS_RANGE_TEXT];

	for (size_t i = 0; i < invocation->argument_count; i++)
		if (!targets_add(&scan->targets, invocation->arguments[i], err))
			return false;
	if (file != NULL && !targets_add_file(&scan->targets, file, err))
		return false;
	targets_sort(&scan->targets);
	if (scan->targets.count == 0)
		return error_set(err, "no target is named");
	in_public = targets_public(&scan->targets);
	scan->is_public = in_public != NULL;
	if (in_public != NULL && invocation_has(invocation, "public"))
		fprintf(stderr,
			"doorward scan: public addresses: %llu doors of %u hosts are asked, several times "
			"where they "
			"do not answer; what is open is asked what it speaks, in harmless requests without "
			"login\n",
			(unsigned long long)scan->targets.count * scan->ports.count,
			(unsigned)scan->targets.count);
	if (in_public == NULL || invocation_has(invocation, "public"))
		return true;
	return error_set(
		err,
		"%s is public. Requests to %llu doors would be sent to hosts that may be others'; if "
		"they are yours, say --public",
		address_range_text(&in_public->range, text),
		(unsigned long long)scan->targets.count * scan->ports.count);
}

/* A network namespace by its name, as `ip netns` has it, or by its path. */
static bool enter_namespace(const char *name, struct error *err)
{
	char path[PATH_MAX];
	int fd;
	bool entered;

	(void)snprintf(path, sizeof(path), "%s%s", strchr(name, '/') != NULL ? "" : "/run/netns/", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	entered = fd >= 0 && setns(fd, CLONE_NEWNET) == 0;
	if (!entered)
		error_system(err, errno, "--from: cannot enter the network namespace %s", name);
	if (fd >= 0)
		(void)close(fd);
	return entered;
}

/* ---- results ---- */

static void count_weaknesses(struct scan *scan, const struct answer *answer)
{
	scan->view.weaknesses += answer->weakness_count;
}

/* Over UDP a door is open when it has answered, and only then. */
static bool is_open(const struct scan *scan, const struct knock_result *result)
{
	return scan->view.transport == TRANSPORT_TCP || result->outcome == KNOCK_IDENTIFIED ||
	       result->outcome == KNOCK_UNKNOWN;
}

/* What somebody on the way refuses is filtered. Whoever was silent may be asked again. */
static void count_datagram_door(struct scan *scan, const struct knock_door *door,
				const struct knock_result *result)
{
	uint32_t host, port;

	if (is_open(scan, result)) {
		scan->view.open++;
	} else {
		keeper_take_back(&scan->keeper, door->tag);
		scan->view.closed += result->outcome == KNOCK_REFUSED;
		scan->view.filtered += result->outcome == KNOCK_UNREACHED;
		if (result->outcome == KNOCK_REFUSED)
			judge_refused(&scan->judge, door);
		else if (result->outcome != KNOCK_UNREACHED)
			return;
	}
	if (targets_find(scan->looked_at, &door->address, &host) &&
	    ports_find(&scan->ports, door->port, &port)) {
		const uint64_t number = (uint64_t)host * scan->ports.count + port;

		scan->answered[number / 8] |= (uint8_t)(1u << number % 8);
	}
}

static void clear_progress(const struct scan *scan);

static void hear_service(void *context, const struct knock_door *door, const struct knock_result *result)
{
	struct scan *const scan = context;
	struct service_view view = { door, result, scan->targets.count > 1, NULL };

	if (scan->view.transport == TRANSPORT_UDP)
		count_datagram_door(scan, door, result);
	if (!is_open(scan, result))
		return;
	scan->view.identified += result->outcome == KNOCK_IDENTIFIED;
	count_weaknesses(scan, &result->tls);
	count_weaknesses(scan, &result->answer);
	view.audit = judge_door(&scan->judge, door, result);
	clear_progress(scan);
	for (size_t i = 0; i < scan->out_count; i++)
		scan->outs[i].format->service(&scan->outs[i], &view);
}

/* False without memory. */
static bool ask_what_it_speaks(struct scan *scan, uint64_t number)
{
	struct knock_door door = { .transport = (uint16_t)scan->view.transport };

	reach_nth(scan->looked_at, &scan->ports, number, &door.address, &door.interface, &door.port);
	door.tag = keeper_add(&scan->keeper, number);
	return knocking_add(scan->knocking, &door);
}

/* A door that is open, and is not asked anything. */
static void tell_open(struct scan *scan, const struct reach_door *found)
{
	const struct knock_result result = { .outcome = KNOCK_NOT_ASKED,
					     .problem = "open; nobody asked (--no-knock)" };
	const struct knock_door door = { .address = found->address,
					 .interface = found->interface,
					 .transport = TRANSPORT_TCP,
					 .port = found->port };

	(void)keeper_add(&scan->keeper, found->number);
	hear_service(scan, &door, &result);
}

static void hear_door(void *context, const struct reach_door *found)
{
	struct scan *const scan = context;

	if (found->state != REACH_OPEN)
		return;
	if (scan->no_knock)
		tell_open(scan, found);
	else
		(void)ask_what_it_speaks(scan, found->number);
}

/* ---- going on ---- */

static bool all_have_answered(const struct scan *scan)
{
	return scan->view.open + scan->view.closed + scan->view.filtered >= scan->doors;
}

/* All doors of all hosts over UDP, a queue at a time; then those without an answer once more. */
static void add_datagram_doors(struct scan *scan)
{
	while (scan->next < scan->doors && knocking_left(scan->knocking) < QUEUE_MOST) {
		const bool known = (scan->answered[scan->next / 8] >> scan->next % 8 & 1) != 0;

		if (!known && !ask_what_it_speaks(scan, scan->next))
			return;
		scan->next++;
	}
	if (scan->next == scan->doors && knocking_left(scan->knocking) == 0 && !all_have_answered(scan) &&
	    scan->view.passes < DATAGRAM_PASSES) {
		scan->view.passes++;
		scan->next = 0;
	}
}

/* Writes where the scan stands. */
static void keep_place(struct scan *scan)
{
	struct resume now = { .next = scan->next, .alive = scan->alive };

	if (scan->reach != NULL)
		now.reach = reach_place(scan->reach);
	if (scan->view.transport == TRANSPORT_UDP) {
		now.closed = scan->view.closed;
		now.filtered = scan->view.filtered;
		now.reach.bits = span_of(scan->answered, scan->doors / 8 + 1);
		now.reach.pass = scan->view.passes;
		now.refused = span_of(scan->judge.refused, sizeof(scan->judge.refused));
	}
	scan->in_trouble = !keeper_write(&scan->keeper, &now, &scan->trouble);
}

static bool take_datagram_place(struct scan *scan, const struct resume *from)
{
	const size_t length = scan->doors / 8 + 1;

	if (span_left(from->refused) != sizeof(scan->judge.refused) ||
	    span_left(from->reach.bits) != length || from->reach.pass > DATAGRAM_PASSES)
		return false;
	memcpy(scan->judge.refused, from->refused.at, sizeof(scan->judge.refused));
	memcpy(scan->answered, from->reach.bits.at, length);
	scan->view.passes = from->reach.pass;
	return true;
}

/* A door that was found before. */
static bool take_door(struct scan *scan, uint64_t number)
{
	struct reach_door found = { .state = REACH_OPEN, .number = number };

	if (!scan->no_knock)
		return ask_what_it_speaks(scan, number);
	reach_nth(scan->looked_at, &scan->ports, number, &found.address, &found.interface, &found.port);
	tell_open(scan, &found);
	return true;
}

/* Goes on where an interrupted scan stood. */
static bool take_place(struct scan *scan, struct error *err)
{
	const struct resume *const from = &scan->keeper.from;
	const size_t found = span_left(from->found) / sizeof(uint32_t);
	bool good = scan->reach == NULL || reach_go_on(scan->reach, &from->reach);

	good = good && from->next <= scan->doors;
	if (scan->view.transport == TRANSPORT_UDP && good)
		good = take_datagram_place(scan, from);
	scan->next = from->next;
	scan->view.closed = from->closed;
	scan->view.filtered = from->filtered;
	for (size_t i = 0; i < found && good; i++)
		good = resume_found(from, i) < scan->doors && take_door(scan, resume_found(from, i));
	return good || error_set(err, "%s: this is no scan that was interrupted", scan->keeper.path);
}

static bool is_looking(const struct scan *scan)
{
	if (scan->reach != NULL)
		return !reach_ended(scan->reach);
	return scan->next < scan->doors || (scan->doors > 0 && scan->view.transport == TRANSPORT_UDP &&
					    scan->view.passes < DATAGRAM_PASSES && !all_have_answered(scan));
}

static void clear_progress(const struct scan *scan)
{
	if (scan->shown_ms > 0)
		fputs("\r\033[K", stderr);
}

static bool is_over(const struct scan *scan)
{
	return asked_to_end || scan->in_trouble || clock_monotonic_ms() >= scan->end_ms;
}

/* Of what is looked for: doors, or hosts. */
static void show_progress(struct scan *scan, const struct reach *reach, const char *what)
{
	const int64_t now = clock_monotonic_ms();
	const struct reach_counts counts = reach != NULL ? reach_counts(reach) : (struct reach_counts){ 0 };
	const uint64_t all = reach != NULL ? counts.doors : scan->doors;
	const uint64_t done = reach != NULL ? counts.doors - counts.left : scan->next;

	if (!scan->is_watched || all == 0 || now - scan->shown_ms < PROGRESS_MS)
		return;
	scan->shown_ms = now;
	fprintf(stderr, "\r\033[Klooking: %3u%% of %llu %s, pass %u", (unsigned)(done * 100 / all),
		(unsigned long long)all, what, reach != NULL ? counts.pass : 1);
	if (reach != NULL && counts.left > 0 && counts.pace > 0)
		fprintf(stderr, ", %.0f s left", (double)counts.left / counts.pace);
	if (scan->knocking != NULL)
		fprintf(stderr, "; asking %zu", knocking_left(scan->knocking));
}

static void wait_for_either(const struct scan *scan)
{
	struct pollfd ready[2] = { { .fd = knocking_descriptor(scan->knocking), .events = POLLIN } };
	const bool looking = scan->reach != NULL && is_looking(scan);

	if (looking)
		ready[1] = (struct pollfd){ .fd = reach_descriptor(scan->reach), .events = POLLIN };
	(void)poll(ready, looking ? 2 : 1, looking ? 1 : WAIT_MS);
}

static void go_on(struct scan *scan)
{
	while (!is_over(scan) && (is_looking(scan) || knocking_left(scan->knocking) > 0)) {
		if (scan->reach != NULL)
			reach_turn(scan->reach, 0);
		else
			add_datagram_doors(scan);
		knocking_turn(scan->knocking, 0);
		show_progress(scan, scan->reach, "doors");
		if (keeper_is_due(&scan->keeper))
			keep_place(scan);
		wait_for_either(scan);
	}
	clear_progress(scan);
	scan->view.incomplete = scan->view.incomplete || is_looking(scan) ||
				knocking_left(scan->knocking) > 0;
	if (!scan->view.incomplete)
		keeper_done(&scan->keeper);
	else if (scan->keeper.path != NULL && !scan->in_trouble)
		keep_place(scan);
}

/* ---- the command ---- */

static struct reach_options options_of(struct scan *scan)
{
	return (struct reach_options){ .targets = scan->looked_at,
				       .ports = &scan->ports,
				       .seed = scan->keeper.seed,
				       .rate = (unsigned)scan->rate,
				       .connect = invocation_has(scan->invocation, "connect"),
				       .context = scan,
				       .answered = hear_door };
}

/* ---- who is there ---- */

static void hear_host(void *context, const struct reach_door *host)
{
	struct scan *const scan = context;

	scan->view.hosts_seen++;
	clear_progress(scan);
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
	while (!is_over(scan) && !reach_ended(reach)) {
		reach_turn(reach, WAIT_MS);
		show_progress(scan, reach, "hosts");
	}
	clear_progress(scan);
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
	const struct knock_limits limits = { .door_ms = DOOR_MS,
					     .doors = scan->is_public ? ASKED_IN_PUBLIC : ASKED_AT_ONCE };
	const struct reach_options options = options_of(scan);

	scan->doors = (uint64_t)scan->looked_at->count * scan->ports.count;
	if (scan->doors > KEEPER_DOORS_MOST)
		return error_set(err, "more than %d doors are not asked in one go", KEEPER_DOORS_MOST);
	scan->knocking = knocking_new(&limits, hear_service, scan, err);
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
	return !scan->keeper.there || take_place(scan, err);
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

	if (!read_number(invocation, "rate", 10000000, &scan->rate, err) ||
	    !read_number(invocation, "max-time", 1000000, &seconds, err))
		return false;
	scan->view.transport = invocation_has(invocation, "udp") ? TRANSPORT_UDP : TRANSPORT_TCP;
	scan->no_knock = invocation_has(invocation, "no-knock");
	if (scan->no_knock && scan->view.transport == TRANSPORT_UDP)
		return error_set(err, "--no-knock: over UDP only who is asked shows that he is there");
	scan->view.words = invocation->argument_count == 1 ? invocation->arguments[0] : "these hosts";
	scan->begun_ms = clock_monotonic_ms();
	scan->end_ms = seconds > 0 ? scan->begun_ms + (int64_t)seconds * 1000 : INT64_MAX;
	if (from != NULL && !enter_namespace(from, err))
		return false;
	if (!read_ports(scan, err) || !read_targets(scan, err) || !open_judge(scan, err) ||
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

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = ask_to_end };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
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
	go_on(scan);
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
		catch_signals();
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
