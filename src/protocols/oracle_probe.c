/* oracle_probe.c: what a listener of Oracle Net is asked: its version, as "lsnrctl version" asks (the command
 * of a connect packet). It is told, or refused in words that tell it as well; nobody is logged in. */
#include "protocols/lines.h"
#include "protocols/probes.h"

#include <stdio.h>

extern const struct protocol protocol_oracle;

enum { TYPE_AT = 4, RESEND = 11, DATA_AT = 58, RESENDS = 2 };

struct state {
	uint8_t said;
};
_Static_assert(sizeof(struct state) <= ORACLE_PROBE_STATE, "state of the probe");

static const char command[] = "(CONNECT_DATA=(CID=(PROGRAM=doorward)(HOST=doorward.invalid)(USER=doorward))"
			      "(COMMAND=version)(ARGUMENTS=4)(SERVICE=LISTENER)(VERSION=318767104))";

/* Packet and its type; version 314, as of 300; options; unit of 8192; and where the words stand. */
static void say(struct state *state, struct buffer *out)
{
	buffer_u16(out, (uint16_t)(DATA_AT + strlen(command)));
	buffer_u16(out, 0);
	buffer_u32(out, 0x01000000);
	buffer_u16(out, 314);
	buffer_u16(out, 300);
	buffer_u16(out, 0);
	buffer_u16(out, 8192);
	buffer_u16(out, 0x7fff);
	buffer_u32(out, 0x7f080000);
	buffer_u16(out, 1);
	buffer_u16(out, (uint16_t)strlen(command));
	buffer_u16(out, DATA_AT);
	buffer_fill(out, 0, DATA_AT - 28);
	buffer_text(out, command);
	state->said++;
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)transport;
	say(state, out);
}

/* Major and minor in octets and half octets from the top. */
static bool tell_number(struct span s, struct answer *answer)
{
	static const char key[] = "VSNNUM=";
	const size_t at = span_find(s, key);
	char version[32];
	uint64_t n;

	if (at == SIZE_MAX)
		return false;
	span_skip(&s, at + strlen(key));
	if (!span_number(span_until(&s, ')'), UINT32_MAX, &n) || n == 0)
		return false;
	(void)snprintf(version, sizeof(version), "%u.%u.%u.%u.%u", (unsigned)(n >> 24),
		       (unsigned)(n >> 20 & 15), (unsigned)(n >> 12 & 255), (unsigned)(n >> 8 & 15),
		       (unsigned)(n & 255));
	answer_product(answer, span_text("Oracle Database"), span_text(version));
	return true;
}

/* "TNSLSNR for Linux: Version 19.0.0.0.0 - Production". */
static bool tell_words(struct span s, struct answer *answer)
{
	static const char sign[] = "TNSLSNR for ", key[] = ": Version ";
	const size_t at = span_find(s, sign);
	size_t version;

	if (at == SIZE_MAX)
		return false;
	span_skip(&s, at);
	version = span_find(s, key);
	if (version == SIZE_MAX)
		return false;
	span_skip(&s, version + strlen(key));
	answer_product(answer, span_text("Oracle Database"), text_version(s));
	return true;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;
	const struct span words = *heard;
	struct span s = words;
	const enum probe_step step = probe_recognised(&protocol_oracle, TRANSPORT_TCP, &s, ended);
	struct span length = words;

	if (step != PROBE_DONE)
		return step;
	if (span_peek(words, TYPE_AT) == RESEND && state->said < RESENDS && !ended) {
		say(state, out);
		span_skip(heard, span_u16(&length));
		return PROBE_WAIT;
	}
	if (!tell_words(words, answer) && !tell_number(words, answer) && !ended)
		return PROBE_WAIT;
	*heard = s;
	return PROBE_DONE;
}

const struct probe oracle_probe = {
	.rare = true,
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};
