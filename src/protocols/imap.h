/* imap.h: what the files of IMAP share. */
#ifndef PROTOCOLS_IMAP_H
#define PROTOCOLS_IMAP_H

#include "protocols/parse.h"
#include "protocols/text.h"

/* Whether this first line of a server is one of IMAP. */
enum verdict imap_greeting_says(struct span line);

/* What a server can do: the words behind CAPABILITY (RFC 9051 7.2.2). */
struct imap_capabilities {
	bool starttls, id;
	const char *clear_login; /* how a password may be sent before TLS; NULL: not at all */
};
struct imap_capabilities imap_read_capabilities(struct span list);

/* Cuts the next pair off what stands behind ID (RFC 2971 3.2): ("name" "Cyrus" "version" "1.5" "os" NIL).
 * False behind the last. */
bool imap_next_id(struct span *list, struct span *ret_key, struct span *ret_value);

extern const struct text_product imap_products[];
extern const size_t imap_product_count;
extern const struct weakness imap_clear_login;

enum { IMAP_PROBE_STATE = 8 };
extern const struct probe imap_probe;
extern const struct parser imap_parser;

#endif
