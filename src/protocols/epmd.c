/* epmd.c: Erlang's port mapper, "EPMD Protocol" of "Distribution Protocol" in ERTS' manual. Most requests are
 * too short to be told; an answer is the mapper's port and lines of names, or what is known of one node. */
#include "protocols/local.h"
#include "protocols/tally.h"

#include <stdio.h>

enum {
	NAMES = 'n',
	REGISTER = 'x',
	ASK = 'z',
	DUMP = 'd',
	KILL = 'k',
	STOP = 's',
	NODE_TOLD = 'w',
	REGISTERED = 'y',
	REGISTERED_6 = 'v',
	LIST = 320,
	NODE = 72,
	REQUEST_MOST = 1024,
	NAME_MOST = 255,
	NORMAL = 77,
	HIDDEN = 72,
	PROTOCOL_TCP = 0,
	VERSION_LEAST = 5,
	VERSION_MOST = 6,
};

static const struct weakness names_told = {
	"epmd-open",
	"Erlang's port mapper tells other hosts its nodes and their doors",
	3,
	"Let epmd listen on loopback alone (ERL_EPMD_ADDRESS), or filter its port for others than the "
	"cluster.",
};
static const struct weakness *const weaknesses[] = { &names_told, NULL };

/* ---- recognising ---- */

struct node {
	uint16_t port, highest, lowest;
	bool hidden;
	struct span name;
};

/* Port, kind, transport, versions, name and what else, as they are registered and told. */
static enum verdict take_node(struct span *s, struct node *ret)
{
	struct span rest = *s;
	uint8_t kind, transport;
	uint16_t length;

	ret->port = span_u16(&rest);
	kind = span_u8(&rest);
	transport = span_u8(&rest);
	if (!rest.failed && ((kind != NORMAL && kind != HIDDEN) || transport != PROTOCOL_TCP))
		return NO;
	ret->hidden = kind == HIDDEN;
	ret->highest = span_u16(&rest);
	ret->lowest = span_u16(&rest);
	if (!rest.failed &&
	    (ret->lowest < VERSION_LEAST || ret->highest > VERSION_MOST || ret->highest < ret->lowest))
		return NO;
	length = span_u16(&rest);
	if (length > NAME_MOST)
		return NO;
	ret->name = span_take(&rest, length);
	length = span_u16(&rest);
	if (length > REQUEST_MOST)
		return NO;
	span_skip(&rest, length);
	if (rest.failed)
		return MORE;
	*s = rest;
	return span_left(ret->name) > 0 && text_is_plain(ret->name) ? YES : NO;
}

/* A node registers itself: what it asks for otherwise could be anybody's words. */
static enum verdict recognise_client(struct span first)
{
	struct span rest = first;
	const uint16_t length = span_u16(&rest);
	const uint8_t tag = span_u8(&rest);
	struct node node;
	enum verdict verdict;

	if (rest.failed)
		return *first.at <= REQUEST_MOST >> 8 ? MORE : NO;
	if (tag != REGISTER || length > REQUEST_MOST)
		return NO;
	verdict = take_node(&rest, &node);
	return verdict == YES && rest.at != first.at + 2 + length ? NO : verdict;
}

static enum verdict recognise_server(struct span first)
{
	static const uint8_t zeros[2];
	struct span rest = first;
	const size_t come = span_left(first);
	struct node node;
	uint32_t port;

	if (*first.at == NODE_TOLD) {
		if (come > 1 && first.at[1] != 0)
			return NO;
		span_skip(&rest, 2);
		return rest.failed ? MORE : take_node(&rest, &node);
	}
	if (memcmp(first.at, zeros, come < sizeof(zeros) ? come : sizeof(zeros)) != 0)
		return NO;
	port = span_u32(&rest);
	if (rest.failed)
		return MORE;
	return port > 0 ? recognise_text(rest, "name ") : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_client(first) : recognise_server(first);
}

/* ---- reading ---- */

static const struct code_name request_names[] = {
	{ NAMES, "names" }, { REGISTER, "register" }, { ASK, "port" },
	{ DUMP, "dump" },   { KILL, "kill" },         { STOP, "stop" },
};

struct conversation {
	char node[NODE], nodes[LIST]; /* nodes: texts */
	uint16_t port, highest, lowest;
	uint8_t request, result;
	bool has_node, hidden, has_result, listed, told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_text(json, "request", CODE_TEXT(request_names, state->request));
	emit_text(json, "node", state->node);
	if (state->has_node) {
		json_unsigned(json, "port", state->port);
		json_bool(json, "hidden", state->hidden);
		json_unsigned(json, "lowest_version", state->lowest);
		json_unsigned(json, "highest_version", state->highest);
	}
	if (state->has_result)
		json_unsigned(json, "result", state->result);
	emit_texts(json, "nodes", state->nodes);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && (state->request != 0 || state->listed || state->has_result))
		parse_event(parse, state);
	state->told = true;
}

