/* words.h: the first words of real parties, as test/data/first/README says. A group of tests begins with
 * words_read and ends with words_free. */
#ifndef TEST_UNIT_WORDS_H
#define TEST_UNIT_WORDS_H

#include "protocols/protocols.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct words {
	char name[256];
	const struct protocol *protocol; /* NULL if no protocol is called so */
	enum side side;
	int variant; /* -1: the words of the first conversation */
	unsigned transport;
	struct span bytes; /* from an allocation of its exact size */
};

extern struct words words[];
extern size_t words_count;

int words_read(void **unused);
int words_free(void **unused);

#endif
