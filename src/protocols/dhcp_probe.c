/* dhcp_probe.c: what a DHCP server is asked: its settings, by a host that has an address (RFC 2131 4.4.3,
 * DHCPINFORM). Nothing is leased. Servers answer to the client's port alone. */
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_dhcp;

enum {
	OWN = 12,
	HEAD = 28,
	HARDWARE = 16,
	NAMES = 64 + 128,
	ANSWER_OPTIONS = 240,
	OPTION_END = 255,
	CLIENT_PORT = 68
};

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const uint8_t request[12] = { 1, 1, 6, 0, 'd', 'o', 'o', 'r' };
	static const uint8_t hardware[HARDWARE] = { 2, 'd', 'o', 'o', 'r', 'w' };
	static const uint8_t options[] = { 0x63, 0x82, 0x53, 0x63, 53,  1,   8,         55,
					   3,    1,    3,    15,   60,  8,   'd',       'o',
					   'o',  'r',  'w',  'a',  'r', 'd', OPTION_END };

	(void)state;
	(void)transport;
	buffer_add(out, request, sizeof(request));
	buffer_fill(out, 0, HEAD - sizeof(request)); /* its own address is written there */
	buffer_add(out, hardware, sizeof(hardware));
	buffer_fill(out, 0, NAMES);
	buffer_add(out, options, sizeof(options));
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard;

	(void)state;
	(void)out;
	if (span_left(s) == 0)
		return probe_step_for(MORE, ended);
	if (protocol_dhcp.recognise(s, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	span_skip(&s, ANSWER_OPTIONS);
	while (!s.failed && span_left(s) > 2 && span_peek(s, 0) != OPTION_END) {
		const uint8_t option = span_u8(&s);
		struct span value = option != 0 ? span_take(&s, span_u8(&s)) : span_of(NULL, 0);

		if (option == 15)
			answer_fact(answer, "domain", value);
		else if (option == 54 && span_left(value) == 4)
			answer_fact_format(answer, "server_id", "%u.%u.%u.%u", value.at[0], value.at[1],
					   value.at[2], value.at[3]);
	}
	heard->at = heard->end;
	return PROBE_DONE;
}

const struct probe dhcp_probe = {
	.rare = true,
	.transports = PROBE_UDP,
	.own_port = CLIENT_PORT,
	.own_address_at = OWN,
	.greet = greet,
	.hear = hear,
};
