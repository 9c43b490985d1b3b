/* dns_message.c: RFC 1035 section 4; the words for response codes are those of RFC 6895. */
#include "protocols/dns_message.h"

const char *dns_rcode_text(unsigned code)
{
	static const char *const names[DNS_RCODE_MOST + 1] = {
		"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",  "REFUSED",
		"YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE", "DSOTYPENI",
	};

	return code <= DNS_RCODE_MOST ? names[code] : NULL;
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
	const bool named = dns_name_read(message, s, NULL);

	record->type = span_u16(s);
	record->class = span_u16(s);
	span_skip(s, 4); /* time to live */
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
