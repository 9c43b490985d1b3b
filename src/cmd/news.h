/* cmd/news.h: findings while traffic is watched: each is shown when it is first made, long before the end,
 * which shows all of them as they stand then. */
#ifndef CMD_NEWS_H
#define CMD_NEWS_H

#include "cmd/traffic.h"

enum {
	NEWS_MOST = 1 << 14,  /* findings that are told before the end */
	NEWS_LEAST_MS = 1000, /* between two looks */
	NEWS_SHARE = 20,      /* of the time, looking takes one part in so many */
};

struct news {
	uint64_t told[NEWS_MOST]; /* hashes of their keys, sorted */
	size_t count;
	uint64_t packets_before;
	int64_t next_ms; /* the next look, on the monotonic clock */
};

/* Shows what is new, if it is time to look. What was told so far must have been handed on: the session has
 * paused. */
void news_tell(struct news *news, struct traffic_session *session);

#endif
