/* told.h: for tests of parsers that tell much: looks for pieces of what was told. */
#ifndef TEST_UNIT_TOLD_H
#define TEST_UNIT_TOLD_H

#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Plays the turns in all the ways of talk(), and fails unless each piece stands in what is told of the whole.
 * A piece that begins with '!' must not stand there. */
#define TOLD(protocol, transport, turns, ...)                                                                \
	told(protocol, transport, turns, sizeof(turns) / sizeof((turns)[0]),                                 \
	     (const char *const[]){ __VA_ARGS__, NULL })

static inline void told(const char *protocol, unsigned transport, const struct turn *turns, size_t count,
			const char *const *pieces)
{
	char *const text = talk_told(protocol, transport, turns, count);

	for (size_t i = 0; pieces[i] != NULL; i++) {
		const bool absent = pieces[i][0] == '!';

		if ((strstr(text, pieces[i] + absent) == NULL) != absent)
			fail_msg("%s%s in:\n%s", absent ? "" : "not ", pieces[i], text);
	}
	free(text);
	talk(protocol, transport, NULL, turns, count);
}

#endif
