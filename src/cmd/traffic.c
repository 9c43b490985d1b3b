#include "cmd/traffic.h"
#include "base/file.h"
#include "base/suggest.h"
#include "cmd/gather.h"
#include "cmd/host_names.h"
#include "cmd/surroundings.h"
#include "packet/ipsec.h"
#include "protocols/protocols.h"

#include <stdlib.h>

enum { SESSION_MEMORY = 1 << 30, USUAL_TOP = 100 };

/* ---- options ---- */

/* "512M", "4G", "1073741824". */
static bool parse_size(const char *text, size_t *ret_size)
{
	static const char units[] = "kMGT";
	struct span digits = span_text(text);
	const char *const unit = span_left(digits) > 1 ? strchr(units, digits.end[-1]) : NULL;
	const unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
	uint64_t number;

	if (unit != NULL)
		digits.end--;
	if (!span_number(digits, SIZE_MAX >> shift, &number) || number == 0)
		return false;
	*ret_size = (size_t)number << shift;
	return true;
}

bool traffic_option_number(const struct invocation *invocation, const char *name, uint64_t least,
			   uint64_t most, size_t *value, struct error *err)
{
	const char *const text = invocation_value(invocation, name);
	uint64_t number;

	if (text == NULL)
		return true;
	if (!span_number(span_text(text), most, &number) || number < least)
		return error_set(err, "--%s: '%s' is no number from %llu to %llu", name, text,
				 (unsigned long long)least, (unsigned long long)most);
	*value = (size_t)number;
	return true;
}

bool traffic_option_size(const struct invocation *invocation, const char *name, uint64_t least, uint64_t most,
			 size_t *value, struct error *err)
{
	const char *const text = invocation_value(invocation, name);
	size_t size;

	if (text == NULL)
		return true;
	if (!parse_size(text, &size))
		return error_set(err, "--%s: '%s' is no size such as 512M or 4G", name, text);
	if (size < least || size > most)
		return error_set(err, "--%s: '%s' is not from %llu to %llu", name, text,
				 (unsigned long long)least, (unsigned long long)most);
	*value = size;
	return true;
}

/* What no flow can speak is refused: a word that is mistyped would show an empty list. */
static bool read_protocol(struct traffic_session *session, struct error *err)
{
	const char *const name = invocation_value(session->invocation, "protocol");
	struct suggestion near = { .typed = name };
	const struct protocol *protocol;

	session->protocol = name;
	if (name == NULL || strcmp(name, "unknown") == 0 || strcmp(name, "none") == 0 ||
	    protocol_named(span_text(name)) != NULL || catalog_transport_named(span_text(name)) != NULL)
		return true;
	for (size_t n = 0; (protocol = protocol_nth(n)) != NULL; n++)
		suggest_offer(&near, protocol->name);
	if (near.best != NULL)
		return error_set(err, "there is no protocol '%s'; did you mean '%s'?", name, near.best);
	return error_set(err, "there is no protocol '%s'", name);
}

static bool read_door(struct traffic_session *session, struct error *err)
{
	const char *const text = invocation_value(session->invocation, "door");
	struct diagnostics *const diagnostics = diagnostics_new(session->arena);

	if (text == NULL)
		return true;
	if (diagnostics == NULL)
		return error_memory(err);
	session->doors = question_parse(session->arena, text, &session->door_count, diagnostics);
	if (session->doors == NULL)
		return error_set(err, "--door: %s",
				 diagnostics->count > 0 ? diagnostics->list[0].text : "out of memory");
	if (session->doors[0].has_source || session->doors[0].has_destination ||
	    session->doors[0].interface != NULL)
		return error_set(
			err, "--door: '%s' is more than a door; one is written tcp/443, dns/53, icmp", text);
	return true;
}

static bool read_anycast(struct traffic_session *session, struct error *err)
{
	struct address_range *const ranges = arena_array(session->arena, COMMAND_OPTION_USES,
							 sizeof(*ranges));
	const char *text, *reason;

	if (ranges == NULL)
		return error_memory(err);
	session->anycast = ranges;
	while ((text = invocation_nth(session->invocation, "anycast", session->anycast_count)) != NULL)
		if (!address_range_parse(span_text(text), &ranges[session->anycast_count++], &reason))
			return error_set(err, "--anycast: '%s': %s", text, reason);
	return true;
}

