/* ident.c: the Identification Protocol, RFC 1413: "6193, 23" is asked, and "6193, 23 : USERID : UNIX : joe"
 * answered. */
#include "protocols/lines.h"
#include "protocols/probes.h"

#include <ctype.h>

enum { LINE_MOST = 512 };

/* "6193 , 23": two ports. MORE while they may still come. */
static enum verdict take_ports(struct span *s)
{
	for (size_t i = 0; i < 2; i++) {
		uint64_t port;
		struct span digits;

		while (span_peek(*s, 0) == ' ')
			span_skip(s, 1);
		digits = *s;
		while (isdigit(span_peek(*s, 0)))
			span_skip(s, 1);
		digits.end = s->at;
		if (span_left(digits) > 5)
			return NO;
		if (span_left(*s) == 0)
			return MORE;
		if (!span_number(digits, UINT16_MAX, &port) || port == 0)
			return NO;
		while (span_peek(*s, 0) == ' ')
			span_skip(s, 1);
		if (i == 0 && span_left(*s) == 0)
			return MORE;
		if (i == 0 && span_u8(s) != ',')
			return NO;
	}
	return YES;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span line = text_first(first, LINE_MOST);
	enum verdict whole;

	if (transport != TRANSPORT_TCP || !isdigit(span_peek(first, 0)))
		return NO;
	whole = take_ports(&line);
	if (whole != YES)
		return whole == MORE && span_left(first) < LINE_MOST ? MORE : NO;
	if (side == SIDE_CLIENT) {
		const enum verdict ends = recognise_text(line, "\r\n");

		return span_left(line) == 0 ? MORE : ends == NO ? recognise_text(line, "\n") : ends;
	}
	if (span_left(line) == 0)
		return MORE;
	if (span_u8(&line) != ':')
		return NO;
	while (span_peek(line, 0) == ' ')
		span_skip(&line, 1);
	if (span_left(line) == 0)
		return span_left(first) < LINE_MOST ? MORE : NO;
	return recognise_text(line, "USERID") > recognise_text(line, "ERROR") ? recognise_text(line, "USERID")
									      : recognise_text(line, "ERROR");
}

struct answer_line {
	struct span ports, kind, system, user;
};

static void emit(const void *record, struct json *json)
{
	const struct answer_line *const answer = record;

	json_span(json, "ports", answer->ports);
	emit_span(json, "response", answer->kind);
	emit_span(json, span_is(answer->kind, "ERROR") ? "error" : "os", answer->system);
	emit_span(json, "user", answer->user);
}

static struct span next_part(struct span *line)
{
	struct span rest = *line, part = span_until(&rest, ':');

	if (part.failed) {
		part = *line;
		rest = span_of(NULL, 0);
	}
	*line = rest;
	return text_trim(part);
}

/* Questions are told with their answers, which repeat them. */
static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	struct span line;
	enum verdict whole = YES;

	(void)state;
	while (span_left(*bytes) > 0 && (whole = line_take(bytes, &line)) == YES) {
		struct answer_line answer;

		if (!text_is_plain(line))
			return line_refuse(bytes, line);
		if (parse->side == SIDE_CLIENT)
			continue;
		answer.ports = next_part(&line);
		answer.kind = next_part(&line);
		answer.system = next_part(&line);
		answer.user = text_trim(line);
		parse_event(parse, &answer);
	}
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

static const struct parser parser = { .read = read, .emit = emit };

const struct protocol protocol_ident = {
	.name = "ident",
	.title = "Identification Protocol",
	DOORS(TCP(113)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &parser,
	.probe = &ident_probe,
};
