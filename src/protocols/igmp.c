/* igmp.c: the Internet Group Management Protocol: RFC 1112 (version 1), RFC 2236 (version 2), RFC 9776
 * (version 3). */
#include "protocols/membership.h"

enum {
	QUERY = 0x11,
	REPORT_1 = 0x12,
	REPORT_2 = 0x16,
	LEAVE = 0x17,
	REPORT_3 = 0x22,
	TENTH_MS = 100,
	OCTETS = 4,
};

struct conversation {
	struct told told;
};

static bool read_query(struct membership *m, uint8_t code, struct span s)
{
	m->message = "query";
	m->version = span_left(s) > 0 ? 3 : code == 0 ? 1 : 2;
	m->response_ms = (m->version == 3 ? membership_number_8(code) : code) * TENTH_MS;
	return m->version < 3 || membership_query_read(m, s, OCTETS);
}

/* Other protocols borrow the number (DVMRP, PIM 1, RGMP). */
static bool is_ours(uint8_t type)
{
	return type == QUERY || type == REPORT_1 || type == REPORT_2 || type == LEAVE || type == REPORT_3;
}

static bool read_message(struct membership *m, struct span s)
{
	const uint8_t type = span_u8(&s), code = span_u8(&s);

	span_skip(&s, 2);
	if (type == REPORT_3) {
		m->version = 3;
		m->message = "report";
		span_skip(&s, 2);
		return membership_records_read(m, s, OCTETS);
	}
	m->group = membership_address(&s, OCTETS);
	m->has_group = true;
	m->message = type == LEAVE ? "leave" : "report";
	m->version = type == REPORT_1 ? 1 : 2;
	return !s.failed && (type != QUERY || read_query(m, code, s));
}

static enum parse_step read_igmp(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct membership m = { 0 };

	if (is_ours(span_peek(*bytes, 0)) && told_is_news(&state->told, parse, 0, *bytes)) {
		if (read_message(&m, *bytes))
			parse_event(parse, &m);
		else if (!parse->cut)
			return PARSE_BROKEN;
	}
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read_igmp,
	.emit = membership_emit,
};

const struct protocol protocol_igmp = {
	.name = "igmp",
	.title = "Internet Group Management Protocol",
	DOORS(IP(TRANSPORT_IGMP)),
	.privacy = PRIVACY_EITHER,
	.by_header = true,
	.recognise = recognise_nothing,
	.parser = &parser,
};
