#include "talk.h"

#include "base/hash.h"
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { CUTS_MOST = 1024, FLIPPED_PLAYS = 64, FIRST_LIMIT = 1 << 20 };

struct script {
	const struct protocol *protocol;
	unsigned transport;
	const struct turn *turns;
	size_t count, length; /* length: bytes of all turns */
};

static struct script script_of(const char *name, unsigned transport, const struct turn *turns, size_t count)
{
	struct script script = {
		.protocol = protocol_named(span_text(name)),
		.transport = transport,
		.turns = turns,
		.count = count,
	};

	if (script.protocol == NULL || script.protocol->parser == NULL)
		fail_msg("%s has no parser", name);
	for (size_t i = 0; i < count; i++)
		script.length += span_left(turns[i].bytes);
	return script;
}

/* The first n bytes of s, and s is what stands behind them. */
static struct span front(struct span *s, size_t n)
{
	return span_take(s, n < span_left(*s) ? n : span_left(*s));
}

static bool play_turn(struct play *play, const struct turn *turn)
{
	return turn->gap > 0 ? play_gap(play, turn->side, turn->gap)
			     : play_bytes(play, turn->side, turn->bytes, false);
}

static char *told_of(struct play *play)
{
	char *const text = strdup(play_end(play));

	assert_non_null(text);
	play_free(play);
	return text;
}

static char *play_whole(const struct script *script)
{
	struct play *const play = play_new(script->protocol, script->transport);

	for (size_t i = 0; i < script->count; i++)
		(void)play_turn(play, &script->turns[i]);
	return told_of(play);
}

/* Cut in two behind the first `cut` bytes of all. */
static char *play_cut(const struct script *script, size_t cut)
{
	struct play *const play = play_new(script->protocol, script->transport);

	for (size_t i = 0; i < script->count; i++) {
		struct turn turn = script->turns[i];
		const size_t length = span_left(turn.bytes);

		if (cut > 0 && cut < length)
			(void)play_bytes(play, turn.side, front(&turn.bytes, cut), false);
		cut -= cut < length ? cut : length;
		(void)play_turn(play, &turn);
	}
	return told_of(play);
}

static char *play_bytewise(const struct script *script)
{
	struct play *const play = play_new(script->protocol, script->transport);

	for (size_t i = 0; i < script->count; i++) {
		struct turn turn = script->turns[i];

		while (span_left(turn.bytes) > 0)
			(void)play_bytes(play, turn.side, front(&turn.bytes, 1), false);
		(void)play_turn(play, &turn);
	}
	return told_of(play);
}

/* What leads to other flows, which is found where nobody listens as well. */
static bool is_leading(const char *line)
{
	return strncmp(line, "{\"expect\"", 9) == 0 || strncmp(line, "{\"open\"", 7) == 0 ||
	       strncmp(line, "{\"upgrade\"", 10) == 0;
}

/* Keeps those lines alone. */
static void keep_leading(char *told)
{
	char *end = told;

	for (char *line = told, *next; *line != '\0'; line = next) {
		const char *const newline = strchr(line, '\n');
		const size_t length = newline != NULL ? (size_t)(newline - line) + 1 : strlen(line);

		next = line + length;
		if (!is_leading(line))
			continue;
		memmove(end, line, length);
		end += length;
	}
	*end = '\0';
}

static void play_while_nobody_listens(const struct script *script, const char *whole)
{
	struct play *const play = play_new(script->protocol, script->transport);
	char *leading = strdup(whole), *told;

	assert_non_null(leading);
	play_unheard(play);
	for (size_t i = 0; i < script->count; i++)
		(void)play_turn(play, &script->turns[i]);
	told = told_of(play);
	keep_leading(leading);
	keep_leading(told);
	if (strcmp(leading, told) != 0)
		fail_msg("where nobody listens: told\n%sinstead of\n%s", told, leading);
	free(leading);
	free(told);
}

/* ---- damaged: nothing is compared ---- */

static void play_one_side(const struct script *script, enum side side)
{
	struct play *const play = play_new(script->protocol, script->transport);

	for (size_t i = 0; i < script->count; i++)
		if (script->turns[i].side == side)
			(void)play_turn(play, &script->turns[i]);
	free(told_of(play));
}

/* The middle third of this turn is lost; of a datagram all, or its end is not captured. */
static void play_with_gap(const struct script *script, size_t nth, bool cut_short)
{
	struct play *const play = play_new(script->protocol, script->transport);

	for (size_t i = 0; i < script->count; i++) {
		struct turn turn = script->turns[i];
		const size_t third = span_left(turn.bytes) / 3;

		if (i != nth) {
			(void)play_turn(play, &turn);
		} else if (script->transport == TRANSPORT_TCP) {
			(void)play_bytes(play, turn.side, front(&turn.bytes, third), false);
			(void)play_gap(play, turn.side, span_left(front(&turn.bytes, third + 1)));
			(void)play_bytes(play, turn.side, turn.bytes, false);
		} else if (cut_short) {
			(void)play_bytes(play, turn.side, front(&turn.bytes, third), true);
		}
	}
	free(told_of(play));
}

