/* mysql.h: what the files about MySQL share. mysql.c recognises it and asks a server, mysql_parse.c reads
 * conversations. */
#ifndef PROTOCOLS_MYSQL_H
#define PROTOCOLS_MYSQL_H

#include "protocols/protocols.h"

enum {
	MYSQL_HEADER = 4,
	MYSQL_PROTOCOL_10 = 10,
	MYSQL_ERROR = 0xff,
	MYSQL_TLS_REQUEST = 32, /* octets of the fixed part of a client's first packet */

	MYSQL_NOT_MARIADB = 1 << 0, /* capabilities; MySQL calls the first one CLIENT_LONG_PASSWORD */
	MYSQL_WITH_DATABASE = 1 << 3,
	MYSQL_COMPRESS = 1 << 5,
	MYSQL_PROTOCOL_41 = 1 << 9,
	MYSQL_CAN_TLS = 1 << 11,
	MYSQL_SECURE_CONNECTION = 1 << 15,
	MYSQL_PLUGIN_AUTH = 1 << 19,
	MYSQL_LONG_AUTH = 1 << 21,
};

struct mysql_packet {
	uint8_t sequence;
	bool cut;
	size_t length;
	struct span payload; /* what is there of it */
};

/* False while the header is not there. */
bool mysql_read_packet(struct span s, struct mysql_packet *packet);

struct mysql_greeting {
	struct span version, plugin;
	uint32_t capabilities;
	uint8_t charset;
};

/* HandshakeV10. False if it breaks a rule; the payload fails if it is cut short. */
bool mysql_read_greeting(struct span *payload, struct mysql_greeting *greeting);

/* Who the server is. */
const char *mysql_product(const struct mysql_greeting *greeting, struct span *ret_version);

extern const struct parser mysql_parser;
extern const struct weakness mysql_old_password, mysql_clear_login;

#endif
