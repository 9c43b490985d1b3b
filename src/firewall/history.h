/* history.h: the text of the history: a line for each entry, its fields parted by tabs. */
#ifndef FIREWALL_HISTORY_H
#define FIREWALL_HISTORY_H

#include "base/buffer.h"
#include "firewall/state.h"

/* Adds the entries of a text to the state; `path` is named in errors. False with words. */
bool history_read(struct state *state, const char *path, struct span text, struct error *err);

/* Writes the entries from the place `first` on. */
void history_write(const struct state *state, size_t first, struct buffer *out);

/* Room for one more entry, zeroed, which state->count does not count yet. NULL without memory. */
struct entry *history_grow(struct state *state);

#endif
