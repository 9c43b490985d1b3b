/* doorward attempts: packets that rules with `log` decided, as they come, with who stands at this host's end.
 */
#include "output/attempts.h"
#include "base/clock.h"
#include "cmd/command.h"
#include "cmd/ending.h"
#include "cmd/traffic.h"
#include "firewall/firewall.h"
#include "output/sink.h"

#include <stdlib.h>

enum {
	WAIT_MS = 200,
	PATIENCE_MS = 5000,
	FRESH_MS = 1000, /* how old what is known of the host's sockets may be */
	LINK_IP = 101,   /* LINKTYPE_RAW: packets without a link's header */
	LINE_MOST = 16 * 1024,
	MEMORY = 64 << 20,
	SEVERITY_REFUSED = 4, /* of syslog: warning */
	SEVERITY_PASSED = 6,
	SEVERITY_NOTICE = 5,
};

struct following {
	const struct invocation *invocation;
	struct packet_log *log;
	struct sink *sink;
	struct buffer line;
	struct host host; /* owned, when `known_ms` is not 0 */
	int64_t known_ms, end_ms;
	bool json;
	uint64_t left; /* of --count */
	uint64_t told, others, lost_told, left_behind;
};

/* ---- whose it is ---- */

/* Sockets are read anew when an attempt comes and what is known has aged. */
static void know_host(struct following *f)
{
	static const struct host_options asked = { .details = true };
	const int64_t now = clock_monotonic_ms();

	if (f->known_ms != 0 && now - f->known_ms < FRESH_MS)
		return;
	if (f->known_ms != 0)
		host_free(&f->host);
	f->known_ms = 0;
	if (host_read(&f->host, &asked, NULL))
		f->known_ms = clock_monotonic_ms();
	else
		host_free(&f->host);
}

static bool is_own(const struct host *host, const struct address *address)
{
	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *const interface = &host->interfaces[i];

		for (size_t a = 0; a < interface->address_count && interface->space == 0; a++) {
			if (address_compare(&interface->addresses[a], address) == 0 ||
			    (interface->loopback && address_in(address, &interface->networks[a])))
				return true;
		}
	}
	return false;
}

/* In the order in which a packet finds its hook: what leaves by no interface came in. */
static enum direction direction_of(const struct following *f, const struct attempt *a)
{
	if (a->record->in == 0)
		return DIRECTION_OUT;
	return a->packet->cast != CAST_UNICAST || is_own(&f->host, &a->packet->destination)
		       ? DIRECTION_IN
		       : DIRECTION_THROUGH;
}

static const char *interface_name(const struct host *host, uint32_t index)
{
	for (size_t i = 0; index != 0 && i < host->interface_count; i++) {
		if (host->interfaces[i].space == 0 && host->interfaces[i].index == index)
			return host->interfaces[i].name;
	}
	return NULL;
}

static bool is_at(const struct host_socket *socket, const struct packet *p, enum direction direction)
{
	const struct address *const here = direction == DIRECTION_IN ? &p->destination : &p->source;
	const uint16_t port = direction == DIRECTION_IN ? p->destination_port : p->source_port;
	const bool any = address_is_unspecified(&socket->local);

	return socket->space == 0 && socket->family == SOCKET_INET && !socket->raw &&
	       socket->transport == p->transport && socket->local_port == port &&
	       (any ? !address_is_v4(here) || !socket->v6_only : address_compare(&socket->local, here) == 0);
}

/* The socket at this host's end: of what leaves the one that sends, of what comes the door. */
static const struct host_socket *socket_of(const struct following *f, const struct attempt *a)
{
	const struct host_socket *found = NULL;

	for (size_t i = 0; i < f->host.socket_count; i++) {
		const struct host_socket *const socket = &f->host.sockets[i];

		if (!is_at(socket, a->packet, a->direction))
			continue;
		if ((socket->kind == SOCKET_ACTIVE) == (a->direction == DIRECTION_OUT))
			return socket;
		found = socket;
	}
	return found;
}

static void find_local(struct following *f, struct attempt *a)
{
	const struct transport *const transport = catalog_transport(a->packet->transport);
	const struct host_socket *socket = NULL;

	if (f->known_ms == 0)
		return;
	if (a->direction != DIRECTION_THROUGH && transport != NULL && transport->has_ports &&
	    !a->packet->fragment)
		socket = socket_of(f, a);
	if (socket != NULL) {
		a->local = host_holder(&f->host, socket);
		a->unit = a->local != NULL && a->local->unit != NULL ? a->local->unit
								     : host_socket_unit(&f->host, socket);
	}
	if (a->local != NULL)
		a->user = host_user(&f->host, a->local->uid);
	else if (a->record->has_uid)
		a->user = host_user(&f->host, a->record->uid);
}

