#include "flow/log.h"
#include "flow/engine.h"

#include <stdlib.h>

struct log_page log_page_new(size_t limit)
{
	return (struct log_page){ .bytes = buffer_new(SIZE_MAX / 2), .limit = limit };
}

void log_page_free(struct log_page *page)
{
	buffer_free(&page->bytes);
	free(page->entries);
}

void log_page_clear(struct log_page *page)
{
	page->failed = page->failed || page->bytes.failed;
	buffer_clear(&page->bytes);
	page->count = page->next = 0;
}

struct log_key log_last(const struct log_page *page)
{
	return page->count > 0 ? page->entries[page->count - 1].key : (struct log_key){ 0 };
}

static void add_entry(struct log_page *page, struct log_key key)
{
	if (page->count == page->capacity) {
		const size_t capacity = page->capacity > 0 ? 2 * page->capacity : 1024;
		struct log_entry *const entries = realloc(page->entries, capacity * sizeof(*entries));

		if (entries == NULL) {
			page->failed = true; /* what follows joins the entry before it */
			return;
		}
		page->entries = entries;
		page->capacity = capacity;
	}
	page->entries[page->count++] = (struct log_entry){ key, page->bytes.length };
}

struct buffer *worker_log_entry(struct worker_log *log, const struct flow *flow)
{
	struct log_key key = { .frame = engine_frame(log->engine) << 2 | log->phase };

	/* A frame is read by one worker, which tells in the order in which it happens. */
	if (log->phase != LOG_FRAME)
		key.flow = flow->first_frame << 8 | flow->nth;
	if (log->keyed)
		add_entry(log->page, key);
	return &log->page->bytes;
}

/* The page whose next entry comes first; NULL when none has one up to `most`. *ret_rival is the next key of
 * the others. */
static struct log_page *first_page(struct log_page *const *pages, size_t count, struct log_key most,
				   struct log_key *ret_rival)
{
	struct log_page *first = NULL;

	*ret_rival = most;
	for (size_t i = 0; i < count; i++) {
		struct log_page *const page = pages[i];
		struct log_key key;

		if (page->next == page->count)
			continue;
		key = page->entries[page->next].key;
		if (first == NULL ? log_compare(key, most) > 0
				  : log_compare(key, first->entries[first->next].key) > 0) {
			if (log_compare(key, *ret_rival) < 0)
				*ret_rival = key;
			continue;
		}
		if (first != NULL)
			*ret_rival = first->entries[first->next].key;
		first = page;
	}
	return first;
}

void log_merge(struct log_page *const *pages, size_t count, struct log_key most,
	       void (*told)(void *context, struct span entries), void *context)
{
	struct log_key rival;
	struct log_page *page;

	while ((page = first_page(pages, count, most, &rival)) != NULL) {
		const size_t from = page->entries[page->next].at;
		size_t to;

		do {
			page->next++;
		} while (page->next < page->count && log_compare(page->entries[page->next].key, rival) <= 0);
		to = page->next < page->count ? page->entries[page->next].at : page->bytes.length;
		if (!page->bytes.failed)
			told(context, span_of(page->bytes.bytes + from, to - from));
	}
}
