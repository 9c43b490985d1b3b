/* kernel.h: the table inet doorward as the kernel has it, through libnftables: put there whole or not at all,
 * and read as text that can be loaded again. No other table is ever touched. */
#ifndef FIREWALL_KERNEL_H
#define FIREWALL_KERNEL_H

#include "base/arena.h"
#include "base/error.h"

/* Loads the library, which whoever comes first else has to wait for. False in words. */
bool kernel_ready(struct error *err);

/* Sends one transaction. False in the words of nftables: nothing has changed then. */
bool kernel_load(const char *text, struct error *err);

/* The table as text; with `counts`, what its counters have. An empty span where there is no such table. Lives
 * in the arena, with a NUL behind it. */
bool kernel_table(struct arena *arena, bool counts, struct span *ret_text, struct error *err);

#endif
