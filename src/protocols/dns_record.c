/* dns_record.c: what resource records hold, in the form that EVE gives them. RFC 1035 3.3, RFC 2782 (SRV),
 * RFC 3403 (NAPTR), RFC 3596 (AAAA), RFC 4034 (DNSSEC), RFC 4255 (SSHFP), RFC 6698 (TLSA), RFC 6891 (OPT),
 * RFC 8659 (CAA), RFC 9460 (SVCB, HTTPS). */
#include "base/address.h"
#include "base/escape.h"
#include "protocols/dns.h"

#include <stdio.h>

enum { HEX_SHOWN = 128, STRINGS_SHOWN = 16 };

/* ---- pieces ---- */

static void write_name(struct json *json, const char *key, struct span message, struct span *s)
{
	char name[DNS_NAME_TEXT];

	if (dns_name_read(message, s, name))
		json_text(json, key, strcmp(name, ".") == 0 ? "<root>" : name);
}

static void write_hex(struct json *json, const char *key, struct span s, char between)
{
	char text[3 * HEX_SHOWN + 1];

	json_text(json, key, hex_text(s, between, text, sizeof(text)));
}

static struct span take_string(struct span *s)
{
	return span_take(s, span_u8(s));
}

static void write_address(struct json *json, struct span data)
{
	char text[ADDRESS_TEXT];
	struct address address;

	if (span_left(data) == 4)
		address = address_v4(span_u32(&data));
	else if (span_left(data) == 16)
		address = address_v6(data.at);
	else
		return;
	json_text(json, "rdata", address_text(&address, text));
}

/* Strings one behind the other, as a resolver would put them together. */
static void write_strings(struct json *json, struct span data)
{
	struct buffer text = buffer_new(FACT_VALUE * 8);

	for (int i = 0; i < STRINGS_SHOWN && span_left(data) > 0; i++)
		buffer_span(&text, take_string(&data));
	json_span(json, "rdata", buffer_read(&text));
	buffer_free(&text);
}

/* ---- records of several fields ---- */

static void write_soa(struct json *json, struct span message, struct span s)
{
	json_open_object(json, "soa");
	write_name(json, "mname", message, &s);
	write_name(json, "rname", message, &s);
	if (span_left(s) >= 20) {
		json_unsigned(json, "serial", span_u32(&s));
		json_unsigned(json, "refresh", span_u32(&s));
		json_unsigned(json, "retry", span_u32(&s));
		json_unsigned(json, "expire", span_u32(&s));
		json_unsigned(json, "minimum", span_u32(&s));
	}
	json_end(json);
}

static void write_srv(struct json *json, struct span message, struct span s)
{
	json_open_object(json, "srv");
	json_unsigned(json, "priority", span_u16(&s));
	json_unsigned(json, "weight", span_u16(&s));
	json_unsigned(json, "port", span_u16(&s));
	write_name(json, "name", message, &s);
	json_end(json);
}

static void write_mx(struct json *json, struct span message, struct span s)
{
	const uint16_t preference = span_u16(&s);

	write_name(json, "rdata", message, &s);
	json_unsigned(json, "preference", preference);
}

static void write_sshfp(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "sshfp");
	json_unsigned(json, "algo", span_u8(&s));
	json_unsigned(json, "type", span_u8(&s));
	write_hex(json, "fingerprint", s, ':');
	json_end(json);
}

static void write_naptr(struct json *json, struct span message, struct span s)
{
	json_open_object(json, "naptr");
	json_unsigned(json, "order", span_u16(&s));
	json_unsigned(json, "preference", span_u16(&s));
	json_span(json, "flags", take_string(&s));
	json_span(json, "service", take_string(&s));
	json_span(json, "regexp", take_string(&s));
	write_name(json, "replacement", message, &s);
	json_end(json);
}

static void write_caa(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "caa");
	json_unsigned(json, "flags", span_u8(&s));
	json_span(json, "tag", take_string(&s));
	json_span(json, "value", s);
	json_end(json);
}

static void write_key(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "dnskey");
	json_unsigned(json, "flags", span_u16(&s));
	json_unsigned(json, "protocol", span_u8(&s));
	json_unsigned(json, "algorithm", span_u8(&s));
	json_end(json);
}

static void write_ds(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "ds");
	json_unsigned(json, "key_tag", span_u16(&s));
	json_unsigned(json, "algorithm", span_u8(&s));
	json_unsigned(json, "digest_type", span_u8(&s));
	write_hex(json, "digest", s, 0);
	json_end(json);
}

static void write_rrsig(struct json *json, struct span message, struct span s)
{
	char text[DNS_TYPE_TEXT];

	json_open_object(json, "rrsig");
	json_text(json, "type_covered", dns_type_text(span_u16(&s), text));
	json_unsigned(json, "algorithm", span_u8(&s));
	json_unsigned(json, "labels", span_u8(&s));
	json_unsigned(json, "original_ttl", span_u32(&s));
	json_unsigned(json, "expiration", span_u32(&s));
	json_unsigned(json, "inception", span_u32(&s));
	json_unsigned(json, "key_tag", span_u16(&s));
	write_name(json, "signer", message, &s);
	json_end(json);
}

