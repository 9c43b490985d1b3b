/* bittorrent.c: BitTorrent between peers: BEP 3 (the peer wire), BEP 5 (DHT), BEP 10 (extensions), BEP 14
 * (peers on the link), BEP 15 (trackers over datagrams), BEP 20 (names of clients), BEP 29 (uTP). What is
 * obfuscated by the peers looks like noise and is not named. */
#include "base/escape.h"
#include "protocols/tally.h"

#include <ctype.h>

enum {
	HANDSHAKE = 68,
	RESERVED = 8,
	ID = 20,
	UTP_HEADER = 20,
	UTP_SYN = 4,
	UTP_STATE = 2,
	TRACKER_CONNECT = 16,
};

#define GREETING                                                                                             \
	"\x13"                                                                                               \
	"BitTorrent protocol"

/* ---- recognising ---- */

/* BEP 5: a dictionary in order of its keys, which ends with "1:y1:" and the kind of message. */
static bool is_dht(struct span s)
{
	static const char *const begins[] = { "d1:ad2:id20:", "d1:rd2:id20:", "d1:eli",
					      "d2:ip4:",      "d2:ip6:",      "d2:ip18:" };
	static const char *const kinds[] = { "1:y1:qe", "1:y1:re", "1:y1:ee" };
	bool begun = false, known = false;

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]) && !begun; i++)
		begun = span_begins(s, begins[i]);
	for (size_t i = 0; begun && i < sizeof(kinds) / sizeof(kinds[0]) && !known; i++)
		known = span_find(s, kinds[i]) != SIZE_MAX;
	return known;
}

/* Whether it opens a connection of uTP: type 4 of version 1, no acknowledgement and no difference yet, the
 * first sequence number. Extensions are of known lengths. */