/* ---- one attempt ---- */

static const struct protocol *first_words(const struct packet *p)
{
	bool more;

	if (span_left(p->payload) == 0 || p->fragment)
		return NULL;
	return protocol_recognise(p->payload, SIDE_CLIENT, p->transport, NULL, &more);
}

static void tell(struct following *f, const struct attempt *a)
{
	const bool passes = span_is(a->word, "allow") || span_begins(a->word, "would-");

	buffer_clear(&f->line);
	if (f->json)
		attempt_event(&f->line, a);
	else
		attempt_line(&f->line, a);
	if (!f->line.failed)
		sink_write(f->sink, buffer_read(&f->line), passes ? SEVERITY_PASSED : SEVERITY_REFUSED);
	f->told++;
	f->left--;
}

static void take_record(void *context, const struct log_record *record)
{
	struct following *const f = context;
	struct attempt attempt = { .record = record };
	struct packets packets;

	if (f->left == 0)
		return;
	if (!attempt_prefix(record->prefix, &attempt.word, &attempt.rule)) {
		f->others++;
		return;
	}
	packet_decode(&packets, LINK_IP, record->payload, (uint32_t)span_left(record->payload));
	if (packets.count == 0) {
		f->others++;
		return;
	}
	know_host(f);
	attempt.packet = &packets.list[0];
	attempt.direction = direction_of(f, &attempt);
	attempt.in = interface_name(&f->host, record->in);
	attempt.out = interface_name(&f->host, record->out);
	attempt.protocol = first_words(attempt.packet);
	find_local(f, &attempt);
	tell(f, &attempt);
}

/* ---- following ---- */

static uint64_t suppressed_now(struct arena *arena)
{
	struct attempts attempts;

	return firewall_attempts(arena, &attempts, NULL) ? attempts.suppressed : 0;
}

static bool is_over(const struct following *f)
{
	return ending_asked() || f->left == 0 || (f->end_ms != 0 && clock_monotonic_ms() >= f->end_ms);
}

/* Loss is said when it happens, once for what was lost since the last time. */
static void tell_loss(struct following *f)
{
	const uint64_t lost = packet_log_lost(f->log);

	if (lost > f->lost_told)
		fprintf(stderr, "doorward attempts: %llu attempts came too fast and were lost\n",
			(unsigned long long)(lost - f->lost_told));
	f->lost_told = lost;
}

static bool follow_all(struct following *f, struct error *err)
{
	int64_t said_ms = clock_monotonic_ms();

	while (!is_over(f)) {
		struct error problem;

		if (!packet_log_read(f->log, WAIT_MS, take_record, f, err))
			return false;
		if (!sink_flush(f->sink, &problem) && clock_monotonic_ms() - said_ms >= FRESH_MS) {
			command_trouble(f->invocation, &problem);
			said_ms = clock_monotonic_ms();
		}
		if (clock_monotonic_ms() - said_ms >= FRESH_MS) {
			tell_loss(f);
			said_ms = clock_monotonic_ms();
		}
	}
	return true;
}

static void leave_behind(void *context, const struct log_record *record)
{
	struct following *const f = context;

	(void)record;
	f->left_behind++;
}

/* What was handed over before the end is told while there is time; the rest is counted as lost. */
static void read_rest(struct following *f)
{
	const int64_t end_ms = clock_monotonic_ms() + PATIENCE_MS;
	uint64_t before = UINT64_MAX;

	while (before != f->told + f->others + f->left_behind) {
		before = f->told + f->others + f->left_behind;
		if (!packet_log_read(f->log, 0, clock_monotonic_ms() < end_ms ? take_record : leave_behind, f,
				     NULL))
			return;
	}
}

/* The end: how many there were, and what is missing. */
static int finish(struct following *f, uint64_t suppressed, const char *where)
{
	const struct attempts none = { 0 };
	const struct attempts_view view = { .attempts = &none,
					    .followed = true,
					    .told = f->told,
					    .lost = packet_log_lost(f->log) + f->left_behind,
					    .failed = sink_failed(f->sink),
					    .others = f->others,
					    .suppressed = suppressed };
	const bool lost_more = packet_log_lost_more(f->log);
	const int status = view.lost > 0 || view.failed > 0 || lost_more ? STATUS_INCOMPLETE : STATUS_AGREES;
	struct error err;
	struct out out;

	(void)sink_flush(f->sink, NULL);
	if (lost_more)
		fputs("doorward attempts: more were lost behind the last one: their number would come with a "
		      "further one\n",
		      stderr);
	if (strcmp(where, "-") != 0 || !out_open(&out, f->json, f->invocation->colour)) {
		fprintf(stderr,
			"doorward attempts: %llu told, %llu suppressed, %llu lost, %llu not delivered\n",
			(unsigned long long)view.told, (unsigned long long)view.suppressed,
			(unsigned long long)view.lost, (unsigned long long)view.failed);
		return status;
	}
	out.format->attempts(&out, &view);
	return out_close(&out, &err) ? status : command_trouble(f->invocation, &err);
}

