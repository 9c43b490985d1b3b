/* play.h: a conversation played into the parser of one protocol, without packets and flows. It keeps the
 * contract of protocols/parse.h from the engine's side and ends the program where the parser breaks its own.
 * What is read lies in allocations of its exact size, so that the sanitizer sees each byte too many.
 *
 * What the parser tells becomes lines of JSON, in the order in which it was told:
 *
 *     {"dns":{...}}                                                  parse_event(), and _as() with that type
 *     {"weakness":"ftp-clear-login","evidence":"user joe"}           once for each weakness
 *     {"software":"server","product":"OpenSSH","version":"9.2p1"}
 *     {"expect":"ftp-data","transport":6,"address":"192.0.2.2","port":1025,"other":"192.0.2.1","waiting":"server",
 *      "seconds":60,"many":true,"about":"RETR file"}                 other, seconds, many, about: if they are
 * set
 *     {"open":"gre","length":60}
 *     {"upgrade":"tls"}       reading ended, on both sides; "" where the content shall show what follows
 *     {"done":"server"}       reading ended: PARSE_DONE while this side was read
 *     {"broken":"client","at":17}       likewise: PARSE_BROKEN, at this offset in what the side has sent
 *     {"lost":"client"}       likewise: a gap, and the parser knows none
 *
 * Datagrams of ICMP and ESP are given with their headers, which packet_decode() takes off.
 *
 * The sides are at 192.0.2.1 port 40000 (client) and 192.0.2.2 at the protocol's first door. */
#ifndef TEST_UNIT_PLAY_H
#define TEST_UNIT_PLAY_H

#include "protocols/parse.h"

struct play;

/* The protocol must have a parser. */
struct play *play_new(const struct protocol *protocol, unsigned transport);
void play_free(struct play *play);

/* A side was first seen in its middle; before its first bytes. */
void play_from_middle(struct play *play, enum side side);

/* Nobody wants events, and the parser leads; before its first bytes. Neither events nor weaknesses nor
 * software are told then. */
void play_unheard(struct play *play);

/* Bytes of a stream in order, a datagram, a packet's payload; `cut` if more of it was on the wire. Empty ones
 * are not shown. False once reading has ended. */
bool play_bytes(struct play *play, enum side side, struct span bytes, bool cut);
bool play_gap(struct play *play, enum side side, uint64_t length);

/* Turns: a byte that tells the side (bit 0), a gap (1), a datagram of which the end is missing (2), or that
 * the side is seen from its middle (3), two bytes of length, and the bytes. It ends at what is none. */
void play_script(struct play *play, struct span script);

/* The end of the flow. Afterwards, all that was told; lives as long as the play. */
const char *play_end(struct play *play);

#endif
