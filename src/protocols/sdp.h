/* sdp.h: the Session Description Protocol (RFC 8866), which others carry: where media are expected. */
#ifndef PROTOCOLS_SDP_H
#define PROTOCOLS_SDP_H

#include "protocols/parse.h"

/* Announces the flows of RTP, and of RTCP beside them (RFC 3605), that wait where this description says. */
void sdp_expect(struct parse *parse, struct span description);

/* The member "sdp" of an event; nothing where the description is empty. */
void sdp_emit(struct json *json, struct span description);

#endif