static bool read_limits(struct following *f, struct error *err)
{
	size_t count = SIZE_MAX, seconds = 0;

	if (!traffic_option_number(f->invocation, "count", 1, SIZE_MAX, &count, err) ||
	    !traffic_option_number(f->invocation, "duration", 1, INT32_MAX, &seconds, err))
		return false;
	f->left = count;
	f->end_ms = seconds > 0 ? clock_monotonic_ms() + (int64_t)seconds * 1000 : 0;
	return true;
}

static int follow(const struct invocation *invocation)
{
	const char *const to = invocation_value(invocation, "to"), *const where = to != NULL ? to : "-";
	struct following f = { .invocation = invocation,
			       .line = buffer_new(LINE_MOST),
			       .json = invocation->json || strcmp(where, "-") != 0 };
	struct arena *const arena = arena_new(MEMORY);
	struct error err;
	uint64_t before = 0;
	int status;

	ending_heed();
	if (arena == NULL)
		error_memory(&err);
	if (arena != NULL && read_limits(&f, &err) && (f.sink = sink_open(where, &err)) != NULL &&
	    (f.log = packet_log_open(FIREWALL_LOG_GROUP, &err)) != NULL) {
		before = suppressed_now(arena);
		status = STATUS_TROUBLE;
		if (follow_all(&f, &err)) {
			read_rest(&f);
			status = finish(&f, suppressed_now(arena) - before, where);
		} else {
			command_trouble(invocation, &err);
		}
	} else {
		status = command_trouble(invocation, &err);
	}
	packet_log_close(f.log);
	sink_close(f.sink);
	if (f.known_ms != 0)
		host_free(&f.host);
	buffer_free(&f.line);
	arena_free(arena);
	return status;
}

/* ---- what was counted ---- */

static int show_counted(const struct invocation *invocation)
{
	struct arena *const arena = arena_new(MEMORY);
	struct attempts attempts;
	const struct attempts_view view = { .attempts = &attempts };
	struct error err;
	struct out out;
	bool good;

	if (arena == NULL)
		error_memory(&err);
	good = arena != NULL && firewall_attempts(arena, &attempts, &err);
	if (good && !out_open(&out, invocation->json, invocation->colour))
		good = error_memory(&err);
	else if (good)
		out.format->attempts(&out, &view);
	if (good)
		good = out_close(&out, &err);
	arena_free(arena);
	return good ? STATUS_AGREES : command_trouble(invocation, &err);
}

static int run(const struct invocation *invocation)
{
	static const char *const of_following[] = { "to", "count", "duration" };

	if (invocation_has(invocation, "follow"))
		return follow(invocation);
	for (size_t i = 0; i < sizeof(of_following) / sizeof(of_following[0]); i++) {
		if (invocation_has(invocation, of_following[i]))
			return command_usage(invocation, "--%s belongs to --follow", of_following[i]);
	}
	return show_counted(invocation);
}

static const struct command_option options[] = {
	{ .letter = 'f', .name = "follow", .help = "show attempts as they come, until interrupted" },
	{ .name = "to",
	  .argument = "WHERE",
	  .help = "send events to: -, file:PATH, syslog, syslog:HOW:WHERE, journal" },
	{ .letter = 'c', .name = "count", .argument = "N", .help = "end after N attempts" },
	{ .name = "duration", .argument = "SECONDS", .help = "end after so long" },
	{ 0 },
};

const struct command command_attempts = {
	.name = "attempts",
	.summary = "packets that rules of the policy have logged: who tried what",
	.description =
		"Shows for each rule that logs how many packets it decided, how many of them were logged and "
		"how many the limit of the log suppressed. "
		"With --follow each logged packet comes as an attempt: the rule and its verdict, both ends, "
		"interfaces, the process and user at this host's end, "
		"and what is spoken, where its first words tell. "
		"They can go to a file, to syslog (RFC 5424; syslog:unix:PATH, syslog:udp:HOST:PORT, and so "
		"for tcp and tls) or to the journal. "
		"What is suppressed, and what the kernel could not hand over, is counted. "
		"Exit status: 0, 2 for trouble, 3 when attempts were lost or not delivered.",
	.options = options,
	.run = run,
};
