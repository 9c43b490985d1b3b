/* dhcp_message.c: what stands where in a message. RFC 951 section 3, RFC 2131 section 2, RFC 2132 9.3 (fields
 * of the header that hold options), RFC 3396 (a value in several options of a kind). */
#include "protocols/dhcp_message.h"

enum { COOKIE = 0x63825363, SERVER_NAME = 64, FILE_NAME = 128, BOOTP = 300, HOPS_MOST = 16, ETHERNET = 1 };

static bool next_option(struct span *s, uint8_t *type, struct span *value)
{
	while (span_left(*s) > 0 && span_peek(*s, 0) == DHCP_PAD)
		span_skip(s, 1);
	*type = span_u8(s);
	if (s->failed || *type == DHCP_END)
		return false;
	*value = span_take(s, span_u8(s));
	return !s->failed;
}

/* ---- options in pieces ---- */

static void join(struct dhcp_message *m, uint8_t wanted)
{
	const size_t begin = m->joined_bytes;

	if (m->joined_count == DHCP_LONG)
		return;
	for (size_t area = 0; area < 3; area++) {
		struct span s = m->areas[area], value;
		uint8_t type;

		while (next_option(&s, &type, &value)) {
			if (type != wanted || span_left(value) > sizeof(m->room) - m->joined_bytes)
				continue;
			memcpy(m->room + m->joined_bytes, value.at, span_left(value));
			m->joined_bytes += span_left(value);
		}
	}
	m->joined[m->joined_count].type = wanted;
	m->joined[m->joined_count].value = span_of(m->room + begin, m->joined_bytes - begin);
	m->joined_count++;
}

static void join_pieces(struct dhcp_message *m)
{
	uint8_t seen[256] = { 0 };

	for (size_t area = 0; area < 3; area++) {
		struct span s = m->areas[area], value;
		uint8_t type;

		while (next_option(&s, &type, &value)) {
			if (seen[type] == 1)
				join(m, type);
			seen[type] += seen[type] < 2;
		}
	}
}

/* Which fields of the header hold options: the file first, as if they were one behind the other. */
static void find_areas(struct dhcp_message *m, struct span options)
{
	enum { FILE_HOLDS = 1, NAME_HOLDS = 2 };
	struct span overload;

	m->areas[0] = options;
	overload = dhcp_option(m, DHCP_OVERLOAD);
	if (span_left(overload) != 1)
		return;
	if (span_peek(overload, 0) & FILE_HOLDS)
		m->areas[1] = m->file;
	if (span_peek(overload, 0) & NAME_HOLDS)
		m->areas[2] = m->server_name;
}

/* ---- the message ---- */

bool dhcp_read(struct span s, struct dhcp_message *m)
{
	*m = (struct dhcp_message){ .op = span_u8(&s) };
	m->hardware_type = span_u8(&s);
	m->hardware_length = span_u8(&s);
	m->hops = span_u8(&s);
	m->id = span_u32(&s);
	m->seconds = span_u16(&s);
	span_skip(&s, 2);
	m->client = span_take(&s, 4);
	m->yours = span_take(&s, 4);
	m->next = span_take(&s, 4);
	m->relay = span_take(&s, 4);
	m->padding = span_take(&s, DHCP_HARDWARE_OCTETS);
	m->server_name = span_take(&s, SERVER_NAME);
	m->file = span_take(&s, FILE_NAME);
	if (s.failed || (m->op != DHCP_REQUEST && m->op != DHCP_REPLY) || m->hardware_type == 0 ||
	    m->hardware_type > DHCP_HARDWARE_MOST || m->hardware_length > DHCP_HARDWARE_OCTETS)
		return false;
	m->hardware = span_take(&m->padding, m->hardware_length);
	m->has_options = span_u32(&s) == COOKIE;
	if (m->has_options) {
		find_areas(m, s);
		join_pieces(m);
	}
	return !s.failed;
}

struct span dhcp_option(const struct dhcp_message *m, enum dhcp_option wanted)
{
	for (size_t i = 0; i < m->joined_count; i++)
		if (m->joined[i].type == wanted)
			return m->joined[i].value;
	for (size_t area = 0; area < 3; area++) {
		struct span s = m->areas[area], value;
		uint8_t type;

		while (next_option(&s, &type, &value))
			if (type == wanted)
				return value;
	}
	return span_of(NULL, 0);
}

static struct span text_of(struct span field)
{
	const uint8_t *const end = memchr(field.at, 0, span_left(field));

	return end != NULL ? span_of(field.at, (size_t)(end - field.at)) : field;
}

struct span dhcp_server_name(const struct dhcp_message *m)
{
	const struct span option = dhcp_option(m, DHCP_TFTP_NAME);

	return span_left(option) > 0 || span_left(m->areas[2]) > 0 ? option : text_of(m->server_name);
}

struct span dhcp_file(const struct dhcp_message *m)
{
	const struct span option = dhcp_option(m, DHCP_FILE);

	return span_left(option) > 0 || span_left(m->areas[1]) > 0 ? option : text_of(m->file);
}

/* ---- without options ---- */

static bool is_empty(struct span s)
{
	while (span_left(s) > 0)
		if (span_u8(&s) != 0)
			return false;
	return true;
}

/* Printable, to the first zero; and zeros from there on. */
static bool is_name(struct span field)
{
	const struct span text = text_of(field);

	for (const uint8_t *at = text.at; at < text.end; at++)
		if (*at < 0x20 || *at > 0x7e)
			return false;
	span_skip(&field, span_left(text));
	return is_empty(field);
}

bool dhcp_is_bootp(const struct dhcp_message *m, struct span whole)
{
	return !m->has_options && span_left(whole) == BOOTP && m->hardware_type == ETHERNET &&
	       m->hardware_length == 6 && m->hops <= HOPS_MOST && !is_empty(m->hardware) &&
	       is_empty(m->padding) && is_name(m->server_name) && is_name(m->file);
}
