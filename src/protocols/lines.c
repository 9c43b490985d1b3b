#include "protocols/lines.h"

#include <stdio.h>

enum { LINE_BEGIN, BEHIND_DOT, BEHIND_CR, INSIDE_LINE };

enum verdict line_take(struct span *bytes, struct span *ret_line)
{
	struct span rest = *bytes;

	*ret_line = span_line(&rest);
	if (ret_line->failed)
		return span_left(*bytes) < LINES_LIMIT ? MORE : NO;
	if (span_left(*ret_line) > LINES_LIMIT)
		return NO;
	*bytes = rest;
	return YES;
}

enum parse_step lines_read(void *state, struct parse *parse, struct span *bytes, line_reader *read_line)
{
	enum parse_step step = PARSE_ON;
	struct span line;

	while (step == PARSE_ON && span_left(*bytes) > 0 && parse->skip == 0 && !parse->upgraded) {
		struct span rest = *bytes;
		const enum verdict whole = line_take(&rest, &line);

		if (whole == MORE)
			return PARSE_ON;
		if (whole == NO || !text_is_plain(line))
			return PARSE_BROKEN;
		*bytes = rest;
		step = read_line(state, parse, line);
		if (step == PARSE_BROKEN)
			return line_refuse(bytes, line);
	}
	return step;
}

enum verdict line_hear(struct span *heard, bool ended, struct span *ret_line)
{
	const enum verdict whole = line_take(heard, ret_line);

	if (whole == MORE)
		return ended ? NO : MORE;
	return whole == YES && text_is_plain(*ret_line) ? YES : NO;
}

bool line_resume(bool *lost, struct span *bytes)
{
	struct span rest = *bytes;

	if (!*lost)
		return true;
	(void)span_until(&rest, '\n');
	*lost = rest.failed;
	bytes->at = rest.failed ? bytes->end : rest.at;
	return !*lost;
}

/* Takes the rest of the line. */
static void skip_line(struct dotted *dotted, struct span *bytes)
{
	struct span rest = *bytes;

	(void)span_until(&rest, '\n');
	if (!rest.failed)
		dotted->place = LINE_BEGIN;
	rest.at = rest.failed ? rest.end : rest.at;
	dotted->length += (size_t)(rest.at - bytes->at);
	bytes->at = rest.at;
}

bool dotted_skip(struct dotted *dotted, struct span *bytes)
{
	while (span_left(*bytes) > 0) {
		const uint8_t next = *bytes->at;

		if (dotted->place == INSIDE_LINE) {
			skip_line(dotted, bytes);
		} else if (dotted->place == LINE_BEGIN) {
			dotted->place = next == '.' ? BEHIND_DOT : INSIDE_LINE;
			span_skip(bytes, next == '.');
		} else if (next == '\n') {
			span_skip(bytes, 1);
			return true;
		} else if (dotted->place == BEHIND_DOT && next == '\r') {
			dotted->place = BEHIND_CR;
			span_skip(bytes, 1);
		} else {
			dotted->place = INSIDE_LINE;
		}
	}
	return false;
}

bool texts_add(char *room, size_t size, struct span text)
{
	size_t at = 0;

	while (at < size && room[at] != '\0')
		at += strlen(room + at) + 1;
	if (span_left(text) == 0 || *text.at == '\0' || at + span_left(text) + 2 > size)
		return false;
	span_copy_text(text, room + at, span_left(text) + 1);
	return true;
}

void answer_texts(struct answer *answer, const char *key, const char *room)
{
	char all[FACT_VALUE] = "";
	size_t length = 0;

	for (; *room != '\0' && length < sizeof(all); room += strlen(room) + 1)
		length += (size_t)snprintf(all + length, sizeof(all) - length, "%s%s", length > 0 ? ", " : "",
					   room);
	answer_fact(answer, key, span_text(all));
}

void emit_texts(struct json *json, const char *key, const char *room)
{
	if (room[0] == '\0')
		return;
	json_open_array(json, key);
	for (; *room != '\0'; room += strlen(room) + 1)
		json_text(json, NULL, room);
	json_end(json);
}

void parse_product(struct parse *parse, enum side side, struct span text, const struct text_product *known,
		   size_t count)
{
	struct span product, version;

	if (parse->listened && text_product(text, known, count, &product, &version))
		parse_software(parse, side, product, version);
}
