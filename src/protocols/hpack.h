/* hpack.h: the compressed fields of HTTP/2 (RFC 7541), read for a few of their names.
 *
 * Each side of a connection has a table that grows with what it sends. Of the fields that nobody asks for
 * only the size is kept, and of the others as much as fits: an entry whose value is gone is told as empty. */
#ifndef PROTOCOLS_HPACK_H
#define PROTOCOLS_HPACK_H

#include "base/span.h"

enum hpack_name {
	HPACK_OTHER,
	HPACK_AUTHORITY,
	HPACK_METHOD,
	HPACK_PATH,
	HPACK_STATUS,
	HPACK_PROTOCOL, /* RFC 8441 */
	HPACK_USER_AGENT,
	HPACK_CONTENT_TYPE,
	HPACK_REFERER,
	HPACK_SERVER,
	HPACK_LOCATION,
	HPACK_AUTHORIZATION,
	HPACK_PROXY_AUTHORIZATION,
	HPACK_FORWARDED_FOR,
	HPACK_CONTENT_LENGTH,
	HPACK_WWW_AUTHENTICATE,
	HPACK_GRPC_STATUS,
};

enum {
	HPACK_ENTRIES = 128, /* what 4096 octets hold of the smallest (RFC 7541 4.1, 6.5.2 of RFC 9113) */
	HPACK_ROOM = 1024,   /* octets of values */
	HPACK_VALUE = 512,   /* octets of a value that are told */
};

struct hpack_entry {
	uint32_t at;          /* of its value, among all that was ever kept */
	uint16_t length;      /* of the value, as kept */
	uint16_t name_length; /* of the name, as sent */
	uint16_t size;        /* RFC 7541 4.1 */
	uint8_t name;         /* enum hpack_name */
};

/* The table of one side. It begins as zeros. */
struct hpack {
	struct hpack_entry entries[HPACK_ENTRIES]; /* in a ring */
	uint8_t room[HPACK_ROOM];                  /* likewise */
	uint32_t kept;                             /* octets ever written to room */
	uint32_t added, count;                     /* entries ever added, and those that are there */
	uint32_t size, limit;
	bool begun;
};

/* Told for each field with a name that is known. */
typedef void hpack_take(void *context, enum hpack_name name, struct span value);

/* Reads a whole block of fields. False: it is damaged, and the table with it. */
bool hpack_read(struct hpack *table, struct span block, hpack_take *take, void *context);

#endif
