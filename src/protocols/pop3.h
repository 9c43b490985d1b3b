/* pop3.h: what the files of POP3 share. */
#ifndef PROTOCOLS_POP3_H
#define PROTOCOLS_POP3_H

#include "protocols/parse.h"
#include "protocols/text.h"

enum { POP3_GREETING = 512 }; /* RFC 1939 3, with CR LF */

/* What a server can do: the lines behind "+OK" to CAPA (RFC 2449 5). */
struct pop3_capabilities {
	char list[512];           /* texts (lines.h) */
	char implementation[128]; /* how the server calls itself */
	bool stls, user, plain;
};
void pop3_read_capability(struct pop3_capabilities *capabilities, struct span line);

/* Which of them shows the password to everybody: "USER", "SASL PLAIN"; NULL for none. */
const char *pop3_clear_login_of(const struct pop3_capabilities *capabilities);

extern const struct text_product pop3_products[];
extern const size_t pop3_product_count;
extern const struct weakness pop3_clear_login;

enum { POP3_PROBE_STATE = 8 };
extern const struct probe pop3_probe;
extern const struct parser pop3_parser;

#endif
