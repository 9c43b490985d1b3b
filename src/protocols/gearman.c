/* gearman.c: Gearman, "Protocol" of its documentation: clients give jobs, workers take them, each by the name
 * of a function. Text commands for administrators are those of any line protocol, and are not recognised. */
#include "protocols/tally.h"

enum {
	HEADER = 12,
	SIZE_MOST = 1 << 28,
	LAST = 42,
	CAN_DO = 1,
	SUBMIT = 7,
	ECHO_REQUEST = 16,
	ECHO_ANSWER = 17,
	ERROR = 19,
	SET_ID = 22,
	CAN_DO_TIMEOUT = 23,
};

static const struct weakness no_auth = {
	"gearman-no-auth",
	"Gearman takes jobs and workers from whoever connects",
	2,
	"Bind gearmand to loopback or to a network of its own, or let it use TLS with certificates of "
	"clients.",
};
static const struct weakness *const weaknesses[] = { &no_auth, NULL };

static const struct code_name message_names[] = {
	{ 1, "can_do" },
	{ 2, "cant_do" },
	{ 3, "reset_abilities" },
	{ 4, "pre_sleep" },
	{ 6, "noop" },
	{ 7, "submit_job" },
	{ 8, "job_created" },
	{ 9, "grab_job" },
	{ 10, "no_job" },
	{ 11, "job_assign" },
	{ 12, "work_status" },
	{ 13, "work_complete" },
	{ 14, "work_fail" },
	{ 15, "get_status" },
	{ 16, "echo_req" },
	{ 17, "echo_res" },
	{ 18, "submit_job_bg" },
	{ 19, "error" },
	{ 20, "status_res" },
	{ 21, "submit_job_high" },
	{ 22, "set_client_id" },
	{ 23, "can_do_timeout" },
	{ 25, "work_exception" },
	{ 26, "option_req" },
	{ 27, "option_res" },
	{ 28, "work_data" },
	{ 29, "work_warning" },
	{ 30, "grab_job_uniq" },
	{ 31, "job_assign_uniq" },
	{ 32, "submit_job_high_bg" },
	{ 33, "submit_job_low" },
	{ 34, "submit_job_low_bg" },
	{ 39, "grab_job_all" },
	{ 40, "job_assign_all" },
};

/* Jobs, of all priorities, in the foreground and behind it. */
static bool is_job(uint32_t type)
{
	return type == SUBMIT || type == 18 || type == 21 || (type >= 32 && type <= 36);
}

/* ---- recognising ---- */

static enum verdict read_header(struct span s, enum side side, uint32_t *ret_type, uint32_t *ret_size)
{
	static const uint8_t magics[2][4] = { { 0, 'R', 'E', 'Q' }, { 0, 'R', 'E', 'S' } };
	const size_t come = span_left(s);

	if (memcmp(s.at, magics[side == SIDE_SERVER], come < 4 ? come : 4) != 0)
		return NO;
	if (come < HEADER)
		return MORE;
	span_skip(&s, 4);
	*ret_type = span_u32(&s);
	*ret_size = span_u32(&s);
	return *ret_type > 0 && *ret_type <= LAST && *ret_size <= SIZE_MOST ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	uint32_t type, size;

	return transport == TRANSPORT_TCP ? read_header(first, side, &type, &size) : NO;
}

/* ---- reading ---- */

struct conversation {
	struct tally messages;
	char functions[512], id[96], error[128];
	uint64_t bytes;
	uint32_t jobs, errors;
	bool told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "client_id", state->id);
	emit_texts(json, "functions", state->functions);
	EMIT_TALLY(json, "messages", &state->messages, message_names);
	json_unsigned(json, "jobs", state->jobs);
	json_unsigned(json, "bytes", state->bytes);
	json_unsigned(json, "errors", state->errors);
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told)
		parse_event(parse, state);
	state->told = true;
}

