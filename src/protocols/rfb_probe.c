/* rfb_probe.c: what kinds of security a server of VNC offers: RFC 6143 7.1.1 and 7.1.2. None is chosen, so
 * that nobody is logged in and no screen is shown. */
#include "protocols/lines.h"
#include "protocols/probes.h"

enum { VERSION = 12, MINOR_AT = 8, MINOR_LENGTH = 3, MINOR_LIST = 7, NONE = 1, NAMES = 64 };

struct state {
	bool greeted, lists;
};
_Static_assert(sizeof(struct state) <= RFB_PROBE_STATE, "state of the probe");

static const char *name_of(uint32_t type)
{
	return type == NONE ? "none" : type == 2 ? "vnc_authentication" : type == 19 ? "vencrypt" : "other";
}

static void tell(struct answer *answer, struct span types)
{
	char names[NAMES] = { 0 };
	bool open = false;

	while (span_left(types) > 0) {
		const uint8_t type = span_u8(&types);

		open = open || type == NONE;
		(void)texts_add(names, sizeof(names), span_text(name_of(type)));
	}
	answer_texts(answer, "security", names);
	if (open)
		answer_weakness(answer, &rfb_no_authentication,
				"the kind of security that is none is offered");
}

static void hear_version(struct state *state, struct span *heard, struct buffer *out, struct answer *answer)
{
	struct span version = span_take(heard, VERSION), minor = version;
	uint64_t number = 0;

	version.end -= !version.failed;
	answer_fact(answer, "protocol_version", version);
	span_skip(&minor, MINOR_AT);
	(void)span_number(span_take(&minor, MINOR_LENGTH), 999, &number);
	state->greeted = true;
	state->lists = number >= MINOR_LIST || span_begins(version, "RFB 004") ||
		       span_begins(version, "RFB 005");
	buffer_text(out, state->lists ? "RFB 003.008\n" : "RFB 003.003\n");
}

/* Version 3.3 decides by itself, later ones list what they take. None at all, and the reason follows. */
static enum probe_step hear_types(const struct state *state, struct span *heard, bool ended,
				  struct answer *answer)
{
	struct span rest = *heard, types;
	const uint32_t count = state->lists ? span_u8(&rest) : 4;

	types = span_take(&rest, count);
	if (rest.failed)
		return ended ? PROBE_DONE : PROBE_WAIT;
	*heard = rest;
	if (!state->lists)
		span_skip(&types, 3);
	if (span_left(types) > 0)
		tell(answer, types);
	return PROBE_DONE;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;

	if (!state->greeted && span_left(*heard) == 0)
		return ended ? PROBE_NOT : PROBE_WAIT;
	if (!state->greeted) {
		const enum verdict verdict =
			protocol_named(span_text("rfb"))->recognise(*heard, SIDE_SERVER, TRANSPORT_TCP);

		if (verdict != YES)
			return verdict == MORE && !ended ? PROBE_WAIT : PROBE_NOT;
		hear_version(state, heard, out, answer);
	}
	return hear_types(state, heard, ended, answer);
}

const struct probe rfb_probe = { .transports = PROBE_TCP, .server_speaks_first = true, .hear = hear };
