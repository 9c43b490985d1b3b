#include "cmd/traffic.h"
#include "base/suggest.h"
#include "cmd/gather.h"
#include "cmd/surroundings.h"
#include "protocols/protocols.h"

#include <stdlib.h>

enum { SESSION_MEMORY = 1 << 30, USUAL_TOP = 100, LINES_KEPT = 1 << 16 };

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

static bool read_number(const struct invocation *invocation, const char *name, uint64_t least, uint64_t most,
			size_t *value, struct error *err)
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
		return error_set(err, "--door: '%s' is more than a door; one is written tcp/443, dns/53, icmp", text);
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

static bool read_policy(struct traffic_session *session, struct error *err)
{
	const char *const path = invocation_value(session->invocation, "policy");
	struct diagnostics *const diagnostics = diagnostics_new(session->arena);

	if (diagnostics == NULL)
		return error_memory(err);
	if (path == NULL && invocation_has(session->invocation, "host"))
		return error_set(err, "--host says whom a policy is about: give the policy as well, with -P FILE");
	if (path == NULL)
		return true;
	session->policy = policy_read(session->arena, path, diagnostics);
	return session->policy != NULL ? add_hosts(session, err) : policy_refused(diagnostics, path, err);
}

/* ---- what listens ---- */

static bool is_wanted(const struct traffic_session *session, const struct flow *flow)
{
	const bool icmp = flow->transport == TRANSPORT_ICMP || flow->transport == TRANSPORT_ICMPV6;
	const uint16_t port = flow->ports[icmp ? 0 : 1];
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

/* Where the next line goes. */
static struct buffer *next_line(struct traffic_sink *sink, const struct flow *flow)
{
	(void)flow;
	return &sink->session->out.buffer;
}

static void hear_end(void *context, const struct flow *flow, enum flow_reason reason, uint64_t frame)
{
	struct traffic_sink *const sink = context;
	const struct traffic_session *const session = sink->session;

	(void)frame;
	if (!is_wanted(session, flow))
		return;
	traffic_flow(sink->traffic, flow);
	if (session->only_stats)
		return;
	if (session->invocation->json)
		flow_event(&sink->events, next_line(sink, flow), flow, reason);
	else if (session->flows_shown)
		flow_line(&sink->events, next_line(sink, flow), flow);
}

static void hear_message(void *context, const struct flow *flow, const struct flow_message *message,
			 int64_t time_ns, uint64_t frame)
{
	struct traffic_sink *const sink = context;

	(void)frame;
	if (is_wanted(sink->session, flow))
		message_event(&sink->events, next_line(sink, flow), flow, message, time_ns);
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

static struct traffic_sink *sink_new(struct traffic_session *session, struct error *err)
{
	const struct traffic_options options = { .policy = session->policy, .around = &session->around };
	struct traffic_sink *const sink = calloc(1, sizeof(*sink));

	if (sink == NULL) {
		error_memory(err);
		return NULL;
	}
	sink->session = session;
	sink->traffic = traffic_new(&options, err);
	if (sink->traffic == NULL) {
		free(sink);
		return NULL;
	}
	return sink;
}

/* ---- the session ---- */

static bool start_engine(struct traffic_session *session, struct error *err)
{
	const bool events = session->invocation->json && !session->only_stats;
	const char *const memory = invocation_value(session->invocation, "memory");
	struct engine_options options = { .limits = { .timeouts = flow_timeouts_usual } };
	const struct flow_listener listener = {
		.context = session->sink,
		.message = events ? hear_message : NULL,
		.weakness = hear_weakness,
		.software = hear_software,
		.ended = hear_end,
	};

	if (memory != NULL && !parse_size(memory, &options.limits.memory))
		return error_set(err, "--memory: '%s' is no size such as 512M or 4G", memory);
	session->engine = engine_new(&options, &listener, err);
	return session->engine != NULL;
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
	};
	if (session->arena == NULL || !out_open(&session->out, invocation->json, invocation->colour))
		return error_memory(err);
	session->out_is_open = true;
	if (!read_number(invocation, "top", 0, UINT32_MAX, &session->top, err) ||
	    !read_protocol(session, err) || !read_door(session, err) || !read_policy(session, err))
		return false;
	session->sink = sink_new(session, err);
	if (session->sink == NULL || !start_engine(session, err))
		return false;
	if (session->flows_shown && !invocation->json)
		buffer_text(&session->out.buffer, flow_line_titles);
	return true;
}

void traffic_session_close(struct traffic_session *session)
{
	struct error err;

	engine_free(session->engine);
	if (session->sink != NULL)
		traffic_free(session->sink->traffic);
	free(session->sink);
	if (session->out_is_open)
		out_close(&session->out, &err);
	arena_free(session->arena);
}

void traffic_session_read(struct traffic_session *session, const struct frame *frames, size_t count)
{
	uint64_t numbers[CAPTURE_BATCH] = { 0 };

	for (size_t i = 0; i < count; i++)
		numbers[i] = ++session->frames;
	engine_read(session->engine, frames, numbers, count);
	if (count > 0 && frames[count - 1].time_ns / 1000000000 != session->expired_s) {
		session->expired_s = frames[count - 1].time_ns / 1000000000;
		engine_expire(session->engine, frames[count - 1].time_ns, session->frames);
	}
	if (session->out.buffer.length >= LINES_KEPT)
		out_flush(&session->out);
}

void traffic_session_pause(struct traffic_session *session)
{
	out_flush(&session->out);
	fflush(session->out.screen.file);
}

static void finish(struct traffic_session *session)
{
	enum { PORTION = 1024 };

	for (uint64_t before = PORTION; engine_finish(session->engine, before); before += PORTION) {
		if (session->out.buffer.length >= LINES_KEPT)
			out_flush(&session->out);
	}
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
		.host = session->policy != NULL ? session->host : NULL,
		.doors = !session->flows_shown,
		.only_stats = session->only_stats,
		.top = session->top,
	};
	struct error err;

	finish(session);
	view.counts = engine_counts(session->engine);
	view.summary = traffic_summary(session->sink->traffic, session->out.arena);
	if (view.summary == NULL) {
		error_memory(&err);
		return command_trouble(session->invocation, &err);
	}
	view.exit_status = status_of(&view, session->out.arena);
	session->out.format->traffic(&session->out, &view);
	session->out_is_open = false;
	if (!out_close(&session->out, &err))
		return command_trouble(session->invocation, &err);
	return view.exit_status;
}
