/* ndmp.h: what the files of NDMP share. */
#ifndef PROTOCOLS_NDMP_H
#define PROTOCOLS_NDMP_H

#include "protocols/tally.h"

enum { NDMP_MARK = 4, NDMP_HEADER = 24, NDMP_CONNECTED = 0x502, NDMP_OPEN = 0x900 };

struct ndmp_message {
	uint32_t length; /* behind the mark, with the header */
	uint32_t code, error;
	bool answer;
};

/* Reads the mark and the header, and takes nothing off. */
enum verdict ndmp_read_header(struct span s, struct ndmp_message *ret);

/* Cuts off a string of XDR: its length, and itself filled up to fours. */
struct span ndmp_take_string(struct span *s);

extern const struct weakness ndmp_clear_login, ndmp_no_auth;
extern const struct parser ndmp_parser;

#endif
