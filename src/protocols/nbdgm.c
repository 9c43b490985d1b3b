/* nbdgm.c: the NetBIOS datagram service. RFC 1002 section 4.4; what it carries most is MS-MAIL and MS-BRWS in
 * SMB (nbdgm_browser.c). */
#include "protocols/nbdgm.h"
#include "protocols/dns_name.h"
#include "protocols/netbios.h"
#include "protocols/parse.h"

#include <stdio.h>

enum { DIRECT_UNIQUE = 0x10, DIRECT_GROUP, BROADCAST, ERROR, QUERY, POSITIVE, NEGATIVE };
enum { HEADER = 10, FLAGS_MOST = 0x0f, ERROR_FIRST = 0x82, ERROR_LAST = 0x84, NAME_LABEL = 32 };

struct record {
	uint8_t type;
	uint16_t id;
	char source_ip[16];
	uint16_t port;
	char source[NETBIOS_TEXT], destination[NETBIOS_TEXT];
	bool mailslot;
	struct span payload; /* a message of SMB */
	struct browser browser;
};

static bool read_name(struct span message, struct span *s, char text[static NETBIOS_TEXT])
{
	char name[DNS_NAME_TEXT];

	return dns_name_read(message, s, name) && netbios_name_text(name, text);
}

static bool read_message(struct span s, struct record *record)
{
	const struct span message = s;
	uint8_t flags;
	struct span ip;
	uint16_t length;

	record->type = span_u8(&s);
	flags = span_u8(&s);
	record->id = span_u16(&s);
	ip = span_take(&s, 4);
	record->port = span_u16(&s);
	if (s.failed || record->type < DIRECT_UNIQUE || record->type > NEGATIVE || flags > FLAGS_MOST)
		return false;
	(void)snprintf(record->source_ip, sizeof(record->source_ip), "%u.%u.%u.%u", ip.at[0], ip.at[1],
		       ip.at[2], ip.at[3]);
	if (record->type == ERROR)
		return span_left(s) == 1 && s.at[0] >= ERROR_FIRST && s.at[0] <= ERROR_LAST;
	if (record->type >= QUERY)
		return read_name(message, &s, record->destination) && span_left(s) == 0;
	length = span_u16(&s);
	span_skip(&s, 2); /* offset of a piece */
	if (!read_name(message, &s, record->source) || !read_name(message, &s, record->destination))
		return false;
	record->mailslot = span_find(s, "MAILSLOT") != SIZE_MAX;
	record->payload = s;
	return length >= 2 * (NAME_LABEL + 2);
}

/* Names that nobody can read do not hide the service: its port and length stand in the header. */
static bool is_framed(struct span first)
{
	const size_t whole = span_left(first);
	const uint8_t type = span_u8(&first), flags = span_u8(&first);
	uint16_t port, length;

	span_skip(&first, 2 + 4);
	port = span_u16(&first);
	length = span_u16(&first);
	return !first.failed && type >= DIRECT_UNIQUE && type <= BROADCAST && flags <= FLAGS_MOST &&
	       port == 138 && length + 14u == whole;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct record record = { 0 };

	(void)side;
	if (transport != TRANSPORT_UDP)
		return NO;
	return read_message(first, &record) || is_framed(first) ? YES : NO;
}

static void emit(const void *memory, struct json *json)
{
	static const char *const types[] = { "direct_unique", "direct_group",    "broadcast",      "error",
					     "query",         "positive_answer", "negative_answer" };
	const struct record *const record = memory;

	json_text(json, "type", types[record->type - DIRECT_UNIQUE]);
	json_unsigned(json, "id", record->id);
	json_text(json, "source_ip", record->source_ip);
	if (record->source[0] != '\0')
		json_text(json, "source_name", record->source);
	if (record->destination[0] != '\0')
		json_text(json, "destination_name", record->destination);
	if (record->mailslot)
		json_bool(json, "mailslot", true);
	nbdgm_emit_mail(json, &record->browser);
}

static enum parse_step read_nbdgm(void *state, struct parse *parse, struct span *bytes)
{
	struct record record = { 0 };

	(void)state;
	if (!read_message(*bytes, &record))
		return PARSE_BROKEN;
	nbdgm_read_mail(record.payload, &record.browser);
	parse_event(parse, &record);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(uint8_t),
	.read = read_nbdgm,
	.emit = emit,
};

const struct protocol protocol_nbdgm = {
	.name = "nbdgm",
	.title = "NetBIOS datagram service",
	DOORS(UDP(138)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = HEADER + 1,
	MARKS(OCTETS(0, DIRECT_UNIQUE, NEGATIVE), OCTETS(1, 0, FLAGS_MOST)),
	.parser = &parser,
};