/* The first of the arguments, which NUL separates. */
static struct span first_argument(struct span s)
{
	struct span rest = s, argument = span_until(&rest, 0);

	return argument.failed ? s : argument;
}

static void read_message(struct conversation *state, struct parse *parse, uint32_t type, struct span s)
{
	const struct span first = first_argument(s);

	tally_add(&state->messages, type);
	if (is_job(type) || type == CAN_DO || type == CAN_DO_TIMEOUT) {
		state->jobs += is_job(type);
		texts_note(state->functions, sizeof(state->functions), first);
		parse_weakness(parse, &no_auth, "%s of function %s", is_job(type) ? "a job" : "a worker",
			       state->functions);
	} else if (type == SET_ID) {
		span_copy_text(s, state->id, sizeof(state->id));
	} else if (type == ERROR) {
		state->errors++;
		span_skip(&s, span_left(first) + (span_left(first) < span_left(s)));
		span_copy_text(s, state->error, sizeof(state->error));
	}
}

/* Administrators' commands are lines of text, and may come in between. */
static bool skip_text(struct span *bytes)
{
	struct span rest = *bytes, line;

	if (line_take(&rest, &line) != YES || !text_is_plain(line))
		return false;
	*bytes = rest;
	return true;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		uint32_t type, size;
		struct span message;
		enum verdict verdict;

		if (*bytes->at != 0) {
			if (skip_text(bytes))
				continue;
			return text_is_plain(text_first(*bytes, LINES_LIMIT)) ? PARSE_ON : PARSE_BROKEN;
		}
		verdict = read_header(*bytes, parse->side, &type, &size);
		if (verdict != YES)
			return verdict == NO ? PARSE_BROKEN : PARSE_ON;
		if (message_take(parse, bytes, HEADER + (uint64_t)size, &message) != YES)
			break;
		span_skip(&message, HEADER);
		state->bytes += size;
		read_message(state, parse, type, message);
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

struct asking {
	bool echoed;
};

static const char nonce[] = "doorward";

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_add(out, "\0REQ", 4);
	buffer_u32(out, ECHO_REQUEST);
	buffer_u32(out, sizeof(nonce) - 1);
	buffer_text(out, nonce);
}

/* "OK 1.1.20". */
static enum probe_step hear_version(struct span *heard, bool ended, struct answer *answer)
{
	struct span line;
	const enum verdict whole = line_hear(heard, ended, &line);

	if (whole == MORE)
		return PROBE_WAIT;
	if (whole == YES && span_is(text_word(&line), "OK"))
		answer_product(answer, span_text("gearmand"), text_word(&line));
	return PROBE_DONE;
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct asking *const asking = state;
	uint32_t type, size;
	struct span rest = *heard;
	enum verdict verdict;

	if (asking->echoed)
		return span_left(*heard) == 0 && !ended ? PROBE_WAIT : hear_version(heard, ended, answer);
	verdict = span_left(rest) > 0 ? read_header(rest, SIDE_SERVER, &type, &size) : MORE;
	if (verdict == YES && (type != ECHO_ANSWER || size != sizeof(nonce) - 1))
		return PROBE_NOT;
	span_skip(&rest, HEADER);
	if (verdict == YES && span_left(rest) >= sizeof(nonce) - 1) {
		if (!span_begins(rest, nonce))
			return PROBE_NOT;
		asking->echoed = true;
		span_skip(heard, HEADER + sizeof(nonce) - 1);
		answer_weakness(answer, &no_auth, "it answered without a login");
		buffer_text(out, "version\r\n");
		return ended ? PROBE_DONE : PROBE_WAIT;
	}
	return verdict == NO || ended ? PROBE_NOT : PROBE_WAIT;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_gearman = {
	.name = "gearman",
	.title = "Gearman",
	DOORS(TCP(4730)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.probe_state_size = sizeof(struct asking),
	.weaknesses = weaknesses,
};
