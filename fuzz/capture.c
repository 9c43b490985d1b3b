/* Capture files of any bytes: every frame lies in memory that may be read, and the reading ends. */
#include "capture/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void read_all(struct capture *capture, size_t length)
{
	struct frame frames[CAPTURE_BATCH];
	size_t count, total = 0;
	volatile uint32_t sum = 0;

	while ((count = capture_read(capture, frames)) > 0) {
		for (size_t i = 0; i < count; i++) {
			capture_fetch(&frames[i]);
			for (uint32_t b = 0; b < frames[i].captured; b++)
				sum = sum + frames[i].bytes[b];
			if (frames[i].captured > frames[i].length)
				abort();
		}
		total += count;
		if (total > 1000000 + length)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const struct capture_options options = { .follow = false };
	const int fd = memfd_create("capture", 0);
	struct capture *const capture = capture_new(&options, NULL);
	char path[64];
	struct error err;

	if (fd < 0 || capture == NULL || write(fd, bytes, length) != (ssize_t)length)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (capture_add(capture, path, &err))
		read_all(capture, length);
	capture_free(capture);
	close(fd);
	return 0;
}
