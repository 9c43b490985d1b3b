#include "cmd/news.h"
#include "base/clock.h"
#include "base/hash.h"

#include <stdlib.h>

enum { LOOK_MEMORY = 256 << 20 };

/* Where the hash stands, or would. */
static size_t place_of(const struct news *news, uint64_t hash)
{
	size_t from = 0, to = news->count;

	while (from < to) {
		const size_t middle = from + (to - from) / 2;

		if (news->told[middle] < hash)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Whether this finding was told for the first time now; past the bound none is. */
static bool is_new(struct news *news, const struct finding *finding)
{
	const uint64_t hash = hash_bytes(finding->key, strlen(finding->key));
	const size_t place = place_of(news, hash);

	if (news->count == NEWS_MOST || (place < news->count && news->told[place] == hash))
		return false;
	memmove(&news->told[place + 1], &news->told[place], (news->count - place) * sizeof(news->told[0]));
	news->told[place] = hash;
	news->count++;
	return true;
}

/* All that the workers have seen, put together beside them. */
static struct traffic *traffic_of_all(const struct traffic_session *session)
{
	const struct traffic_options options = { .policy = session->policy,
						 .decider = session->decider,
						 .around = &session->around };
	struct traffic *const all = traffic_new(&options);

	for (size_t i = 0; all != NULL && i < session->sink_count; i++)
		traffic_merge(all, session->sinks[i].traffic);
	return all;
}

/* Where memory does not suffice the findings wait for the end. */
static void look(struct news *news, struct traffic_session *session)
{
	struct arena *const arena = arena_new(LOOK_MEMORY);
	struct traffic *const all = arena != NULL ? traffic_of_all(session) : NULL;
	const struct traffic_summary *const summary = all != NULL ? traffic_summary(all, arena) : NULL;

	for (size_t i = 0; summary != NULL && i < summary->audit->finding_count; i++) {
		const struct finding *const finding = &summary->audit->findings[i];

		if (finding->accepted == NULL && is_new(news, finding))
			session->out.format->traffic_finding(&session->out, summary->audit, finding);
	}
	traffic_free(all);
	arena_free(arena);
}

void news_tell(struct news *news, struct traffic_session *session)
{
	const int64_t begin = clock_monotonic_ms();
	const struct engine_counts counts = workers_counts(session->workers);
	int64_t wait;

	if (session->only_stats || begin < news->next_ms || counts.packets == news->packets_before)
		return;
	news->packets_before = counts.packets;
	look(news, session);
	out_flush(&session->out);
	fflush(session->out.screen.file);
	wait = (clock_monotonic_ms() - begin) * NEWS_SHARE;
	news->next_ms = clock_monotonic_ms() + (wait > NEWS_LEAST_MS ? wait : NEWS_LEAST_MS);
}
