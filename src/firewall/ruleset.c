#include "firewall/ruleset.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One table while it is written anew. */
struct dressing {
	const struct loaded *loaded;
	int64_t now_s;
	struct buffer *out;
	char id[128];                   /* of the rule whose chain this is; "" elsewhere */
	const struct loaded_rule *same; /* the same rule where it is loaded, or NULL */
	bool counted;                   /* its counter has been written */
};

static void write_line(struct buffer *out, struct span line)
{
	buffer_span(out, line);
	buffer_u8(out, '\n');
}

/* Takes `text` off the line, if it begins so. */
static bool step_over(struct span *line, const char *text)
{
	if (!span_begins(*line, text))
		return false;
	span_skip(line, strlen(text));
	return true;
}

/* "\tchain rule-shop {" begins the chain of a rule, "\tchain rule-shop/over {" one that belongs to it. */
static void begin_chain(struct dressing *d, struct span line)
{
	d->id[0] = '\0';
	d->same = NULL;
	d->counted = false;
	if (step_over(&line, "\tchain rule-") && span_find(line, "/") == SIZE_MAX) {
		const struct span id = span_word(&line);

		span_copy_text(id, d->id, sizeof(d->id));
	}
}

/* comment "DIGEST" or "DIGEST SINCE" */
static bool write_comment(struct dressing *d, struct span line)
{
	char words[128], *behind;
	uint64_t digest;
	int64_t since;

	if (!step_over(&line, "\t\tcomment \""))
		return false;
	span_copy_text(line, words, sizeof(words));
	digest = strtoull(words, &behind, 16);
	since = strtoll(behind, NULL, 10);
	d->same = loaded_find(d->loaded, d->id);
	if (d->same != NULL && d->same->digest != digest)
		d->same = NULL;
	if (d->same != NULL && d->same->since_s > 0)
		since = d->same->since_s;
	buffer_format(d->out, "\t\tcomment \"%016llx %lld\"\n", (unsigned long long)digest,
		      (long long)(since > 0 ? since : d->now_s));
	return true;
}

/* "counter", or as it is listed "counter packets 3 bytes 180"; what it decides may stand behind. */
static bool write_counter(struct dressing *d, struct span line)
{
	if (d->counted || !step_over(&line, "\t\tcounter"))
		return false;
	d->counted = true;
	if (d->same == NULL)
		return false;
	if (step_over(&line, " packets ")) {
		(void)span_word(&line);
		(void)step_over(&line, " bytes ");
		(void)span_word(&line);
	}
	buffer_format(d->out, "\t\tcounter packets %llu bytes %llu", (unsigned long long)d->same->packets,
		      (unsigned long long)d->same->bytes);
	write_line(d->out, line);
	return true;
}

static bool names_absent_group(struct span line)
{
	char path[512];
	const size_t at = span_find(line, "socket cgroupv2 level ");
	struct span name;

	if (at == SIZE_MAX)
		return false;
	span_skip(&line, at);
	(void)span_until(&line, '"');
	name = span_until(&line, '"');
	snprintf(path, sizeof(path), "/sys/fs/cgroup/%.*s", (int)span_left(name), (const char *)name.at);
	return name.failed || access(path, F_OK) != 0;
}

/* Lines that replace the table stand before it in what we write, and not in what is listed. */
static bool replaces_table(struct span line)
{
	return span_is(line, "table inet doorward") || span_is(line, "delete table inet doorward");
}

static void dress_line(struct dressing *d, struct span line)
{
	if (span_begins(line, "\tchain "))
		begin_chain(d, line);
	if (replaces_table(line) || names_absent_group(line))
		return;
	if (d->id[0] != '\0' && (write_comment(d, line) || write_counter(d, line)))
		return;
	write_line(d->out, line);
}

void ruleset_dress(struct span text, const struct loaded *loaded, int64_t now_s, struct buffer *out)
{
	struct dressing d = { .loaded = loaded, .now_s = now_s, .out = out };

	buffer_text(out, "table inet doorward\ndelete table inet doorward\n");
	while (span_left(text) > 0) {
		const struct span line = span_until(&text, '\n');

		if (line.failed)
			break;
		dress_line(&d, line);
	}
	buffer_u8(out, '\0');
}

