/* scan_hosts.h: which hosts of the prefixes and ranges of `scan` are there, before their doors are looked
 * for. Hosts that were named by themselves are looked at in any case. */
#ifndef CMD_SCAN_HOSTS_H
#define CMD_SCAN_HOSTS_H

#include "scan/reach.h"

struct host_search {
	struct reach *reach; /* owned */
	uint8_t *alive;      /* owned: a bit for each target */
	size_t alive_length; /* octets */
	const struct targets *targets;
	void (*seen)(void *context, const struct reach_door *host);
	void *context;
};

/* Whether looking first is worth it: for a few ports it costs as much as it spares. */
bool host_search_pays(const struct targets *targets, const struct ports *ports);

/* `seen` is called for each that answers. Of the options the seed, the rate and `connect` are taken. False
 * with words; host_search_close() in any case. */
bool host_search_open(struct host_search *search, const struct targets *targets,
		      const struct reach_options *options,
		      void (*seen)(void *context, const struct reach_door *host), void *context,
		      struct error *err);
void host_search_close(struct host_search *search);

#endif
