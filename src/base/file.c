#include "base/file.h"
#include "base/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

static bool too_large(const char *path, size_t limit, struct error *err)
{
	if (limit >= 1024 * 1024)
		return error_set(err, "%s: larger than %zu MiB", path, limit / (1024 * 1024));
	return error_set(err, "%s: larger than %zu bytes", path, limit);
}

static bool read_all(int fd, const char *path, struct buffer *content, struct error *err)
{
	for (;;) {
		const size_t before = content->length;
		const size_t step = content->limit - before < 65536 ? content->limit - before : 65536;
		uint8_t extra;
		ssize_t got;

		if (step == 0) {
			if (read(fd, &extra, 1) == 0)
				return true;
			return too_large(path, content->limit, err);
		}
		uint8_t *const room = buffer_extend(content, step);

		if (room == NULL)
			return error_memory(err);
		do
			got = read(fd, room, step);
		while (got < 0 && errno == EINTR);
		if (got < 0)
			return error_system(err, errno, "%s: cannot be read", path);
		content->length = before + (size_t)got;
		if (got == 0)
			return true;
	}
}

/* Opening must not wait, for it may be a device or a pipe that nobody writes to; reading a pipe then does, as
 * what is written to it may be long in coming. */
static void wait_for_writer(int fd)
{
	struct pollfd pipe = { .fd = fd, .events = POLLIN };

	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	(void)poll(&pipe, 1, -1);
}

static bool check_kind(int fd, const char *path, size_t limit, struct error *err)
{
	struct stat info;

	if (fstat(fd, &info) != 0)
		return error_system(err, errno, "%s", path);
	if (S_ISDIR(info.st_mode))
		return error_set(err, "%s: is a directory", path);
	if (!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode) && fd != STDIN_FILENO)
		return error_set(err, "%s: is not a file", path);
	if (S_ISREG(info.st_mode) && (uint64_t)info.st_size > limit)
		return too_large(path, limit, err);
	if (S_ISFIFO(info.st_mode))
		wait_for_writer(fd);
	return true;
}

bool file_read(struct arena *arena, const char *path, size_t limit, struct span *ret_content,
	       struct error *err)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	const int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct buffer content = buffer_new(limit);
	uint8_t *kept = NULL;
	bool done;

	if (fd < 0)
		return error_system(err, errno, "%s", path);
	done = check_kind(fd, path, limit, err) && read_all(fd, path, &content, err);
	if (done) {
		kept = arena_alloc(arena, content.length + 1);
		done = kept != NULL || error_memory(err);
	}
	if (done && kept != NULL && content.length > 0)
		memcpy(kept, content.bytes, content.length);
	if (done)
		*ret_content = span_of(kept, content.length);
	buffer_free(&content);
	if (!is_stdin)
		close(fd);
	return done;
}

long file_read_text(const char *path, char *text, size_t size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got = 1;

	text[0] = '\0';
	if (fd < 0)
		return -1;
	while (got > 0 && length < size - 1) {
		got = read(fd, text + length, size - 1 - length);
		if (got > 0)
			length += (size_t)got;
	}
	const int problem = errno;

	close(fd);
	text[length] = '\0';
	if (got < 0 && length == 0) {
		errno = problem;
		return -1;
	}
	return (long)length;
}
