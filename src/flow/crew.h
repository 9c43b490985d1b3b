/* crew.h: threads that read rounds. The caller is one of them: it fills the next round while there is room
 * for one, and reads with the others when there is none. An engine belongs to no thread: who has time reads
 * for it, and rather for those for which he has read before. */
#ifndef FLOW_CREW_H
#define FLOW_CREW_H

#include "flow/share.h"

struct crew;

/* NULL with words. `options` are borrowed. */
struct crew *crew_new(const struct workers_options *options, struct error *err);
void crew_free(struct crew *crew);

/* The round that the caller fills. */
struct round *crew_round(struct crew *crew);

/* Gives it to the threads, and waits until there is room for another one, which begins behind frame
 * `before`. What was told meanwhile is handed on, in its order. */
void crew_turn(struct crew *crew, uint64_t before);

/* Waits until all that was given to the threads is read and handed on. */
void crew_wait(struct crew *crew);

/* After crew_wait(): the next round ends all flows. */
void crew_finish(struct crew *crew);

/* The number of the last frame before the first that may not have been read yet. */
uint64_t crew_read(const struct crew *crew);

/* Of all engines; after crew_wait(). */
struct engine_counts crew_counts(struct crew *crew);
struct memory *crew_memory(struct crew *crew);
bool crew_is_whole(const struct crew *crew);

#endif
