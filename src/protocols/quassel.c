/* quassel.c: the core of Quassel IRC, its src/common/protocol.h and protocols/datastream: the client opens
 * with a magic number and the protocols that it speaks, the server takes one. Then messages of Qt's values,
 * of a length each. */
#include "protocols/text.h"

enum {
	MAGIC = 0x42b33f00, /* its last octet tells of TLS and compression */
	MAGIC_OCTETS = 3,
	DATA_STREAM = 2,
	LAST = 0x80, /* of the list of protocols */
	FEATURES = 3,
	CHOICE = 4,
	LENGTH_MOST = 65536,
	COUNT_MOST = 64,
	BYTES = 12, /* of Qt's types */
};

static const struct weakness not_set_up = {
	"quassel-not-set-up",
	"A core of Quassel belongs to whoever sets it up first",
	2,
	"Set it up, or let it listen on loopback until that is done.",
};
static const struct weakness *const weaknesses[] = { &not_set_up, NULL };

static enum verdict recognise_client(struct span first)
{
	static const uint8_t magic[MAGIC_OCTETS] = { MAGIC >> 24, (MAGIC >> 16) & 0xff, (MAGIC >> 8) & 0xff };
	const size_t come = span_left(first);

	if (memcmp(first.at, magic, come < MAGIC_OCTETS ? come : MAGIC_OCTETS) != 0)
		return NO;
	if (come <= MAGIC_OCTETS)
		return MORE;
	return first.at[MAGIC_OCTETS] <= FEATURES ? YES : NO;
}

/* The protocol that it took, and a list of values whose first is a key. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const uint8_t key[] = { 0, 0, 0, BYTES, 0 };
	struct span s = first;
	uint32_t choice, length, count;
	size_t come;

	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_CLIENT)
		return recognise_client(first);
	if (span_peek(first, 0) > FEATURES)
		return NO;
	choice = span_u32(&s);
	if (s.failed)
		return MORE;
	if ((choice & 0xffffff) != DATA_STREAM)
		return NO;
	length = span_u32(&s);
	count = span_u32(&s);
	if (s.failed)
		return MORE;
	if (length > LENGTH_MOST || count == 0 || count > COUNT_MOST)
		return NO;
	come = span_left(s) < sizeof(key) ? span_left(s) : sizeof(key);
	if (memcmp(s.at, key, come) != 0)
		return NO;
	return come < sizeof(key) ? MORE : YES;
}

/* ---- asking ---- */

struct asking {
	bool introduced;
};

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_u32(out, MAGIC);
	buffer_u8(out, LAST);
	buffer_u16(out, 0);
	buffer_u8(out, DATA_STREAM);
}

static void add_value(struct buffer *out, const char *text)
{
	buffer_u32(out, BYTES);
	buffer_u8(out, 0);
	buffer_u32(out, (uint32_t)strlen(text));
	buffer_text(out, text);
}

static void introduce(struct buffer *out)
{
	const size_t at = out->length;

	buffer_u32(out, 0);
	buffer_u32(out, 4);
	add_value(out, "MsgType");
	add_value(out, "ClientInit");
	add_value(out, "ClientVersion");
	add_value(out, PROBE_IDENTITY);
	buffer_set_u32(out, at, (uint32_t)(out->length - at - sizeof(uint32_t)));
}

static bool is_set_up(struct span s)
{
	static const char key[] = "Configured";
	enum { TRUTH = 1 };
	const size_t at = span_find(s, key);

	span_skip(&s, at == SIZE_MAX ? span_left(s) : at + sizeof(key) - 1);
	return span_u32(&s) != TRUTH || span_u8(&s) != 0 || span_u8(&s) != 0 || s.failed;
}

/* The choice alone could be others' words, but to this question nobody else has them. */
static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct asking *const asking = state;
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span s = *heard, whole;

	if (verdict == NO || (ended && span_left(*heard) < CHOICE))
		return PROBE_NOT;
	if (!asking->introduced && span_left(*heard) >= CHOICE)
		introduce(out);
	asking->introduced = asking->introduced || span_left(*heard) >= CHOICE;
	span_skip(&s, CHOICE);
	whole = span_take(&s, span_u32(&s));
	if (!ended && (verdict != YES || whole.failed))
		return PROBE_WAIT;
	if (!whole.failed && !is_set_up(whole))
		answer_weakness(answer, &not_set_up, "it says that it is not configured");
	answer_product(answer, span_text("Quassel"), span_of(NULL, 0));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true,
	.knows = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_quassel = {
	.name = "quassel",
	.title = "Quassel IRC",
	DOORS(TCP(4242)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.probe = &probe,
	.probe_state_size = sizeof(struct asking),
	.weaknesses = weaknesses,
};
