#include "policy/moving_xml.h"

#include <string.h>

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Passes by, with the lines counted. */
static void pass(struct moving *m, struct span *text, size_t length)
{
	for (size_t i = 0; i < length && i < span_left(*text); i++) {
		if (text->at[i] == '\n') {
			struct span rest = *text;

			span_skip(&rest, i + 1);
			m->number++;
			m->line = rest;
			m->line = span_until(&rest, '\n');
			if (m->line.failed)
				m->line = rest;
		}
	}
	span_skip(text, length < span_left(*text) ? length : span_left(*text));
}

/* The length of what begins at '<', with its '>'; one in quotes is text. 0 where it does not end. */
static size_t tag_length(struct span text)
{
	uint8_t quote = 0;

	if (span_begins(text, "<!--")) {
		const size_t at = span_find(text, "-->");

		return at == SIZE_MAX ? 0 : at + strlen("-->");
	}
	for (size_t i = 0; i < span_left(text); i++) {
		const uint8_t c = text.at[i];

		if (c == '<' && i > 0)
			return 0;
		if (quote != 0)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
			return i + 1;
	}
	return 0;
}

static struct moving_tag read_tag(struct span inside)
{
	struct moving_tag tag = { .closes = span_begins(inside, "/") };

	span_skip(&inside, tag.closes);
	if (span_ends(inside, "/")) {
		tag.alone = true;
		inside.end--;
	}
	tag.name = inside;
	while (span_left(inside) > 0 && !is_blank(inside.at[0]))
		inside.at++;
	tag.name.end = inside.at;
	tag.attributes = inside;
	return tag;
}

bool moving_tag(struct moving *m, struct span *text, struct moving_tag *ret_tag)
{
	if (m->number == 0) {
		struct span rest = *text;

		m->number = 1;
		m->line = span_until(&rest, '\n');
		if (m->line.failed)
			m->line = *text;
	}
	while (!m->failed && !m->out->failed) {
		const uint8_t *const begin = span_left(*text) > 0 ? memchr(text->at, '<', span_left(*text))
								  : NULL;
		struct span inside;
		size_t length;

		if (begin == NULL)
			return false;
		pass(m, text, (size_t)(begin - text->at));
		inside = *text;
		length = tag_length(inside);
		if (length == 0) {
			moving_leave(m, "it does not end");
			pass(m, text, span_begins(inside, "<!--") ? span_left(inside) : 1);
			continue;
		}
		inside.end = inside.at + length - 1;
		span_skip(&inside, 1);
		if (span_begins(inside, "!") || span_begins(inside, "?")) {
			pass(m, text, length);
			continue;
		}
		*ret_tag = read_tag(inside);
		pass(m, text, length);
		return true;
	}
	return false;
}

struct span moving_attribute(const struct moving_tag *tag, const char *name)
{
	struct span rest = tag->attributes, value;

	while (span_left(rest) > 0) {
		struct span word;
		uint8_t quote;

		while (span_left(rest) > 0 && is_blank(rest.at[0]))
			rest.at++;
		word = span_until(&rest, '=');
		while (span_left(word) > 0 && is_blank(word.end[-1]))
			word.end--;
		while (span_left(rest) > 0 && is_blank(rest.at[0]))
			rest.at++;
		quote = span_u8(&rest);
		if (rest.failed || (quote != '"' && quote != '\''))
			break;
		value = span_until(&rest, quote);
		if (span_is(word, name))
			return value;
	}
	value = span_of(NULL, 0);
	value.failed = true;
	return value;
}
