/* whois.c: WHOIS, RFC 3912: a line is asked, and text answered until the end. A question looks like any line;
 * the answers of registries are known by their first words. */
#include "protocols/lines.h"
#include "protocols/probes.h"

enum { FIRST_MOST = 1024, QUERY = 128 };

/* "% IANA WHOIS server", "# ARIN WHOIS data", "   Domain Name: EXAMPLE.COM", "Whois Server Version 2.0". */
static enum verdict recognise_server(struct span first)
{
	static const char *const begins[] = {
		"Domain Name:",         "domain:",          "Domain:", "inetnum:", "NetRange:", "refer:",
		"Whois Server Version", "Process query: '",
	};
	static const char *const comments[] = { "whois",   "RIPE Database", "APNIC",
						"AFRINIC", "LACNIC",        "DENIC" };
	struct span text = text_trim(text_first(first, FIRST_MOST));
	const bool whole = span_left(first) >= FIRST_MOST;
	const uint8_t c = span_peek(text, 0);

	if (span_left(text) == 0)
		return whole ? NO : MORE;
	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (recognise_text(text, begins[i]) != NO)
			return recognise_text(text, begins[i]) == YES ? YES : whole ? NO : MORE;
	if (c != '%' && c != '#')
		return NO;
	for (size_t i = 0; i < sizeof(comments) / sizeof(*comments); i++) {
		const size_t at = text_find(text, comments[i]);

		if (at != SIZE_MAX && text_is_plain(text_first(text, at)))
			return YES;
	}
	return whole || !text_is_plain(text) ? NO : MORE;
}

/* Some registries want words before the name, which programs know; a name alone looks like any line, and the
 * server's words must tell. */
static enum verdict recognise_client(struct span first)
{
	static const struct text_command questions[] = {
		{ "domain ?*.?*", YES }, { "n + ?*", YES }, { "-T dn* ?*", YES },
		{ "-B ?*", YES },        { "?*", MORE },
	};
	struct span rest = text_first(first, QUERY), line = span_line(&rest);

	if (!line.failed && text_commands(span_of(first.at, (size_t)(rest.at - first.at)), questions,
					  sizeof(questions) / sizeof(*questions)) == YES)
		return YES;
	if (line.failed)
		return span_left(first) < QUERY && text_is_plain(first) ? MORE : NO;
	return span_left(rest) == 0 && text_is_plain(line) && span_left(first) < QUERY ? MORE : NO;
}

/* ---- reading ---- */

struct conversation {
	char query[QUERY];
	uint64_t length;
	bool asked, lost, told;
};

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport != TRANSPORT_TCP)
		return NO;
	return side == SIDE_CLIENT ? recognise_client(first) : recognise_server(first);
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "query", state->query);
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

	if (parse->side == SIDE_SERVER) {
		state->length += span_left(*bytes);
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	if (state->asked) {
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	whole = line_take(bytes, &line);
	if (whole == NO)
		return PARSE_BROKEN;
	if (whole == YES && !text_is_plain(line))
		return line_refuse(bytes, line);
	if (whole == YES) {
		span_copy_text(text_trim(line), state->query, sizeof(state->query));
		state->asked = true;
	}
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

const struct protocol protocol_whois = {
	.name = "whois",
	.title = "WHOIS",
	DOORS(TCP(43)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &whois_probe,
};