/* ---- the policy, and whom it is about ---- */

static bool add_hosts(struct traffic_session *session, struct error *err)
{
	const struct invocation *const invocation = session->invocation;
	struct address_range *const self = arena_array(session->arena, COMMAND_OPTION_USES, sizeof(*self));
	const char *text, *words = NULL;
	size_t count = 0;

	if (self == NULL)
		return error_memory(err);
	while ((text = invocation_nth(invocation, "host", count)) != NULL) {
		if (!address_parse(span_text(text), &self[count].first))
			return error_set(err, "--host: '%s' is no address", text);
		self[count].last = self[count].first;
		words = words == NULL ? text : arena_format(session->arena, "%s, %s", words, text);
		count++;
	}
	session->around = surroundings_of_host(session->arena);
	session->host = "this host";
	if (count == 0)
		return true;
	session->host = words;
	session->around = (struct surroundings){ .self = self,
						 .self_count = count,
						 .today = session->around.today };
	return true;
}

static void on_key_error(void *context, const struct error *err)
{
	(void)command_trouble(context, err);
}

static bool read_keys(struct traffic_session *session, struct engine_options *options, struct error *err)
{
	options->key_error = on_key_error;
	options->key_error_context = (void *)session->invocation;
	options->keys_path = invocation_value(session->invocation, "keys");
	return options->keys_path == NULL ||
	       file_read(session->arena, options->keys_path, IPSEC_KEYS_LIMIT, &options->keys, err);
}

static bool read_policy(struct traffic_session *session, struct error *err)
{
	const char *const path = invocation_value(session->invocation, "policy");
	struct diagnostics *const diagnostics = diagnostics_new(session->arena);

	if (diagnostics == NULL)
		return error_memory(err);
	if (path == NULL && invocation_has(session->invocation, "host"))
		return error_set(err,
				 "--host says whom a policy is about: give the policy as well, with -P FILE");
	if (path == NULL)
		return true;
	session->policy = policy_read(session->arena, path, host_names_lookup(session->arena, NULL),
				      diagnostics);
	if (session->policy == NULL)
		return policy_refused(diagnostics, path, err);
	if (!add_hosts(session, err))
		return false;
	session->decider = decider_new(session->policy, &session->around, err);
	return session->decider != NULL;
}

/* ---- what listens ---- */

static bool is_wanted(const struct traffic_session *session, const struct flow *flow)
{
	const uint16_t port = flow_door_number(flow);
	const char *const turned = flow_turned_into(flow);
	bool wanted = session->door_count == 0;

	if (session->protocol != NULL && strcmp(session->protocol, flow_app_proto(flow)) != 0 &&
	    (turned == NULL || strcmp(session->protocol, turned) != 0))
		return false;
	for (size_t i = 0; i < session->door_count && !wanted; i++) {
		const struct match *const door = &session->doors[i].door;

		wanted = (door->transport == flow->transport || door->transport == TRANSPORT_ANY) &&
			 door->first <= port && port <= door->last;
	}
	return wanted;
}

static void hear_end(void *context, const struct flow *flow, enum flow_reason reason, uint64_t frame)
{
	struct traffic_sink *const sink = context;
	const struct traffic_session *const session = sink->session;

	if (worker_log_ends_later(sink->log, flow, reason, frame) || !is_wanted(session, flow))
		return;
	traffic_flow(sink->traffic, flow);
	if (session->only_stats)
		return;
	if (session->invocation->json) {
		flow_event(sink->events, worker_log_entry(sink->log, flow), flow, reason);
		worker_log_names(sink->log, flow, EVENT_ENDING);
	} else if (session->flows_shown)
		flow_line(&sink->times, worker_log_entry(sink->log, flow), flow);
}

static void hear_announced(void *context, const struct flow *flow, const struct expectation *what,
			   int64_t time_ns)
{
	const struct traffic_sink *const sink = context;

	worker_log_announced(sink->log, flow, what, time_ns);
}

