/* smtp.h: what the files of SMTP share. */
#ifndef PROTOCOLS_SMTP_H
#define PROTOCOLS_SMTP_H

#include "protocols/parse.h"
#include "protocols/text.h"

/* Replies (RFC 5321 4.2.3, RFC 4954). */
enum {
	READY = 220,
	LOGGED_IN = 235,
	DONE_WELL = 250,
	CHALLENGE = 334,
	GO_ON_WITH_MAIL = 354,
	NOT_NOW = 421,
	REFUSED = 554,
};

/* What a server can do: its reply to EHLO. */
struct smtp_extensions {
	char list[512]; /* texts (lines.h) */
	char auth[128]; /* mechanisms */
	bool starttls;
	bool clear_auth; /* mechanisms that show the password */
};
void smtp_read_extensions(const struct reply *reply, struct smtp_extensions *ret_extensions);

extern const struct text_product smtp_products[];
extern const size_t smtp_product_count;
extern const struct weakness smtp_clear_login;

enum { SMTP_PROBE_STATE = 8 };
extern const struct probe smtp_probe;
extern const struct parser smtp_parser;

#endif
