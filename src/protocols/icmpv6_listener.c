/* icmpv6_listener.c: multicast listener discovery: RFC 2710 (version 1), RFC 9777 (version 2). */
#include "protocols/icmp.h"
#include "protocols/membership.h"

enum { QUERY = 130, REPORT = 131, DONE = 132, REPORT_2 = 143, OCTETS = 16 };

static bool read_message(struct membership *m, uint16_t type, struct span s)
{
	uint16_t response;

	if (type == REPORT_2) {
		m->version = 2;
		m->message = "report";
		span_skip(&s, 2);
		return membership_records_read(m, s, OCTETS);
	}
	response = span_u16(&s);
	span_skip(&s, 2);
	m->group = membership_address(&s, OCTETS);
	m->has_group = true;
	m->version = type == QUERY && span_left(s) > 0 ? 2 : 1;
	m->message = type == QUERY ? "query" : type == REPORT ? "report" : "done";
	if (type == QUERY)
		m->response_ms = m->version == 2 ? membership_number_16(response) : response;
	return !s.failed && (m->version == 1 || membership_query_read(m, s, OCTETS));
}

bool icmpv6_read_listener(struct told *told, struct parse *parse, struct span s)
{
	const uint16_t type = parse->packet->source_port;
	struct membership m = { 0 };

	if (!told_is_news(told, parse, type, s))
		return true;
	if (!read_message(&m, type, s))
		return false;
	parse_event_as(parse, "mld", membership_emit, &m);
	return true;
}
