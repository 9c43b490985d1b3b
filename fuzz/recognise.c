/* All recognisers, on both sides and transports. The seeds are the first words in test/data/first. Cutting
 * must not change a verdict that was given, and none may want more than the limit. */
#include "protocols/protocols.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* An allocation of the exact size, so that a read past the end is seen. */
static uint8_t *exactly(const uint8_t *bytes, size_t length)
{
	uint8_t *const exact = malloc(length);

	if (exact == NULL)
		abort();
	memcpy(exact, bytes, length);
	return exact;
}

static bool is_over(const struct protocol *protocol, unsigned transport)
{
	for (size_t i = 0; i < protocol->door_count; i++)
		if (protocol->doors[i].transport == transport)
			return true;
	return false;
}

static void ask_about_stream(const struct protocol *protocol, struct span front, struct span whole,
			     enum side side)
{
	const enum verdict early = protocol->recognise(front, side, TRANSPORT_TCP);
	const enum verdict late = protocol->recognise(whole, side, TRANSPORT_TCP);

	if ((early != MORE && late != early) || (span_left(whole) >= RECOGNISE_LIMIT && late == MORE))
		abort();
}

/* Whoever is not customary over streams is not asked about one. A datagram is whole, and its beginning
 * another. */
static void ask(const struct protocol *protocol, struct span front, struct span whole, enum side side)
{
	if (is_over(protocol, TRANSPORT_TCP))
		ask_about_stream(protocol, front, whole, side);
	(void)protocol->recognise(front, side, TRANSPORT_UDP);
}

static void ask_all(const uint8_t *bytes, size_t length, size_t cut)
{
	uint8_t *const front = exactly(bytes, cut), *const whole = exactly(bytes, length);
	const struct protocol *protocol;

	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		ask(protocol, span_of(front, cut), span_of(whole, length), SIDE_CLIENT);
		ask(protocol, span_of(front, cut), span_of(whole, length), SIDE_SERVER);
	}
	free(front);
	free(whole);
}

/* The last cut is the whole. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	for (size_t cut = 1; cut < length; cut += 1 + cut / 4)
		ask_all(bytes, length, cut);
	if (length > 0)
		ask_all(bytes, length, length);
	return 0;
}
