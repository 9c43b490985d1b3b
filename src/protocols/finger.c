/* finger.c: the Finger User Information Protocol, RFC 1288: "/W joe@host" is asked, and text answered until
 * the end. A question looks like any line; answers are known by how the servers of Unix write them. */
#include "protocols/lines.h"
#include "protocols/probes.h"

enum { FIRST_MOST = 512, QUERY = 128 };

static enum verdict recognise_server(struct span first)
{
	static const char *const begins[] = { "Login: ",          "Login name: ", "Login    ",
					      "No one logged on", "finger: ",     "fingerd: " };
	struct span text = text_first(first, FIRST_MOST);
	enum verdict best = NO;
	size_t name;

	while (span_left(text) > 0 && (*text.at == '\r' || *text.at == '\n'))
		span_skip(&text, 1);
	if (span_left(text) == 0)
		return span_left(first) < FIRST_MOST ? MORE : NO;
	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins) && best == NO; i++)
		best = recognise_text(text, begins[i]);
	if (best != YES || !span_begins(text, "Login"))
		return best == MORE && span_left(first) >= FIRST_MOST ? NO : best;
	name = text_find(text, "name");
	if (name != SIZE_MAX)
		return text_is_plain(text_first(text, name)) ? YES : NO;
	return span_left(first) < FIRST_MOST && text_is_plain(text) ? MORE : NO;
}

/* "/W" is no other's; without it the server's words must tell. */
static enum verdict recognise_client(struct span first)
{
	struct span rest = text_first(first, QUERY), line = span_line(&rest);
	const bool verbose = span_begins(first, "/W ") || span_begins(first, "/W\r\n");

	if (line.failed)
		return span_left(first) < QUERY && text_is_plain(first) ? MORE : NO;
	if (verbose)
		return text_is_plain(line) ? YES : NO;
	return span_left(rest) == 0 && span_left(first) < QUERY && text_is_plain(line) ? MORE : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_client(first) : recognise_server(first);
}

/* ---- reading ---- */

struct conversation {
	char query[QUERY];
	uint64_t length;
	bool asked, verbose;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	if (state->asked) {
		json_text(json, "query", state->query);
		json_bool(json, "verbose", state->verbose);
	}
	json_unsigned(json, "response_length", state->length);
}

static void end(void *memory, struct parse *parse)
{
	const struct conversation *const state = memory;

	if (state->asked || state->length > 0)
		parse_event(parse, state);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct span line;
	enum verdict whole;

	if (parse->side == SIDE_SERVER || state->asked) {
		state->length += parse->side == SIDE_SERVER ? span_left(*bytes) : 0;
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	whole = line_take(bytes, &line);
	if (whole != YES)
		return whole == NO ? PARSE_BROKEN : PARSE_ON;
	state->verbose = span_begins(line, "/W");
	if (state->verbose)
		span_skip(&line, 2);
	span_copy_text(text_trim(line), state->query, sizeof(state->query));
	state->asked = true;
	return PARSE_ON;
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	if (parse->side == SIDE_SERVER)
		state->length += length;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_finger = {
	.name = "finger",
	.title = "Finger",
	DOORS(TCP(79)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &finger_probe,
};