static bool is_utp_syn(struct span s)
{
	const uint8_t begin = span_u8(&s);
	uint8_t extension = span_u8(&s);
	const uint16_t connection = span_u16(&s);
	const uint32_t time = span_u32(&s), difference = span_u32(&s), window = span_u32(&s);
	const uint16_t sequence = span_u16(&s);

	span_skip(&s, 2); /* some leave what they had there */
	if (begin != (UTP_SYN << 4 | 1) || connection == 0 || time == 0 || difference != 0 || window == 0 ||
	    sequence != 1 || s.failed)
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
static bool is_utp_data(struct span s)
{
	const uint8_t begin = span_u8(&s), extension = span_u8(&s);

	span_skip(&s, UTP_HEADER - 2);
	return begin == 1 && extension == 0 && span_begins(s, GREETING);
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

static bool is_utp(struct span s)
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

static bool is_tracker(struct span s)
{
	return span_left(s) == TRACKER_CONNECT && span_u64(&s) == 0x41727101980 && span_u32(&s) == 0;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side;
	if (transport == TRANSPORT_TCP)
		return recognise_text(first, GREETING);
	if (transport != TRANSPORT_UDP)
		return NO;
	switch (*first.at) {
	case 'd': return is_dht(first) ? YES : NO;
	case 'B': return span_begins(first, "BT-SEARCH * HTTP/1.1\r\n") ? YES : NO;
	case 0x00: return is_tracker(first) ? YES : NO;
	case 0x01: return is_utp_data(first) ? YES : is_utp(first) ? MORE : NO;
	case UTP_SYN << 4 | 1: return is_utp_syn(first) ? YES : NO;
	default: return is_utp(first) ? MORE : NO;
	}
}

/* ---- reading ---- */

static const struct code_name query_names[] = {
	{ 0, "ping" },          { 1, "find_node" },         { 2, "get_peers" },
	{ 3, "announce_peer" }, { 4, "sample_infohashes" }, { 5, "get" },
	{ 6, "put" },           { 7, "response" },          { 8, "error" },
};

/* BEP 20. */
static const struct {
	char code[3];
	const char *name;
} clients[] = {
	{ "AZ", "Vuze" },         { "BC", "BitComet" },   { "DE", "Deluge" },
	{ "LT", "libtorrent" },   { "lt", "rTorrent" },   { "KT", "KTorrent" },
	{ "TR", "Transmission" }, { "UT", "uTorrent" },   { "UM", "uTorrent Mac" },
	{ "qB", "qBittorrent" },  { "BT", "BitTorrent" }, { "WW", "WebTorrent" },
	{ "BI", "BiglyBT" },      { "A2", "aria2" },      { "FD", "Free Download Manager" },
};

struct conversation {
	uint8_t info_hash[ID], ids[2][ID];
	bool greeted[2], has_hash, told;
	uint8_t reserved[2][RESERVED];
	struct tally messages; /* of DHT */
	bool dht, utp, tracker;
	char version[8]; /* of the DHT's node */
};

static void emit_hex(struct json *json, const char *key, const uint8_t *id)
{
	char text[2 * ID + 1];

	json_text(json, key, hex_text(span_of(id, ID), 0, text, sizeof(text)));
}

static void emit_peer(struct json *json, const struct conversation *state, enum side side)
{
	char id[ID + 1] = "";

	if (!state->greeted[side])
		return;
	json_open_object(json, side == SIDE_CLIENT ? "client" : "server");
	for (size_t i = 0; i < ID && isgraph(state->ids[side][i]); i++)
		id[i] = (char)state->ids[side][i];
	emit_text(json, "peer_id", id);
	json_bool(json, "extensions", (state->reserved[side][5] & 0x10) != 0);
	json_bool(json, "dht", (state->reserved[side][7] & 0x01) != 0);
	json_bool(json, "fast", (state->reserved[side][7] & 0x04) != 0);
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_text(json, "part",
		  state->dht       ? "dht"
		  : state->tracker ? "tracker"
		  : state->utp     ? "utp"
				   : "peer");
	if (state->greeted[0] || state->greeted[1] || state->has_hash)
		emit_hex(json, "info_hash", state->info_hash);
	emit_peer(json, state, SIDE_CLIENT);
	emit_peer(json, state, SIDE_SERVER);
	EMIT_TALLY(json, "messages", &state->messages, query_names);
	if (state->dht)
		emit_hex(json, "node_id", state->ids[0]);
	emit_text(json, "node_version", state->version);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told &&
	    (state->greeted[0] || state->greeted[1] || state->dht || state->utp || state->tracker))
		parse_event(parse, state);
	state->told = true;
}

/* "-TR4050-": two letters and four signs of the version. */
static void tell_client(struct parse *parse, const uint8_t id[static ID])
{
	char version[8] = "";
	size_t length = 0;

	if (id[0] != '-' || id[7] != '-')
		return;
	for (size_t i = 3; i < 7; i++) {
		if (!isdigit(id[i]))
			break;
		if (length > 0)
			version[length++] = '.';
		version[length++] = (char)id[i];
		if (length + 2 >= sizeof(version))
			break;
	}
	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
		if (memcmp(clients[i].code, id + 1, 2) == 0)
			parse_software(parse, parse->side, span_text(clients[i].name), span_text(version));
}

static bool read_greeting(struct conversation *state, struct parse *parse, struct span s)
{
	struct span reserved, hash, id;

	if (!span_begins(s, GREETING))
		return false;
	span_skip(&s, sizeof(GREETING) - 1);
	reserved = span_take(&s, RESERVED);
	hash = span_take(&s, ID);
	id = span_take(&s, ID);
	if (s.failed)
		return false;
	memcpy(state->reserved[parse->side], reserved.at, RESERVED);
	memcpy(state->info_hash, hash.at, ID);
	memcpy(state->ids[parse->side], id.at, ID);
	state->greeted[parse->side] = true;
	tell_client(parse, id.at);
	return true;
}

/* The octets behind a key, "9:info_hash20:". */
static bool find_octets(struct span s, const char *key, size_t length, struct span *ret_octets)
{
	const size_t at = span_find(s, key);

	if (at == SIZE_MAX)
		return false;
	span_skip(&s, at + strlen(key));
	*ret_octets = span_take(&s, length);
	return !s.failed;
}

static void read_dht(struct conversation *state, struct span s)
{
	struct span found;
	uint32_t kind = span_find(s, "1:y1:e") != SIZE_MAX ? 8 : 7;

	state->dht = true;
	for (uint32_t i = 0; i < 7 && span_find(s, "1:y1:q") != SIZE_MAX; i++) {
		char key[32] = "1:q", *end_of = key + 3;
		const size_t length = strlen(query_names[i].name);

		if (length >= 10)
			*end_of++ = '1';
		*end_of++ = (char)('0' + length % 10);
		*end_of++ = ':';
		memcpy(end_of, query_names[i].name, length + 1);
		if (span_find(s, key) != SIZE_MAX)
			kind = i;
	}
	tally_add(&state->messages, kind);
	if (find_octets(s, "2:id20:", ID, &found))
		memcpy(state->ids[0], found.at, ID);
	if (find_octets(s, "9:info_hash20:", ID, &found)) {
		memcpy(state->info_hash, found.at, ID);
		state->has_hash = true;
	}
	if (find_octets(s, "1:v4:", 2, &found) && isalpha(found.at[0]) && isalpha(found.at[1]))
		span_copy_text(found, state->version, sizeof(state->version));
}

/* Takes a text, "4:spam", or a number, "i3e". */
static bool take_plain(struct span *s)
{
	const bool number = span_peek(*s, 0) == 'i';
	uint64_t length = 0;
	struct span digits;

	span_skip(s, number ? 1 : 0);
	digits = span_until(s, number ? 'e' : ':');
	if (number && span_peek(digits, 0) == '-')
		span_skip(&digits, 1);
	if (digits.failed || !span_number(digits, UINT64_MAX, &length))
		return false;
	span_skip(s, number ? 0 : length);
	return !s->failed;
}

/* BEP 3: values in lists and dictionaries, which are all closed at the end. */
static bool is_bencoded(struct span s)
{
	size_t open = 0;

	do {
		const uint8_t kind = span_peek(s, 0);

		if (span_left(s) == 0 || (kind == 'e' && open == 0))
			return false;
		open += kind == 'd' || kind == 'l';
		open -= kind == 'e';
		if (kind == 'd' || kind == 'l' || kind == 'e')
			span_skip(&s, 1);
		else if (!take_plain(&s))
			return false;
	} while (open > 0);
	return true;
}

static enum parse_step read_datagram(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes;

	if (!parse->cut && span_peek(s, 0) == 'd' && !is_bencoded(s))
		return PARSE_BROKEN;
	bytes->at = bytes->end;
	if (is_dht(s)) {
		read_dht(state, s);
	} else if (is_tracker(s)) {
		state->tracker = true;
	} else if (is_utp(s) || is_utp_syn(s)) {
		state->utp = true;
		if (is_utp_data(s)) {
			span_skip(&s, UTP_HEADER);
			(void)read_greeting(state, parse, s);
		}
	}
	return PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	if (parse->transport != TRANSPORT_TCP)
		return read_datagram(state, parse, bytes);
	if (state->greeted[parse->side]) {
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	if (span_left(*bytes) < HANDSHAKE)
		return recognise_text(*bytes, GREETING) == NO ? PARSE_BROKEN : PARSE_ON;
	if (!read_greeting(state, parse, span_take(bytes, HANDSHAKE)))
		return PARSE_BROKEN;
	if (!state->greeted[!parse->side])
		return PARSE_ON;
	end(state, parse);
	return PARSE_DONE;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

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
	.parser = &parser,
};
