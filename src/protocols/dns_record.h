/* dns_record.h: what the files that write records of DNS share. dns_record.c has the common types,
 * dns_secure.c those that sign others or hold keys, dns_edns.c what EDNS says. */
#ifndef PROTOCOLS_DNS_RECORD_H
#define PROTOCOLS_DNS_RECORD_H

#include "base/address.h"
#include "protocols/dns.h"

/* Members of an object; of a name and of octets that are missing nothing is written. */
void dns_write_name(struct json *json, const char *key, struct span message, struct span *s);
void dns_write_hex(struct json *json, const char *key, struct span s, char between);
void dns_write_rcode(struct json *json, const char *key, unsigned code);

/* Octets that follow their number, of one octet. */
struct span dns_take_string(struct span *s);

/* "192.0.2.0/24" of an address without the zeros at its end (RFC 3123, RFC 7871); false where the family is
 * neither IPv4 nor IPv6, or there is more than it has. */
enum { DNS_PREFIX_TEXT = ADDRESS_TEXT + 4 };
bool dns_prefix_text(uint16_t family, uint8_t bits, struct span octets, char text[static DNS_PREFIX_TEXT]);

/* The record's data; each writes what its type has. */
typedef void dns_write_data(struct json *json, struct span message, struct span data);
extern dns_write_data dns_write_cert;
extern dns_write_data dns_write_ds;
extern dns_write_data dns_write_key;
extern dns_write_data dns_write_nsec;
extern dns_write_data dns_write_nsec3;
extern dns_write_data dns_write_nsec3param;
extern dns_write_data dns_write_rrsig;
extern dns_write_data dns_write_sshfp;
extern dns_write_data dns_write_tlsa;
extern dns_write_data dns_write_tsig;

/* Of the OPT record (RFC 6891). */
void dns_write_edns(struct json *json, const struct dns_record *record);

#endif
