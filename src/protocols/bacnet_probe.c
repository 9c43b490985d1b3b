/* bacnet_probe.c: what a device of BACnet is asked: the names of its maker and model, and its versions
 * (ASHRAE 135, 15.5 ReadProperty of the device object; 4194303 stands for whichever the device's own is).
 * Reading them changes nothing, and the answer comes to who asks alone, where that to Who-Is may go to all.
 */
#include "protocols/bacnet.h"
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_bacnet;

enum {
	UNICAST = 0x0a, /* of the virtual link */
	READ_PROPERTY = 12,
	OWN_DEVICE = 0x023fffff,
	TEXT = 7, /* the application's tag */
	OPENS = 0x3e,
	EXTENDED = 5,
	VALUE_AT = 5 + 2, /* behind the object and the property */
};

/* What is read, one after the other. */
static const struct {
	uint8_t property;
	const char *key;
} wanted[] = {
	{ 121, "vendor" },
	{ 70, "model" },
	{ 44, "firmware" },
	{ 12, "application_software" },
};
enum { WANTED = sizeof(wanted) / sizeof(*wanted) };

struct state {
	uint8_t asked; /* the place of the one that is awaited */
	bool known;
};
_Static_assert(sizeof(struct state) <= BACNET_PROBE_STATE, "state of the probe");

/* The virtual link, the network, and a confirmed request whose number is its place. */
static void say(const struct state *state, struct buffer *out)
{
	buffer_u8(out, 0x81);
	buffer_u8(out, UNICAST);
	buffer_u16(out, 17);
	buffer_u16(out, 0x0104); /* an answer is expected */
	buffer_u16(out, 0x0005); /* of 1476 octets at most, whole */
	buffer_u8(out, (uint8_t)(state->asked + 1));
	buffer_u8(out, READ_PROPERTY);
	buffer_u8(out, 0x0c);
	buffer_u32(out, OWN_DEVICE);
	buffer_u8(out, 0x19);
	buffer_u8(out, wanted[state->asked].property);
}

static void greet(void *memory, unsigned transport, struct buffer *out)
{
	(void)transport;
	say(memory, out);
}

/* Texts have an octet for their set of characters, of which 0 is UTF-8. */
static void tell_property(struct span s, struct answer *answer)
{
	struct span text;
	uint8_t property, tag, length;

	span_skip(&s, VALUE_AT - 1);
	property = span_u8(&s);
	if (span_u8(&s) != OPENS)
		return;
	tag = span_u8(&s);
	length = tag & 7;
	if (tag >> 4 != TEXT || (tag & 8) != 0)
		return;
	if (length == EXTENDED)
		length = span_u8(&s);
	text = span_take(&s, length);
	if (s.failed || span_u8(&text) != 0 || !text_is_plain(text))
		return;
	for (size_t i = 0; i < WANTED; i++)
		if (wanted[i].property == property)
			answer_fact(answer, wanted[i].key, text_trim(text));
}

static void tell_product(struct answer *answer)
{
	const char *const model = answer_get(answer, "model"), *const firmware = answer_get(answer,
											    "firmware");

	if (model != NULL)
		answer_product(answer, span_text(model), span_text(firmware != NULL ? firmware : ""));
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;
	struct bacnet_message message;

	if (span_left(*heard) == 0)
		return probe_step_for(state->known ? YES : MORE, ended);
	if (protocol_bacnet.recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES ||
	    !bacnet_read(*heard, &message))
		return state->known ? PROBE_DONE : PROBE_NOT;
	heard->at = heard->end;
	state->known = true;
	if (!message.application || message.kind < BACNET_COMPLEX_ACK)
		return ended ? PROBE_DONE : PROBE_WAIT;
	if (message.kind == BACNET_COMPLEX_ACK && message.service == READ_PROPERTY)
		tell_property(message.content, answer);
	tell_product(answer);
	if (++state->asked >= WANTED || ended)
		return PROBE_DONE;
	say(state, out);
	return PROBE_WAIT;
}

const struct probe bacnet_probe = {
	.rare = true,
	.transports = PROBE_UDP,
	.greet = greet,
	.hear = hear,
};
