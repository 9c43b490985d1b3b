#include "firewall/delta.h"
#include "base/hash.h"
#include "firewall/elements.h"

/* Two rule sets where they differ, and which part of the one is which of the other. */
struct delta {
	struct parts before, behind;
	uint32_t *slots; /* parts of `before` by their heads, hashed: index + 1; a power of two */
	size_t slot_count;
	uint32_t *old;  /* of each part of `behind`: index + 1 in `before`, 0: it is new */
	bool *stays;    /* of each part of `before`: it is in `behind` as well */
	size_t touched; /* parts that differ, are new or gone */
};

static uint32_t *slot_of(const struct delta *d, const struct part *part)
{
	size_t at = hash_bytes(part->head.at, span_left(part->head)) & (d->slot_count - 1);

	while (d->slots[at] != 0 && !parts_alike(&d->before.list[d->slots[at] - 1], part))
		at = (at + 1) & (d->slot_count - 1);
	return &d->slots[at];
}

static bool make_slots(struct arena *arena, struct delta *d)
{
	d->slot_count = 64;
	while (d->slot_count < 2 * d->before.count)
		d->slot_count *= 2;
	d->slots = arena_array(arena, d->slot_count, sizeof(*d->slots));
	d->old = arena_array(arena, d->behind.count + 1, sizeof(*d->old));
	d->stays = arena_array(arena, d->before.count + 1, sizeof(*d->stays));
	if (d->slots == NULL || d->old == NULL || d->stays == NULL)
		return false;
	for (uint32_t i = 0; i < d->before.count; i++)
		*slot_of(d, &d->before.list[i]) = i + 1;
	return true;
}

static bool is_chain(const struct part *part)
{
	return span_begins(part->head, "chain ");
}

static bool is_set(const struct part *part)
{
	return span_begins(part->head, "set ") || span_begins(part->head, "map ");
}

/* What is bound to a hook stays bound to it: there is no instant at which it would not be. */
static bool is_base(const struct part *part)
{
	return span_find(part->lines, "\t\ttype filter hook ") != SIZE_MAX;
}

/* The comment of a rule's chain: the digest of the rule. */
static struct span comment_of(const struct part *part)
{
	struct span rest = part->lines;
	const size_t at = span_find(rest, "comment \"");

	if (at == SIZE_MAX)
		return span_of(NULL, 0);
	span_skip(&rest, at);
	(void)span_until(&rest, '"');
	return span_until(&rest, '"');
}

/* The same rule that is written otherwise has counted, and only a whole replacement carries that over. */
static bool counts_on(const struct part *old, const struct part *part)
{
	const struct span a = comment_of(old), b = comment_of(part);

	return span_left(a) > 0 && span_left(a) == span_left(b) && memcmp(a.at, b.at, span_left(a)) == 0;
}

static bool can_change(const struct part *old, const struct part *part)
{
	if (is_set(part))
		return elements_can_change(old, part);
	return is_chain(part) && !is_base(old) && !is_base(part) && !counts_on(old, part);
}

static bool can_come_or_go(const struct part *part)
{
	return is_set(part) || (is_chain(part) && !is_base(part));
}

static bool changed(const struct delta *d, size_t behind)
{
	return d->old[behind] != 0 &&
	       !parts_equal(&d->before.list[d->old[behind] - 1], &d->behind.list[behind]);
}

static bool compare(struct delta *d)
{
	for (size_t i = 0; i < d->behind.count; i++) {
		const struct part *const part = &d->behind.list[i];

		d->old[i] = *slot_of(d, part);
		if (d->old[i] != 0)
			d->stays[d->old[i] - 1] = true;
		if (d->old[i] != 0 && !changed(d, i))
			continue;
		if (d->old[i] == 0 ? !can_come_or_go(part)
				   : !can_change(&d->before.list[d->old[i] - 1], part))
			return false;
		d->touched++;
	}
	for (size_t i = 0; i < d->before.count; i++) {
		if (!d->stays[i] && !can_come_or_go(&d->before.list[i]))
			return false;
		d->touched += !d->stays[i];
	}
	return true;
}

/* Whether what differs is little of what there is. */
static bool is_little(const struct delta *d, struct span behind)
{
	const size_t least = d->touched * DELTA_MOST_PART;

	return parts_reach(behind, least > DELTA_LEAST ? least : DELTA_LEAST);
}

/* "chain rule-web" becomes "delete chain inet doorward rule-web". */
static void write_command(const char *verb, const struct part *part, struct buffer *out)
{
	struct span name = part->head;
	const struct span kind = span_word(&name);

	buffer_format(out, "%s %.*s inet doorward", verb, (int)span_left(kind), (const char *)kind.at);
	buffer_span(out, name);
	buffer_u8(out, '\n');
}

/* The chain that says what the whole is known by has its word in a comment of its own, which only comes with
 * it; nobody goes there. */
static bool is_digest(const struct part *part)
{
	return span_is(part->head, "chain digest");
}

static void write_goings(const struct delta *d, struct buffer *out)
{
	for (size_t i = 0; i < d->behind.count; i++) {
		if (changed(d, i) && is_set(&d->behind.list[i]))
			elements_go(&d->before.list[d->old[i] - 1], &d->behind.list[i], out);
		else if (changed(d, i))
			write_command(is_digest(&d->behind.list[i]) ? "delete" : "flush", &d->behind.list[i],
				      out);
	}
	for (size_t i = 0; i < d->before.count; i++) {
		if (!d->stays[i] && is_chain(&d->before.list[i]))
			write_command("flush", &d->before.list[i], out);
	}
	for (size_t i = 0; i < d->before.count; i++) {
		if (!d->stays[i] && is_set(&d->before.list[i]))
			write_command("delete", &d->before.list[i], out);
	}
	for (size_t i = 0; i < d->before.count; i++) {
		if (!d->stays[i] && is_chain(&d->before.list[i]))
			write_command("delete", &d->before.list[i], out);
	}
}

static void write_comings(const struct delta *d, struct buffer *out)
{
	buffer_text(out, "table inet doorward {\n");
	for (size_t i = 0; i < d->behind.count; i++) {
		const struct part *const part = &d->behind.list[i];

		if (d->old[i] != 0 && (is_set(part) || !changed(d, i)))
			continue;
		buffer_u8(out, '\t');
		buffer_span(out, part->head);
		buffer_text(out, " {\n");
		buffer_span(out, part->lines);
		buffer_text(out, "\t}\n");
	}
	buffer_text(out, "}\n");
	for (size_t i = 0; i < d->behind.count; i++) {
		if (changed(d, i) && is_set(&d->behind.list[i]))
			elements_come(&d->before.list[d->old[i] - 1], &d->behind.list[i], out);
	}
}

bool delta_write(struct arena *arena, struct span before, struct span behind, struct buffer *out)
{
	struct delta d = { 0 };

	if (!parts_read_unlike(arena, before, behind, &d.before, &d.behind) || !make_slots(arena, &d) ||
	    !compare(&d) || !is_little(&d, behind))
		return false;
	write_goings(&d, out);
	write_comings(&d, out);
	return !out->failed;
}
