/* gopher.c: the Internet Gopher Protocol, RFC 1436: a line that selects something, which may be empty, is
 * answered with a menu: lines of a kind, a text, a selector, a host and a port, with tabs between them. */
#include "protocols/tally.h"

enum { LINE = 1024, PORT_MOST = 65535, HOST_MOST = 512 };

/* Of RFC 1436 3.8, and what came later: text within menus, pages, pictures, sounds. */
static const char kinds[] = "0123456789+TgIihsdM;:<";

/* A line of a menu; its kind stands before the text. */
static bool is_entry(struct span line, struct span *ret_host)
{
	struct span text, selector, host, port;
	uint64_t number;

	text = span_until(&line, '\t');
	selector = span_until(&line, '\t');
	host = span_until(&line, '\t');
	port = line;
	if (text.failed || selector.failed || host.failed || span_left(host) == 0)
		return false;
	*ret_host = host;
	port = span_ends(port, "\t+") ? text_first(port, span_left(port) - 2) : port;
	return span_number(port, PORT_MOST, &number) && text_is_plain(text) && text_is_plain(selector) &&
	       text_is_plain(host);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span rest = text_first(first, LINE), line, host;

	if (transport != TRANSPORT_TCP || side != SIDE_SERVER ||
	    memchr(kinds, span_peek(first, 0), sizeof(kinds) - 1) == NULL)
		return NO;
	line = span_line(&rest);
	if (line.failed)
		return span_left(first) < LINE && text_is_plain(first) ? MORE : NO;
	return is_entry(line, &host) ? YES : NO;
}

static const struct text_product products[] = { { "Gophernicus/", "Gophernicus" },
						{ "PyGopherd", "PyGopherd" },
						{ "Bucktooth", "Bucktooth" } };
enum { PRODUCTS = sizeof(products) / sizeof(*products) };

/* ---- reading ---- */

static const struct code_name kind_names[] = {
	{ '0', "text" },    { '1', "menu" },      { '2', "phone_book" }, { '3', "error" },  { '4', "binhex" },
	{ '5', "archive" }, { '6', "uuencoded" }, { '7', "search" },     { '8', "telnet" }, { '9', "binary" },
	{ '+', "mirror" },  { 'T', "tn3270" },    { 'g', "gif" },        { 'I', "image" },  { 'i', "words" },
	{ 'h', "html" },    { 's', "sound" },     { 'd', "document" },
};

enum answered { NOTHING, MENU, DOCUMENT };

struct conversation {
	struct tally kinds;
	char selector[256], search[256], hosts[HOST_MOST];
	enum answered answered;
	uint64_t bytes;
	bool asked, plus;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	if (state->asked)
		json_text(json, "selector", state->selector);
	emit_text(json, "search", state->search);
	if (state->plus)
		json_bool(json, "gopher_plus", true);
	json_text(json, "answer",
		  state->answered == NOTHING ? NULL
		  : state->answered == MENU  ? "menu"
					     : "document");
	EMIT_TALLY(json, "entries", &state->kinds, kind_names);
	emit_texts(json, "hosts", state->hosts);
	json_unsigned(json, "bytes", state->bytes);
}

static void end(void *memory, struct parse *parse)
{
	parse_event(parse, memory);
}

/* What is wanted, behind a tab what is looked for (RFC 1436 3.7), and what Gopher+ adds, which begins with a
 * plus, an exclamation mark or a dollar sign. */
static enum parse_step read_request(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	struct span rest = line, part = span_until(&rest, '\t');

	(void)parse;
	if (state->asked)
		return PARSE_BROKEN;
	state->asked = true;
	span_copy_text(part.failed ? line : part, state->selector, sizeof(state->selector));
	for (unsigned parts = 0; parts < 2 && !part.failed; parts++) {
		struct span whole = rest;

		part = span_until(&rest, '\t');
		whole = part.failed ? whole : part;
		if (span_left(whole) > 0 && strchr("+!$", span_peek(whole, 0)) != NULL)
			state->plus = true;
		else if (parts == 0)
			span_copy_text(whole, state->search, sizeof(state->search));
	}
	return PARSE_ON;
}

static enum parse_step read_entry(void *memory, struct parse *parse, struct span line)
{
	struct conversation *const state = memory;
	const uint8_t kind = span_peek(line, 0);
	struct span host;

	if (span_is(line, ".") || span_left(line) == 0)
		return PARSE_ON;
	if (!is_entry(line, &host))
		return PARSE_BROKEN;
	state->answered = MENU;
	tally_add(&state->kinds, kind);
	if (kind == 'i' || kind == '3') { /* they lead nowhere: the host is made up */
		parse_product(parse, SIDE_SERVER, line, products, PRODUCTS);
		return PARSE_ON;
	}
	texts_note(state->hosts, sizeof(state->hosts), host);
	return PARSE_ON;
}

/* Who does not begin with a line of a menu sends a document, which is only counted. */
static enum parse_step read_answer(struct conversation *state, struct parse *parse, struct span *bytes)
{
	const uint8_t *const begin = bytes->at;
	enum parse_step step = PARSE_ON;

	if (state->answered != DOCUMENT)
		step = lines_read(state, parse, bytes, read_entry);
	if (step == PARSE_BROKEN && state->answered == NOTHING)
		state->answered = DOCUMENT;
	if (state->answered == DOCUMENT) {
		bytes->at = bytes->end;
		step = PARSE_ON;
	}
	state->bytes += (size_t)(bytes->at - begin);
	return step;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	return parse->side == SIDE_CLIENT ? lines_read(memory, parse, bytes, read_request)
					  : read_answer(memory, parse, bytes);
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
	buffer_text(out, "\r\n");
}

/* The whole menu, as some say at its end who they are. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (!ended && !span_ends(*heard, "\r\n.\r\n") && span_left(*heard) < RECOGNISE_LIMIT)
		return PROBE_WAIT;
	(void)text_tell_product(answer, *heard, products, PRODUCTS);
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_gopher = {
	.name = "gopher",
	.title = "Gopher",
	DOORS(TCP(70)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.parser = &parser,
	.probe = &probe,
};
