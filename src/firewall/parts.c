#include "firewall/parts.h"

/* What is compared at once. */
enum { STRIDE = 256 };

static const char part_end[] = "\n\t}\n";

/* A part begins with one tab and ends with "\t}". */
static bool begins_part(struct span line)
{
	return span_begins(line, "\t") && !span_begins(line, "\t\t") && span_ends(line, "{");
}

/* The next part of the text, and steps over it. False if there is none. */
static bool next_part(struct span *text, struct part *ret_part)
{
	while (span_left(*text) > 0) {
		struct span line = span_until(text, '\n');

		if (line.failed)
			break;
		if (!begins_part(line))
			continue;
		span_skip(&line, 1);
		line.end -= span_left(line) > 1 ? 2 : 0;
		*ret_part = (struct part){ .head = line, .lines = *text };
		while (span_left(*text) > 0 && !span_begins(*text, "\t}"))
			(void)span_until(text, '\n');
		ret_part->lines.end = text->at;
		return true;
	}
	return false;
}

static bool add_part(struct arena *arena, struct parts *parts, const struct part *part)
{
	struct part *const list = arena_grow(arena, parts->list, parts->count, &parts->capacity,
					     sizeof(*list));

	if (list == NULL)
		return false;
	parts->list = list;
	list[parts->count++] = *part;
	return true;
}

static bool add_parts(struct arena *arena, struct span text, struct parts *parts)
{
	struct part part;

	while (next_part(&text, &part)) {
		if (!add_part(arena, parts, &part))
			return false;
	}
	return true;
}

bool parts_read(struct arena *arena, struct span text, struct parts *ret_parts)
{
	*ret_parts = (struct parts){ 0 };
	return add_parts(arena, text, ret_parts);
}

bool parts_reach(struct span text, size_t count)
{
	struct part part;

	while (count > 0 && next_part(&text, &part))
		count--;
	return count == 0;
}

/* ---- two texts ---- */

/* How many bytes are the same from the beginning on. */
static size_t same_at_first(struct span a, struct span b)
{
	const size_t most = span_left(a) < span_left(b) ? span_left(a) : span_left(b);
	size_t same = 0;

	while (most - same >= STRIDE && memcmp(a.at + same, b.at + same, STRIDE) == 0)
		same += STRIDE;
	while (same < most && a.at[same] == b.at[same])
		same++;
	return same;
}

/* The same from the end on. */
static size_t same_at_last(struct span a, struct span b)
{
	const size_t most = span_left(a) < span_left(b) ? span_left(a) : span_left(b);
	size_t same = 0;

	while (most - same >= STRIDE && memcmp(a.end - same - STRIDE, b.end - same - STRIDE, STRIDE) == 0)
		same += STRIDE;
	while (same < most && a.end[-1 - (ptrdiff_t)same] == b.end[-1 - (ptrdiff_t)same])
		same++;
	return same;
}

/* Steps over the whole parts that both begin with. */
static void skip_same(struct span *a, struct span *b)
{
	struct span same = span_of(a->at, same_at_first(*a, *b));

	while (span_left(same) > 0 && !span_ends(same, part_end)) {
		const uint8_t *const line = memrchr(same.at, '\n', span_left(same) - 1);

		same.end = line != NULL ? line + 1 : same.at;
	}
	span_skip(a, span_left(same));
	span_skip(b, span_left(same));
}

/* Cuts off the whole parts that both end with: all behind the first end of one. */
static void drop_same(struct span *a, struct span *b)
{
	const size_t length = same_at_last(*a, *b);
	const size_t end = span_find(span_of(a->end - length, length), part_end);

	if (end == SIZE_MAX)
		return;
	a->end -= length - end - strlen(part_end);
	b->end -= length - end - strlen(part_end);
}

bool parts_read_unlike(struct arena *arena, struct span a, struct span b, struct parts *ret_a,
		       struct parts *ret_b)
{
	*ret_a = *ret_b = (struct parts){ 0 };
	for (;;) {
		struct span behind_a, behind_b;
		struct part x, y;

		skip_same(&a, &b);
		behind_a = a;
		behind_b = b;
		if (!next_part(&behind_a, &x) || !next_part(&behind_b, &y) || !parts_alike(&x, &y))
			break;
		if (!add_part(arena, ret_a, &x) || !add_part(arena, ret_b, &y))
			return false;
		a = behind_a;
		b = behind_b;
	}
	drop_same(&a, &b);
	return add_parts(arena, a, ret_a) && add_parts(arena, b, ret_b);
}

/* ---- two parts ---- */

bool parts_alike(const struct part *a, const struct part *b)
{
	return span_left(a->head) == span_left(b->head) &&
	       memcmp(a->head.at, b->head.at, span_left(a->head)) == 0;
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
