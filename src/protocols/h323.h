/* h323.h: what the files of H.323 share. h323.c recognises it and h323_parse.c reads conversations;
 * h323_message.c reads messages of Q.931, h323_user.c what H.225.0 puts into them, h323_ras.c datagrams to
 * gatekeepers, h323_types.c what these have in common; h323_control.c messages of H.245, h323_channel.c their
 * logical channels and h323_media.c what these carry. */
#ifndef PROTOCOLS_H323_H
#define PROTOCOLS_H323_H

#include "protocols/parse.h"
#include "protocols/per.h"

enum {
	H323_TPKT = 4,
	H323_HEAD = 5, /* of a message: discriminator, length and value of the reference, type */
	H323_DISCRIMINATOR = 0x08,
	H323_PARTY = 96,
	H323_CHANNELS = 8, /* logical channels of one message */
	H323_CONTROLS = 8, /* messages of H.245 in it */
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

/* Where somebody waits. Port 0: not told. */
struct h323_end {
	struct address address;
	uint16_t port;
};

/* A logical channel of H.245: what it carries, and where that comes in. */
struct h323_channel {
	uint16_t number;
	bool reverse;              /* to who opens it */
	const char *media, *codec; /* "audio", "g711u"; NULL: not told, as in an answer */
	struct h323_end rtp, rtcp;
};

/* What a message says. */
struct h323_message {
	bool ras, from_called; /* from_called: the side that did not begin the call */
	bool h245;             /* a message of H.245, not one of Q.931 */
	uint8_t type;          /* enum h323_type; of RAS the number of the choice */
	uint16_t reference;    /* of the call; of RAS the request's number */
	unsigned version;
	int cause;                                                         /* Q.850; -1 without */
	char calling[H323_PARTY], called[H323_PARTY], display[H323_PARTY]; /* numbers */
	char calling_alias[H323_PARTY], called_alias[H323_PARTY];
	char product[64], product_version[64];
	struct h323_end signal;  /* where calls are taken, of a registration */
	struct h323_end control; /* where the channel for H.245 waits */
	const char *controls[H323_CONTROLS];
	struct h323_channel channels[H323_CHANNELS];
	size_t control_count, channel_count;
};

/* Reads a message of Q.931 with what H.225.0 adds. False if it is none. */
bool h323_read_message(struct span s, struct h323_message *ret_message);

/* Reads a datagram to or from a gatekeeper. */
bool h323_read_ras(struct span s, struct h323_message *ret_message);

/* Reads the user data of a message, as far as it is understood. */
void h323_read_user_data(struct span data, struct h323_message *message);

/* Reads a message of H.245 and adds its name, and the channels that it opens. False if it is none. */
bool h323_read_control(struct span s, struct h323_message *message);

/* Reads an OpenLogicalChannel, or the answer to one, and adds its channels. */
void h323_read_channel(struct per *per, struct h323_message *message);
void h323_read_channel_ack(struct per *per, struct h323_message *message);

/* Reads what a channel carries. False where its end is not found. */
bool h323_read_media(struct per *per, struct h323_channel *channel);

/* A set of parameters of H.245 that are not standard. */
void h323_skip_others(struct per *per);

/* Whether the body of a packet is a message that a connection for H.245 begins with; and whether a connection
 * begins with such packets. */
bool h323_is_control(struct span body);
enum verdict h323_recognise_control(struct span first);

/* Parts of messages of H.225.0. Of several aliases or addresses the first is told; false where the end is not
 * found. */
void h323_read_aliases(struct per *per, char *text, size_t size);
bool h323_read_transport(struct per *per, struct h323_end *ret_end);
bool h323_read_transports(struct per *per, struct h323_end *ret_end);
bool h323_read_endpoint(struct per *per, struct h323_message *message);
void h323_skip_nonstandard(struct per *per);

extern parse_emit h323_emit; /* of a struct h323_message */
extern const struct parser h323_parser;
extern const struct weakness h323_clear;

#endif
