#include "firewall/ruleset.h"
#include "firewall/parts.h"

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

/* "DIGEST" or "DIGEST SINCE" */
static void write_comment(struct dressing *d, struct span words)
{
	char text[128], *behind;
	uint64_t digest;
	int64_t since;

	span_copy_text(words, text, sizeof(text));
	digest = strtoull(text, &behind, 16);
	since = strtoll(behind, NULL, 10);
	if (d->same != NULL && d->same->since_s > 0)
		since = d->same->since_s;
	buffer_format(d->out, "comment \"%016llx %lld\"\n", (unsigned long long)digest,
		      (long long)(since > 0 ? since : d->now_s));
}

static const struct loaded_rule *same_rule(const struct dressing *d, struct span words)
{
	const struct loaded_rule *const rule = loaded_find(d->loaded, d->id);
	char text[128];

	return rule != NULL && rule->digest == strtoull(span_copy_text(words, text, sizeof(text)), NULL, 16)
		       ? rule
		       : NULL;
}

/* The counter of a rule, as it is written or listed: what it has, what it decides, and its comment.
 *     counter packets 3 bytes 180 accept comment "c2547c6c5f814ea1 1700000000"
 */
static bool write_counter(struct dressing *d, struct span line)
{
	uint64_t packets = 0, bytes = 0;
	struct span verdict, words;
	size_t at;

	if (d->counted || !step_over(&line, "\t\tcounter"))
		return false;
	at = span_find(line, "comment \"");
	if (at == SIZE_MAX)
		return false;
	if (step_over(&line, " packets ")) {
		(void)span_number(span_word(&line), UINT64_MAX, &packets);
		(void)step_over(&line, " bytes ");
		(void)span_number(span_word(&line), UINT64_MAX, &bytes);
	}
	verdict = span_take(&line, span_find(line, "comment \""));
	(void)span_until(&line, '"');
	words = span_until(&line, '"');
	d->counted = true;
	d->same = same_rule(d, words);
	if (d->same != NULL) {
		packets = d->same->packets;
		bytes = d->same->bytes;
	}
	buffer_text(d->out, "\t\tcounter");
	if (packets > 0)
		buffer_format(d->out, " packets %llu bytes %llu", (unsigned long long)packets,
			      (unsigned long long)bytes);
	buffer_span(d->out, verdict);
	write_comment(d, words);
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
	if (d->id[0] != '\0' && write_counter(d, line))
		return;
	write_line(d->out, line);
}

void ruleset_dress(struct span text, const struct loaded *loaded, int64_t now_s, struct buffer *out)
{
	struct dressing d = { .loaded = loaded, .now_s = now_s, .out = out };

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

static bool read_sorted(struct arena *arena, struct span text, struct parts *ret_parts)
{
	if (!parts_read(arena, text, ret_parts))
		return false;
	if (ret_parts->count > 1)
		qsort(ret_parts->list, ret_parts->count, sizeof(*ret_parts->list), parts_by_head);
	return true;
}

struct ruleset_difference *ruleset_differences(struct arena *arena, struct span recorded, struct span there,
					       size_t most, size_t *ret_count)
{
	struct telling t = { .arena = arena, .most = most };
	struct parts a, b;
	size_t i = 0, k = 0;

	t.list = arena_array(arena, most + 1, sizeof(*t.list));
	if (t.list == NULL || !read_sorted(arena, recorded, &a) || !read_sorted(arena, there, &b))
		return NULL;
	while (i < a.count || k < b.count) {
		const int order = i == a.count   ? 1
				  : k == b.count ? -1
						 : parts_by_head(&a.list[i], &b.list[k]);

		if (order < 0)
			tell(&t, DEVIATION_GONE, &a.list[i], NULL);
		else if (order > 0)
			tell(&t, DEVIATION_NEW, &b.list[k], NULL);
		else if (!parts_equal(&a.list[i], &b.list[k]))
			tell(&t, DEVIATION_CHANGED, &a.list[i], &b.list[k]);
		i += order <= 0;
		k += order >= 0;
	}
	*ret_count = t.count;
	return t.list;
}
