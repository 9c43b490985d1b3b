/* dns_name.h: domain names as DNS, mDNS, LLMNR and NetBIOS name messages pack them (RFC 1035 section 4.1.4).
 *
 * A name is a row of labels and may go on at an earlier place of the message. A pointer must lead backwards,
 * a name has at most 255 octets and DNS_NAME_JUMPS pointers: reading one always ends, whatever the bytes. */
#ifndef PROTOCOLS_DNS_NAME_H
#define PROTOCOLS_DNS_NAME_H

#include "base/buffer.h"

enum {
	DNS_NAME_WIRE = 255,
	DNS_NAME_LABEL = 63,
	DNS_NAME_TEXT = 4 * DNS_NAME_WIRE + 1,
	DNS_NAME_JUMPS = 32,
};

/* Takes the name at the front of `at`, which lies inside `message`, and writes it as RFC 1035 section 5.1
 * does: labels in their own case with dots between, "." for the root, \. and \DDD for octets that are no
 * plain text. `text` has DNS_NAME_TEXT octets, or is NULL to step over the name. False, and `at` failed, if
 * it is cut short or breaks a rule. */
bool dns_name_read(struct span message, struct span *at, char *text);

/* Writes a name given as plain text with dots ("version.bind", "." or "" for the root) without compression.
 * Labels must be 1 to 63 octets: our own names only. */
void dns_name_write(struct buffer *out, const char *name);

#endif
