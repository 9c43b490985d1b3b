/* The seeds of the parsers' fuzzer (fuzz/seeds/parse) reach their parsers: of each protocol that has some,
 * one makes it tell something. That each has some is checked by test_seeds.py.
 *
 * And all of them are played damaged: cut at every length, with an octet lost at every seventh place, with
 * one side alone, from each turn on as from the middle. What is told then is anything, but play.c and the
 * sanitizers hold parsers to their contract. Octet by octet a stream tells the same as whole. */
#include "play.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEED_MOST = 1 << 16 };

static size_t seed_read(const char *name, uint8_t bytes[SEED_MOST])
{
	char path[4096];
	FILE *file;
	size_t length;

	(void)snprintf(path, sizeof(path), "%s/%s", getenv("DOORWARD_PARSE_SEEDS"), name);
	file = fopen(path, "rb");
	assert_non_null(file);
	length = fread(bytes, 1, SEED_MOST, file);
	(void)fclose(file);
	assert_true(length < SEED_MOST);
	return length;
}

/* Whether a line tells more than that reading has ended. */
static bool tells(const char *lines)
{
	for (const char *line = lines; *line != '\0'; line = strchr(line, '\n') + 1)
		if (strncmp(line, "{\"broken\"", 9) != 0 && strncmp(line, "{\"lost\"", 7) != 0 &&
		    strncmp(line, "{\"done\"", 7) != 0)
			return true;
	return false;
}

/* The nth protocol, as the tables of the test count them. */
static size_t number_of(const struct protocol *protocol)
{
	size_t n = 0;

	while (protocol_nth(n) != protocol)
		n++;
	return n;
}

enum { PROTOCOLS_MOST = 1024 };

struct reached {
	bool named[PROTOCOLS_MOST], told[PROTOCOLS_MOST];
};

static void play_seed(const char *name, struct reached *reached)
{
	static uint8_t bytes[SEED_MOST];
	struct span script = span_of(bytes, seed_read(name, bytes)), line = span_line(&script);
	const struct protocol *const protocol = protocol_named(span_word(&line));
	uint64_t transport = 0;
	struct play *play;
	size_t n;

	if (protocol == NULL || protocol->parser == NULL || !span_number(span_word(&line), 255, &transport))
		fail_msg("%s names no parser", name);
	play = play_new(protocol, (unsigned)transport);
	play_script(play, script);
	n = number_of(protocol);
	assert_true(n < PROTOCOLS_MOST);
	reached->named[n] = true;
	reached->told[n] |= tells(play_end(play));
	play_free(play);
}

static void parsers_tell_something_of_their_seeds(void **state)
{
	static struct reached reached;
	DIR *const folder = opendir(getenv("DOORWARD_PARSE_SEEDS"));
	const struct dirent *entry;
	const struct protocol *protocol;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			play_seed(entry->d_name, &reached);
	(void)closedir(folder);
	for (size_t n = 0; (protocol = protocol_nth(n)) != NULL; n++)
		if (reached.named[n] && !reached.told[n])
			fail_msg("no seed in fuzz/seeds/parse makes the parser of %s tell something",
				 protocol->name);
}

/* ---- damaged ---- */

enum { TURNS_MOST = 512 };

struct turn {
	uint8_t what;
	struct span bytes;
	uint16_t length; /* of bytes, or that were lost */
};
enum { SERVERS = 1, GAP = 2, CUT = 4, MIDDLE = 8 };

struct scene {
	const struct protocol *protocol;
	unsigned transport;
	struct span script;
	struct turn turns[TURNS_MOST];
	size_t count, length; /* length: octets of all turns */
};

static void read_scene(const char *name, uint8_t *bytes, struct scene *ret)
{
	struct span script = span_of(bytes, seed_read(name, bytes)), line = span_line(&script);
	uint64_t transport = 0;

	*ret = (struct scene){ .protocol = protocol_named(span_word(&line)), .script = script };
	assert_true(span_number(span_word(&line), 255, &transport));
	ret->transport = (unsigned)transport;
	while (span_left(script) > 2 && ret->count < TURNS_MOST) {
		struct turn *const turn = &ret->turns[ret->count++];

		turn->what = span_u8(&script);
		turn->length = span_u16(&script);
		if ((turn->what & GAP) != 0)
			continue;
		if (turn->length > span_left(script))
			turn->length = (uint16_t)span_left(script);
		turn->bytes = span_take(&script, turn->length);
		ret->length += turn->length;
	}
}

