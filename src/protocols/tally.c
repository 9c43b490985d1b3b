/* tally.c: codes, texts and messages, counted and taken. */
#include "protocols/tally.h"

#include <stdio.h>

const char *code_text(const struct code_name *names, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].code == code)
			return names[i].name;
	return NULL;
}

void tally_add(struct tally *tally, uint32_t code)
{
	for (size_t i = 0; i < TALLY_PLACES; i++) {
		if (tally->places[i].count > 0 && tally->places[i].code != code)
			continue;
		tally->places[i].code = code;
		tally->places[i].count++;
		return;
	}
	tally->other++;
}

void emit_tally(struct json *json, const char *key, const struct tally *tally, const struct code_name *names,
		size_t count)
{
	if (tally->places[0].count == 0)
		return;
	json_open_object(json, key);
	for (size_t i = 0; i < TALLY_PLACES && tally->places[i].count > 0; i++) {
		const char *const name = code_text(names, count, tally->places[i].code);
		char number[16];

		if (name == NULL)
			(void)snprintf(number, sizeof(number), "%u", tally->places[i].code);
		json_unsigned(json, name != NULL ? name : number, tally->places[i].count);
	}
	if (tally->other > 0)
		json_unsigned(json, "other", tally->other);
	json_end(json);
}

void texts_note(char *room, size_t size, struct span text)
{
	for (const char *at = room; *at != '\0'; at += strlen(at) + 1)
		if (span_is(text, at))
			return;
	(void)texts_add(room, size, text);
}

enum verdict message_take(struct parse *parse, struct span *bytes, uint64_t length, struct span *ret_message)
{
	const size_t wanted = length < MESSAGE_MOST ? (size_t)length : MESSAGE_MOST;

	if (span_left(*bytes) < wanted) {
		parse_want(parse, wanted);
		return MORE;
	}
	*ret_message = span_take(bytes, wanted);
	parse_skip(parse, length - wanted);
	return YES;
}
