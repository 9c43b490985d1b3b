/* sphinx.c: the API of Sphinx and Manticore search, api/sphinxapi.php and searchd of Sphinx 2: the server
 * opens with the version of the protocol, the client with its own; commands and answers have a head. */
#include "protocols/text.h"

enum {
	GREETING = 4,
	HEAD = 8,
	VERSION = 1,
	STATUS = 5, /* the command that asks how the server is */
	STATUS_VERSION = 0x101,
	WARNING = 3,
	LENGTH_MOST = 65536,
	COLUMNS = 2,
};

/* The version alone may be others' too; the table of the server's state behind it is not. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char before[] = { 0, 0, 0, COLUMNS, 0, 0, 0, 6 };
	static const char uptime[] = "uptime";
	static const uint8_t greeting[GREETING] = { 0, 0, 0, VERSION };
	const size_t come = span_left(first);
	struct span s = first;
	uint32_t length;

	if (transport != TRANSPORT_TCP || side != SIDE_SERVER ||
	    memcmp(first.at, greeting, come < GREETING ? come : GREETING) != 0)
		return NO;
	span_skip(&s, GREETING);
	if (span_left(s) < HEAD)
		return span_left(s) > 0 && span_peek(s, 0) != 0 ? NO : MORE;
	if (span_u16(&s) > WARNING)
		return NO;
	(void)span_u16(&s);
	length = span_u32(&s);
	if (length > LENGTH_MOST)
		return NO;
	(void)span_u32(&s);
	if (s.failed || span_left(s) == 0)
		return MORE;
	if (memcmp(s.at, before, span_left(s) < sizeof(before) ? span_left(s) : sizeof(before)) != 0)
		return NO;
	span_skip(&s, sizeof(before));
	return s.failed || span_left(s) == 0 ? MORE : recognise_text(s, uptime);
}

/* ---- asking ---- */

struct asking {
	bool asked;
};

static void say_status(struct buffer *out)
{
	buffer_u32(out, VERSION);
	buffer_u16(out, STATUS);
	buffer_u16(out, STATUS_VERSION);
	buffer_u32(out, sizeof(uint32_t));
	buffer_u32(out, 1);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct asking *const asking = state;
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	if (verdict == MORE && span_left(*heard) >= GREETING && !asking->asked) {
		say_status(out);
		asking->asked = true;
	}
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	answer_product(answer, span_text("Sphinx"), span_of(NULL, 0));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };

const struct protocol protocol_sphinx = {
	.name = "sphinx",
	.title = "Sphinx Search",
	DOORS(TCP(9312)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.server_tells = true,
	.probe = &probe,
	.probe_state_size = sizeof(struct asking),
};
