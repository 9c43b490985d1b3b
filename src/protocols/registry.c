/* registry.c: the list of protocols. To add one is to add its file, and its line in registry.def. */
#include "protocols/protocols.h"

#define PROTOCOL(name) extern const struct protocol protocol_##name;
#include "protocols/registry.def"
#undef PROTOCOL

#define PROTOCOL(name) &protocol_##name,
static const struct protocol *const protocols[] = {
#include "protocols/registry.def"
	NULL,
};
#undef PROTOCOL

#define PROTOCOL(name) PLACE_##name,
enum {
#include "protocols/registry.def"
	COUNT,
};
#undef PROTOCOL

const struct protocol *protocol_nth(size_t nth)
{
	return nth <= COUNT ? protocols[nth] : NULL;
}

static int compare_name(struct span name, const char *of_row)
{
	const size_t length = strlen(of_row), shared = span_left(name) < length ? span_left(name) : length;
	const int order = memcmp(name.at, of_row, shared);

	return order != 0 ? order : (span_left(name) > length) - (span_left(name) < length);
}

/* They are sorted by name. */
const struct protocol *protocol_named(struct span name)
{
	size_t from = 0, to = COUNT;

	while (from < to) {
		const size_t middle = (from + to) / 2;
		const int order = compare_name(name, protocols[middle]->name);

		if (order == 0)
			return protocols[middle];
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return NULL;
}

unsigned protocol_weakness_parties(const struct weakness *weakness)
{
	const struct protocol *protocol;

	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		if (protocol->weakness_parties == 0 || protocol->weaknesses == NULL)
			continue;
		for (size_t n = 0; protocol->weaknesses[n] != NULL; n++)
			if (protocol->weaknesses[n] == weakness)
				return protocol->weakness_parties;
	}
	return 0;
}

bool protocol_is_over(const struct protocol *protocol, unsigned transport)
{
	for (size_t i = 0; i < protocol->door_count; i++)
		if (protocol->doors[i].transport == transport)
			return true;
	return false;
}

bool protocol_weakness_is_by_reach(const struct weakness *weakness)
{
	const struct protocol *protocol;
	bool found = false;

	for (size_t n = 0; !found && (protocol = protocol_nth(n)) != NULL; n++)
		found = protocol->weakness_by_reach == weakness;
	return found;
}
