/* ldap_netlogon.h: what a domain controller answers when it is asked whether it is there ([MS-ADTS] 6.3): an
 * entry of LDAP, mostly over UDP, with one attribute that has a form of its own. */
#ifndef PROTOCOLS_LDAP_NETLOGON_H
#define PROTOCOLS_LDAP_NETLOGON_H

#include "base/json.h"

enum { NETLOGON_MOST = 1024 }; /* bytes of such an answer */

/* Looks for the attribute in the content of a SearchResultEntry; empty where it is none or of a form that is
 * not read. */
struct span netlogon_find(struct span entry);

/* Writes an object "netlogon" of it. */
void netlogon_write(struct json *json, struct span answer);

#endif
