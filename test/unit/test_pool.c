/* The memory of conversations: blocks of few sizes, none of which overlaps another. */
#include "flow/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SIZES = POOL_LARGE + 64, BLOCKS = 64 };

static void sizes_are_four_to_each_doubling(void **state)
{
	static const size_t rooms[] = { 64, 80, 96, 112, 128, 160, 192, 224, 256, 320 };

	(void)state;
	assert_int_equal(pool_room(0), 64);
	for (size_t i = 0; i < sizeof(rooms) / sizeof(*rooms); i++) {
		assert_int_equal(pool_room(rooms[i]), rooms[i]);
		if (i > 0)
			assert_int_equal(pool_room(rooms[i - 1] + 1), rooms[i]);
	}
	for (size_t size = 1; size <= SIZES; size++) {
		assert_true(pool_room(size) >= size);
		assert_true(pool_room(size) <= 64 || pool_room(size) <= size + size / 4);
	}
}

/* Each block is filled, and all are whole when the last one was. */
static void blocks_do_not_overlap(void **state)
{
	struct pool pool = { .limit = SIZE_MAX };
	uint8_t *blocks[BLOCKS];

	(void)state;
	for (size_t size = 1; size <= SIZES; size += 37) {
		for (size_t i = 0; i < BLOCKS; i++) {
			blocks[i] = pool_take(&pool, size);
			assert_non_null(blocks[i]);
			assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
			for (size_t at = 0; at < size; at++)
				assert_int_equal(blocks[i][at], 0);
			memset(blocks[i], (int)i + 1, pool_room(size));
		}
		for (size_t i = 0; i < BLOCKS; i++) {
			for (size_t at = 0; at < pool_room(size); at++)
				assert_int_equal(blocks[i][at], i + 1);
			pool_give(&pool, blocks[i], size);
		}
	}
	pool_free(&pool);
}

static void past_the_limit_there_is_nothing(void **state)
{
	struct pool pool = { .limit = 1 };

	(void)state;
	assert_null(pool_take(&pool, 1));
	assert_null(pool_take(&pool, SIZES));
	pool_give(&pool, NULL, SIZES);
	pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_four_to_each_doubling),
		cmocka_unit_test(blocks_do_not_overlap),
		cmocka_unit_test(past_the_limit_there_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
