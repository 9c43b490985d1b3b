#include "firewall/history.h"

#include <stdlib.h>

enum { FIELDS = 14 };
#define FIRST_LINE "doorward history 1"

static const char *const standings[STANDINGS] = {
	[STANDING_LOADING] = "loading",     [STANDING_ARMED] = "armed",
	[STANDING_CONFIRMED] = "confirmed", [STANDING_TAKEN_BACK] = "taken-back",
	[STANDING_FAILED] = "failed",
};

const char *standing_text(enum standing standing)
{
	return standings[standing];
}

static bool read_signed(struct span field, int64_t *ret_number)
{
	const bool negative = span_begins(field, "-");
	uint64_t number;

	span_skip(&field, negative);
	if (!span_number(field, INT64_MAX, &number))
		return false;
	*ret_number = negative ? -(int64_t)number : (int64_t)number;
	return true;
}

static bool read_digest(struct span field, uint64_t *ret_digest)
{
	char text[20], *behind;

	span_copy_text(field, text, sizeof(text));
	*ret_digest = strtoull(text, &behind, 16);
	return *behind == '\0' && span_left(field) == 16;
}

static bool read_standing(struct span field, enum standing *ret_standing)
{
	for (enum standing i = 0; i < STANDINGS; i++) {
		if (span_is(field, standings[i])) {
			*ret_standing = i;
			return true;
		}
	}
	return false;
}

static bool read_number(struct span field, uint32_t *ret_number)
{
	uint64_t number = 0;
	const bool read = span_number(field, UINT32_MAX, &number);

	*ret_number = (uint32_t)number;
	return read;
}

static bool read_entry(struct arena *arena, struct span line, struct entry *entry)
{
	struct span field[FIELDS];

	for (size_t i = 0; i + 1 < FIELDS; i++) {
		field[i] = span_until(&line, '\t');
		if (field[i].failed)
			return false;
	}
	field[FIELDS - 1] = line;
	span_copy_text(field[6], entry->boot, sizeof(entry->boot));
	entry->policy_digest = arena_span_text(arena, field[11]);
	entry->user = arena_span_text(arena, field[12]);
	entry->policy = arena_span_text(arena, field[13]);
	return entry->policy_digest != NULL && entry->user != NULL && entry->policy != NULL &&
	       read_number(field[0], &entry->number) && read_standing(field[1], &entry->standing) &&
	       read_signed(field[2], &entry->when_us) && read_signed(field[3], &entry->settled_us) &&
	       read_number(field[4], &entry->timeout_s) && read_signed(field[5], &entry->deadline_ms) &&
	       read_number(field[7], &entry->stands_for) && read_number(field[8], &entry->before) &&
	       read_digest(field[9], &entry->digest) && read_digest(field[10], &entry->old_digest);
}

/* Whoever wrote a tab or a line's end into a name gets a question mark. */
static void write_text(struct buffer *out, const char *text)
{
	for (; *text != '\0'; text++)
		buffer_u8(out, (uint8_t)*text < ' ' ? '?' : (uint8_t)*text);
}

static void write_entry(struct buffer *out, const struct entry *e)
{
	buffer_format(out, "%u\t%s\t%lld\t%lld\t%u\t%lld\t%s\t%u\t%u\t%016llx\t%016llx\t%s\t", e->number,
		      standings[e->standing], (long long)e->when_us, (long long)e->settled_us, e->timeout_s,
		      (long long)e->deadline_ms, e->boot, e->stands_for, e->before,
		      (unsigned long long)e->digest, (unsigned long long)e->old_digest, e->policy_digest);
	write_text(out, e->user);
	buffer_u8(out, '\t');
	write_text(out, e->policy);
	buffer_u8(out, '\n');
}

struct entry *history_grow(struct state *state)
{
	struct entry *const entries = arena_grow(state->arena, state->entries, state->count, &state->capacity,
						 sizeof(*entries));

	if (entries == NULL)
		return NULL;
	state->entries = entries;
	entries[state->count] = (struct entry){ 0 };
	return &entries[state->count];
}

bool history_read(struct state *state, const char *path, struct span text, struct error *err)
{
	const struct span first = span_until(&text, '\n');
	unsigned line = 1;

	if (!span_is(first, FIRST_LINE))
		return error_set(err, "%s: is no history of this version of doorward", path);
	while (span_left(text) > 0) {
		struct entry *const entry = history_grow(state);

		line++;
		if (entry == NULL)
			return error_memory(err);
		if (!read_entry(state->arena, span_until(&text, '\n'), entry) ||
		    (state->count > 0 && entry->number <= state->entries[state->count - 1].number))
			return error_set(err, "%s: line %u is not as doorward writes it", path, line);
		state->count++;
	}
	return true;
}

void history_write(const struct state *state, size_t first, struct buffer *out)
{
	buffer_text(out, FIRST_LINE "\n");
	for (size_t i = first; i < state->count; i++)
		write_entry(out, &state->entries[i]);
}
