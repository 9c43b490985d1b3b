/* All probes, all their variants, both transports: each hears the input as its server's words, whole or in
 * pieces. The seeds are the first words in test/data/first. */
#include "base/hash.h"
#include "protocols/protocols.h"

#include <stdlib.h>

enum { OUT_LIMIT = 1 << 20, PIECES_LIMIT = 2048 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct talk {
	const struct probe *probe;
	int variant; /* -1: the first conversation */
	void *state;
	struct buffer out;
	struct answer answer;
};

static enum probe_step hear(struct talk *talk, struct span *heard, bool ended)
{
	enum probe_step step;
	const uint8_t *before;

	do {
		before = heard->at;
		step = talk->variant < 0
			       ? talk->probe->hear(talk->state, heard, ended, &talk->out, &talk->answer)
			       : talk->probe->hear_more(talk->state, (size_t)talk->variant, heard, ended,
							&talk->answer);
		if (heard->at < before || heard->at > heard->end)
			abort();
	} while (step == PROBE_WAIT && heard->at > before);
	return step;
}

static void feed(struct talk *talk, struct span bytes, size_t piece)
{
	struct span heard = { .at = bytes.at, .end = bytes.at };
	enum probe_step step = PROBE_WAIT;

	while (step == PROBE_WAIT && heard.end < bytes.end) {
		const size_t left = (size_t)(bytes.end - heard.end);

		heard.end += left < piece ? left : piece;
		step = hear(talk, &heard, false);
	}
	if (step == PROBE_WAIT && hear(talk, &heard, true) == PROBE_WAIT)
		abort();
}

static void converse(const struct protocol *protocol, int variant, unsigned transport, struct span bytes,
		     size_t piece)
{
	struct talk talk = { .probe = protocol->probe, .variant = variant, .out = buffer_new(OUT_LIMIT) };

	talk.state = calloc(1, protocol->probe_state_size > 0 ? protocol->probe_state_size : 1);
	if (talk.state == NULL)
		abort();
	if (variant >= 0)
		talk.probe->greet_more(talk.state, (size_t)variant, &talk.answer, &talk.out);
	else if (talk.probe->greet != NULL)
		talk.probe->greet(talk.state, transport, &talk.out);
	feed(&talk, bytes, piece);
	free(talk.state);
	buffer_free(&talk.out);
}

static void ask(const struct protocol *protocol, struct span bytes, size_t piece)
{
	const struct probe *const probe = protocol->probe;

	if (probe->hear != NULL && (probe->transports & PROBE_TCP) != 0)
		converse(protocol, -1, TRANSPORT_TCP, bytes, piece);
	if (probe->hear != NULL && (probe->transports & PROBE_UDP) != 0)
		converse(protocol, -1, TRANSPORT_UDP, bytes, piece);
	for (size_t variant = 0; variant < probe->variants; variant++)
		converse(protocol, (int)variant, TRANSPORT_TCP, bytes, piece);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const size_t piece = length <= PIECES_LIMIT && hash_bytes(bytes, length) % 2 == 0 ? 3 : SIZE_MAX;
	const struct protocol *protocol;

	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++) {
		if (protocol->probe == NULL)
			continue;
		ask(protocol, span_of(bytes, length), piece);
	}
	return 0;
}
