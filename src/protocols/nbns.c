/* nbns.c: the NetBIOS name service. RFC 1002 section 4.2. */
#include "protocols/dns.h"
#include "protocols/naming.h"
#include "protocols/netbios.h"
#include "protocols/probes.h"

#include <stdio.h>

static const struct weakness spoofing = {
	"nbns",
	"names are asked of everybody by NetBIOS",
	3,
	"Turn NetBIOS over TCP/IP off where nothing older than Windows 2000 is left: anybody may answer, and "
	"then be sent "
	"passwords.",
};
static const struct weakness *const weaknesses[] = { &spoofing, NULL };

enum { QUERY = 0, REGISTER = 5, RELEASE = 6, WACK = 7, REFRESH = 8, REFRESH_ALT = 9, MULTIHOMED = 15 };
enum { STATUS = 33, NULL_RECORD = 10, BROADCAST = 0x0010, RCODE_MOST = 7 };

static bool is_opcode(unsigned opcode)
{
	return opcode == QUERY || (opcode >= REGISTER && opcode <= REFRESH_ALT) || opcode == MULTIHOMED;
}

/* A question has a name and is answered by a record with the same; "*" is one as well. */
static bool is_first(struct span message, struct span *s)
{
	char name[DNS_NAME_TEXT];
	uint16_t type, class;

	if (!dns_name_read(message, s, name) || !dns_is_netbios_name(name))
		return false;
	type = span_u16(s);
	class = span_u16(s);
	return !s->failed &&
	       (type == DNS_NB || type == STATUS || type == NULL_RECORD || type == DNS_A || type == DNS_NS) &&
	       class == DNS_IN;
}

/* A name stands in the right place, and the header says question or answer; what else is damaged breaks the
 * reading, but nobody else writes such names. */
static bool is_damaged(struct span message, const struct dns_header *h)
{
	return is_opcode((unsigned)h->flags >> 11 & 0xf) && dns_has_netbios_question(message) &&
	       (h->count[DNS_QUESTIONS] == 1 || h->count[DNS_ANSWERS] == 1);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first;
	const struct dns_header h = dns_read_header(&s);
	const unsigned questions = h.count[DNS_QUESTIONS], answers = h.count[DNS_ANSWERS];

	(void)side;
	if (transport != TRANSPORT_UDP || s.failed)
		return NO;
	if (is_damaged(first, &h))
		return YES;
	if (!is_opcode((unsigned)h.flags >> 11 & 0xf) || dns_rcode(&h) > RCODE_MOST ||
	    questions + answers != 1 || h.count[DNS_AUTHORITIES] > 1 || h.count[DNS_ADDITIONALS] > 1)
		return NO;
	return is_first(first, &s) ? YES : NO;
}

struct record {
	struct dns_header header;
	char name[NETBIOS_TEXT];
	uint16_t type;
	struct span data;
};

static const char *opcode_text(unsigned opcode)
{
	switch (opcode) {
	case QUERY: return "query";
	case REGISTER: return "registration";
	case RELEASE: return "release";
	case WACK: return "wait";
	case MULTIHOMED: return "multihomed_registration";
	default: return "refresh";
	}
}

/* Pairs of flags and addresses. */
static void write_addresses(struct json *json, struct span data)
{
	enum { SHOWN = 16, FLAGS = 2 };

	json_open_array(json, "addresses");
	for (int i = 0; i < SHOWN && span_left(data) >= 6; i++) {
		char text[16];
		struct span a;

		span_skip(&data, FLAGS);
		a = span_take(&data, 4);
		(void)snprintf(text, sizeof(text), "%u.%u.%u.%u", a.at[0], a.at[1], a.at[2], a.at[3]);
		json_text(json, NULL, text);
	}
	json_end(json);
}

/* All names of a machine: fifteen characters, the kind, flags. */
static void write_names(struct json *json, struct span data)
{
	const uint8_t count = span_u8(&data);

	json_open_array(json, "names");
	for (unsigned i = 0; i < count && span_left(data) >= 18; i++) {
		const struct span name = span_take(&data, 15);
		char plain[16], text[NETBIOS_TEXT];
		size_t length;

		span_copy_text(name, plain, sizeof(plain));
		for (length = strlen(plain); length > 0 && plain[length - 1] == ' '; length--)
			plain[length - 1] = '\0';
		(void)snprintf(text, sizeof(text), "%s<%02x>", plain, span_u8(&data));
		span_skip(&data, 2);
		json_text(json, NULL, text);
	}
	json_end(json);
}

