/* tds.h: what the files about TDS share. tds.c recognises it and asks a server, tds_parse.c reads
 * conversations. */
#ifndef PROTOCOLS_TDS_H
#define PROTOCOLS_TDS_H

#include "protocols/protocols.h"

enum tds_type {
	TDS_BATCH = 0x01,
	TDS_LOGIN_5 = 0x02, /* of versions 4.2 to 5.0 */
	TDS_CALL = 0x03,
	TDS_TABULAR = 0x04,
	TDS_ATTENTION = 0x06,
	TDS_LOGIN_7 = 0x10,
	TDS_SSPI = 0x11,
	TDS_PRELOGIN = 0x12
};
enum { TDS_HEADER = 8, TDS_END_OF_MESSAGE = 0x01, TDS_LOGIN_FIXED = 94 };
/* The login of versions 4.2 to 5.0 has fields of fixed size, each with its length behind it. */
enum { TDS_FIELD = 30, TDS_FIELD_USER = 31, TDS_FIELD_APPLICATION = 140, TDS_FIELD_SERVER = 171 };
enum { TDS_ENCRYPT_OFF, TDS_ENCRYPT_ON, TDS_ENCRYPT_NOT_SUPPORTED, TDS_ENCRYPT_REQUIRED };

struct tds_packet {
	uint8_t type, status;
	size_t length; /* of the payload */
	bool cut;
	struct span payload; /* what is there of it */
};

/* False if it cannot be a header. s fails while it is not whole. */
bool tds_read_packet(struct span *s, struct tds_packet *packet);

/* Tokens of PRELOGIN, and their values. */
enum tds_option {
	TDS_VERSION,
	TDS_ENCRYPTION,
	TDS_INSTANCE,
	TDS_THREAD,
	TDS_MARS,
	TDS_TRACE,
	TDS_FEDERATED,
	TDS_NONCE,
	TDS_OPTIONS
};
struct tds_prelogin {
	struct span values[TDS_OPTIONS];
};

/* Reads the options of a whole payload. */
bool tds_read_prelogin(struct span payload, struct tds_prelogin *prelogin);

/* "2019" for 15.0; empty where it is not known. */
const char *tds_release(unsigned major, unsigned minor);

extern const struct parser tds_parser;
extern const struct weakness tds_no_encryption;

#endif