static void play_from(const struct script *script, size_t first)
{
	struct play *const play = play_new(script->protocol, script->transport);

	play_from_middle(play, SIDE_CLIENT);
	play_from_middle(play, SIDE_SERVER);
	for (size_t i = 0; i < script->count; i++) {
		struct turn turn = script->turns[i];

		(void)front(&turn.bytes, first);
		first -= first < span_left(script->turns[i].bytes) ? first
								   : span_left(script->turns[i].bytes);
		(void)play_turn(play, &turn);
	}
	free(told_of(play));
}

static void play_flipped(const struct script *script, uint64_t seed)
{
	struct play *const play = play_new(script->protocol, script->transport);

	for (size_t i = 0; i < script->count; i++) {
		struct turn turn = script->turns[i];
		const size_t length = span_left(turn.bytes);
		uint8_t *const copy = malloc(length + 1);

		assert_non_null(copy);
		if (length > 0)
			memcpy(copy, turn.bytes.at, length);
		for (size_t flips = 1 + length / 64; length > 0 && flips > 0; flips--) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			copy[(seed >> 33) % length] ^= (uint8_t)(1u << (seed >> 30 & 7));
		}
		if (turn.gap == 0)
			turn.bytes = span_of(copy, length);
		(void)play_turn(play, &turn);
		free(copy);
	}
	free(told_of(play));
}

static void play_damaged(const struct script *script, size_t step)
{
	play_one_side(script, SIDE_CLIENT);
	play_one_side(script, SIDE_SERVER);
	for (size_t i = 0; i < script->count; i++) {
		play_with_gap(script, i, false);
		play_with_gap(script, i, true);
	}
	for (size_t first = 1; first < script->length; first += step * 4)
		play_from(script, first);
	for (uint64_t seed = 0; seed < FLIPPED_PLAYS; seed++)
		play_flipped(script, seed);
}

/* ---- seeds ---- */

/* With DOORWARD_SEEDS naming a folder, each script is written there as fuzz/parse.c reads it. */
static void write_seed(const struct script *script)
{
	const char *const folder = getenv("DOORWARD_SEEDS");
	struct buffer seed = buffer_new(FIRST_LIMIT);
	char path[4096];
	FILE *file;

	if (folder == NULL)
		return;
	buffer_format(&seed, "%s %u\n", script->protocol->name, script->transport);
	for (size_t i = 0; i < script->count; i++) {
		const struct turn *const turn = &script->turns[i];

		buffer_u8(&seed, (uint8_t)(turn->side | (turn->gap > 0 ? 2 : 0)));
		buffer_u16(&seed, (uint16_t)(turn->gap > 0 ? turn->gap : span_left(turn->bytes)));
		buffer_span(&seed, turn->bytes);
	}
	(void)snprintf(path, sizeof(path), "%s/%s-%08x", folder, script->protocol->name,
		       (unsigned)hash_bytes(seed.bytes, seed.length));
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(seed.bytes, 1, seed.length, file), seed.length);
	assert_int_equal(fclose(file), 0);
	buffer_free(&seed);
}

/* ---- comparing ---- */

static void compare(const char *whole, char *other, const char *how, size_t at)
{
	if (strcmp(whole, other) != 0)
		fail_msg("%s %zu: told\n%sinstead of\n%s", how, at, other, whole);
	free(other);
}

void talk(const char *protocol, unsigned transport, const char *told, const struct turn *turns, size_t count)
{
	const struct script script = script_of(protocol, transport, turns, count);
	const size_t step = 1 + script.length / CUTS_MOST;
	char *const whole = play_whole(&script);

	if (told != NULL && strcmp(whole, told) != 0)
		fail_msg("%s told\n%sinstead of\n%s", protocol, whole, told);
	if (transport == TRANSPORT_TCP) {
		for (size_t cut = 1; cut < script.length; cut += step)
			compare(whole, play_cut(&script, cut), "cut in two at", cut);
		compare(whole, play_bytewise(&script), "byte by byte:", script.length);
	}
	if (script.protocol->parser->leads)
		play_while_nobody_listens(&script, whole);
	play_damaged(&script, step);
	write_seed(&script);
	free(whole);
}

char *talk_told(const char *protocol, unsigned transport, const struct turn *turns, size_t count)
{
	const struct script script = script_of(protocol, transport, turns, count);

	return play_whole(&script);
}

struct turn talk_first(const char *name)
{
	static uint8_t bytes[FIRST_LIMIT];
	static size_t used;
	const char *const data = getenv("DOORWARD_TEST_DATA");
	const size_t begin = used;
	char path[4096];
	FILE *file;

	assert_non_null(data);
	(void)snprintf(path, sizeof(path), "%s/first/%s", data, name);
	file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("no %s", path);
	used += fread(bytes + used, 1, sizeof(bytes) - used, file);
	(void)fclose(file);
	assert_true(used < sizeof(bytes));
	return (struct turn){
		.side = strstr(name, ".client.") != NULL ? SIDE_CLIENT : SIDE_SERVER,
		.bytes = span_of(bytes + begin, used - begin),
	};
}