uint64_t ruleset_digest(struct span text)
{
	char words[32];
	const size_t at = span_find(text, "\tchain digest {\n\t\tcomment \"");

	if (at == SIZE_MAX)
		return 0;
	span_skip(&text, at);
	(void)span_until(&text, '"');
	return strtoull(span_copy_text(span_until(&text, '"'), words, sizeof(words)), NULL, 16);
}

/* ---- differences ---- */

/* A chain, a set or another object of a table: its head, and the lines in it. */
struct part {
	struct span head, lines;
};
struct parts {
	struct part *list;
	size_t count, capacity;
};

static int by_head(const void *a, const void *b)
{
	const struct part *const x = a, *const y = b;
	const size_t left = span_left(x->head), right = span_left(y->head);
	const int order = memcmp(x->head.at, y->head.at, left < right ? left : right);

	return order != 0 ? order : (left > right) - (left < right);
}

/* A part begins with one tab and ends with "\t}". */
static bool read_parts(struct arena *arena, struct span text, struct parts *parts)
{
	struct part *list;

	while (span_left(text) > 0) {
		struct span line = span_until(&text, '\n');

		if (line.failed)
			break;
		if (!span_begins(line, "\t") || span_begins(line, "\t\t") || !span_ends(line, "{"))
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
	if (parts->count > 1)
		qsort(parts->list, parts->count, sizeof(*parts->list), by_head);
	return true;
}

static const char *first_line(struct arena *arena, struct span lines)
{
	struct span line = span_until(&lines, '\n');

	while (span_left(line) > 0 && *line.at == '\t')
		line.at++;
	return line.failed ? NULL : arena_span_text(arena, line);
}

/* The lines that both begin with are not told. */
static void step_over_equal(struct span *a, struct span *b)
{
	while (span_left(*a) > 0 && span_left(*b) > 0) {
		struct span x = *a, y = *b;
		const struct span left = span_until(&x, '\n'), right = span_until(&y, '\n');

		if (left.failed || right.failed || span_left(left) != span_left(right) ||
		    memcmp(left.at, right.at, span_left(left)) != 0)
			return;
		*a = x;
		*b = y;
	}
}

struct telling {
	struct arena *arena;
	struct ruleset_difference *list;
	size_t most, count;
};

static void tell(struct telling *t, enum deviation kind, const struct part *part, const struct part *other)
{
	struct span before = part->lines, behind = other != NULL ? other->lines : span_of(NULL, 0);
	struct ruleset_difference *d;

	if (t->count++ >= t->most)
		return;
	d = &t->list[t->count - 1];
	d->kind = kind;
	d->part = arena_span_text(t->arena, part->head);
	if (kind != DEVIATION_CHANGED)
		return;
	step_over_equal(&before, &behind);
	d->before = first_line(t->arena, before);
	d->behind = first_line(t->arena, behind);
}

static bool same_lines(const struct part *a, const struct part *b)
{
	return span_left(a->lines) == span_left(b->lines) &&
	       memcmp(a->lines.at, b->lines.at, span_left(a->lines)) == 0;
}

struct ruleset_difference *ruleset_differences(struct arena *arena, struct span recorded, struct span there,
					       size_t most, size_t *ret_count)
{
	struct telling t = { .arena = arena, .most = most };
	struct parts a = { 0 }, b = { 0 };
	size_t i = 0, k = 0;

	t.list = arena_array(arena, most + 1, sizeof(*t.list));
	if (t.list == NULL || !read_parts(arena, recorded, &a) || !read_parts(arena, there, &b))
		return NULL;
	while (i < a.count || k < b.count) {
		const int order = i == a.count ? 1 : k == b.count ? -1 : by_head(&a.list[i], &b.list[k]);

		if (order < 0)
			tell(&t, DEVIATION_GONE, &a.list[i], NULL);
		else if (order > 0)
			tell(&t, DEVIATION_NEW, &b.list[k], NULL);
		else if (!same_lines(&a.list[i], &b.list[k]))
			tell(&t, DEVIATION_CHANGED, &a.list[i], &b.list[k]);
		i += order <= 0;
		k += order >= 0;
	}
	*ret_count = t.count;
	return t.list;
}
