/* ldap.h: what the files about LDAP share. ldap.c recognises it, ldap_parse.c reads conversations,
 * ldap_probe.c asks a server. */
#ifndef PROTOCOLS_LDAP_H
#define PROTOCOLS_LDAP_H

#include "protocols/ber.h"
#include "protocols/protocols.h"

/* protocolOp, RFC 4511 section 4.2 ff. */
enum ldap_operation {
	LDAP_BIND_REQUEST = 0x60,
	LDAP_BIND_RESPONSE = 0x61,
	LDAP_UNBIND_REQUEST = 0x42,
	LDAP_SEARCH_REQUEST = 0x63,
	LDAP_SEARCH_ENTRY = 0x64,
	LDAP_SEARCH_DONE = 0x65,
	LDAP_MODIFY_REQUEST = 0x66,
	LDAP_MODIFY_RESPONSE = 0x67,
	LDAP_ADD_REQUEST = 0x68,
	LDAP_ADD_RESPONSE = 0x69,
	LDAP_DELETE_REQUEST = 0x4a,
	LDAP_DELETE_RESPONSE = 0x6b,
	LDAP_RENAME_REQUEST = 0x6c,
	LDAP_RENAME_RESPONSE = 0x6d,
	LDAP_COMPARE_REQUEST = 0x6e,
	LDAP_COMPARE_RESPONSE = 0x6f,
	LDAP_ABANDON_REQUEST = 0x50,
	LDAP_SEARCH_REFERENCE = 0x73,
	LDAP_EXTENDED_REQUEST = 0x77,
	LDAP_EXTENDED_RESPONSE = 0x78,
	LDAP_INTERMEDIATE_RESPONSE = 0x79,
};
#define LDAP_STARTTLS "1.3.6.1.4.1.1466.20037"

/* The element that a span begins with; what is there of its content. */
struct ldap_element {
	enum ber_frame frame;
	uint8_t tag;
	bool cut;
	size_t whole, length; /* with its header, and of the content alone */
	struct span content;
};
struct ldap_element ldap_element(struct span s);

struct ldap_probe_state {
	char vendor[64], version[64];
	bool openldap, active_directory, lightweight;
	char context[256]; /* the first naming context; "" for none */
	bool known, asked_context;
};

extern const struct protocol protocol_ldap;
extern const struct probe ldap_probe;
extern const struct parser ldap_parser;
extern const struct weakness ldap_clear_login, ldap_anonymous;

#endif
