#include "policy/moving_xml.h"
#include "expat_calls.h"

#include <string.h>

enum { PIECE = 1 << 20, DEPTH_MOST = 64 };

struct reading {
	struct moving *m;
	struct span text;
	XML_Parser parser;
	unsigned depth;
	moving_tag_reader *reader;
	void *context;
};

/* A line that many elements stand on is looked for once. */
static void stand_at(struct reading *r)
{
	const size_t number = XML_GetCurrentLineNumber(r->parser);
	const XML_Index at = XML_GetCurrentByteIndex(r->parser);
	struct span line = r->text, rest;

	if (number == r->m->number || at < 0 || (size_t)at > span_left(line))
		return;
	line.at += at;
	while (line.at > r->text.at && line.at[-1] != '\n')
		line.at--;
	rest = line;
	r->m->line = span_until(&rest, '\n');
	if (r->m->line.failed)
		r->m->line = line; /* the last one */
	r->m->number = number;
}

static void hear(struct reading *r, const char *name, const char *const *attributes, bool closes)
{
	const struct moving_tag tag = {
		.name = span_text(name), .attributes = attributes, .closes = closes, .m = r->m
	};

	stand_at(r);
	r->depth = closes ? r->depth - 1 : r->depth + 1;
	if (r->depth > DEPTH_MOST) {
		r->m->failed = true;
		error_set(r->m->err, "line %zu: it is nested too deep", r->m->number);
	} else {
		r->reader(r->context, &tag);
	}
	if (r->m->failed || r->m->out->failed)
		(void)XML_StopParser(r->parser, XML_FALSE);
}

static void hear_begin(void *context, const XML_Char *name, const XML_Char **attributes)
{
	hear(context, name, attributes, false);
}

static void hear_end(void *context, const XML_Char *name)
{
	static const char *const none[] = { NULL };

	hear(context, name, none, true);
}

static bool read_all(struct reading *r)
{
	struct span rest = r->text;

	for (;;) {
		const size_t length = span_left(rest) < PIECE ? span_left(rest) : PIECE;
		const bool last = length == span_left(rest);
		const struct span piece = span_take(&rest, length);

		if (XML_Parse(r->parser, (const char *)piece.at, (int)length, last) != XML_STATUS_OK)
			return false;
		if (last)
			return true;
	}
}

void moving_xml(struct moving *m, struct span text, moving_tag_reader *reader, void *context)
{
	struct reading r = { .m = m, .text = text, .reader = reader, .context = context };

	if (!expat_load(m->err)) {
		m->failed = true;
		return;
	}
	r.parser = XML_ParserCreate(NULL);
	if (r.parser == NULL) {
		moving_no_memory(m);
		return;
	}
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, hear_begin, hear_end);
	if (!read_all(&r) && !m->failed && !m->out->failed) {
		m->failed = true;
		error_set(m->err, "line %lu: no XML: %s", (unsigned long)XML_GetCurrentLineNumber(r.parser),
			  XML_ErrorString(XML_GetErrorCode(r.parser)));
	}
	XML_ParserFree(r.parser);
}

struct span moving_attribute(const struct moving_tag *tag, const char *name)
{
	struct span value = span_of(NULL, 0);
	const char *const *a = tag->attributes;
	const char *copy = NULL;

	for (; a[0] != NULL; a += 2)
		if (strcmp(a[0], name) == 0)
			break;
	if (a[0] != NULL)
		copy = arena_text(tag->m->arena, a[1]);
	if (copy != NULL)
		return span_text(copy);
	if (a[0] != NULL)
		moving_no_memory(tag->m);
	value.failed = true;
	return value;
}
