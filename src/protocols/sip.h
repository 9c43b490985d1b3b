/* sip.h: what the files of SIP share. sip.c recognises it, sip_parse.c reads messages, sip_calls.c follows
 * calls, sip_results.c tells what came of registrations and instant messages. RFC 3261, RFC 3428. */
#ifndef PROTOCOLS_SIP_H
#define PROTOCOLS_SIP_H

#include "protocols/parse.h"

/* Whether this begins with a request or a status line of SIP/2.0. */
enum verdict sip_recognise(struct span first, enum side side, unsigned transport);

enum sip_field {
	SIP_CALL_ID,
	SIP_CONTACT,
	SIP_CONTENT_LENGTH,
	SIP_CONTENT_TYPE,
	SIP_CSEQ,
	SIP_EXPIRES,
	SIP_FROM,
	SIP_SERVER,
	SIP_TO,
	SIP_USER_AGENT,
	SIP_FIELDS
};

/* The first of each field, by its name or by the letter that may stand for it (RFC 3261 7.3.3); empty where
 * there is none. One alone is found without looking at the rest. */
void sip_fields(struct span fields, struct span ret_values[static SIP_FIELDS]);
struct span sip_field(struct span fields, enum sip_field wanted);

/* A message in its parts; of a request the code is 0. */
struct sip_message {
	struct span line, body;
	struct span method, uri, version, reason; /* method: of an answer, that of its request */
	struct span call_id, from, to;            /* from, to: addresses without names and tags */
	struct span fields[SIP_FIELDS];
	uint64_t code, sequence;
	bool is_description;
};

/* What stands in "Alice <sip:alice@example.com>;tag=1": the address. */
struct span sip_address(struct span field);

/* ---- calls: an event "call" for each step ---- */

enum { SIP_CALLS = 8, SIP_ENDED = 8, SIP_PARTY = 96 };

/* Of one flow; begins as zeros. What has to be known when a call goes on in another flow is remembered beyond
 * it. */
struct sip_calls {
	struct sip_call {
		uint64_t id;     /* hash of Call-ID; 0: free */
		uint64_t invite; /* number of CSeq of the INVITE */
		bool ringing, answered;
		char from[SIP_PARTY], to[SIP_PARTY];
	} list[SIP_CALLS];
	uint64_t ended[SIP_ENDED]; /* ids of calls of which the end was told */
	uint32_t next, next_ended; /* the places that are given away next */
};

void sip_follow_call(struct sip_calls *calls, struct parse *parse, const struct sip_message *message);

/* An event "registration" for each answer to REGISTER, "instant_message" for each to MESSAGE, but not where
 * credentials are asked for. */
void sip_tell_result(struct parse *parse, const struct sip_message *message);

extern const struct parser sip_parser;

#endif
