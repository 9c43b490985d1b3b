/* gtp_control.h: what a control message of GTP says, of either version. */
#ifndef PROTOCOLS_GTP_CONTROL_H
#define PROTOCOLS_GTP_CONTROL_H

#include "protocols/gtp.h"

enum {
	GTP_DIGITS = 24,
	GTP_APN = 104,
	GTP_ENDPOINTS = 8,
	GTP_BEARERS = 11, /* of one subscriber there are no more */
	GTP_ADDRESSES = 2,
};

struct gtp_endpoint {
	const char *interface;
	uint32_t teid;
	struct address addresses[2]; /* of IPv4 and of IPv6; all zeros for none */
};

struct gtp_bearer {
	uint8_t id;
	bool has_cause;
	uint8_t cause;
};

struct gtp_control {
	const struct gtp_message *message;
	char imsi[GTP_DIGITS], msisdn[GTP_DIGITS], imei[GTP_DIGITS], apn[GTP_APN];
	bool has_cause;
	uint8_t cause;
	const char *radio;
	struct gtp_endpoint endpoints[GTP_ENDPOINTS];
	struct gtp_bearer bearers[GTP_BEARERS];
	struct address addresses[GTP_ADDRESSES]; /* that the subscriber is given */
	size_t endpoint_count, bearer_count, address_count;
};

/* Reads message->body; what is damaged or has no place is left out. */
void gtp_control_read(struct gtp_control *control, const struct gtp_message *message);

#endif
