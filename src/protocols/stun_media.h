/* stun_media.h: what passes between the messages of STUN in a flow: DTLS, RTP and RTCP, told apart by their
 * first octets (RFC 7983), and the channels of TURN, in which the same may lie (RFC 8656 12). */
#ifndef PROTOCOLS_STUN_MEDIA_H
#define PROTOCOLS_STUN_MEDIA_H

#include "protocols/parse.h"

enum stun_inside { INSIDE_DTLS, INSIDE_RTP, INSIDE_RTCP, INSIDE_KINDS };

/* Begins as zeros. */
struct stun_media {
	struct {
		const struct protocol *protocol;
		void *state; /* of its parser; parse_keep() has it */
		bool done;
	} inside[INSIDE_KINDS];
	bool turned;             /* the server of the flow is the client of DTLS */
	uint64_t packets, bytes; /* in channels */
};

/* A datagram that is no message of STUN, or what such a message carries. */
void stun_media_read(struct stun_media *media, struct parse *parse, struct span bytes);

/* Takes a message of a channel off s, with what fills it up over a stream. MORE: it has not come whole. */
enum verdict stun_media_take(struct span *s, bool stream, struct span *data);
bool stun_media_is_channel(struct span s);

/* Tells what was begun. */
void stun_media_end(struct stun_media *media, struct parse *parse);

#endif
