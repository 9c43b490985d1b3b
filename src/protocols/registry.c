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

const struct protocol *protocol_named(struct span name)
{
	for (size_t i = 0; protocols[i] != NULL; i++)
		if (span_is(name, protocols[i]->name))
			return protocols[i];
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
