/* sip_calls.c: calls of SIP from INVITE to BYE, RFC 3261 13 to 15. A BYE may come in another flow than the
 * INVITE, and so may answers: who was called, and since when they speak, is remembered beyond flows by the
 * Call-ID. */
#include "base/hash.h"
#include "protocols/lines.h"
#include "protocols/sip.h"

enum { CALLS_LIMIT = 1 << 14 };

struct step {
	uint64_t id;
	int64_t time_ns;
	bool begins, answers;
	char from[SIP_PARTY], to[SIP_PARTY];
};
_Static_assert(sizeof(struct step) <= MEMORY_RECORD, "a step fits into a record");

struct remembered {
	int64_t answered_ns; /* 0: not yet */
	char from[SIP_PARTY], to[SIP_PARTY];
};

static const struct memory_room calls_room = {
	.name = "calls",
	.key_size = sizeof(uint64_t),
	.value_size = sizeof(struct remembered),
	.limit = CALLS_LIMIT,
};

/* ---- beyond the flow ---- */

static struct step step_of(const struct parse *parse, const struct sip_message *message)
{
	struct step step = { .id = hash_bytes(message->call_id.at, span_left(message->call_id)) | 1,
			     .time_ns = parse->time_ns };

	span_copy_text(message->from, step.from, sizeof(step.from));
	span_copy_text(message->to, step.to, sizeof(step.to));
	return step;
}

/* Of a call that is not known from its beginning nobody can say since when they speak: an answer may be one
 * to a change of it. */
static void meet_step(struct memory *memory, const void *record, struct json *json)
{
	const struct step *const step = record;
	struct remembered *call = memory_find(memory, &calls_room, &step->id);

	(void)json;
	if (call == NULL && step->begins) {
		call = memory_put(memory, &calls_room, &step->id);
		if (call != NULL) {
			memcpy(call->from, step->from, sizeof(call->from));
			memcpy(call->to, step->to, sizeof(call->to));
		}
	}
	if (call != NULL && step->answers && call->answered_ns == 0)
		call->answered_ns = step->time_ns;
}

/* Who hangs up may be who was called. */
static void meet_end(struct memory *memory, const void *record, struct json *json)
{
	const struct step *const step = record;
	const struct remembered *const call = memory_find(memory, &calls_room, &step->id);

	if (json == NULL)
		return;
	emit_text(json, "from", call != NULL ? call->from : step->from);
	emit_text(json, "to", call != NULL ? call->to : step->to);
	if (call != NULL && call->answered_ns != 0 && step->time_ns >= call->answered_ns)
		json_number(json, "duration", (step->time_ns - call->answered_ns) / 1000000000);
}

static void remember(struct parse *parse, const struct sip_message *message, bool begins)
{
	struct step step = step_of(parse, message);

	step.begins = begins;
	step.answers = !begins;
	parse_remember(parse, &(struct parse_memo){ meet_step, &step, sizeof(step) });
}

/* ---- events ---- */

struct call_event {
	const char *what;
	const struct sip_call *call; /* NULL: memory says whose it was */
	struct span call_id;
	uint64_t code;
};

static void emit_call(const void *record, struct json *json)
{
	const struct call_event *const event = record;

	json_text(json, "event", event->what);
	json_span(json, "call_id", event->call_id);
	if (event->call != NULL) {
		emit_text(json, "from", event->call->from);
		emit_text(json, "to", event->call->to);
	}
	if (event->code > 0)
		json_unsigned(json, "code", event->code);
}

static void tell(struct parse *parse, const struct sip_call *call, const char *what,
		 const struct sip_message *message)
{
	parse_event_as(parse, "call", emit_call,
		       &(struct call_event){ what, call, message->call_id, message->code });
}

/* ---- in the flow ---- */

static struct sip_call *find(struct sip_calls *calls, uint64_t id)
{
	for (size_t i = 0; i < SIP_CALLS; i++)
		if (calls->list[i].id == id)
			return &calls->list[i];
	return NULL;
}

static struct sip_call *add(struct sip_calls *calls, uint64_t id, const struct sip_message *message)
{
	struct sip_call *const call = &calls->list[calls->next++ % SIP_CALLS];

	*call = (struct sip_call){ .id = id, .invite = message->sequence };
	span_copy_text(message->from, call->from, sizeof(call->from));
	span_copy_text(message->to, call->to, sizeof(call->to));
	return call;
}

static void begin_call(struct sip_calls *calls, struct parse *parse, uint64_t id,
		       const struct sip_message *message)
{
	struct sip_call *const call = find(calls, id);

	if (call != NULL) { /* repeated, or a change of a call that stands */
		call->invite = message->sequence;
		return;
	}
	remember(parse, message, true);
	tell(parse, add(calls, id, message), "call", message);
}

/* Repeated words end nothing. */
static void end_call(struct sip_calls *calls, struct parse *parse, uint64_t id,
		     const struct sip_message *message)
{
	const struct step step = step_of(parse, message);
	const struct call_event event = { .what = "ended", .call_id = message->call_id };
	struct sip_call *const call = find(calls, id);

	if (call != NULL)
		call->id = 0;
	for (size_t i = 0; i < SIP_ENDED; i++)
		if (calls->ended[i] == id)
			return;
	calls->ended[calls->next_ended++ % SIP_ENDED] = id;
	parse_event_meeting(parse, "call", emit_call, &event,
			    &(struct parse_memo){ meet_end, &step, sizeof(step) });
}

static void fail_call(struct parse *parse, struct sip_call *call, const struct sip_message *message)
{
	const uint64_t code = message->code;

	tell(parse, call,
	     code == 486 || code == 600 ? "busy"
	     : code == 487              ? "cancelled"
					: "failed",
	     message);
	call->id = 0;
}

/* An answer to INVITE. 401 and 407 ask for credentials: the client tries again. */
static void answer_call(struct parse *parse, struct sip_call *call, const struct sip_message *message)
{
	const uint64_t code = message->code;

	if (code >= 180 && code < 200 && !call->ringing && !call->answered) {
		call->ringing = true;
		tell(parse, call, "ringing", message);
	} else if (code >= 200 && code < 300 && !call->answered) {
		call->answered = true;
		remember(parse, message, false);
		tell(parse, call, "answered", message);
	} else if (code >= 300 && code != 401 && code != 407 && !call->answered) {
		fail_call(parse, call, message);
	}
}

/* Where an answer comes in another flow than the question, what rings is a call; anything else may be about a
 * change of one. */
static void hear_answer(struct sip_calls *calls, struct parse *parse, uint64_t id,
			const struct sip_message *message)
{
	struct sip_call *call = find(calls, id);

	if (call == NULL && message->code >= 180 && message->code < 190)
		call = add(calls, id, message);
	if (call != NULL && message->sequence == call->invite)
		answer_call(parse, call, message);
	else if (call == NULL && message->code >= 200 && message->code < 300)
		remember(parse, message, false);
}

void sip_follow_call(struct sip_calls *calls, struct parse *parse, const struct sip_message *message)
{
	const uint64_t id = hash_bytes(message->call_id.at, span_left(message->call_id)) | 1;

	if (span_left(message->call_id) == 0)
		return;
	if (message->code == 0 && span_is(message->method, "INVITE"))
		begin_call(calls, parse, id, message);
	else if (message->code == 0 && span_is(message->method, "BYE"))
		end_call(calls, parse, id, message);
	else if (message->code > 0 && span_is(message->method, "INVITE"))
		hear_answer(calls, parse, id, message);
}
