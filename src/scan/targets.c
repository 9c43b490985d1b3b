#include "scan/targets.h"

#include "base/arena.h"
#include "base/file.h"
#include "catalog/catalog.h"

#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

/* ---- ranges ---- */

/* How many addresses, if they are not more than there may be; else 0. */
static uint32_t count_of(const struct address_range *range)
{
	uint64_t high_first = 0, high_last = 0, low_first = 0, low_last = 0;

	for (size_t i = 0; i < 8; i++) {
		high_first = high_first << 8 | range->first.bytes[i];
		high_last = high_last << 8 | range->last.bytes[i];
		low_first = low_first << 8 | range->first.bytes[8 + i];
		low_last = low_last << 8 | range->last.bytes[8 + i];
	}
	if (high_first != high_last || low_last - low_first >= TARGETS_LIMIT)
		return 0;
	return (uint32_t)(low_last - low_first) + 1;
}

static bool make_room(struct targets *targets, struct error *err)
{
	const size_t capacity = targets->capacity > 0 ? 2 * targets->capacity : 16;
	struct targets_range *list;

	if (targets->range_count < targets->capacity)
		return true;
	if (targets->range_count == TARGETS_RANGES)
		return error_set(err, "more than %d targets", TARGETS_RANGES);
	list = realloc(targets->list, capacity * sizeof(*list));
	if (list == NULL)
		return error_memory(err);
	targets->list = list;
	targets->capacity = capacity;
	return true;
}

static bool add(struct targets *targets, const struct address_range *range, uint32_t interface,
		const char *word, struct error *err)
{
	const uint32_t count = count_of(range);

	if (count == 0 || count > TARGETS_LIMIT - targets->count)
		return error_set(err, "'%s': more than %d addresses are not looked at in one go", word,
				 TARGETS_LIMIT);
	if (!make_room(targets, err))
		return false;
	targets->list[targets->range_count++] = (struct targets_range){ *range, interface, targets->count };
	targets->count += count;
	return true;
}

/* ---- names ---- */

static bool add_resolved(struct targets *targets, const struct sockaddr *socket_address, const char *word,
			 struct error *err)
{
	const struct sockaddr_in *const four = (const void *)socket_address;
	const struct sockaddr_in6 *const six = (const void *)socket_address;
	struct address_range range;

	range.first = socket_address->sa_family == AF_INET ? address_v4(ntohl(four->sin_addr.s_addr))
							   : address_v6(six->sin6_addr.s6_addr);
	range.last = range.first;
	return add(targets, &range, socket_address->sa_family == AF_INET6 ? six->sin6_scope_id : 0, word,
		   err);
}

static bool add_name(struct targets *targets, const char *word, struct error *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *list = NULL;
	const int result = getaddrinfo(word, NULL, &hints, &list);
	bool good = true;

	if (result != 0)
		return error_set(err, "'%s': %s", word, gai_strerror(result));
	for (const struct addrinfo *one = list; one != NULL && good; one = one->ai_next)
		if (one->ai_family == AF_INET || one->ai_family == AF_INET6)
			good = add_resolved(targets, one->ai_addr, word, err);
	freeaddrinfo(list);
	return good;
}

/* ---- words ---- */

/* A word of digits, dots and slashes alone is an address that was mistyped, and no name to ask others for. */
static bool looks_like_address(const char *word)
{
	return strchr(word, ':') != NULL || word[strspn(word, "0123456789./-")] == '\0';
}

static bool add_scoped(struct targets *targets, const char *word, const char *percent, struct error *err)
{
	const unsigned interface = if_nametoindex(percent + 1);
	struct address_range range;

	if (!address_parse(span_of((const uint8_t *)word, (size_t)(percent - word)), &range.first))
		return error_set(err, "'%s': no address stands before %%", word);
	if (interface == 0)
		return error_set(err, "'%s': there is no interface %s", word, percent + 1);
	range.last = range.first;
	return add(targets, &range, interface, word, err);
}

bool targets_add(struct targets *targets, const char *word, struct error *err)
{
	const char *const percent = strchr(word, '%');
	const char *reason = NULL;
	struct address_range range;

	if (percent != NULL)
		return add_scoped(targets, word, percent, err);
	if (address_range_parse(span_text(word), &range, &reason))
		return add(targets, &range, 0, word, err);
	if (looks_like_address(word))
		return error_set(err, "'%s': %s", word, reason != NULL ? reason : "this is no address");
	return add_name(targets, word, err);
}

/* ---- files ---- */

static bool add_line(struct targets *targets, struct span line, const char *path, unsigned number,
		     struct error *err)
{
	char word[TARGETS_WORD];
	struct span text;
	struct error reason;

	while (!(text = span_word(&line)).failed && *text.at != '#') {
		if (span_left(text) >= sizeof(word))
			return error_set(err, "%s:%u: a word of %zu bytes is no target", path, number,
					 span_left(text));
		memcpy(word, text.at, span_left(text));
		word[span_left(text)] = '\0';
		if (!targets_add(targets, word, &reason))
			return error_set(err, "%s:%u: %s", path, number, reason.text);
	}
	return true;
}

