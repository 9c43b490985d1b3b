/* ldap_netlogon.c: NETLOGON_SAM_LOGON_RESPONSE_EX, [MS-ADTS] 6.3.1.9: numbers with the low octet first, then
 * names as DNS packs them. */
#include "protocols/ldap_netlogon.h"
#include "protocols/ber.h"
#include "protocols/dns_name.h"
#include "protocols/tally.h"

#include <stdio.h>

enum { ANSWER = 23, PAUSED = 24, USER_UNKNOWN = 25, HEADER = 24, GUID_TEXT = 40 };

struct span netlogon_find(struct span entry)
{
	struct span attributes;

	(void)ber_take(&entry, BER_OCTETS); /* the entry's name */
	attributes = ber_take(&entry, BER_SEQUENCE);
	while (span_left(attributes) > 0 && !attributes.failed) {
		struct span attribute = ber_take(&attributes, BER_SEQUENCE);
		const struct span name = ber_take(&attribute, BER_OCTETS);
		struct span values = ber_take(&attribute, BER_SET);
		const struct span value = ber_take(&values, BER_OCTETS);
		const unsigned opcode = span_peek(value, 0) | (unsigned)span_peek(value, 1) << 8;

		if (!value.failed && span_is_nocase(name, "netlogon") && span_left(value) >= HEADER &&
		    span_left(value) <= NETLOGON_MOST && opcode >= ANSWER && opcode <= USER_UNKNOWN)
			return value;
	}
	return span_of(NULL, 0);
}

/* [MS-ADTS] 6.3.1.2 */
static void write_roles(struct json *json, uint32_t flags)
{
	static const struct code_name roles[] = {
		{ 0x001, "pdc" },     { 0x004, "gc" },        { 0x008, "ldap" },
		{ 0x010, "ds" },      { 0x020, "kdc" },       { 0x040, "timeserv" },
		{ 0x080, "closest" }, { 0x100, "writable" },  { 0x200, "good_timeserv" },
		{ 0x400, "ndnc" },    { 0x800, "read_only" }, { 0x1000, "full_secrets" },
		{ 0x2000, "adws" },
	};

	json_open_array(json, "roles");
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if ((flags & roles[i].code) != 0)
			json_text(json, NULL, roles[i].name);
	json_end(json);
}

static void write_guid(struct json *json, struct span s)
{
	const uint32_t first = span_u32_le(&s);
	const uint16_t second = span_u16_le(&s), third = span_u16_le(&s), fourth = span_u16(&s);
	const uint16_t fifth = span_u16(&s);
	char text[GUID_TEXT];

	(void)snprintf(text, sizeof(text), "%08x-%04x-%04x-%04x-%04x%08x", first, second, third, fourth,
		       fifth, span_u32(&s));
	json_text(json, "domain_guid", text);
}

void netlogon_write(struct json *json, struct span answer)
{
	static const char *const kinds[] = { "answer", "paused", "user_unknown" };
	static const char *const names[] = { "forest",         "domain", "server",      "netbios_domain",
					     "netbios_server", "user",   "server_site", "client_site" };
	struct span s = answer;
	const unsigned opcode = span_u16_le(&s);
	char text[DNS_NAME_TEXT];

	if (opcode < ANSWER || opcode > USER_UNKNOWN)
		return;
	json_open_object(json, "netlogon");
	json_text(json, "kind", kinds[opcode - ANSWER]);
	span_skip(&s, 2);
	write_roles(json, span_u32_le(&s));
	write_guid(json, span_take(&s, 16));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && dns_name_read(answer, &s, text); i++)
		if (strcmp(text, ".") != 0)
			json_text(json, names[i], text);
	json_end(json);
}
