/* policy_random.h: random policies as text, with everything that the language has, for tests that compare two
 * ways to read one thing. The same seed gives the same text. */
#ifndef TEST_POLICY_RANDOM_H
#define TEST_POLICY_RANDOM_H

#include "base/buffer.h"

struct random_source {
	uint64_t state;
};

struct random_source random_begin(uint64_t seed);

/* A number from 0 to below `bound`; true one time in n. */
uint64_t random_below(struct random_source *random, uint64_t bound);
bool random_one_in(struct random_source *random, uint64_t n);

/* A policy without errors, of names, about this many rules, expectations, acceptances, settings and comments,
 * laid out in any way that is allowed. Ports and addresses come mostly from small sets, so that rules overlap
 * and questions meet them. */
void policy_random(struct random_source *random, size_t rules, struct buffer *out);

/* A question as `expect` and the command line take it, from the same small sets. */
void question_random(struct random_source *random, struct buffer *out);

#endif
