/* bittorrent.h: what the recogniser and the parser of BitTorrent share. */
#ifndef PROTOCOLS_BITTORRENT_H
#define PROTOCOLS_BITTORRENT_H

#include "protocols/parse.h"

enum { BITTORRENT_UTP_HEADER = 20 };

/* What peers say first, BEP 3. */
#define BITTORRENT_GREETING                                                                                  \
	"\x13"                                                                                               \
	"BitTorrent protocol"

/* How peers on the link are looked for, BEP 14. */
#define BITTORRENT_SEARCH "BT-SEARCH * HTTP/1.1\r\n"

/* Of a datagram: a message of DHT; one of uTP, one that opens a connection of it, and data of it that begins
 * with the peers' greeting; a connect to a tracker. */
bool bittorrent_is_dht(struct span s);
bool bittorrent_is_utp(struct span s);
bool bittorrent_is_utp_syn(struct span s);
bool bittorrent_is_utp_data(struct span s);
bool bittorrent_is_tracker(struct span s);

extern const struct parser bittorrent_parser;

#endif
