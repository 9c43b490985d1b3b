/* h323_control.c: messages of H.245 (in aligned PER): what they are called, and the first of a connection. */
#include "protocols/h323.h"

enum { REQUEST, RESPONSE, COMMAND, INDICATION, OPEN = 3, OPEN_ACK = 5 };

static const char *const requests[] = {
	"nonstandard",
	"master_slave_determination",
	"terminal_capability_set",
	"open_logical_channel",
	"close_logical_channel",
	"request_channel_close",
	"multiplex_entry_send",
	"request_multiplex_entry",
	"request_mode",
	"round_trip_delay_request",
	"maintenance_loop_request",
};
static const char *const responses[] = {
	"nonstandard",
	"master_slave_determination_ack",
	"master_slave_determination_reject",
	"terminal_capability_set_ack",
	"terminal_capability_set_reject",
	"open_logical_channel_ack",
	"open_logical_channel_reject",
	"close_logical_channel_ack",
	"request_channel_close_ack",
	"request_channel_close_reject",
	"multiplex_entry_send_ack",
	"multiplex_entry_send_reject",
	"request_multiplex_entry_ack",
	"request_multiplex_entry_reject",
	"request_mode_ack",
	"request_mode_reject",
	"round_trip_delay_response",
	"maintenance_loop_ack",
	"maintenance_loop_reject",
};
static const char *const commands[] = {
	"nonstandard",  "maintenance_loop_off", "send_terminal_capability_set", "encryption",
	"flow_control", "end_session",          "miscellaneous_command",
};
static const char *const indications[] = {
	"nonstandard",
	"function_not_understood",
	"master_slave_determination_release",
	"terminal_capability_set_release",
	"open_logical_channel_confirm",
	"request_channel_close_release",
	"multiplex_entry_send_release",
	"request_multiplex_entry_release",
	"request_mode_release",
	"miscellaneous_indication",
	"jitter_indication",
	"skew_indication",
	"new_atm_vc_indication",
	"user_input",
};

#define KIND(name, names, bits)                                                                              \
	{                                                                                                    \
		name, names, sizeof(names) / sizeof((names)[0]), bits                                        \
	}
static const struct kind {
	const char *name; /* of what later versions added */
	const char *const *names;
	size_t count;
	unsigned bits;
} kinds[] = {
	KIND("request", requests, 4),
	KIND("response", responses, 5),
	KIND("command", commands, 3),
	KIND("indication", indications, 4),
};

bool h323_read_control(struct span s, struct h323_message *message)
{
	struct per per = per_of(s);
	const struct kind *kind;
	const char *name;
	unsigned choice;

	if (per_bit(&per))
		return false;
	kind = &kinds[per_bits(&per, 2)];
	name = kind->name;
	if (!per_bit(&per)) {
		choice = per_bits(&per, kind->bits);
		if (per.bytes.failed || choice >= kind->count)
			return false;
		name = kind->names[choice];
		if (kind == &kinds[REQUEST] && choice == OPEN)
			h323_read_channel(&per, message);
		else if (kind == &kinds[RESPONSE] && choice == OPEN_ACK)
			h323_read_channel_ack(&per, message);
	}
	if (message->control_count < H323_CONTROLS)
		message->controls[message->control_count++] = name;
	return true;
}

/* ---- recognising ---- */

/* What a terminal can do, in a packet of its own: an object identifier {0 0 8 245 0 version} stands in it. */
static enum verdict is_capability_set(struct span s)
{
	static const uint8_t known[] = { 0x02, 0, 0, 6, 0x00, 0x08, 0x81, 0x75, 0x00 };
	enum { OPTIONS = 1, NUMBER = 2 };

	for (size_t i = 0; i < sizeof(known) && i < span_left(s); i++)
		if (i == OPTIONS ? (s.at[i] & 0x0f) != 0 : i != NUMBER && s.at[i] != known[i])
			return NO;
	return span_left(s) >= sizeof(known) ? YES : MORE;
}

/* Who is the master, which may be asked first: the kind of terminal, and a number of one to three octets. */
static bool is_determination(struct span s)
{
	enum { KIND_AT = 2, LENGTH_AT = 3 };

	return span_left(s) > LENGTH_AT && s.at[0] == 0x01 && s.at[1] == 0 && (s.at[LENGTH_AT] & 0x3f) == 0 &&
	       span_left(s) == (size_t)(s.at[LENGTH_AT] >> 6) + 1 + LENGTH_AT + 1;
}

bool h323_is_control(struct span body)
{
	return is_determination(body) || is_capability_set(body) == YES;
}

enum verdict h323_recognise_control(struct span first)
{
	static const uint8_t head[] = { 3, 0, 0 };
	struct span rest = first, body;
	uint16_t length;

	for (size_t i = 0; i < sizeof(head) && i < span_left(first); i++)
		if (i < 2 && first.at[i] != head[i])
			return NO;
	span_skip(&rest, 2);
	length = span_u16(&rest);
	if (rest.failed)
		return MORE;
	if (length <= H323_TPKT)
		return NO;
	if (span_left(rest) == 0)
		return MORE;
	if (*rest.at != 0x01)
		return is_capability_set(rest);
	if (length > H323_TPKT + 7)
		return NO;
	body = span_take(&rest, length - H323_TPKT);
	if (body.failed)
		return MORE;
	if (!is_determination(body) || (span_left(rest) > 0 && *rest.at != 3))
		return NO;
	span_skip(&rest, H323_TPKT);
	return rest.failed || span_left(rest) == 0 ? MORE : is_capability_set(rest);
}