static void write_tlsa(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "tlsa");
	json_unsigned(json, "usage", span_u8(&s));
	json_unsigned(json, "selector", span_u8(&s));
	json_unsigned(json, "matching_type", span_u8(&s));
	write_hex(json, "data", s, 0);
	json_end(json);
}

/* RFC 9460 2.2; of its parameters the protocols (ALPN) and whether the hello is encrypted. */
static void write_svcb(struct json *json, struct span message, struct span s)
{
	enum { ALPN = 1, PORT = 3, ECH = 5 };
	bool ech = false;

	json_open_object(json, "svcb");
	json_unsigned(json, "priority", span_u16(&s));
	write_name(json, "target", message, &s);
	while (span_left(s) > 0 && !s.failed) {
		const uint16_t key = span_u16(&s);
		struct span value = span_take(&s, span_u16(&s));

		if (key == ALPN) {
			json_open_array(json, "alpn");
			while (span_left(value) > 0 && !value.failed)
				json_span(json, NULL, take_string(&value));
			json_end(json);
		} else if (key == PORT) {
			json_unsigned(json, "port", span_u16(&value));
		}
		ech = ech || key == ECH;
	}
	json_bool(json, "ech", ech);
	json_end(json);
}

static void write_hinfo(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "hinfo");
	json_span(json, "cpu", take_string(&s));
	json_span(json, "os", take_string(&s));
	json_end(json);
}

static void write_next(struct json *json, struct span message, struct span s)
{
	write_name(json, "rdata", message, &s);
}

static void write_afsdb(struct json *json, struct span message, struct span s)
{
	span_skip(&s, 2);
	write_name(json, "rdata", message, &s);
}

static void write_data(struct json *json, struct span message, const struct dns_record *record)
{
	static const struct {
		uint16_t type;
		void (*write)(struct json *json, struct span message, struct span data);
	} writers[] = {
		{ DNS_NS, write_next },     { DNS_CNAME, write_next },  { DNS_SOA, write_soa },
		{ DNS_PTR, write_next },    { DNS_HINFO, write_hinfo }, { DNS_MX, write_mx },
		{ DNS_RP, write_next },     { DNS_AFSDB, write_afsdb }, { DNS_SRV, write_srv },
		{ DNS_NAPTR, write_naptr }, { DNS_DNAME, write_next },  { DNS_DS, write_ds },
		{ DNS_SSHFP, write_sshfp }, { DNS_RRSIG, write_rrsig }, { DNS_NSEC, write_next },
		{ DNS_DNSKEY, write_key },  { DNS_TLSA, write_tlsa },   { DNS_SVCB, write_svcb },
		{ DNS_HTTPS, write_svcb },  { DNS_CAA, write_caa },
	};

	if (record->type == DNS_A || record->type == DNS_AAAA) {
		write_address(json, record->data);
		return;
	}
	if (record->type == DNS_TXT || record->type == DNS_SPF) {
		write_strings(json, record->data);
		return;
	}
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++)
		if (writers[i].type == record->type)
			writers[i].write(json, message, record->data);
}

/* ---- messages ---- */

static void write_record(struct json *json, struct span message, const struct dns_record *record)
{
	struct span name = record->name;
	char text[DNS_TYPE_TEXT];

	json_begin(json);
	write_name(json, "rrname", message, &name);
	json_text(json, "rrtype", dns_type_text(record->type, text));
	json_unsigned(json, "ttl", record->ttl);
	write_data(json, message, record);
	json_end(json);
}

/* The class of an OPT record is the size that its sender takes; its time to live holds version and flags. */
static void write_edns(struct json *json, const struct dns_record *record)
{
	enum { DNSSEC_OK = 0x8000 };

	json_open_object(json, "edns");
	json_unsigned(json, "udp_size", record->class);
	json_unsigned(json, "version", record->ttl >> 16 & 0xff);
	json_bool(json, "do", (record->ttl & DNSSEC_OK) != 0);
	json_end(json);
}

static void write_section(struct json *json, struct span message, struct span *s, enum dns_section section,
			  unsigned count)
{
	static const char *const keys[] = {
		[DNS_ANSWERS] = "answers",
		[DNS_AUTHORITIES] = "authorities",
		[DNS_ADDITIONALS] = "additionals",
	};
	struct dns_record record = { .section = section }, edns = { .type = 0 };
	unsigned shown = 0;

	for (unsigned i = 0; i < count && dns_read_record(message, s, &record); i++) {
		if (record.type == DNS_OPT) {
			edns = record;
			continue;
		}
		if (shown == 0)
			json_open_array(json, keys[section]);
		if (shown++ < DNS_RECORDS_SHOWN)
			write_record(json, message, &record);
	}
	if (shown > 0)
		json_end(json);
	if (shown > DNS_RECORDS_SHOWN && section == DNS_ANSWERS)
		json_unsigned(json, "answers_left_out", shown - DNS_RECORDS_SHOWN);
	if (edns.type == DNS_OPT)
		write_edns(json, &edns);
}

void dns_write_records(struct json *json, struct span message, struct span s, const struct dns_header *header)
{
	for (int section = DNS_ANSWERS; section < DNS_SECTIONS; section++)
		write_section(json, message, &s, (enum dns_section)section, header->count[section]);
}
