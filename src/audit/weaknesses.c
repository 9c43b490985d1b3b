#include "audit/audit.h"
#include "protocols/protocols.h"

const struct weakness *weakness_nth(size_t nth)
{
	const struct protocol *protocol;

	for (size_t n = 0; (protocol = protocol_nth(n)) != NULL; n++) {
		for (size_t w = 0; protocol->weaknesses != NULL && protocol->weaknesses[w] != NULL; w++) {
			if (nth-- == 0)
				return protocol->weaknesses[w];
		}
	}
	return NULL;
}

const struct weakness *weakness_named(const char *id)
{
	const struct weakness *weakness;

	for (size_t n = 0; (weakness = weakness_nth(n)) != NULL; n++) {
		if (strcmp(weakness->id, id) == 0)
			return weakness;
	}
	return NULL;
}