static void hear_message(void *context, const struct flow *flow, const struct flow_message *message,
			 int64_t time_ns, uint64_t frame)
{
	struct traffic_sink *const sink = context;

	(void)frame;
	if (is_wanted(sink->session, flow)) {
		message_event(sink->events, worker_log_entry(sink->log, flow), flow, message, time_ns);
		if (message->memo != NULL)
			worker_log_remember(sink->log, flow, message->memo, EVENT_ENDING);
	} else if (message->memo != NULL) {
		worker_log_remember(sink->log, flow, message->memo, 0);
	}
}

static void hear_remembered(void *context, const struct flow *flow, const struct parse_memo *memo)
{
	const struct traffic_sink *const sink = context;

	worker_log_remember(sink->log, flow, memo, 0);
}

/* It belongs to no flow, and so no choice of doors holds it. */
static void hear_frame(void *context, const struct packets *packets, const struct flow_message *message,
		       int64_t time_ns, uint64_t frame)
{
	struct traffic_sink *const sink = context;
	const struct traffic_session *const session = sink->session;

	(void)frame;
	if (session->door_count == 0 &&
	    (session->protocol == NULL || strcmp(session->protocol, message->type) == 0))
		frame_event(sink->events, worker_log_entry(sink->log, NULL), packets, message, time_ns);
}

static void hear_weakness(void *context, const struct flow *flow, const struct weakness *weakness,
			  const char *evidence, int64_t time_ns, uint64_t frame)
{
	struct traffic_sink *const sink = context;

	if (is_wanted(sink->session, flow))
		traffic_weakness(sink->traffic, flow, weakness, evidence, time_ns, frame);
}

static void hear_software(void *context, const struct flow *flow, enum side side, struct span product,
			  struct span version)
{
	struct traffic_sink *const sink = context;

	if (is_wanted(sink->session, flow))
		traffic_software(sink->traffic, flow, side, product, version);
}

static void listen_to(void *context, unsigned nth, struct worker_log *log, struct flow_listener *ret_listener)
{
	struct traffic_session *const session = context;
	const bool judged = !session->only_stats; /* else nobody need read what is said */
	const bool events = session->invocation->json && judged;

	session->sinks[nth].log = log;
	*ret_listener = (struct flow_listener){
		.context = &session->sinks[nth],
		.message = events ? hear_message : NULL,
		.frame_message = events ? hear_frame : NULL,
		.weakness = judged ? hear_weakness : NULL,
		.software = judged ? hear_software : NULL,
		.ended = hear_end,
		.announced = hear_announced,
		.remembered = judged ? hear_remembered : NULL,
	};
}

static void name_ends(void *context, const struct name *const names[2], struct buffer *into)
{
	(void)context;
	flow_names(into, names);
}

static void write_told(void *context, struct span entries)
{
	struct traffic_session *const session = context;

	out_write(&session->out, entries);
}

/* ---- the session ---- */

static bool make_sinks(struct traffic_session *session, const struct workers_options *workers,
		       struct error *err)
{
	const struct traffic_options options = { .policy = session->policy,
						 .decider = session->decider,
						 .around = &session->around,
						 .only_totals = session->only_stats &&
								session->policy == NULL };

	session->sink_count = workers_listeners(workers);
	session->sinks = calloc(session->sink_count, sizeof(*session->sinks));
	if (session->sinks == NULL)
		return error_memory(err);
	for (size_t i = 0; i < session->sink_count; i++) {
		session->sinks[i].session = session;
		session->sinks[i].traffic = traffic_new(&options);
		session->sinks[i].events = flow_events_new(session->anycast, session->anycast_count);
		if (session->sinks[i].traffic == NULL || session->sinks[i].events == NULL)
			return error_memory(err);
	}
	return true;
}

static bool read_engine_options(struct traffic_session *session, struct error *err)
{
	session->engine.limits.timeouts = flow_timeouts_usual;
	session->engine.checksums = invocation_has(session->invocation, "checksums");
	return traffic_option_size(session->invocation, "memory", 1, SIZE_MAX, &session->engine.limits.memory,
				   err) &&
	       read_keys(session, &session->engine, err);
}

