/* dns_record.c: what resource records hold, in the form that EVE gives them. RFC 1035 3.3, RFC 1876 (LOC),
 * RFC 2782 (SRV), RFC 3123 (APL), RFC 3403 (NAPTR), RFC 3596 (AAAA), RFC 7553 (URI), RFC 8659 (CAA), RFC 9460
 * (SVCB, HTTPS). */
#include "protocols/dns_record.h"
#include "base/address.h"
#include "base/escape.h"

#include <stdio.h>
#include <stdlib.h>

enum { HEX_SHOWN = 128, STRINGS_SHOWN = 16 };

/* ---- pieces ---- */

void dns_write_name(struct json *json, const char *key, struct span message, struct span *s)
{
	char name[DNS_NAME_TEXT];

	if (dns_name_read(message, s, name))
		json_text(json, key, strcmp(name, ".") == 0 ? "<root>" : name);
}

void dns_write_hex(struct json *json, const char *key, struct span s, char between)
{
	char text[3 * HEX_SHOWN + 1];

	json_text(json, key, hex_text(s, between, text, sizeof(text)));
}

struct span dns_take_string(struct span *s)
{
	return span_take(s, span_u8(s));
}

static void write_address(struct json *json, const char *key, struct span data)
{
	char text[ADDRESS_TEXT];
	struct address address;

	if (span_left(data) == 4)
		address = address_v4(span_u32(&data));
	else if (span_left(data) == 16)
		address = address_v6(data.at);
	else
		return;
	json_text(json, key, address_text(&address, text));
}

/* Strings one behind the other, as a resolver would put them together. */
static void write_strings(struct json *json, struct span data)
{
	struct buffer text = buffer_new(FACT_VALUE * 8);

	for (int i = 0; i < STRINGS_SHOWN && span_left(data) > 0; i++)
		buffer_span(&text, dns_take_string(&data));
	json_span(json, "rdata", buffer_read(&text));
	buffer_free(&text);
}

/* ---- records of several fields ---- */

static void write_soa(struct json *json, struct span message, struct span s)
{
	json_open_object(json, "soa");
	dns_write_name(json, "mname", message, &s);
	dns_write_name(json, "rname", message, &s);
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
	dns_write_name(json, "name", message, &s);
	json_end(json);
}

static void write_mx(struct json *json, struct span message, struct span s)
{
	const uint16_t preference = span_u16(&s);

	dns_write_name(json, "rdata", message, &s);
	json_unsigned(json, "preference", preference);
}

static void write_naptr(struct json *json, struct span message, struct span s)
{
	json_open_object(json, "naptr");
	json_unsigned(json, "order", span_u16(&s));
	json_unsigned(json, "preference", span_u16(&s));
	json_span(json, "flags", dns_take_string(&s));
	json_span(json, "service", dns_take_string(&s));
	json_span(json, "regexp", dns_take_string(&s));
	dns_write_name(json, "replacement", message, &s);
	json_end(json);
}

static void write_caa(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "caa");
	json_unsigned(json, "flags", span_u8(&s));
	json_span(json, "tag", dns_take_string(&s));
	json_span(json, "value", s);
	json_end(json);
}

/* Addresses of `octets` each. */
static void write_hints(struct json *json, const char *key, struct span s, size_t octets)
{
	json_open_array(json, key);
	for (int i = 0; i < STRINGS_SHOWN && span_left(s) >= octets; i++)
		write_address(json, NULL, span_take(&s, octets));
	json_end(json);
}