static void play_turn(struct play *play, const struct turn *turn)
{
	const enum side side = (turn->what & SERVERS) != 0 ? SIDE_SERVER : SIDE_CLIENT;

	if ((turn->what & MIDDLE) != 0)
		play_from_middle(play, side);
	if ((turn->what & GAP) != 0)
		(void)play_gap(play, side, turn->length);
	else
		(void)play_bytes(play, side, turn->bytes, (turn->what & CUT) != 0);
}

static void end_play(struct play *play)
{
	(void)play_end(play);
	play_free(play);
}

static void play_cut_everywhere(const struct scene *scene)
{
	for (size_t length = 0; length < span_left(scene->script); length++) {
		struct play *const play = play_new(scene->protocol, scene->transport);

		play_script(play, span_of(scene->script.at, length));
		end_play(play);
	}
}

/* The turn with one octet less; of a datagram what stands before it. */
static void play_with_loss(struct play *play, const struct scene *scene, const struct turn *turn, size_t at)
{
	struct turn part = *turn;

	part.bytes = span_of(turn->bytes.at, at);
	if (scene->transport != TRANSPORT_TCP) {
		part.what |= CUT;
		play_turn(play, &part);
		return;
	}
	play_turn(play, &part);
	(void)play_gap(play, (turn->what & SERVERS) != 0 ? SIDE_SERVER : SIDE_CLIENT, 1);
	part.bytes = span_of(turn->bytes.at + at + 1, turn->length - at - 1);
	play_turn(play, &part);
}

static void play_with_losses(const struct scene *scene)
{
	for (size_t lost = 3; lost < scene->length; lost += 7) {
		struct play *const play = play_new(scene->protocol, scene->transport);
		size_t before = 0;

		for (size_t i = 0; i < scene->count; i++) {
			const struct turn *const turn = &scene->turns[i];
			const size_t length = (turn->what & GAP) != 0 ? 0 : turn->length;

			if (lost >= before && lost < before + length)
				play_with_loss(play, scene, turn, lost - before);
			else
				play_turn(play, turn);
			before += length;
		}
		end_play(play);
	}
}

static void play_sides_alone(const struct scene *scene)
{
	for (uint8_t side = 0; side < 2; side++) {
		struct play *const play = play_new(scene->protocol, scene->transport);

		for (size_t i = 0; i < scene->count; i++)
			if ((scene->turns[i].what & SERVERS) == side)
				play_turn(play, &scene->turns[i]);
		end_play(play);
	}
}

static void play_from_each_turn(const struct scene *scene)
{
	for (size_t first = 1; first < scene->count; first++) {
		struct play *const play = play_new(scene->protocol, scene->transport);

		play_from_middle(play, SIDE_CLIENT);
		play_from_middle(play, SIDE_SERVER);
		for (size_t i = first; i < scene->count; i++)
			play_turn(play, &scene->turns[i]);
		end_play(play);
	}
}

static void compare_octet_by_octet(const char *name, const struct scene *scene)
{
	struct play *const whole = play_new(scene->protocol, scene->transport), *const pieces = play_new(
											scene->protocol,
											scene->transport);

	for (size_t i = 0; i < scene->count; i++) {
		struct turn piece = scene->turns[i];

		play_turn(whole, &scene->turns[i]);
		if ((piece.what & GAP) != 0)
			play_turn(pieces, &piece);
		for (size_t at = 0; (piece.what & GAP) == 0 && at < scene->turns[i].length; at++) {
			piece.bytes = span_of(scene->turns[i].bytes.at + at, 1);
			play_turn(pieces, &piece);
		}
	}
	if (strcmp(play_end(whole), play_end(pieces)) != 0)
		fail_msg("%s tells, octet by octet,\n%sinstead of\n%s", name, play_end(pieces),
			 play_end(whole));
	play_free(whole);
	play_free(pieces);
}

static void damage_harms_no_parser(void **state)
{
	static uint8_t bytes[SEED_MOST];
	static struct scene scene;
	DIR *const folder = opendir(getenv("DOORWARD_PARSE_SEEDS"));
	const struct dirent *entry;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		read_scene(entry->d_name, bytes, &scene);
		play_cut_everywhere(&scene);
		play_with_losses(&scene);
		play_sides_alone(&scene);
		play_from_each_turn(&scene);
		/* A parser of datagrams alone need not wait for the rest of one. */
		if (scene.transport == TRANSPORT_TCP && protocol_is_over(scene.protocol, TRANSPORT_TCP))
			compare_octet_by_octet(entry->d_name, &scene);
	}
	(void)closedir(folder);
}

/* ---- who says where ---- */

