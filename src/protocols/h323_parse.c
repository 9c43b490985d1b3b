/* h323_parse.c: H.323 between two others. Each message is told, and what it does to a call as well: calling,
 * ringing, answered, ended. The connection for H.245 is announced by the call, and the media by whatever
 * opens their channels. */
#include "protocols/h323.h"
#include "protocols/tally.h"

#include <stdio.h>

enum { CALLS = 8, WAIT_SECONDS = 300, REFERENCE_TEXT = 8, ABOUT_TEXT = 48, BUSY = 17, NORMAL = 16 };

struct call {
	bool used, answered;
	uint16_t reference;
	int64_t answered_ns;
	char from[H323_PARTY], to[H323_PARTY];
};

struct conversation {
	bool begun, h245; /* h245: it is the connection for H.245 */
	struct call calls[CALLS];
	uint32_t next; /* the place that is given away next */
};

static const char H245[] = "h245";

/* ---- calls ---- */

struct call_event {
	const struct call *call;
	const char *what;
	int cause;
	int64_t seconds;
};

static void emit_call(const void *record, struct json *json)
{
	const struct call_event *const event = record;
	char reference[REFERENCE_TEXT];

	json_text(json, "event", event->what);
	(void)snprintf(reference, sizeof(reference), "%u", event->call->reference);
	json_text(json, "call_id", reference);
	emit_text(json, "from", event->call->from);
	emit_text(json, "to", event->call->to);
	if (event->cause >= 0)
		json_number(json, "code", event->cause);
	if (event->seconds >= 0)
		json_number(json, "duration", event->seconds);
}

static void tell_call(struct parse *parse, const struct call *call, const char *what, int cause,
		      int64_t seconds)
{
	const struct call_event event = { call, what, cause, seconds };

	parse_event_as(parse, "call", emit_call, &event);
}

static struct call *find_call(struct conversation *state, uint16_t reference)
{
	for (size_t i = 0; i < CALLS; i++)
		if (state->calls[i].used && state->calls[i].reference == reference)
			return &state->calls[i];
	return NULL;
}

static void copy_party(char *to, const char *number, const char *alias)
{
	const char *const from = number[0] != '\0' ? number : alias;

	(void)span_copy_text(span_text(from), to, H323_PARTY);
}

static void begin_call(struct conversation *state, struct parse *parse, const struct h323_message *m)
{
	struct call *call = find_call(state, m->reference);

	if (call == NULL)
		call = &state->calls[state->next++ % CALLS];
	*call = (struct call){ .used = true, .reference = m->reference };
	copy_party(call->from, m->calling, m->calling_alias[0] != '\0' ? m->calling_alias : m->display);
	copy_party(call->to, m->called, m->called_alias);
	tell_call(parse, call, "call", -1, -1);
	parse_weakness(parse, &h323_clear, "a call from %s to %s",
		       call->from[0] != '\0' ? call->from : "somebody",
		       call->to[0] != '\0' ? call->to : "somebody");
}

static void end_call(struct parse *parse, struct call *call, const struct h323_message *m)
{
	if (call->answered)
		tell_call(parse, call, "ended", m->cause, (parse->time_ns - call->answered_ns) / 1000000000);
	else
		tell_call(parse, call,
			  m->cause == BUSY                     ? "busy"
			  : m->cause == NORMAL || m->cause < 0 ? "cancelled"
							       : "failed",
			  m->cause, -1);
	call->used = false;
}

static void follow_call(struct conversation *state, struct parse *parse, const struct h323_message *m)
{
	struct call *const call = m->type != H323_SETUP ? find_call(state, m->reference) : NULL;

	if (m->type == H323_SETUP) {
		begin_call(state, parse, m);
	} else if (call == NULL) {
		return;
	} else if (m->type == H323_ALERTING) {
		tell_call(parse, call, "ringing", -1, -1);
	} else if (m->type == H323_CONNECT && !call->answered) {
		call->answered = true;
		call->answered_ns = parse->time_ns;
		tell_call(parse, call, "answered", -1, -1);
	} else if (m->type == H323_RELEASE_COMPLETE) {
		end_call(parse, call, m);
	}
}

/* ---- what follows ---- */

static void expect(struct parse *parse, unsigned transport, const char *protocol, const struct h323_end *end,
		   const char *about)
{
	if (end->port == 0 || address_is_unspecified(&end->address))
		return;
	parse_expect(parse, &(struct expectation){
				    .transport = (uint8_t)transport,
				    .address = end->address,
				    .port = end->port,
				    .protocol = protocol_named(span_text(protocol)),
				    .waiting = SIDE_SERVER,
				    .seconds = WAIT_SECONDS,
				    .many = transport == TRANSPORT_UDP,
				    .about = about,
			    });
}

static void expect_all(struct parse *parse, const struct h323_message *m)
{
	expect(parse, TRANSPORT_TCP, "h323", &m->control, H245);
	for (size_t i = 0; i < m->channel_count; i++) {
		const struct h323_channel *const channel = &m->channels[i];
		char about[ABOUT_TEXT];

		(void)snprintf(about, sizeof(about), "%s %s",
			       channel->media != NULL ? channel->media : "media",
			       channel->codec != NULL ? channel->codec : "");
		expect(parse, TRANSPORT_UDP, "rtp", &channel->rtp, about);
		expect(parse, TRANSPORT_UDP, "rtcp", &channel->rtcp, about);
	}
}

/* ---- reading ---- */

static void tell(struct parse *parse, const struct h323_message *message)
{
	parse_event(parse, message);
	expect_all(parse, message);
	if (message->product[0] != '\0')
		parse_software(parse, parse->side, span_text(message->product),
			       span_text(message->product_version));
}

static enum parse_step read_ras(struct parse *parse, struct span *bytes)
{
	struct h323_message message;

	if (!h323_read_ras(*bytes, &message))
		return PARSE_BROKEN;
	bytes->at = bytes->end;
	tell(parse, &message);
	return PARSE_ON;
}

/* What begins a connection that was not announced tells whose it is. */
static void begin(struct conversation *state, const struct parse *parse, struct span body)
{
	state->begun = true;
	state->h245 = parse->about != NULL ? strcmp(parse->about, H245) == 0
					   : *body.at != H323_DISCRIMINATOR && h323_is_control(body);
}

static bool read_body(struct conversation *state, struct parse *parse, struct span body)
{
	struct h323_message message = { .cause = -1, .h245 = true };

	if (!state->begun)
		begin(state, parse, body);
	if (!(state->h245 ? h323_read_control(body, &message) : h323_read_message(body, &message)))
		return false;
	tell(parse, &message);
	if (!state->h245)
		follow_call(state, parse, &message);
	return true;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	if (parse->transport == TRANSPORT_UDP)
		return read_ras(parse, bytes);
	while (span_left(*bytes) >= H323_TPKT) {
		struct span rest = *bytes, body;
		const uint16_t version = span_u16(&rest), length = span_u16(&rest);

		if (version != 0x0300 || length < H323_TPKT)
			return PARSE_BROKEN;
		if (span_left(*bytes) < length) {
			parse_want(parse, length);
			return PARSE_ON;
		}
		body = span_take(&rest, length - H323_TPKT);
		/* An empty one keeps the connection. */
		if (span_left(body) > 0 && !read_body(state, parse, body))
			return PARSE_BROKEN;
		*bytes = rest;
	}
	return PARSE_ON;
}

const struct parser h323_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.emit = h323_emit,
	.leads = true,
};
