#include "capture/mapping.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PASSED_PIECE = 4 << 20 };

static atomic_flag is_taken = ATOMIC_FLAG_INIT;
static struct {
	uint8_t *begin;
	size_t size, passed;
	uintptr_t page_mask;
	struct sigaction before;
} mapped;
static atomic_bool is_broken;

/* The access that failed is tried again when this returns, and finds zeros. A fault elsewhere is not ours: it
 * comes again, and ends the process. */
static void on_fault(int number, siginfo_t *info, void *context)
{
	const int kept = errno;
	uint8_t *const at = info->si_addr;
	uint8_t *const page = at - ((uintptr_t)at & ~mapped.page_mask);
	const size_t length = (size_t)~mapped.page_mask + 1;

	(void)context;
	if (at >= mapped.begin && at < mapped.begin + mapped.size &&
	    mmap(page, length, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page)
		atomic_store(&is_broken, true);
	else
		signal(number, SIG_DFL);
	errno = kept;
}

static bool map(int fd, uint64_t size)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	void *begin;

	if (size > PTRDIFF_MAX)
		return false;
	begin = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
	if (begin == MAP_FAILED)
		return false;
	mapped.begin = begin;
	mapped.size = (size_t)size;
	mapped.passed = 0;
	mapped.page_mask = ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
	atomic_store(&is_broken, false);
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, &mapped.before);
	return true;
}

const uint8_t *mapping_open(int fd, uint64_t size)
{
	if (atomic_flag_test_and_set(&is_taken))
		return NULL;
	if (map(fd, size))
		return mapped.begin;
	atomic_flag_clear(&is_taken);
	return NULL;
}

void mapping_close(void)
{
	munmap(mapped.begin, mapped.size);
	sigaction(SIGBUS, &mapped.before, NULL);
	atomic_flag_clear(&is_taken);
}

bool mapping_is_broken(void)
{
	return atomic_load_explicit(&is_broken, memory_order_relaxed);
}

void mapping_passed(uint64_t up_to)
{
	const size_t end = (size_t)up_to / PASSED_PIECE * PASSED_PIECE;

	if (end <= mapped.passed)
		return;
	madvise(mapped.begin + mapped.passed, end - mapped.passed, MADV_DONTNEED);
	mapped.passed = end;
}
