/* The file: a mark, numbers in network order, three stretches of octets with their lengths before them, and
 * the hash of it all. */
#include "scan/resume.h"

#include "base/buffer.h"
#include "base/draft.h"
#include "base/file.h"
#include "base/hash.h"

#include <errno.h>
#include <unistd.h>

static const char mark[8] = "DWSCAN1";

enum { NUMBERS_LIMIT = 4096, FILE_LIMIT = 1 << 30, FOUND_OCTETS = 4 };

uint64_t resume_scan(const struct targets *targets, const struct ports *ports, unsigned flags)
{
	uint64_t sum = hash_number(flags + 1);

	for (size_t i = 0; i < targets->range_count; i++) {
		const struct targets_range *const range = &targets->list[i];

		sum = hash_number(sum ^ hash_bytes(&range->range, sizeof(range->range)) ^ range->interface);
	}
	for (size_t i = 0; i < ports->range_count; i++)
		sum = hash_number(sum ^ ((uint64_t)ports->list[i].first << 16 | ports->list[i].last));
	return sum;
}

uint32_t resume_found(const struct resume *resume, size_t nth)
{
	struct span rest = resume->found;

	span_skip(&rest, FOUND_OCTETS * nth);
	return span_u32(&rest);
}

/* ---- writing ---- */

static void put(struct buffer *out, uint64_t number)
{
	buffer_u32(out, (uint32_t)(number >> 32));
	buffer_u32(out, (uint32_t)number);
}

static void put_numbers(struct buffer *out, const struct resume *resume)
{
	const struct reach_place *const reach = &resume->reach;

	buffer_add(out, mark, sizeof(mark));
	put(out, resume->scan);
	put(out, resume->seed);
	put(out, resume->next);
	put(out, resume->closed);
	put(out, resume->filtered);
	put(out, reach->at);
	put(out, reach->pass);
	put(out, reach->barren);
	put(out, reach->lossy);
	put(out, reach->new_in_pass);
	put(out, reach->asked);
	for (size_t i = 0; i < REACH_STATES; i++)
		put(out, reach->answered[i]);
	put(out, span_left(reach->bits));
	put(out, span_left(resume->alive));
	put(out, span_left(resume->refused));
	put(out, span_left(resume->found));
}

static uint64_t add_to_sum(uint64_t sum, struct span bytes)
{
	return hash_number(sum ^ (span_left(bytes) > 0 ? hash_bytes(bytes.at, span_left(bytes)) : 0));
}

bool resume_write(const char *path, const struct resume *resume, struct error *err)
{
	const struct span stretches[] = { resume->reach.bits, resume->alive, resume->refused, resume->found };
	struct buffer numbers = buffer_new(NUMBERS_LIMIT);
	struct draft draft;
	uint64_t sum;

	if (!draft_open(&draft, path, err))
		return false;
	put_numbers(&numbers, resume);
	sum = add_to_sum(0, buffer_read(&numbers));
	(void)fwrite(numbers.bytes, 1, numbers.length, draft.file);
	for (size_t i = 0; i < sizeof(stretches) / sizeof(*stretches); i++) {
		sum = add_to_sum(sum, stretches[i]);
		if (span_left(stretches[i]) > 0)
			(void)fwrite(stretches[i].at, 1, span_left(stretches[i]), draft.file);
	}
	buffer_clear(&numbers);
	put(&numbers, sum);
	(void)fwrite(numbers.bytes, 1, numbers.length, draft.file);
	buffer_free(&numbers);
	return draft_keep(&draft, err);
}

/* ---- reading ---- */

static void take_numbers(struct span *in, struct resume *resume, uint64_t lengths[static 4])
{
	struct reach_place *const reach = &resume->reach;

	span_skip(in, sizeof(mark));
	resume->scan = span_u64(in);
	resume->seed = span_u64(in);
	resume->next = span_u64(in);
	resume->closed = span_u64(in);
	resume->filtered = span_u64(in);
	reach->at = span_u64(in);
	reach->pass = (unsigned)span_u64(in);
	reach->barren = (unsigned)span_u64(in);
	reach->lossy = span_u64(in) != 0;
	reach->new_in_pass = span_u64(in);
	reach->asked = span_u64(in);
	for (size_t i = 0; i < REACH_STATES; i++)
		reach->answered[i] = span_u64(in);
	for (size_t i = 0; i < 4; i++)
		lengths[i] = span_u64(in);
}

static bool take_all(struct span content, struct resume *resume)
{
	struct span *const stretches[] = { &resume->reach.bits, &resume->alive, &resume->refused,
					   &resume->found };
	struct span in = content;
	uint64_t lengths[4], sum;

	if (span_left(content) < sizeof(mark) || memcmp(content.at, mark, sizeof(mark)) != 0)
		return false;
	take_numbers(&in, resume, lengths);
	sum = add_to_sum(0, span_of(content.at, (size_t)(in.at - content.at)));
	for (size_t i = 0; i < 4; i++) {
		*stretches[i] = span_take(&in, lengths[i] < SIZE_MAX ? (size_t)lengths[i] : SIZE_MAX);
		if (in.failed)
			return false;
		sum = add_to_sum(sum, *stretches[i]);
	}
	return span_u64(&in) == sum && !in.failed && span_left(in) == 0 &&
	       span_left(resume->found) % FOUND_OCTETS == 0;
}

bool resume_read(struct arena *arena, const char *path, uint64_t scan, struct resume *ret_resume,
		 bool *ret_there, struct error *err)
{
	struct span content;

	*ret_there = access(path, F_OK) == 0 || errno != ENOENT;
	if (!*ret_there)
		return true;
	if (!file_read(arena, path, FILE_LIMIT, &content, err))
		return false;
	*ret_resume = (struct resume){ 0 };
	if (!take_all(content, ret_resume))
		return error_set(err, "%s: this is no scan that was interrupted, or the file was damaged",
				 path);
	return ret_resume->scan == scan ||
	       error_set(err, "%s: it is of another scan: other targets, ports, or another way to look",
			 path);
}