bool traffic_session_start(struct traffic_session *session, struct error *err)
{
	const struct workers_options options = {
		.engine = session->engine,
		.count = (unsigned)session->worker_count,
		.copies = session->copies,
		.context = session,
		.listen = listen_to,
		.told = write_told,
		.named = name_ends,
	};

	if (make_sinks(session, &options, err))
		session->workers = workers_new(&options, err);
	return session->workers != NULL;
}

bool traffic_session_open(struct traffic_session *session, const struct invocation *invocation,
			  struct error *err)
{
	*session = (struct traffic_session){
		.invocation = invocation,
		.arena = arena_new(SESSION_MEMORY),
		.flows_shown = invocation_has(invocation, "flows"),
		.only_stats = invocation_has(invocation, "stats"),
		.top = USUAL_TOP,
		.worker_count = 1,
	};
	if (session->arena == NULL || !out_open(&session->out, invocation->json, invocation->colour))
		return error_memory(err);
	session->out_is_open = true;
	if (!traffic_option_number(invocation, "top", 0, UINT32_MAX, &session->top, err) ||
	    !traffic_option_number(invocation, "workers", 1, WORKERS_MOST, &session->worker_count, err) ||
	    !read_protocol(session, err) || !read_door(session, err) || !read_anycast(session, err) ||
	    !read_policy(session, err))
		return false;
	if (!read_engine_options(session, err))
		return false;
	if (session->flows_shown && !invocation->json)
		buffer_text(&session->out.buffer, flow_line_titles);
	return true;
}

void traffic_session_close(struct traffic_session *session)
{
	struct error err;

	workers_free(session->workers);
	for (size_t i = 0; session->sinks != NULL && i < session->sink_count; i++) {
		traffic_free(session->sinks[i].traffic);
		flow_events_free(session->sinks[i].events);
	}
	free(session->sinks);
	decider_free(session->decider);
	if (session->out_is_open)
		out_close(&session->out, &err);
	arena_free(session->arena);
}

void traffic_session_read(struct traffic_session *session, const struct frame *frames, size_t count)
{
	workers_read(session->workers, frames, count);
}

void traffic_session_tick(struct traffic_session *session, int64_t now_ns)
{
	workers_tick(session->workers, now_ns);
}

void traffic_session_pause(struct traffic_session *session)
{
	(void)workers_flush(session->workers);
	out_flush(&session->out);
	fflush(session->out.screen.file);
}

/* Ends all flows, and puts together what the workers have. */
static struct traffic_summary *sum_up(struct traffic_session *session, struct error *err)
{
	struct traffic_summary *summary;

	if (!workers_finish(session->workers)) {
		error_memory(err);
		return NULL;
	}
	session->counts = workers_counts(session->workers);
	for (size_t i = 1; i < session->sink_count; i++)
		traffic_merge(session->sinks[0].traffic, session->sinks[i].traffic);
	summary = traffic_summary(session->sinks[0].traffic, session->out.arena);
	if (summary == NULL)
		error_memory(err);
	return summary;
}

static int status_of(const struct traffic_view *view, struct arena *arena)
{
	const char **sentences;

	if (audit_counting(view->summary->audit) > 0)
		return STATUS_FINDINGS;
	return traffic_incomplete(view, arena, &sentences) > 0 ? STATUS_INCOMPLETE : STATUS_AGREES;
}

int traffic_session_end(struct traffic_session *session, const struct traffic_input *input)
{
	struct traffic_view view = {
		.files = input->files,
		.file_count = input->file_count,
		.unopened = input->unopened,
		.unopened_count = input->unopened_count,
		.kernel_dropped = input->kernel_dropped,
		.now_ns = input->now_ns,
		.host = session->policy != NULL ? session->host : NULL,
		.doors = !session->flows_shown,
		.only_stats = session->only_stats,
		.top = session->top,
	};
	struct error err;

	view.counts = &session->counts;
	view.memory = workers_memory(session->workers);
	view.summary = sum_up(session, &err);
	if (view.summary == NULL)
		return command_trouble(session->invocation, &err);
	view.exit_status = status_of(&view, session->out.arena);
	session->out.format->traffic(&session->out, &view);
	session->out_is_open = false;
	if (!out_close(&session->out, &err))
		return command_trouble(session->invocation, &err);
	return view.exit_status;
}
