/* s7comm.h: what the files of S7 share. */
#ifndef PROTOCOLS_S7COMM_H
#define PROTOCOLS_S7COMM_H

#include "protocols/tally.h"

/* RFC 1006 6: a packet of TPKT, and in it a unit of the ISO transport protocol (X.224). */
enum {
	TPKT_HEADER = 4,
	TPKT_LEAST = 7,
	TPKT_MOST = 8192,
	COTP_REQUEST = 0xe,
	COTP_CONFIRM = 0xd,
	COTP_DATA = 0xf
};

struct cotp {
	uint8_t type;       /* the upper half of its code */
	bool last;          /* of data: the end of a message */
	struct span head;   /* behind the code, within the length of the header */
	struct span inside; /* what it carries */
};

/* What goes by these first octets: S7 and S7-Plus. */
enum { S7 = 0x32, S7_PLUS = 0x72 };

/* Of a TPKT as far as it has come: its length, or 0. NO: this is none. */
enum verdict tpkt_length(struct span s, uint32_t *ret_length);

/* Reads a whole TPKT. False: it is damaged. */
bool cotp_read(struct span packet, struct cotp *ret);

/* The header of S7 (none of its documents is public): kind, number, and the lengths of parameters and data.
 */
enum { S7_JOB = 1, S7_ACK = 2, S7_ACK_DATA = 3, S7_USERDATA = 7 };
struct s7_header {
	uint8_t kind;
	uint16_t error, parameters, data;
};
bool s7_read_header(struct span *s, struct s7_header *ret);

extern const struct weakness s7comm_clear_control;
extern const struct parser s7comm_parser;

#endif