bool targets_add_file(struct targets *targets, const char *path, struct error *err)
{
	struct arena *const arena = arena_new(2 * TARGETS_FILE_LIMIT);
	struct span content;
	bool good = arena != NULL || error_memory(err);

	good = good && file_read(arena, path, TARGETS_FILE_LIMIT, &content, err);
	for (unsigned number = 1; good && span_left(content) > 0; number++) {
		struct span rest = content, line = span_line(&rest);

		if (line.failed) { /* the last one, without an end */
			line = content;
			rest = span_of(content.end, 0);
		}
		good = add_line(targets, line, path, number, err);
		content = rest;
	}
	arena_free(arena);
	return good;
}

void targets_free(struct targets *targets)
{
	free(targets->list);
	*targets = (struct targets){ 0 };
}

/* ---- reading ---- */

static int compare(const void *a, const void *b)
{
	const struct targets_range *const left = a, *const right = b;
	const int order = address_compare(&left->range.first, &right->range.first);

	return order != 0 ? order
			  : (left->interface > right->interface) - (left->interface < right->interface);
}

/* What overlaps becomes one; ranges that only meet stay apart, as nothing is won by joining them. */
void targets_sort(struct targets *targets)
{
	size_t kept = 0;

	if (targets->range_count == 0)
		return;
	qsort(targets->list, targets->range_count, sizeof(*targets->list), compare);
	for (size_t i = 1; i < targets->range_count; i++) {
		struct targets_range *const last = &targets->list[kept];
		const struct targets_range *const next = &targets->list[i];

		if (!address_in(&next->range.first, &last->range) || next->interface != last->interface)
			targets->list[++kept] = *next;
		else if (!address_in(&next->range.last, &last->range))
			last->range.last = next->range.last;
	}
	targets->range_count = kept + 1;
	targets->count = 0;
	for (size_t i = 0; i < targets->range_count; i++) {
		targets->list[i].before = targets->count;
		targets->count += count_of(&targets->list[i].range);
	}
}

static struct address plus(struct address address, uint32_t more)
{
	uint64_t sum = more;

	for (size_t i = sizeof(address.bytes); i-- > 0 && sum > 0;) {
		sum += address.bytes[i];
		address.bytes[i] = (uint8_t)sum;
		sum >>= 8;
	}
	return address;
}

/* The last range before which so many stand, or fewer. */
void targets_nth(const struct targets *targets, uint32_t nth, struct address *ret_address,
		 uint32_t *ret_interface)
{
	size_t low = 0, high = targets->range_count;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (targets->list[middle].before <= nth)
			low = middle;
		else
			high = middle;
	}
	*ret_address = plus(targets->list[low].range.first, nth - targets->list[low].before);
	*ret_interface = targets->list[low].interface;
}

bool targets_find(const struct targets *targets, const struct address *address, uint32_t *ret_nth)
{
	size_t low = 0, high = targets->range_count;
	struct address_range before;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (address_compare(&targets->list[middle].range.first, address) <= 0)
			low = middle;
		else
			high = middle;
	}
	if (high == 0 || !address_in(address, &targets->list[low].range))
		return false;
	before = (struct address_range){ targets->list[low].range.first, *address };
	*ret_nth = targets->list[low].before + count_of(&before) - 1;
	return true;
}

/* As a whole: a range whose two ends are private may still reach over addresses that are not. */
static bool is_private(const struct address_range *range)
{
	const struct special_address *special;

	for (size_t nth = 0; (special = catalog_address(&range->first, nth)) != NULL; nth++)
		if (special->scope != SCOPE_GLOBAL && address_in(&range->last, &special->range))
			return true;
	return false;
}

const struct targets_range *targets_public(const struct targets *targets)
{
	for (size_t i = 0; i < targets->range_count; i++)
		if (!is_private(&targets->list[i].range))
			return &targets->list[i];
	return NULL;
}

/* ---- some of them ---- */

static bool is_single(const struct targets_range *range)
{
	return address_compare(&range->range.first, &range->range.last) == 0;
}

bool targets_have_ranges(const struct targets *targets)
{
	for (size_t i = 0; i < targets->range_count; i++)
		if (!is_single(&targets->list[i]))
			return true;
	return false;
}

/* Those in a row become a range again. */
static bool keep_some(const struct targets_range *range, const uint8_t *bits, struct targets *kept,
		      struct error *err)
{
	const uint32_t count = count_of(&range->range);

	for (uint32_t i = 0, end; i < count; i = end + 1) {
		struct address_range run;

		for (end = i;
		     end < count && (bits[(range->before + end) / 8] >> (range->before + end) % 8 & 1); end++)
			;
		if (end == i)
			continue;
		run = (struct address_range){ plus(range->range.first, i),
					      plus(range->range.first, end - 1) };
		if (!add(kept, &run, range->interface, "", err))
			return false;
	}
	return true;
}

bool targets_keep(const struct targets *all, const uint8_t *bits, struct targets *ret_kept, struct error *err)
{
	*ret_kept = (struct targets){ 0 };
	for (size_t i = 0; i < all->range_count; i++) {
		const struct targets_range *const range = &all->list[i];

		if (!(is_single(range) ? add(ret_kept, &range->range, range->interface, "", err)
				       : keep_some(range, bits, ret_kept, err)))
			return false;
	}
	return true;
}
