/* dhcp_message.h: messages of BOOTP and DHCP, and their options. RFC 951, RFC 2131, RFC 2132, RFC 3396 (long
 * options). dhcp.c recognises and reads them, dhcp_event.c writes events. */
#ifndef PROTOCOLS_DHCP_MESSAGE_H
#define PROTOCOLS_DHCP_MESSAGE_H

#include "base/json.h"
#include "base/span.h"

enum { DHCP_HARDWARE_MOST = 38, DHCP_HARDWARE_OCTETS = 16, DHCP_REQUEST = 1, DHCP_REPLY = 2 };
enum { DHCP_OFFER = 2, DHCP_ACK = 5 };

enum dhcp_option {
	DHCP_PAD = 0,
	DHCP_MASK = 1,
	DHCP_ROUTERS = 3,
	DHCP_DNS = 6,
	DHCP_HOST = 12,
	DHCP_DOMAIN = 15,
	DHCP_NTP = 42,
	DHCP_REQUESTED = 50,
	DHCP_LEASE = 51,
	DHCP_OVERLOAD = 52,
	DHCP_TYPE = 53,
	DHCP_SERVER = 54,
	DHCP_PARAMETERS = 55,
	DHCP_TEXT = 56,
	DHCP_RENEWAL = 58,
	DHCP_REBINDING = 59,
	DHCP_VENDOR = 60,
	DHCP_CLIENT_ID = 61,
	DHCP_TFTP_NAME = 66,
	DHCP_FILE = 67,
	DHCP_FQDN = 81,
	DHCP_RELAY = 82,
	DHCP_SEARCH = 119,
	DHCP_ROUTES = 121,
	DHCP_TFTP_SERVERS = 150,
	DHCP_END = 255,
};

enum { DHCP_LONG = 4, DHCP_JOINED = 1024 };

struct dhcp_message {
	uint8_t op, hardware_type, hardware_length, hops;
	uint32_t id;
	uint16_t seconds;
	struct span client, yours, next, relay; /* addresses */
	struct span hardware;                   /* the client's, of its length */
	struct span padding;                    /* behind it */
	struct span server_name, file;          /* fields of the header, whatever they hold */
	bool has_options;
	struct span areas[3]; /* that hold options: their own, the file's, the server name's */

	/* Options in several pieces, put together. */
	struct {
		uint8_t type;
		struct span value;
	} joined[DHCP_LONG];
	size_t joined_count, joined_bytes;
	uint8_t room[DHCP_JOINED];
};

/* False if it is damaged; a message is not to be copied. */
bool dhcp_read(struct span s, struct dhcp_message *message);

/* The value of an option; without octets where there is none. */
struct span dhcp_option(const struct dhcp_message *message, enum dhcp_option wanted);

/* What the header says the server's name and the boot file are, or the options that took their place. */
struct span dhcp_server_name(const struct dhcp_message *message);
struct span dhcp_file(const struct dhcp_message *message);

/* A message of BOOTP without options: the header's fields are what they must be, and what is not used is
 * empty. */
bool dhcp_is_bootp(const struct dhcp_message *message, struct span whole);

/* The members of a message's event, and of a lease. */
void dhcp_emit(const void *message, struct json *json);
void dhcp_emit_lease(const void *message, struct json *json);

#endif
