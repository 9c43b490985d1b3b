/* checkmk.c: the agent of Checkmk, as its documentation tells: who connects is told all of the host, in
 * sections that begin with "<<<name>>>". Nothing is asked. */
#include "protocols/lines.h"

enum { LINES_MOST = 64, SECTIONS = 1024 };

static const struct weakness open_agent = {
	"checkmk-open",
	"The Checkmk agent tells whoever connects all of its host",
	2,
	"Register the agent for TLS (cmk-agent-ctl register), or let no more than the monitoring host "
	"connect.",
};
static const struct weakness *const weaknesses[] = { &open_agent, NULL };

static const char opening[] = "<<<check_mk>>>";

/* Of what is encrypted: a version, for some also ten figures of the time, and then OpenSSL's mark. */
static enum verdict recognise_encrypted(struct span first)
{
	static const char mark[] = "Salted__";
	struct span dated = first;

	if (first.at[0] != '0' || (span_left(first) > 1 && (first.at[1] < '0' || first.at[1] > '5')))
		return NO;
	if (span_left(first) <= 2)
		return MORE;
	span_skip(&first, 2);
	span_skip(&dated, 2);
	for (unsigned i = 0; i < 10; i++) {
		if (span_left(dated) == 0)
			return MORE;
		if (*dated.at < '0' || *dated.at > '9')
			return recognise_text(first, mark);
		span_skip(&dated, 1);
	}
	return span_left(dated) == 0 ? MORE : recognise_text(dated, mark);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP || side == SIDE_CLIENT)
		return NO;
	return *first.at == '<' ? recognise_text(first, opening) : recognise_encrypted(first);
}

/* ---- reading ---- */

struct conversation {
	char version[32], system[32], host[96], from[128], sections[SECTIONS];
	uint32_t section_count;
	uint64_t length;
	bool encrypted, begun, lost, told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_bool(json, "encrypted", state->encrypted);
	emit_text(json, "version", state->version);
	emit_text(json, "os", state->system);
	emit_text(json, "hostname", state->host);
	emit_text(json, "only_from", state->from);
	emit_texts(json, "sections", state->sections);
	json_unsigned(json, "section_count", state->section_count);
	json_unsigned(json, "response_length", state->length);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (state->begun && !state->told)
		parse_event(parse, state);
	state->told = true;
}

/* "<<<df:sep(9)>>>"; "<<<<other>>>>" tells of another host, and an empty name ends that. */
static void note_section(struct conversation *state, struct span line)
{
	struct span name, rest;

	span_skip(&line, 3);
	line.end -= 3;
	if (span_left(line) == 0 || *line.at == '<')
		return;
	rest = line;
	name = span_until(&rest, ':');
	state->section_count++;
	(void)texts_add(state->sections, sizeof(state->sections), name.failed ? line : name);
}

/* A fact of the first section: "Version: 2.1.0p11". */
static bool fact_of(struct span line, const char *key, char *room, size_t size)
{
	if (!span_begins(line, key))
		return false;
	span_skip(&line, strlen(key));
	span_copy_text(text_trim(line), room, size);
	return true;
}

static void read_line(struct conversation *state, struct span line)
{
	if (span_begins(line, "<<<") && span_ends(line, ">>>") && span_left(line) >= 6)
		note_section(state, line);
	else if (state->section_count == 1 &&
		 !fact_of(line, "Version: ", state->version, sizeof(state->version)) &&
		 !fact_of(line, "AgentOS: ", state->system, sizeof(state->system)) &&
		 !fact_of(line, "Hostname: ", state->host, sizeof(state->host)))
		(void)fact_of(line, "OnlyFrom: ", state->from, sizeof(state->from));
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	const size_t come = span_left(*bytes);

	if (parse->side == SIDE_CLIENT) {
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	if (!state->begun)
		state->encrypted = *bytes->at == '0';
	state->begun = true;
	if (state->encrypted)
		bytes->at = bytes->end;
	while (span_left(*bytes) > 0 && line_resume(&state->lost, bytes)) {
		struct span line;
		const enum verdict whole = line_take(bytes, &line);

		if (whole == MORE)
			break;
		state->lost = whole == NO; /* lines of plugins may be of any length */
		if (whole == YES)
			read_line(state, line);
	}
	state->length += come - span_left(*bytes);
	if (state->version[0] != '\0' && state->section_count > 1)
		parse_weakness(parse, &open_agent, "agent %s of %s", state->version, state->host);
	return PARSE_ON;
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	state->lost = true;
	state->length += parse->side == SIDE_SERVER ? length : 0;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

/* The first section tells what the host is; no more is heard. */
static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct conversation state = { .begun = true };
	struct span rest = *heard, line;
	const enum verdict verdict = span_left(rest) > 0 ? recognise(rest, SIDE_SERVER, TRANSPORT_TCP) : MORE;

	(void)memory;
	(void)out;
	if (verdict != YES)
		return verdict == MORE && !ended ? PROBE_WAIT : PROBE_NOT;
	for (unsigned i = 0; *heard->at == '<' && i < LINES_MOST && state.section_count < 2; i++) {
		line = span_line(&rest);
		if (line.failed && !ended)
			return PROBE_WAIT;
		read_line(&state, line);
	}
	answer_product(answer, span_text("Checkmk agent"), span_text(state.version));
	answer_fact(answer, "os", span_text(state.system));
	answer_fact(answer, "hostname", span_text(state.host));
	answer_fact(answer, "only_from", span_text(state.from));
	if (*heard->at == '<')
		answer_weakness(answer, &open_agent, "it told us of %s", state.host);
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_checkmk = {
	.name = "checkmk",
	.title = "Checkmk agent",
	DOORS(TCP(6556)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.server_tells = true,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
