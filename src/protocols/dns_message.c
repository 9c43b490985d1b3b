/* dns_message.c: RFC 1035 section 4; the words for response codes are those of RFC 6895. */
#include "protocols/dns_message.h"

#include <stdio.h>

const char *dns_rcode_text(unsigned code)
{
	static const char *const names[] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",  "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
		"NXRRSET", "NOTAUTH", "NOTZONE",  "DSOTYPENI", NULL,      NULL,      NULL,       NULL,
		"BADVERS", "BADKEY",  "BADTIME",  "BADMODE",   "BADNAME", "BADALG",  "BADTRUNC", "BADCOOKIE",
	};

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

/* Sorted, as IANA assigns them. */
static const struct {
	uint16_t type;
	char name[11];
} types[] = {
	{ 1, "A" },           { 2, "NS" },          { 3, "MD" },        { 4, "MF" },      { 5, "CNAME" },
	{ 6, "SOA" },         { 7, "MB" },          { 8, "MG" },        { 9, "MR" },      { 10, "NULL" },
	{ 11, "WKS" },        { 12, "PTR" },        { 13, "HINFO" },    { 14, "MINFO" },  { 15, "MX" },
	{ 16, "TXT" },        { 17, "RP" },         { 18, "AFSDB" },    { 19, "X25" },    { 20, "ISDN" },
	{ 21, "RT" },         { 22, "NSAP" },       { 23, "NSAP-PTR" }, { 24, "SIG" },    { 25, "KEY" },
	{ 26, "PX" },         { 27, "GPOS" },       { 28, "AAAA" },     { 29, "LOC" },    { 30, "NXT" },
	{ 31, "EID" },        { 32, "NIMLOC" },     { 33, "SRV" },      { 34, "ATMA" },   { 35, "NAPTR" },
	{ 36, "KX" },         { 37, "CERT" },       { 38, "A6" },       { 39, "DNAME" },  { 40, "SINK" },
	{ 41, "OPT" },        { 42, "APL" },        { 43, "DS" },       { 44, "SSHFP" },  { 45, "IPSECKEY" },
	{ 46, "RRSIG" },      { 47, "NSEC" },       { 48, "DNSKEY" },   { 49, "DHCID" },  { 50, "NSEC3" },
	{ 51, "NSEC3PARAM" }, { 52, "TLSA" },       { 53, "SMIMEA" },   { 55, "HIP" },    { 59, "CDS" },
	{ 60, "CDNSKEY" },    { 61, "OPENPGPKEY" }, { 62, "CSYNC" },    { 63, "ZONEMD" }, { 64, "SVCB" },
	{ 65, "HTTPS" },      { 99, "SPF" },        { 108, "EUI48" },   { 109, "EUI64" }, { 249, "TKEY" },
	{ 250, "TSIG" },      { 251, "IXFR" },      { 252, "AXFR" },    { 253, "MAILB" }, { 254, "MAILA" },
	{ 255, "ANY" },       { 256, "URI" },       { 257, "CAA" },     { 258, "AVC" }
};

const char *dns_type_text(uint16_t type, char text[static DNS_TYPE_TEXT])
{
	size_t low = 0, high = sizeof(types) / sizeof(types[0]);

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (types[middle].type == type)
			return types[middle].name;
		if (types[middle].type < type)
			low = middle + 1;
		else
			high = middle;
	}
	(void)snprintf(text, DNS_TYPE_TEXT, "TYPE%u", type);
	return text;
}

void dns_ask(struct buffer *out, uint16_t id, struct span name, uint16_t type)
{
	buffer_u16(out, id);
	buffer_u16(out, 0);
	buffer_u16(out, 1);
	buffer_fill(out, 0, 6);
	buffer_add(out, name.at, span_left(name));
	buffer_u16(out, type);
	buffer_u16(out, DNS_IN);
}

bool dns_read_answer(struct span message, struct span *s, struct dns_header *ret_header)
{
	struct dns_question question;

	*s = message;
	*ret_header = dns_read_header(s);
	if (s->failed || (ret_header->flags & DNS_RESPONSE) == 0)
		return false;
	for (unsigned i = 0; i < ret_header->count[DNS_QUESTIONS]; i++)
		if (!dns_read_question(message, s, &question))
			return false;
	return true;
}

struct dns_header dns_read_header(struct span *s)
{
	struct dns_header header = { .id = span_u16(s) };

	header.flags = span_u16(s);
	for (int i = 0; i < DNS_SECTIONS; i++)
		header.count[i] = span_u16(s);
	return header;
}

bool dns_read_question(struct span message, struct span *s, struct dns_question *question)
{
	const bool named = dns_name_read(message, s, question->name);

	question->type = span_u16(s);
	question->class = span_u16(s);
	return named && !s->failed;
}

bool dns_read_record(struct span message, struct span *s, struct dns_record *record)
{
	const struct span name = *s;
	const bool named = dns_name_read(message, s, NULL);

	record->name = name;
	record->type = span_u16(s);
	record->class = span_u16(s);
	record->ttl = span_u32(s);
	record->data = span_take(s, span_u16(s));
	return named && !s->failed;
}

/* A record has at least DNS_RECORD_LEAST octets: the message bounds the loop. */
bool dns_records_fill(struct span message, struct span s, const struct dns_header *header)
{
	for (int section = DNS_ANSWERS; section < DNS_SECTIONS; section++) {
		struct dns_record record;

		for (unsigned i = 0; i < header->count[section]; i++)
			if (!dns_read_record(message, &s, &record))
				return false;
	}
	return span_left(s) == 0;
}

bool dns_find_edns(struct span message, struct span s, const struct dns_header *header,
		   struct dns_record *ret_record)
{
	for (int section = DNS_ANSWERS; section < DNS_SECTIONS; section++)
		for (unsigned i = 0; i < header->count[section]; i++) {
			if (!dns_read_record(message, &s, ret_record))
				return false;
			if (section == DNS_ADDITIONALS && ret_record->type == DNS_OPT)
				return true;
		}
	return false;
}

unsigned dns_whole_rcode(struct span message, struct span s, const struct dns_header *header)
{
	struct dns_record edns;
	const bool has_edns = dns_find_edns(message, s, header, &edns);

	return (has_edns ? edns.ttl >> 24 << 4 : 0) | dns_rcode(header);
}