static void keep_node(struct conversation *state, const struct node *node)
{
	span_copy_text(node->name, state->node, sizeof(state->node));
	state->port = node->port;
	state->hidden = node->hidden;
	state->highest = node->highest;
	state->lowest = node->lowest;
	state->has_node = true;
}

static enum parse_step read_request(struct conversation *state, struct span *bytes)
{
	struct span rest = *bytes, request = span_take(&rest, span_u16(&rest));
	struct node node;

	if (span_left(*bytes) > 1 && (load_u16(bytes->at) > REQUEST_MOST || load_u16(bytes->at) == 0))
		return PARSE_BROKEN;
	if (request.failed)
		return PARSE_ON;
	if (CODE_TEXT(request_names, *request.at) == NULL)
		return PARSE_BROKEN;
	state->request = span_u8(&request);
	if (state->request == REGISTER) {
		if (take_node(&request, &node) != YES)
			return PARSE_BROKEN;
		keep_node(state, &node);
	} else if (span_left(request) > 0) {
		span_copy_text(request, state->node, sizeof(state->node));
	}
	*bytes = rest;
	return PARSE_ON;
}

/* "name rabbit at port 25672". */
static enum parse_step read_name(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	char text[NODE + 8];
	struct span name;

	if (!span_begins(line, "name "))
		return PARSE_ON;
	span_skip(&line, strlen("name "));
	name = text_first(text_word(&line), NODE);
	line = text_first(text_trim(line), NODE);
	if (span_begins(line, "at port "))
		span_skip(&line, strlen("at port "));
	(void)snprintf(text, sizeof(text), "%.*s:%.*s", (int)span_left(name), (const char *)name.at,
		       (int)span_left(line), (const char *)line.at);
	texts_note(state->nodes, sizeof(state->nodes), span_text(text));
	if (!is_local(parse))
		parse_weakness(parse, &names_told, "its names were told, %s among them", text);
	return PARSE_ON;
}

static enum parse_step read_answer(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span rest = *bytes;
	const uint8_t tag = span_u8(&rest);
	struct node node;
	enum verdict whole;

	if (state->listed)
		return lines_read(state, parse, bytes, read_name);
	if (tag == 0 && span_left(*bytes) < 4)
		return PARSE_ON;
	if (tag == 0) { /* the mapper's own port stands before the names */
		span_skip(bytes, 4);
		state->listed = true;
		return lines_read(state, parse, bytes, read_name);
	}
	if (tag != NODE_TOLD && tag != REGISTERED && tag != REGISTERED_6) /* "OK" of one that ends */
		return PARSE_DONE;
	state->result = span_u8(&rest);
	if (rest.failed)
		return PARSE_ON;
	state->has_result = true;
	if (tag == NODE_TOLD && state->result == 0) {
		whole = take_node(&rest, &node);
		if (whole != YES)
			return whole == NO ? PARSE_BROKEN : PARSE_ON;
		keep_node(state, &node);
	}
	bytes->at = bytes->end;
	end(state, parse);
	return PARSE_DONE;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	enum parse_step step = PARSE_ON;

	if (parse->side == SIDE_SERVER)
		return read_answer(state, parse, bytes);
	while (step == PARSE_ON && span_left(*bytes) > 0) {
		const uint8_t *const before = bytes->at;

		step = read_request(state, bytes);
		if (bytes->at == before)
			break;
	}
	return step;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u16(out, 1);
	buffer_u8(out, NAMES);
}

/* "name rabbit at port 25672". Without a node there is nothing behind the port, which is its own. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	enum { ITS_PORT = 4369 };
	char list[LIST] = { 0 };
	struct span s = *heard, line;

	(void)state;
	(void)out;
	if (!ended)
		return span_left(s) > 0 && recognise(s, SIDE_SERVER, TRANSPORT_TCP) == NO ? PROBE_NOT
											  : PROBE_WAIT;
	if (span_left(s) < 4 || (recognise(s, SIDE_SERVER, TRANSPORT_TCP) != YES &&
				 (span_left(s) != 4 || load_u32(s.at) != ITS_PORT)))
		return PROBE_NOT;
	span_skip(&s, 4);
	while (!(line = span_line(&s)).failed)
		if (span_begins(line, "name ")) {
			span_skip(&line, strlen("name "));
			(void)texts_add(list, sizeof(list), line);
		}
	answer_texts(answer, "nodes", list);
	answer_product(answer, span_text("Erlang"), span_text(""));
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true, .knows = true, .transports = PROBE_TCP, .greet = greet, .hear = hear
};

const struct protocol protocol_epmd = {
	.name = "epmd",
	.title = "Erlang port mapper",
	DOORS(TCP(4369)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
