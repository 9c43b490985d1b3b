#include "cmd/scan_hosts.h"

#include <stdlib.h>

enum { PORTS_FEW = 4 };

bool host_search_pays(const struct targets *targets, const struct ports *ports)
{
	return ports->count > PORTS_FEW && targets_have_ranges(targets);
}

static void hear(void *context, const struct reach_door *host)
{
	struct host_search *const search = context;

	search->alive[host->number / 8] |= (uint8_t)(1u << host->number % 8);
	search->seen(search->context, host);
}

bool host_search_open(struct host_search *search, const struct targets *targets,
		      const struct reach_options *options,
		      void (*seen)(void *context, const struct reach_door *host), void *context,
		      struct error *err)
{
	const struct reach_options asked = { .targets = targets,
					     .ports = &reach_hosts,
					     .seed = options->seed,
					     .rate = options->rate,
					     .connect = options->connect,
					     .hosts = true,
					     .context = search,
					     .answered = hear };

	*search = (struct host_search){
		.alive_length = targets->count / 8 + 1, .targets = targets, .seen = seen, .context = context
	};
	search->alive = calloc(search->alive_length, 1);
	if (search->alive == NULL)
		return error_memory(err);
	search->reach = reach_new(&asked, err);
	return search->reach != NULL;
}

void host_search_close(struct host_search *search)
{
	reach_free(search->reach);
	free(search->alive);
	*search = (struct host_search){ 0 };
}
