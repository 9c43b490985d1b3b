#include "flow/log.h"
#include "flow/engine.h"

#include <assert.h>
#include <stdlib.h>

struct log_page log_page_new(size_t limit)
{
	return (struct log_page){ .bytes = buffer_new(SIZE_MAX / 2), .limit = limit };
}

void log_page_free(struct log_page *page)
{
	buffer_free(&page->bytes);
	free(page->entries);
	free(page->given);
}

void log_page_clear(struct log_page *page)
{
	page->failed = page->failed || page->bytes.failed;
	buffer_clear(&page->bytes);
	page->count = page->next = page->given_count = 0;
}

struct log_key log_last(const struct log_page *page)
{
	return page->count > 0 ? page->entries[page->count - 1].key : (struct log_key){ 0 };
}

static bool add_entry(struct log_page *page, struct log_key key)
{
	if (page->count == page->capacity) {
		const size_t capacity = page->capacity > 0 ? 2 * page->capacity : 1024;
		struct log_entry *const entries = realloc(page->entries, capacity * sizeof(*entries));

		if (entries == NULL) {
			page->failed = true; /* what follows joins the entry before it */
			return false;
		}
		page->entries = entries;
		page->capacity = capacity;
	}
	page->entries[page->count++] = (struct log_entry){ .key = key, .at = page->bytes.length };
	return true;
}

static struct log_key key_of(const struct worker_log *log, const struct flow *flow)
{
	struct log_key key = { .frame = engine_frame(log->engine) << 2 | log->phase };

	/* A frame is read by one worker, which tells in the order in which it happens. */
	if (log->phase != LOG_FRAME)
		key.flow = flow->first_frame << 8 | flow->nth;
	return key;
}

struct buffer *worker_log_entry(struct worker_log *log, const struct flow *flow)
{
	if (log->keyed)
		(void)add_entry(log->page, key_of(log, flow));
	return &log->page->bytes;
}

static bool add_given(struct log_page *page, const struct given *given)
{
	if (page->given_count == page->given_capacity) {
		const size_t capacity = page->given_capacity > 0 ? 2 * page->given_capacity : 16;
		struct given *const more = realloc(page->given, capacity * sizeof(*more));

		if (more == NULL)
			return false;
		page->given = more;
		page->given_capacity = capacity;
	}
	page->given[page->given_count++] = *given;
	return true;
}

/* What comes of it will stand so many bytes before the end of what was told. */
static void hand_over(struct worker_log *log, const struct flow *flow, const struct given *given, size_t back)
{
	struct log_page *const page = log->page;
	struct log_entry *entry;

	if (!add_given(page, given)) {
		page->failed = true;
		return;
	}
	if (!add_entry(page, key_of(log, flow)))
		return;
	entry = &page->entries[page->count - 1];
	entry->given = page->given_count;
	entry->at -= back <= entry->at ? back : 0;
}

void worker_log_announced(struct worker_log *log, const struct flow *flow, const struct expectation *what,
			  int64_t time_ns)
{
	struct given given = {
		.elsewhere.announced = { .what = *what, .parent = flow_id(flow), .time_ns = time_ns },
	};

	given.elsewhere.announced.what.about = NULL; /* the parser's */
	if (log->meeting != NULL)
		meeting_take(log->meeting, &given, &log->page->bytes);
	else
		hand_over(log, flow, &given, 0);
}

static bool is_none_announced(const struct worker_log *log)
{
	return log->none_announced || (log->meeting != NULL && elsewhere_is_empty(log->meeting->elsewhere));
}

bool worker_log_ends_later(struct worker_log *log, const struct flow *flow, enum flow_reason reason,
			   uint64_t frame)
{
	struct given given = { .kind = GIVEN_ELSEWHERE };

	if (log->late || is_none_announced(log) || !elsewhere_asks(flow))
		return false;
	given.elsewhere = (struct handed){ .ended = true,
					   .end = { .flow = *flow, .reason = reason, .frame = frame } };
	if (log->meeting != NULL)
		meeting_take(log->meeting, &given, &log->page->bytes);
	else
		hand_over(log, flow, &given, 0);
	return true;
}

/* ---- what is added to entries ---- */

/* Takes off what stands behind the place, at most TAIL bytes. */
enum { TAIL = 16 };

static size_t take_tail(struct buffer *bytes, size_t back, uint8_t tail[static TAIL])
{
	if (back == 0 || back > TAIL || back > bytes->length || bytes->failed)
		return 0;
	bytes->length -= back;
	memcpy(tail, bytes->bytes + bytes->length, back);
	return back;
}

void worker_log_remember(struct worker_log *log, const struct flow *flow, const struct parse_memo *memo,
			 size_t back)
{
	struct given given = { .kind = GIVEN_RECORD, .record = { .meet = memo->meet, .in_event = back > 0 } };
	uint8_t tail[TAIL];
	size_t length;

	assert(memo->size <= MEMORY_RECORD);
	if (log->meeting == NULL) {
		memcpy(given.record.bytes, memo->record, memo->size);
		hand_over(log, flow, &given, back);
		return;
	}
	length = take_tail(&log->page->bytes, back, tail);
	meeting_remember(log->meeting, memo, length > 0 ? &log->page->bytes : NULL);
	buffer_add(&log->page->bytes, tail, length);
}

void worker_log_names(struct worker_log *log, const struct flow *flow, size_t back)
{
	const struct given given = { .kind = GIVEN_ENDS, .ends = { flow->ends[0], flow->ends[1] } };
	uint8_t tail[TAIL];
	size_t length;

	if (log->meeting == NULL) {
		hand_over(log, flow, &given, back);
		return;
	}
	length = take_tail(&log->page->bytes, back, tail);
	meeting_take(log->meeting, &given, &log->page->bytes);
	buffer_add(&log->page->bytes, tail, length);
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

static void tell(const struct log_page *page, size_t from, size_t to, const struct log_reader *reader)
{
	if (!page->bytes.failed && from < to)
		reader->told(reader->context, span_of(page->bytes.bytes + from, to - from));
}

/* Entries of one page, and what was handed over between them. */
static void hand_on(const struct log_page *page, size_t first, size_t end, const struct log_reader *reader)
{
	size_t from = page->entries[first].at;

	for (size_t i = first; i < end && page->given_count > 0; i++) {
		const struct log_entry *const entry = &page->entries[i];

		if (entry->given == 0)
			continue;
		tell(page, from, entry->at, reader);
		from = entry->at;
		meeting_take(reader->meeting, &page->given[entry->given - 1], &reader->late->bytes);
		tell(reader->late, 0, reader->late->bytes.length, reader);
		log_page_clear(reader->late);
	}
	tell(page, from, end < page->count ? page->entries[end].at : page->bytes.length, reader);
}

void log_merge(struct log_page *const *pages, size_t count, struct log_key most,
	       const struct log_reader *reader)
{
	struct log_key rival;
	struct log_page *page;

	while ((page = first_page(pages, count, most, &rival)) != NULL) {
		const size_t first = page->next;

		do {
			page->next++;
		} while (page->next < page->count && log_compare(page->entries[page->next].key, rival) <= 0);
		hand_on(page, first, page->next, reader);
	}
}
