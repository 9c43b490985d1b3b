#include "firewall/parts.h"

/* A part begins with one tab and ends with "\t}". */
static bool begins_part(struct span line)
{
	return span_begins(line, "\t") && !span_begins(line, "\t\t") && span_ends(line, "{");
}

bool parts_read(struct arena *arena, struct span text, struct parts *ret_parts)
{
	struct parts *const parts = ret_parts;
	struct part *list;

	*parts = (struct parts){ 0 };
	while (span_left(text) > 0) {
		struct span line = span_until(&text, '\n');

		if (line.failed)
			break;
		if (!begins_part(line))
			continue;
		list = arena_grow(arena, parts->list, parts->count, &parts->capacity, sizeof(*list));
		if (list == NULL)
			return false;
		parts->list = list;
		span_skip(&line, 1);
		line.end -= span_left(line) > 1 ? 2 : 0;
		list[parts->count] = (struct part){ .head = line, .lines = text };
		while (span_left(text) > 0 && !span_begins(text, "\t}"))
			(void)span_until(&text, '\n');
		list[parts->count++].lines.end = text.at;
	}
	return true;
}

bool parts_equal(const struct part *a, const struct part *b)
{
	return span_left(a->lines) == span_left(b->lines) &&
	       memcmp(a->lines.at, b->lines.at, span_left(a->lines)) == 0;
}

int parts_by_head(const void *a, const void *b)
{
	const struct part *const x = a, *const y = b;
	const size_t left = span_left(x->head), right = span_left(y->head);
	const int order = memcmp(x->head.at, y->head.at, left < right ? left : right);

	return order != 0 ? order : (left > right) - (left < right);
}
