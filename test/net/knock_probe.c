/* knock_probe MS DOOR...: knocks for so long (0 for as long as usual) at the doors named as
 * "tcp:127.0.0.1:80" or "udp:[::1]:53" and prints one JSON line for each. For the tests; `doorward check` is
 * for people. */
#include "base/json.h"
#include "scan/knock.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const outcomes[] = {
	[KNOCK_NOT_ASKED] = "not asked",   [KNOCK_IDENTIFIED] = "identified", [KNOCK_UNKNOWN] = "unknown",
	[KNOCK_SILENT] = "silent",         [KNOCK_REFUSED] = "refused",       [KNOCK_UNREACHED] = "unreached",
	[KNOCK_UNFINISHED] = "unfinished",
};

enum { DOORS_LIMIT = 4096, OUT_LIMIT = 64 << 20 };

/* "tcp:127.0.0.1:80", "udp:[::1]:53" */
static bool read_door(const char *text, struct knock_door *door)
{
	struct span rest = span_text(text);
	const struct span transport = span_until(&rest, ':');
	struct span address = rest, port;
	uint64_t number = 0;

	while (span_left(address) > 0 && address.end[-1] != ':')
		address.end--;
	port = span_of(address.end, (size_t)(rest.end - address.end));
	address.end -= span_left(address) > 0;
	if (span_left(address) > 2 && *address.at == '[') {
		address.at++;
		address.end--;
	}
	door->transport = span_is(transport, "udp") ? TRANSPORT_UDP : TRANSPORT_TCP;
	if (!address_parse(address, &door->address) || !span_number(port, 65535, &number))
		return false;
	door->port = (uint16_t)number;
	return true;
}

static void write_answer(struct json *j, const struct answer *answer)
{
	json_text(j, "product", answer->product);
	json_text(j, "version", answer->version);
	json_bool(j, "starttls", answer->starttls);
	json_open_object(j, "facts");
	for (size_t i = 0; i < answer->fact_count; i++)
		json_text(j, answer->facts[i].key, answer->facts[i].value);
	json_end(j);
	json_open_object(j, "weaknesses");
	for (size_t i = 0; i < answer->weakness_count; i++)
		json_text(j, answer->weaknesses[i].weakness->id, answer->weaknesses[i].evidence);
	json_end(j);
}

static void print(const char *door, const struct knock_result *result)
{
	struct buffer out = buffer_new(OUT_LIMIT);
	struct json j = json_new(&out);
	char spoken[64];

	json_begin(&j);
	json_text(&j, "door", door);
	json_text(&j, "outcome", outcomes[result->outcome]);
	json_text(&j, "spoken", knock_spoken(result, spoken));
	json_text(&j, "problem", result->problem);
	json_span(&j, "evidence", span_of(result->evidence, result->evidence_length));
	write_answer(&j, &result->answer);
	json_open_object(&j, "tls");
	write_answer(&j, &result->tls);
	json_end(&j);
	json_end(&j);
	(void)fwrite(out.bytes, 1, out.length, stdout);
	(void)putchar('\n');
	buffer_free(&out);
}

int main(int argc, char **argv)
{
	static struct knock_door doors[DOORS_LIMIT];
	struct knock_result *const results = calloc(DOORS_LIMIT, sizeof(*results));
	struct error err = { "" };
	const struct knock_limits limits = { .door_ms = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0 };
	size_t count = 0;

	for (int i = 2; i < argc && count < DOORS_LIMIT; i++)
		if (!read_door(argv[i], &doors[count++])) {
			(void)fprintf(stderr, "knock_probe: %s is not TRANSPORT:ADDRESS:PORT\n", argv[i]);
			return 2;
		}
	if (results == NULL || !knock(doors, count, &limits, results, &err)) {
		(void)fprintf(stderr, "knock_probe: %s\n", err.text);
		return 2;
	}
	for (size_t i = 0; i < count; i++)
		print(argv[i + 2], &results[i]);
	free(results);
	return 0;
}
