#include "firewall/seen.h"
#include "base/file.h"

#include <stdio.h>

enum { SEEN_TEXT = 128 };

bool seen_now(struct chain_generation *ret_now)
{
	return chains_generation(ret_now) == 0;
}

bool seen_only_ours(const struct chain_generation *before, struct chain_generation *ret_now)
{
	return before->space != 0 && seen_now(ret_now) && ret_now->space == before->space &&
	       ret_now->number == before->number + 1;
}

/* Cookies and generations begin anew with each boot. */
static void write_words(const struct chain_generation *generation, char text[static SEEN_TEXT])
{
	char boot[BOOT_TEXT];

	state_boot(boot);
	snprintf(text, SEEN_TEXT, "%s %llu %u\n", boot, (unsigned long long)generation->space,
		 generation->number);
}

bool seen_write(const struct state *state, uint32_t number, const struct chain_generation *generation,
		struct error *err)
{
	char text[SEEN_TEXT];

	write_words(generation, text);
	return state_text_place(state, number, "seen", span_text(text), err);
}

bool seen_holds(const struct state *state, uint32_t number)
{
	char path[PATH_MAX], there[SEEN_TEXT], now[SEEN_TEXT];
	struct chain_generation generation;

	if (file_read_text(state_path(state, number, "seen", path), there, sizeof(there)) <= 0 ||
	    !seen_now(&generation))
		return false;
	write_words(&generation, now);
	return strcmp(there, now) == 0;
}