static void emit(const void *memory, struct json *json)
{
	const struct record *const record = memory;
	const bool response = (record->header.flags & DNS_RESPONSE) != 0;

	json_text(json, "type", response ? "response" : "request");
	json_unsigned(json, "id", record->header.id);
	json_text(json, "opcode", opcode_text((unsigned)record->header.flags >> 11 & 0xf));
	json_text(json, "name", record->name);
	json_text(json, "rrtype", record->type == STATUS ? "NBSTAT" : "NB");
	if (response)
		json_unsigned(json, "rcode", dns_rcode(&record->header));
	if (record->header.flags & BROADCAST)
		json_bool(json, "broadcast", true);
	if (span_left(record->data) > 0 && record->type == DNS_NB)
		write_addresses(json, record->data);
	else if (span_left(record->data) > 0 && record->type == STATUS)
		write_names(json, record->data);
}

/* The address that a machine claims for its name. */
static void read_claim(struct span message, struct span s, struct record *record)
{
	char name[DNS_NAME_TEXT];

	if (record->header.count[DNS_ADDITIONALS] == 0 || !dns_name_read(message, &s, name) ||
	    span_u16(&s) != DNS_NB)
		return;
	span_skip(&s, 2 + 4); /* class, time to live */
	record->data = span_take(&s, span_u16(&s));
}

/* What an answer says, and what a machine claims; groups have no address of their own. */
static void tell_names(struct parse *parse, const struct record *record)
{
	enum { MOST = 16, GROUP = 0x8000 };
	const unsigned opcode = (unsigned)record->header.flags >> 11 & 0xf;
	const bool response = (record->header.flags & DNS_RESPONSE) != 0;
	const struct span name = span_of(record->name, strcspn(record->name, "<"));
	struct span data = record->data;

	if (record->type != DNS_NB || opcode == RELEASE || opcode == WACK || response != (opcode == QUERY) ||
	    (response && dns_rcode(&record->header) != 0))
		return;
	for (int i = 0; i < MOST && span_left(data) >= 6; i++) {
		const uint16_t flags = span_u16(&data);
		const struct address address = address_v4(span_u32(&data));

		if ((flags & GROUP) == 0)
			naming_tell(parse, &address, name);
	}
}

static enum parse_step read_nbns(void *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes;
	struct record record = { .header = dns_read_header(&s), .data = span_of(NULL, 0) };
	char name[DNS_NAME_TEXT];

	(void)state;
	if (s.failed || !dns_name_read(*bytes, &s, name) || !netbios_name_text(name, record.name))
		return PARSE_BROKEN;
	record.type = span_u16(&s);
	span_skip(&s, 2);
	if (record.header.count[DNS_ANSWERS] > 0) {
		span_skip(&s, 4);
		record.data = span_take(&s, span_u16(&s));
	} else if ((record.header.flags & (DNS_RESPONSE | BROADCAST)) == BROADCAST &&
		   (record.header.flags >> 11 & 0xf) == QUERY) {
		parse_weakness(parse, &spoofing, "%s is asked for", record.name);
	} else {
		read_claim(*bytes, s, &record);
	}
	tell_names(parse, &record);
	parse_event(parse, &record);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(uint8_t),
	.read = read_nbns,
	.emit = emit,
};

const struct protocol protocol_nbns = {
	.name = "nbns",
	.title = "NetBIOS name service",
	DOORS(UDP(137)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = DNS_HEADER + 1 + 32, /* with a name that has no end */
	MARKS(OCTETS(2, 0x00, 0x07), OCTETS(2, 0x28, 0x4f), OCTETS(2, 0x78, 0x87), OCTETS(2, 0xa8, 0xcf),
	      OCTETS(2, 0xf8, 0xff)),
	.parser = &parser,
	.probe = &nbns_probe,
	.weaknesses = weaknesses,
};
