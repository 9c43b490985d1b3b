#include "host/entries.h"
#include "base/span.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

void entries_open(struct entries *entries, int folder, const char *path)
{
	entries->folder = openat(folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	entries->at = entries->end = 0;
}

void entries_close(struct entries *entries)
{
	if (entries->folder >= 0)
		close(entries->folder);
}

static bool read_more(struct entries *entries)
{
	const ssize_t got = entries->folder >= 0
				    ? getdents64(entries->folder, entries->bytes, sizeof(entries->bytes))
				    : -1;

	entries->at = 0;
	entries->end = got > 0 ? (size_t)got : 0;
	return got > 0;
}

bool entries_next(struct entries *entries, uint32_t *ret_number)
{
	uint64_t number;

	while (entries->at < entries->end || read_more(entries)) {
		const struct dirent64 *const entry = (const void *)(entries->bytes + entries->at);

		entries->at += entry->d_reclen;
		if (span_number(span_text(entry->d_name), INT32_MAX, &number)) {
			*ret_number = (uint32_t)number;
			return true;
		}
	}
	return false;
}