/* Conversations in which no octet is wrong. */
static const struct {
	const char *name;
	unsigned transport;
} anything_goes[] = {
	{ "chargen", TRANSPORT_TCP }, /* RFC 864: any characters */
	{ "chargen", TRANSPORT_UDP },
	{ "checkmk", TRANSPORT_TCP },  /* plugins print what they like, or all of it is encrypted */
	{ "ftp-data", TRANSPORT_TCP }, /* a file */
	{ "time", TRANSPORT_TCP },     /* RFC 868: four octets are any time, and end it */
};

static bool anything_goes_in(const struct protocol *protocol, unsigned transport)
{
	for (size_t i = 0; i < sizeof(anything_goes) / sizeof(*anything_goes); i++)
		if (strcmp(anything_goes[i].name, protocol->name) == 0 &&
		    anything_goes[i].transport == transport)
			return true;
	return false;
}

/* The scene, in which one turn has other octets: whether the parser said that it is broken there. */
static bool breaks(const struct scene *scene, size_t nth, struct span damaged)
{
	struct play *const play = play_new(scene->protocol, scene->transport);
	struct turn turn = scene->turns[nth];
	bool broken;

	turn.bytes = damaged;
	for (size_t i = 0; i < scene->count; i++)
		play_turn(play, i == nth ? &turn : &scene->turns[i]);
	broken = strstr(play_end(play), "{\"broken\":") != NULL;
	play_free(play);
	return broken;
}

/* Cut short, though the wire had no more of it; each of its first octets another; and one letter without end.
 */
static bool breaks_somewhere(const struct scene *scene, size_t nth)
{
	enum { FIRST_MOST = 96 };
	static const uint8_t masks[] = { 0xff, 0x80, 0x01, 0x10 };
	static uint8_t endless[UINT16_MAX];
	const struct turn *const turn = &scene->turns[nth];
	uint8_t *const copy = malloc(turn->length + 1u);
	bool broken;

	assert_non_null(copy);
	memset(endless, 'x', sizeof(endless));
	broken = breaks(scene, nth, span_of(endless, sizeof(endless)));
	for (size_t length = 1; length < turn->length && !broken; length++)
		broken = breaks(scene, nth, span_of(turn->bytes.at, length));
	for (size_t at = 0; at < turn->length && at < FIRST_MOST && !broken; at++)
		for (size_t m = 0; m < sizeof(masks) && !broken; m++) {
			memcpy(copy, turn->bytes.at, turn->length);
			copy[at] ^= masks[m];
			broken = breaks(scene, nth, span_of(copy, turn->length));
		}
	free(copy);
	return broken;
}

static bool scene_breaks(const struct scene *scene)
{
	for (size_t nth = 0; nth < scene->count; nth++)
		if ((scene->turns[nth].what & ~SERVERS) == 0 && breaks_somewhere(scene, nth))
			return true;
	return false;
}

struct damage {
	bool seen[PROTOCOLS_MOST][UINT8_MAX + 1], broken[PROTOCOLS_MOST][UINT8_MAX + 1]; /* by transport */
};

static size_t count_silent(const struct damage *damage, const struct protocol *protocol, size_t n)
{
	size_t count = 0;

	for (unsigned transport = 0; transport <= UINT8_MAX; transport++) {
		const bool broken = damage->broken[n][transport];

		if (!damage->seen[n][transport] || broken != anything_goes_in(protocol, transport))
			continue;
		print_error("%s over %u %s that it is damaged\n", protocol->name, transport,
			    broken ? "says" : "never says");
		count++;
	}
	return count;
}

static void each_parser_says_where_it_was_damaged(void **state)
{
	static uint8_t bytes[SEED_MOST];
	static struct damage damage;
	static struct scene scene;
	DIR *const folder = opendir(getenv("DOORWARD_PARSE_SEEDS"));
	const struct dirent *entry;
	size_t silent = 0;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		size_t n;

		if (entry->d_name[0] == '.')
			continue;
		read_scene(entry->d_name, bytes, &scene);
		n = number_of(scene.protocol);
		assert_true(scene.transport <= UINT8_MAX);
		damage.seen[n][scene.transport] = true;
		if (!damage.broken[n][scene.transport])
			damage.broken[n][scene.transport] = scene_breaks(&scene);
	}
	(void)closedir(folder);
	for (size_t n = 0; protocol_nth(n) != NULL; n++)
		silent += count_silent(&damage, protocol_nth(n), n);
	assert_int_equal(silent, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsers_tell_something_of_their_seeds),
		cmocka_unit_test(damage_harms_no_parser),
		cmocka_unit_test(each_parser_says_where_it_was_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
