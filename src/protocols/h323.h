/* h323.h: what the files of H.323 share. */
#ifndef PROTOCOLS_H323_H
#define PROTOCOLS_H323_H

#include "protocols/parse.h"
#include "protocols/per.h"

enum {
	H323_TPKT = 4,
	H323_HEAD = 5, /* of a message: discriminator, length and value of the reference, type */
	H323_DISCRIMINATOR = 0x08,
	H323_PARTY = 96,
};

/* Types of messages (Q.931 4.4). */
enum h323_type {
	H323_ALERTING = 0x01,
	H323_PROCEEDING = 0x02,
	H323_PROGRESS = 0x03,
	H323_SETUP = 0x05,
	H323_CONNECT = 0x07,
	H323_SETUP_ACKNOWLEDGE = 0x0d,
	H323_RELEASE_COMPLETE = 0x5a,
	H323_FACILITY = 0x62,
	H323_NOTIFY = 0x6e,
	H323_STATUS_INQUIRY = 0x75,
	H323_INFORMATION = 0x7b,
	H323_STATUS = 0x7d,
};

/* The name of a type, or NULL: these are all that H.225.0 (7.2) has. */
const char *h323_type_text(uint8_t type);

/* The name of a message to or from a gatekeeper, or NULL. */
const char *h323_ras_text(unsigned choice);

/* The version of H.225.0 that an object identifier {0 0 8 2250 0 version} names; 0 if it is another. */
unsigned h323_version(struct span identifier);

/* What a message says. */
struct h323_message {
	bool ras, from_called; /* from_called: the side that did not begin the call */
	uint8_t type;          /* enum h323_type; of RAS the number of the choice */
	uint16_t reference;    /* of the call; of RAS the request's number */
	unsigned version;
	int cause;                                                         /* Q.850; -1 without */
	char calling[H323_PARTY], called[H323_PARTY], display[H323_PARTY]; /* numbers */
	char calling_alias[H323_PARTY], called_alias[H323_PARTY];
	char product[64], product_version[64];
	struct address signal; /* where calls are taken, of a registration */
	uint16_t signal_port;  /* 0: not told */
};

/* Reads a message of Q.931 with what H.225.0 adds. False if it is none. */
bool h323_read_message(struct span s, struct h323_message *ret_message);

/* Reads a datagram to or from a gatekeeper. */
bool h323_read_ras(struct span s, struct h323_message *ret_message);

extern const struct parser h323_parser;
extern const struct weakness h323_clear;

#endif
