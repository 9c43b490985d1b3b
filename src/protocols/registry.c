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
