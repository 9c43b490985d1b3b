/* ftp.h: what the files of FTP share. */
#ifndef PROTOCOLS_FTP_H
#define PROTOCOLS_FTP_H

#include "protocols/parse.h"
#include "protocols/text.h"

/* Replies (RFC 959 4.2, RFC 4217). */
enum {
	GREETING_WAIT = 120,
	FEATURES = 211,
	SYSTEM = 215,
	GREETING_READY = 220,
	PASSIVE = 227,
	EXTENDED_PASSIVE = 229,
	LOGGED_IN = 230,
	GOES_ON_WITH_TLS = 234,
	NEEDS_PASSWORD = 331,
	NOT_NOW = 421,
	LOGIN_FIRST = 530,
};

extern const struct text_product ftp_products[];
extern const size_t ftp_product_count;

enum { FTP_PROBE_STATE = 8 };
extern const struct probe ftp_probe;

extern const struct parser ftp_parser;
extern const struct weakness *const ftp_weaknesses[];
extern const struct weakness ftp_anonymous;

extern const struct protocol protocol_ftp_data;

#endif
