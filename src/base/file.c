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

/* *ret_size: 0 where it is not known. */
static bool check_kind(int fd, const char *path, size_t limit, size_t *ret_size, struct error *err)
{
	struct stat info;

	*ret_size = 0;
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
	if (S_ISREG(info.st_mode))
		*ret_size = (size_t)info.st_size;
	return true;
}

/* What a file of this size has, at once where it is to lie; what is written to it meanwhile is not read. */
static bool read_in_place(int fd, const char *path, size_t size, struct arena *arena,
			  struct span *ret_content, struct error *err)
{
	uint8_t *const kept = arena_alloc(arena, size + 1);
	size_t length = 0;
	ssize_t got = 1;

	if (kept == NULL)
		return error_memory(err);
	while (got != 0 && length < size) {
		got = read(fd, kept + length, size - length);
		if (got < 0 && errno != EINTR)
			return error_system(err, errno, "%s: cannot be read", path);
		length += got > 0 ? (size_t)got : 0;
	}
	*ret_content = span_of(kept, length);
	return true;
}

static bool read_in_pieces(int fd, const char *path, size_t limit, struct arena *arena,
			   struct span *ret_content, struct error *err)
{
	struct buffer content = buffer_new(limit);
	uint8_t *kept = NULL;

	if (read_all(fd, path, &content, err)) {
		kept = arena_alloc(arena, content.length + 1);
		if (kept == NULL)
			(void)error_memory(err);
	}
	if (kept != NULL && content.length > 0)
		memcpy(kept, content.bytes, content.length);
	if (kept != NULL)
		*ret_content = span_of(kept, content.length);
	buffer_free(&content);
	return kept != NULL;
}

bool file_read(struct arena *arena, const char *path, size_t limit, struct span *ret_content,
	       struct error *err)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	const int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t size;
	bool done;

	if (fd < 0)
		return error_system(err, errno, "%s", path);
	done = check_kind(fd, path, limit, &size, err) &&
	       (size > 0 ? read_in_place(fd, path, size, arena, ret_content, err)
			 : read_in_pieces(fd, path, limit, arena, ret_content, err));
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