/* RFC 9460 2.2; of its parameters the protocols (ALPN), where it is, and whether the hello is encrypted. */
static void write_svcb(struct json *json, struct span message, struct span s)
{
	enum { ALPN = 1, PORT = 3, HINT_4 = 4, ECH = 5, HINT_6 = 6 };
	bool ech = false;

	json_open_object(json, "svcb");
	json_unsigned(json, "priority", span_u16(&s));
	dns_write_name(json, "target", message, &s);
	while (span_left(s) > 0 && !s.failed) {
		const uint16_t key = span_u16(&s);
		struct span value = span_take(&s, span_u16(&s));

		if (key == ALPN) {
			json_open_array(json, "alpn");
			while (span_left(value) > 0 && !value.failed)
				json_span(json, NULL, dns_take_string(&value));
			json_end(json);
		} else if (key == PORT) {
			json_unsigned(json, "port", span_u16(&value));
		} else if (key == HINT_4) {
			write_hints(json, "ipv4hint", value, 4);
		} else if (key == HINT_6) {
			write_hints(json, "ipv6hint", value, 16);
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
	json_span(json, "cpu", dns_take_string(&s));
	json_span(json, "os", dns_take_string(&s));
	json_end(json);
}

/* RFC 7553 4. */
static void write_uri(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "uri");
	json_unsigned(json, "priority", span_u16(&s));
	json_unsigned(json, "weight", span_u16(&s));
	json_span(json, "target", s);
	json_end(json);
}

/* RFC 1876 2: thousandths of a second of arc from the equator and the prime meridian, which are 2^31. */
static void write_arc(char *text, size_t size, uint32_t value, const char *ends)
{
	enum { SECOND = 1000, MINUTE = 60 * SECOND, DEGREE = 60 * MINUTE };
	const bool beyond = value >= UINT32_C(1) << 31;
	const uint32_t arc = beyond ? value - (UINT32_C(1) << 31) : (UINT32_C(1) << 31) - value;

	(void)snprintf(text, size, "%u %u %u.%03u %c", arc / DEGREE, arc % DEGREE / MINUTE,
		       arc % MINUTE / SECOND, arc % SECOND, ends[beyond]);
}

/* As a zone file has it: "52 22 23.000 N 4 53 32.000 E -2.00m". Centimetres from 100 km below the ground. */
static void write_loc(struct json *json, struct span message, struct span s)
{
	enum { GROUND = 10000000 };
	char latitude[32], longitude[32], text[96];
	int64_t altitude;

	(void)message;
	if (span_u8(&s) != 0)
		return;   /* another version */
	span_skip(&s, 3); /* how large it is, and how precise */
	write_arc(latitude, sizeof(latitude), span_u32(&s), "SN");
	write_arc(longitude, sizeof(longitude), span_u32(&s), "WE");
	altitude = (int64_t)span_u32(&s) - GROUND;
	if (s.failed)
		return;
	(void)snprintf(text, sizeof(text), "%s %s %s%lld.%02lldm", latitude, longitude,
		       altitude < 0 ? "-" : "", llabs(altitude) / 100, llabs(altitude) % 100);
	json_text(json, "rdata", text);
}

/* RFC 3123 4: prefixes, "!" before those that are left out. */
static void write_apl(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_array(json, "apl");
	for (int i = 0; i < STRINGS_SHOWN && span_left(s) >= 4; i++) {
		const uint16_t family = span_u16(&s);
		const uint8_t prefix = span_u8(&s), length = span_u8(&s);
		char text[DNS_PREFIX_TEXT + 1] = "!";

		if (dns_prefix_text(family, prefix, span_take(&s, length & 0x7f), text + 1))
			json_text(json, NULL, text + !(length & 0x80));
	}
	json_end(json);
}

static void write_next(struct json *json, struct span message, struct span s)
{
	dns_write_name(json, "rdata", message, &s);
}

static void write_afsdb(struct json *json, struct span message, struct span s)
{
	span_skip(&s, 2);
	dns_write_name(json, "rdata", message, &s);
}

static void write_data(struct json *json, struct span message, const struct dns_record *record)
{
	static const struct {
		uint16_t type;
		dns_write_data *write;
	} writers[] = {
		{ DNS_NS, write_next },
		{ DNS_CNAME, write_next },
		{ DNS_SOA, write_soa },
		{ DNS_PTR, write_next },
		{ DNS_HINFO, write_hinfo },
		{ DNS_MX, write_mx },
		{ DNS_RP, write_next },
		{ DNS_AFSDB, write_afsdb },
		{ DNS_SRV, write_srv },
		{ DNS_NAPTR, write_naptr },
		{ DNS_DNAME, write_next },
		{ DNS_DS, dns_write_ds },
		{ DNS_SSHFP, dns_write_sshfp },
		{ DNS_RRSIG, dns_write_rrsig },
		{ DNS_NSEC, dns_write_nsec },
		{ DNS_DNSKEY, dns_write_key },
		{ DNS_TLSA, dns_write_tlsa },
		{ DNS_SVCB, write_svcb },
		{ DNS_HTTPS, write_svcb },
		{ DNS_CAA, write_caa },
		{ DNS_LOC, write_loc },
		{ DNS_CERT, dns_write_cert },
		{ DNS_APL, write_apl },
		{ DNS_NSEC3, dns_write_nsec3 },
		{ DNS_NSEC3PARAM, dns_write_nsec3param },
		{ DNS_CDS, dns_write_ds },
		{ DNS_CDNSKEY, dns_write_key },
		{ DNS_TSIG, dns_write_tsig },
		{ DNS_URI, write_uri },
	};

	if (record->type == DNS_A || record->type == DNS_AAAA) {
		write_address(json, "rdata", record->data);
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
	dns_write_name(json, "rrname", message, &name);
	json_text(json, "rrtype", dns_type_text(record->type, text));
	json_unsigned(json, "ttl", record->ttl);
	write_data(json, message, record);
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
		dns_write_edns(json, &edns);
}

void dns_write_records(struct json *json, struct span message, struct span s, const struct dns_header *header)
{
	for (int section = DNS_ANSWERS; section < DNS_SECTIONS; section++)
		write_section(json, message, &s, (enum dns_section)section, header->count[section]);
}
