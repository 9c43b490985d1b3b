/* All recognisers, on both sides and transports. The seeds are the first words in test/data/first. Cutting
 * must not change a verdict that was given, and none may want more than the limit. */
#include "protocols/protocols.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* From an allocation of the exact size, so that a read past the end is seen. */
static enum verdict ask(const struct protocol *protocol, const uint8_t *bytes, size_t length, enum side side,
			unsigned transport)
{
	uint8_t *const exact = malloc(length);
	enum verdict verdict;

	if (exact == NULL)
		abort();
	memcpy(exact, bytes, length);
	verdict = protocol->recognise(span_of(exact, length), side, transport);
	free(exact);
	return verdict;
}

static void ask_all(const uint8_t *bytes, size_t length, size_t cut, enum side side)
{
	const struct protocol *protocol;

	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		const enum verdict early = ask(protocol, bytes, cut, side, TRANSPORT_TCP);
		const enum verdict late = ask(protocol, bytes, length, side, TRANSPORT_TCP);

		if ((early != MORE && late != early) || (length >= RECOGNISE_LIMIT && late == MORE))
			abort();
		(void)ask(protocol, bytes, length, side, TRANSPORT_UDP);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	if (length == 0)
		return 0;
	for (size_t cut = 1; cut <= length; cut += 1 + cut / 4) {
		ask_all(bytes, length, cut, SIDE_CLIENT);
		ask_all(bytes, length, cut, SIDE_SERVER);
	}
	return 0;
}
