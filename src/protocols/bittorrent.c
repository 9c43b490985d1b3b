/* bittorrent.c: how BitTorrent between peers is recognised: BEP 3 (the peer wire), BEP 5 (DHT), BEP 14 (peers
 * on the link), BEP 15 (trackers over datagrams), BEP 29 (uTP). What is obfuscated by the peers looks like
 * noise and is not named. */
#include "protocols/bittorrent.h"
#include "protocols/probes.h"

enum {
	UTP_SYN = 4,
	TRACKER_CONNECT = 16,
};

/* BEP 5: a dictionary in order of its keys, which ends with "1:y1:" and the kind of message. */
bool bittorrent_is_dht(struct span s)
{
	/* Some tell the size of their bucket in front of their number. */
	static const char *const begins[] = { "d1:ad2:id20:", "d1:rd2:id20:", "d1:ad2:bsi", "d1:rd2:bsi",
					      "d1:eli",       "d2:ip4:",      "d2:ip6:",    "d2:ip18:" };
	static const char *const kinds[] = { "1:y1:qe", "1:y1:re", "1:y1:ee" };
	bool begun = false, known = false;

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]) && !begun; i++)
		begun = span_begins(s, begins[i]);
	for (size_t i = 0; begun && i < sizeof(kinds) / sizeof(kinds[0]) && !known; i++)
		known = span_find(s, kinds[i]) != SIZE_MAX;
	return known;
}

/* Whether it opens a connection of uTP: type 4 of version 1, no acknowledgement and no difference yet, the
 * first sequence number. Extensions are of known lengths. libtorrent begins at any number, and offers no
 * window yet. */
bool bittorrent_is_utp_syn(struct span s)
{
	const bool bare = span_left(s) == BITTORRENT_UTP_HEADER;
	const uint8_t begin = span_u8(&s);
	uint8_t extension = span_u8(&s);
	const uint16_t connection = span_u16(&s);
	const uint32_t time = span_u32(&s), difference = span_u32(&s), window = span_u32(&s);
	const uint16_t sequence = span_u16(&s);
	const uint16_t acknowledged = span_u16(&s); /* some leave what they had there */

	if (begin != (UTP_SYN << 4 | 1) || connection == 0 || time == 0 || difference != 0 || s.failed)
		return false;
	if (window == 0 ? !bare || extension != 0 || acknowledged != 0 : sequence != 1)
		return false;
	while (extension != 0 && !s.failed) {
		if (extension > 4)
			return false;
		extension = span_u8(&s);
		span_skip(&s, span_u8(&s));
	}
	return !s.failed && span_left(s) == 0;
}

/* Data of uTP that begins with the peers' greeting. */
bool bittorrent_is_utp_data(struct span s)
{
	const uint8_t begin = span_u8(&s), extension = span_u8(&s);

	span_skip(&s, BITTORRENT_UTP_HEADER - 2);
	return begin == 1 && extension == 0 && span_begins(s, BITTORRENT_GREETING);
}

/* The header of any packet of uTP. */
static bool read_utp(struct span s, uint16_t *ret_connection, uint32_t *ret_time, uint16_t *ret_sequence)
{
	const uint8_t begin = span_u8(&s);
	uint8_t extension = span_u8(&s);
	uint32_t window;

	*ret_connection = span_u16(&s);
	*ret_time = span_u32(&s);
	span_skip(&s, 4);
	window = span_u32(&s);
	*ret_sequence = span_u16(&s);
	span_skip(&s, 2);
	if ((begin & 0x0f) != 1 || begin >> 4 > UTP_SYN || window == 0 || window > 1 << 28 ||
	    *ret_time == 0 || *ret_connection == 0)
		return false;
	while (extension != 0 && !s.failed) {
		if (extension > 4)
			return false;
		extension = span_u8(&s);
		span_skip(&s, span_u8(&s));
	}
	return !s.failed && (begin >> 4 == 0) == (span_left(s) > 0);
}

bool bittorrent_is_utp(struct span s)
{
	uint16_t connection, sequence;
	uint32_t time;

	return read_utp(s, &connection, &time, &sequence);
}

/* The same connection, a little later, and the same or one of the next numbers. */
static bool continues(struct span before, struct span now)
{
	uint16_t connections[2], sequences[2];
	uint32_t times[2];

	return read_utp(before, &connections[0], &times[0], &sequences[0]) &&
	       read_utp(now, &connections[1], &times[1], &sequences[1]) && connections[0] == connections[1] &&
	       times[1] != times[0] && times[1] - times[0] < 1u << 26 &&
	       (uint16_t)(sequences[1] - sequences[0]) < 16;
}

bool bittorrent_is_tracker(struct span s)
{
	return span_left(s) == TRACKER_CONNECT && span_u64(&s) == 0x41727101980 && span_u32(&s) == 0;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side;
	if (transport == TRANSPORT_TCP)
		return recognise_text(first, BITTORRENT_GREETING);
	if (transport != TRANSPORT_UDP)
		return NO;
	switch (*first.at) {
	case 'd': return bittorrent_is_dht(first) ? YES : NO;
	case 'B': return span_begins(first, BITTORRENT_SEARCH) ? YES : NO;
	case 0x00: return bittorrent_is_tracker(first) ? YES : NO;
	case 0x01: return bittorrent_is_utp_data(first) ? YES : bittorrent_is_utp(first) ? MORE : NO;
	case UTP_SYN << 4 | 1: return bittorrent_is_utp_syn(first) ? YES : NO;
	default: return bittorrent_is_utp(first) ? MORE : NO;
	}
}

const struct protocol protocol_bittorrent = {
	.name = "bittorrent",
	.title = "BitTorrent",
	.doors = (const struct catalog_door[]){ { TRANSPORT_TCP, 6881, 6889 },
						{ TRANSPORT_UDP, 6881, 6889 } },
	.door_count = 2,
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 13,
	MARKS(OCTETS(0, 0x00, 0x01), OCTET(0, 0x11), OCTET(0, 0x21), OCTET(0, 0x31), OCTETS(0, 0x41, 0x42),
	      OCTET(0, 'd'), OCTETS(1, 0, 4), OCTETS(1, '1', '2'), OCTET(1, 'T')),
	.continues = continues,
	.parser = &bittorrent_parser,
	.probe = &bittorrent_probe,
};
