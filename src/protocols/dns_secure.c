/* dns_secure.c: records that sign others or hold keys. RFC 4034 (DNSSEC), RFC 4255 (SSHFP), RFC 4398 (CERT),
 * RFC 5155 (NSEC3), RFC 6698 (TLSA), RFC 7344 (CDS, CDNSKEY), RFC 8945 (TSIG). */
#include "protocols/dns_record.h"

enum { TYPES_SHOWN = 64 };

void dns_write_sshfp(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "sshfp");
	json_unsigned(json, "algo", span_u8(&s));
	json_unsigned(json, "type", span_u8(&s));
	dns_write_hex(json, "fingerprint", s, ':');
	json_end(json);
}

void dns_write_key(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "dnskey"); /* and of CDNSKEY */
	json_unsigned(json, "flags", span_u16(&s));
	json_unsigned(json, "protocol", span_u8(&s));
	json_unsigned(json, "algorithm", span_u8(&s));
	json_end(json);
}

void dns_write_ds(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "ds");
	json_unsigned(json, "key_tag", span_u16(&s));
	json_unsigned(json, "algorithm", span_u8(&s));
	json_unsigned(json, "digest_type", span_u8(&s));
	dns_write_hex(json, "digest", s, 0);
	json_end(json);
}

void dns_write_rrsig(struct json *json, struct span message, struct span s)
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
	dns_write_name(json, "signer", message, &s);
	json_end(json);
}

void dns_write_tlsa(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "tlsa");
	json_unsigned(json, "usage", span_u8(&s));
	json_unsigned(json, "selector", span_u8(&s));
	json_unsigned(json, "matching_type", span_u8(&s));
	dns_write_hex(json, "data", s, 0);
	json_end(json);
}

/* RFC 4034 4.1.2: windows of 256 types, a bit for each. */
static void write_types(struct json *json, struct span s)
{
	char text[DNS_TYPE_TEXT];
	unsigned shown = 0;

	json_open_array(json, "types");
	while (span_left(s) > 2 && !s.failed) {
		const unsigned window = span_u8(&s);
		const struct span bits = span_take(&s, span_u8(&s));

		for (unsigned bit = 0; bit < 8 * span_left(bits) && shown < TYPES_SHOWN; bit++) {
			if ((span_peek(bits, bit / 8) & (0x80 >> bit % 8)) == 0)
				continue;
			json_text(json, NULL, dns_type_text((uint16_t)(window << 8 | bit), text));
			shown++;
		}
	}
	json_end(json);
}

void dns_write_nsec(struct json *json, struct span message, struct span s)
{
	dns_write_name(json, "rdata", message, &s);
	write_types(json, s);
}

/* RFC 5155 3.2 and 4.2. What is asked for is hashed so often, with a salt. */
static void write_nsec3_head(struct json *json, struct span *s)
{
	json_unsigned(json, "algorithm", span_u8(s));
	json_unsigned(json, "flags", span_u8(s));
	json_unsigned(json, "iterations", span_u16(s));
	dns_write_hex(json, "salt", dns_take_string(s), 0);
}

void dns_write_nsec3(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "nsec3");
	write_nsec3_head(json, &s);
	dns_write_hex(json, "next", dns_take_string(&s), 0);
	write_types(json, s);
	json_end(json);
}

void dns_write_nsec3param(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "nsec3");
	write_nsec3_head(json, &s);
	json_end(json);
}

/* RFC 8945 4.2; the signature itself is of no use to anybody else. */
void dns_write_tsig(struct json *json, struct span message, struct span s)
{
	uint64_t time;

	json_open_object(json, "tsig");
	dns_write_name(json, "algorithm", message, &s);
	time = (uint64_t)span_u16(&s) << 32;
	json_unsigned(json, "time_signed", time | span_u32(&s));
	json_unsigned(json, "fudge", span_u16(&s));
	json_unsigned(json, "mac_bytes", span_left(span_take(&s, span_u16(&s))));
	span_skip(&s, 2); /* the id that it had */
	dns_write_rcode(json, "error", span_u16(&s));
	json_end(json);
}

/* RFC 4398 2. */
void dns_write_cert(struct json *json, struct span message, struct span s)
{
	(void)message;
	json_open_object(json, "cert");
	json_unsigned(json, "type", span_u16(&s));
	json_unsigned(json, "key_tag", span_u16(&s));
	json_unsigned(json, "algorithm", span_u8(&s));
	json_unsigned(json, "bytes", span_left(s));
	json_end(json);
}
