#include "audit/audit.h"
#include "protocols/protocols.h"

const struct weakness *weakness_named(const char *id)
{
	const struct protocol *protocol;

	for (size_t n = 0; (protocol = protocol_nth(n)) != NULL; n++) {
		for (size_t w = 0; protocol->weaknesses != NULL && protocol->weaknesses[w] != NULL; w++) {
			if (strcmp(protocol->weaknesses[w]->id, id) == 0)
				return protocol->weaknesses[w];
		}
	}
	return NULL;
}
