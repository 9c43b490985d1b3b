/* Feeds every file of a folder to a fuzz target: whole, cut at every length up to a bound, and with bytes
 * flipped from a fixed seed. The same harness serves where libFuzzer is not at hand. */
#include "base/hash.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED_LIMIT = 1 << 20, CUTS = 512, FLIPS = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* From an allocation of the exact size, so that a read past the end is seen. */
static void feed(const uint8_t *bytes, size_t length)
{
	uint8_t *const exact = malloc(length > 0 ? length : 1);

	if (exact == NULL)
		abort();
	memcpy(exact, bytes, length);
	LLVMFuzzerTestOneInput(exact, length);
	free(exact);
}

static void feed_variants(uint8_t *bytes, size_t length)
{
	feed(bytes, length);
	for (size_t cut = 0; cut < length && cut < CUTS; cut++)
		feed(bytes, cut);
	for (uint64_t n = 0; length > 0 && n < FLIPS; n++) {
		const uint64_t chance = hash_number(n + 1);
		const size_t where = (size_t)(chance % length);
		const uint8_t kept = bytes[where];

		bytes[where] = (uint8_t)(chance >> 56);
		feed(bytes, length);
		bytes[where] = kept;
	}
}

static bool replay(const char *path)
{
	uint8_t *const bytes = malloc(SEED_LIMIT);
	FILE *const file = fopen(path, "rb");
	const size_t length = file != NULL && bytes != NULL ? fread(bytes, 1, SEED_LIMIT, file) : 0;
	const bool good = file != NULL && bytes != NULL;

	if (good)
		feed_variants(bytes, length);
	if (file != NULL)
		fclose(file);
	free(bytes);
	return good;
}

int main(int argc, char **argv)
{
	DIR *const folder = argc == 2 ? opendir(argv[1]) : NULL;
	const struct dirent *entry;
	unsigned seeds = 0;

	if (folder == NULL) {
		fprintf(stderr, "usage: replay FOLDER\n");
		return 2;
	}
	while ((entry = readdir(folder)) != NULL) {
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		if (!replay(path)) {
			perror(path);
			return 1;
		}
		seeds++;
	}
	closedir(folder);
	printf("%u seeds\n", seeds);
	return seeds > 0 ? 0 : 1;
}
