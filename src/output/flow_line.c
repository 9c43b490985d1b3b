/* A flow on one line, for people. The columns are fixed, as lines are written while flows end. */
#include "base/escape.h"
#include "output/flow_events.h"
#include "output/traffic.h"

enum { END_TEXT = ADDRESS_TEXT + 16, TIME_AT = 11, TIME_SHOWN = 12 };

const char flow_line_titles[] = "TIME          TRANSPORT  PROTOCOL    FROM                   TO              "
				"       STATE        PACKETS     BYTES  SECONDS  REMARKS\n";

/* "192.0.2.7:443", "[2001:db8::7]:443", without ports the address. */
static const char *end_text(const struct flow *flow, unsigned end, bool ports, char text[static END_TEXT])
{
	const bool v6 = !address_is_v4(&flow->ends[end]);
	char address[ADDRESS_TEXT];

	address_text(&flow->ends[end], address);
	if (ports)
		snprintf(text, END_TEXT, "%s%s%s:%u", v6 ? "[" : "", address, v6 ? "]" : "",
			 flow->ports[end]);
	else
		snprintf(text, END_TEXT, "%s", address);
	return text;
}

static void add_remarks(struct buffer *lines, const struct flow *flow)
{
	const char *const turned = flow_turned_into(flow);

	if (turned != NULL)
		buffer_format(lines, " turned into %s", turned);
	if (flow->tunnel != TUNNEL_NONE)
		buffer_format(lines, " in %s", tunnel_text(flow->tunnel));
	if (flow->identified == IDENTIFIED_EXPECTED)
		buffer_text(lines, " announced");
	if (flow->stopped == STOP_DAMAGED)
		buffer_text(lines, " parse error");
	else if (flow->stopped == STOP_GAP || flow->stopped == STOP_BOUND)
		buffer_format(lines, " read to a %s", flow_stop_text(flow->stopped));
	if (flow->icmp_error != 0)
		buffer_text(lines, " unreachable");
}

void flow_line(struct clock_texts *times, struct buffer *lines, const struct flow *flow)
{
	const struct transport *const transport = catalog_transport(flow->transport);
	const bool ports = transport != NULL && transport->has_ports;
	const double seconds = (double)(flow->last_ns - flow->first_ns) / 1e9;
	char when[CLOCK_TEXT], from[END_TEXT], to[END_TEXT], packets[QUANTITY_TEXT], bytes[QUANTITY_TEXT];

	clock_texts_get(times, flow->first_ns / 1000, when);
	buffer_format(lines, "%.*s  %-9s  %-10s  %-21s  %-21s  %-11s  %8s  %8s  %7.2f ", TIME_SHOWN,
		      when + TIME_AT, transport != NULL ? transport->name : "?", flow_app_proto(flow),
		      end_text(flow, 0, ports, from), end_text(flow, 1, ports, to),
		      flow->transport == TRANSPORT_TCP ? conn_state_text(flow_conn_state(flow))
						       : flow_state_text(flow),
		      count_text(flow->sides[0].packets + flow->sides[1].packets, packets),
		      bytes_text(flow->sides[0].bytes + flow->sides[1].bytes, bytes),
		      seconds > 0 ? seconds : 0);
	add_remarks(lines, flow);
	while (lines->length > 0 && lines->bytes[lines->length - 1] == ' ')
		lines->length--;
	buffer_u8(lines, '\n');
}
