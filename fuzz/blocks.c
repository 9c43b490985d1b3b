/* Large blocks of memory are kept for the next reading, where thousands of readings follow each other.
 *
 * The address sanitizer maps and unmaps each of them, and their shadows with them: of the time that reading a
 * small capture took, that was four fifths. Here a block that was given back is poisoned, so that whoever
 * still uses it is found, and is given out again to who asks for exactly as much. The linker puts these
 * functions before the library's own (--wrap), in the one program that has so many readings. */
#include <malloc.h>
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE = 128 * 1024, KEPT_MOST = 64 };

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *block);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept {
	void *block;
	size_t size;
} kept[KEPT_MOST];
static size_t kept_count;

static void *take(size_t size)
{
	void *block = NULL;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < kept_count && block == NULL; i++)
		if (kept[i].size == size) {
			block = kept[i].block;
			kept[i] = kept[--kept_count];
		}
	pthread_mutex_unlock(&lock);
	if (block != NULL)
		__asan_unpoison_memory_region(block, size);
	return block;
}

static int keep(void *block, size_t size)
{
	int is_kept;

	__asan_poison_memory_region(block, size);
	pthread_mutex_lock(&lock);
	is_kept = kept_count < KEPT_MOST;
	if (is_kept)
		kept[kept_count++] = (struct kept){ block, size };
	pthread_mutex_unlock(&lock);
	if (!is_kept)
		__asan_unpoison_memory_region(block, size);
	return is_kept;
}

void *__wrap_malloc(size_t size)
{
	void *const block = size >= LARGE ? take(size) : NULL;

	return block != NULL ? block : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	size_t all;
	void *const block = !__builtin_mul_overflow(count, size, &all) && all >= LARGE ? take(all) : NULL;

	return block != NULL ? memset(block, 0, all) : __real_calloc(count, size);
}

/* The sanitizer tells the size that was asked for. */
void __wrap_free(void *block)
{
	const size_t size = block != NULL ? malloc_usable_size(block) : 0;

	if (size < LARGE || !keep(block, size))
		__real_free(block);
}
