/* ntp.h: what the files about NTP share. ntp.c recognises it and asks a server, ntp_parse.c reads
 * conversations. */
#ifndef PROTOCOLS_NTP_H
#define PROTOCOLS_NTP_H

#include "protocols/text.h"

enum ntp_mode {
	NTP_RESERVED,
	NTP_ACTIVE,
	NTP_PASSIVE,
	NTP_CLIENT,
	NTP_SERVER,
	NTP_BROADCAST,
	NTP_CONTROL,
	NTP_PRIVATE
};
enum { NTP_LEAP_UNKNOWN = 3, NTP_CONTROL_RESPONSE = 0x80, NTP_CONTROL_ERROR = 0x40 };

struct ntp_stamp {
	uint32_t seconds, fraction;
};

struct ntp_packet {
	uint8_t leap, version, stratum;
	enum ntp_mode mode;
	int8_t poll, precision;
	uint32_t root_delay, root_dispersion;
	uint8_t reference_id[4];
	struct ntp_stamp reference, origin, receive, transmit;
};

/* RFC 5905 7.3; false when s is shorter than a header. */
bool ntp_read_header(struct span *s, struct ntp_packet *ret_packet);

/* A word for a reference clock or a refusal, else four numbers with dots. */
enum { NTP_REFERENCE_TEXT = 16 };
char *ntp_reference_text(const struct ntp_packet *p, char text[static NTP_REFERENCE_TEXT]);

/* The next NAME="value" or NAME=value of a list with commas. */
bool ntp_next_variable(struct span *s, struct span *ret_name, struct span *ret_value);

enum { NTP_PRODUCTS = 5 };
extern const struct text_product ntp_products[NTP_PRODUCTS];
extern const struct parser ntp_parser;
extern const struct weakness ntp_control, ntp_monlist, ntp_clock;

#endif
