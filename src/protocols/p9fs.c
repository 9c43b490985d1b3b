/* p9fs.c: Plan 9's file protocol, intro(5) of Plan 9 and 9P2000.L of diod: messages of a length, a type and
 * a tag, the low octet first. The first one agrees on the version (version(5)). */
#include "protocols/p9fs.h"
#include "protocols/text.h"

enum {
	LEAST = 13, /* of a message about the version */
	MOST = 64,
	NO_TAG = 0xffff,
	ROOM = 8192,
};

static const char version_begins[] = "9P2000";

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	const uint32_t length = span_u32_le(&s);
	const uint8_t type = span_u8(&s);
	const uint16_t tag = span_u16_le(&s);

	if (transport != TRANSPORT_TCP)
		return NO;
	if (span_left(first) < P9FS_HEAD)
		return span_peek(first, 0) >= LEAST && span_peek(first, 0) <= MOST ? MORE : NO;
	if (length < LEAST || length > MOST || tag != NO_TAG ||
	    type != (side == SIDE_CLIENT ? P9FS_ASKS_VERSION : P9FS_TELLS_VERSION))
		return NO;
	span_skip(&s, sizeof(uint32_t)); /* the longest message */
	if ((uint32_t)span_u16_le(&s) + LEAST != length && !s.failed)
		return NO;
	if (s.failed)
		return MORE;
	return span_left(s) == 0 ? MORE : recognise_text(s, version_begins);
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char version[] = "9P2000.L";
	const size_t length = sizeof(version) - 1;

	(void)state;
	(void)transport;
	buffer_u32_le(out, (uint32_t)(LEAST + length));
	buffer_u8(out, P9FS_ASKS_VERSION);
	buffer_u16_le(out, NO_TAG);
	buffer_u32_le(out, ROOM);
	buffer_u16_le(out, (uint16_t)length);
	buffer_text(out, version);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);
	struct span s = *heard, version;

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	span_skip(&s, LEAST - sizeof(uint16_t));
	version = span_take(&s, span_u16_le(&s));
	if (version.failed && !ended)
		return PROBE_WAIT;
	answer_fact(answer, "protocol_version", version);
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct weakness p9fs_no_auth = {
	.id = "p9fs-no-auth",
	.title = "A file server of Plan 9 believes whoever says who they are",
	.severity = 2,
	.remedy = "Let the server authenticate its clients (diod: munge), or let it listen on loopback.",
};
static const struct weakness *const weaknesses[] = { &p9fs_no_auth, NULL };

const struct protocol protocol_p9fs = {
	.name = "p9fs",
	.title = "Plan 9 File Protocol",
	DOORS(TCP(564)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &p9fs_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
	.weakness_by_reach = &p9fs_no_auth,
};
