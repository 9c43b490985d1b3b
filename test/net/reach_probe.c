/* reach_probe: TARGET PORTS [raw|connect] [RATE] [SEED]: looks which doors answer, and prints a JSON line
 * with what was found. For the tests. */
#include "base/clock.h"
#include "base/json.h"
#include "catalog/catalog.h"
#include "scan/reach.h"

#include <stdio.h>
#include <stdlib.h>

enum { TURN_MS = 100, OUT_LIMIT = 16 << 20 };

static const char *const states[] = { "open", "closed", "filtered" };

struct found {
	struct buffer doors[REACH_STATES];
	uint64_t counts[REACH_STATES];
};

/* Of the closed ones only the number is told. */
static void note(void *context, const struct reach_door *door)
{
	struct found *const found = context;
	char text[ADDRESS_TEXT];

	found->counts[door->state]++;
	if (door->state != REACH_CLOSED)
		buffer_format(&found->doors[door->state], "%s\"%s:%u\"",
			      found->doors[door->state].length > 0 ? "," : "",
			      address_text(&door->address, text), door->port);
}

static void print(const struct reach *reach, const struct found *found, int64_t us)
{
	const struct reach_counts counts = reach_counts(reach);

	printf("{\"raw\":%s,\"passes\":%u,\"asked\":%llu,\"seconds\":%.3f,\"pace\":%.0f,\"closed_count\":%"
	       "llu",
	       reach_is_raw(reach) ? "true" : "false", counts.pass, (unsigned long long)counts.asked,
	       (double)us / 1e6, counts.pace, (unsigned long long)found->counts[REACH_CLOSED]);
	for (size_t i = 0; i < REACH_STATES; i++)
		printf(",\"%s\":[%.*s]", states[i], (int)found->doors[i].length,
		       (const char *)found->doors[i].bytes);
	puts("}");
}

int main(int argc, char **argv)
{
	struct targets targets = { 0 };
	struct ports ports;
	struct error err;
	struct found found = { .doors = { buffer_new(OUT_LIMIT), buffer_new(OUT_LIMIT),
					  buffer_new(OUT_LIMIT) } };
	const struct reach_options options = {
		.targets = &targets,
		.ports = &ports,
		.connect = argc > 3 && strcmp(argv[3], "connect") == 0,
		.rate = argc > 4 ? (unsigned)atoi(argv[4]) : 0,
		.seed = argc > 5 ? (uint64_t)atoll(argv[5]) : 1,
		.context = &found,
		.answered = note,
	};
	const int64_t begun = clock_monotonic_us();
	struct reach *reach = NULL;

	if (argc > 2 && targets_add(&targets, argv[1], &err) &&
	    ports_parse(&ports, span_text(argv[2]), TRANSPORT_TCP, &err)) {
		targets_sort(&targets);
		reach = reach_new(&options, &err);
	}
	if (reach == NULL) {
		fprintf(stderr, "%s\n", argc > 2 ? err.text : "TARGET PORTS");
		return 2;
	}
	while (!reach_ended(reach))
		reach_turn(reach, TURN_MS);
	print(reach, &found, clock_monotonic_us() - begun);
	reach_free(reach);
	targets_free(&targets);
	ports_free(&ports);
	for (size_t i = 0; i < REACH_STATES; i++)
		buffer_free(&found.doors[i]);
	return 0;
}
