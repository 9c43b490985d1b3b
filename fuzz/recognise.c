/* All recognisers, on both sides and their transports. The seeds are the first words in test/data/first.
 * Cutting must not change a verdict that was given, none may want more than the limit, and marks of datagrams
 * must hold. */
#include "protocols/protocols.h"

#include <stdio.h>
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

static void fail(const struct protocol *protocol, const char *what)
{
	(void)fprintf(stderr, "recognise: %s: %s\n", protocol->name, what);
	abort();
}

static void ask_about_stream(const struct protocol *protocol, struct span front, struct span whole,
			     enum side side)
{
	const enum verdict early = protocol->recognise(front, side, TRANSPORT_TCP);
	const enum verdict late = protocol->recognise(whole, side, TRANSPORT_TCP);

	if (early != MORE && late != early)
		fail(protocol, "more octets change a verdict that was given");
	if (span_left(whole) >= RECOGNISE_LIMIT && late == MORE)
		fail(protocol, "no end of asking for more");
}

/* A datagram is whole: no more of it comes, and its beginning is another. Whose it may be bears the marks. */
static void ask_about_datagram(const struct protocol *protocol, struct span datagram, enum side side)
{
	const enum verdict verdict = protocol->recognise(datagram, side, TRANSPORT_UDP);

	if (verdict == MORE && protocol->continues == NULL)
		fail(protocol, "more of a datagram is waited for");
	if (verdict != NO && !protocol_finds_marks(protocol, datagram))
		fail(protocol, "a mark is not found");
}

static void ask(const struct protocol *protocol, struct span front, struct span whole, enum side side)
{
	if (protocol_is_over(protocol, TRANSPORT_TCP))
		ask_about_stream(protocol, front, whole, side);
	if (protocol_is_over(protocol, TRANSPORT_UDP))
		ask_about_datagram(protocol, front, side);
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
