/* The seeds of the parsers' fuzzer (fuzz/seeds/parse) reach their parsers: of each protocol that has some,
 * one makes it tell something. That each has some is checked by test_seeds.py. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsers_tell_something_of_their_seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
