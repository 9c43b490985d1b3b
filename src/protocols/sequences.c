#include "protocols/sequences.h"

enum { WINDOW = 64 };

/* The number nearest to the highest so far that ends like this one. */
static uint64_t extended(const struct sequences *s, uint32_t sequence)
{
	const uint64_t turn = UINT64_C(1) << 32, number = (s->highest & ~(turn - 1)) | sequence;

	if (number + turn / 2 < s->highest)
		return number + turn;
	if (number > s->highest + turn / 2 && number >= turn)
		return number - turn;
	return number;
}

static void advance(struct sequences *s, uint64_t number)
{
	const uint64_t step = number - s->highest;

	s->seen = step >= WINDOW ? 1 : s->seen << step | 1;
	s->highest = number;
	s->fresh++;
}

void sequences_add(struct sequences *s, uint32_t sequence)
{
	uint64_t number, behind;

	if (!s->begun) {
		*s = (struct sequences){
			.first = sequence, .highest = sequence, .seen = 1, .fresh = 1, .begun = true
		};
		return;
	}
	number = extended(s, sequence);
	if (number > s->highest) {
		advance(s, number);
		return;
	}
	behind = s->highest - number;
	if (behind >= WINDOW) {
		s->late++;
	} else if ((s->seen >> behind & 1) != 0) {
		s->repeated++;
	} else {
		s->seen |= UINT64_C(1) << behind;
		s->fresh++;
		s->out_of_order++;
		if (number < s->first)
			s->first = number;
	}
}

static void emit_count(struct json *json, const char *key, uint64_t count)
{
	if (count > 0)
		json_unsigned(json, key, count);
}

void sequences_emit(struct json *json, const struct sequences *s)
{
	const uint64_t come = s->fresh + s->late, due = s->highest - s->first + 1;

	if (!s->begun)
		return;
	json_unsigned(json, "first_sequence", s->first & UINT32_MAX);
	json_unsigned(json, "last_sequence", s->highest & UINT32_MAX);
	emit_count(json, "missing", due > come ? due - come : 0);
	emit_count(json, "repeated", s->repeated);
	emit_count(json, "out_of_order", s->out_of_order);
	emit_count(json, "late", s->late);
}
