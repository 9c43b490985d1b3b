/* bittorrent_parse.c: reads conversations of BitTorrent: BEP 3 (the peer wire), BEP 5 (DHT), BEP 10
 * (extensions), BEP 14 (peers on the link), BEP 15 (trackers over datagrams), BEP 20 (names of clients), BEP
 * 29 (uTP). */
#include "base/escape.h"
#include "protocols/bittorrent.h"
#include "protocols/lines.h"
#include "protocols/tally.h"

#include <ctype.h>

enum {
	HANDSHAKE = 68,
	RESERVED = 8,
	ID = 20,
	ANNOUNCE_PEER = 3,
};

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
	uint8_t info_hash[ID], ids[2][ID], node[ID]; /* node: of DHT, of who was heard last */
	bool greeted[2], has_id[2], has_hash, has_node, told;
	/* The hash is the torrent's; others ask the DHT for any that lies near what they look for. */
	bool named;
	uint8_t reserved[2][RESERVED];
	struct tally messages; /* of DHT */
	bool dht, utp, tracker, search;
	uint64_t port;   /* where who looks for peers can be reached */
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

	if (!state->has_id[side])
		return;
	json_open_object(json, side == SIDE_CLIENT ? "client" : "server");
	for (size_t i = 0; i < ID && isgraph(state->ids[side][i]); i++)
		id[i] = (char)state->ids[side][i];
	emit_text(json, "peer_id", id);
	if (state->greeted[side]) {
		json_bool(json, "extensions", (state->reserved[side][5] & 0x10) != 0);
		json_bool(json, "dht", (state->reserved[side][7] & 0x01) != 0);
		json_bool(json, "fast", (state->reserved[side][7] & 0x04) != 0);
	}
	json_end(json);
}

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	json_text(json, "part",
		  state->utp       ? "utp"
		  : state->dht     ? "dht"
		  : state->tracker ? "tracker"
		  : state->search  ? "search"
				   : "peer");
	if (state->has_hash)
		emit_hex(json, "info_hash", state->info_hash);
	emit_peer(json, state, SIDE_CLIENT);
	emit_peer(json, state, SIDE_SERVER);
	EMIT_TALLY(json, "messages", &state->messages, query_names);
	if (state->has_node)
		emit_hex(json, "node_id", state->node);
	emit_text(json, "node_version", state->version);
	if (state->port != 0)
		json_unsigned(json, "port", state->port);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told && (state->greeted[0] || state->greeted[1] || state->dht || state->utp ||
			     state->tracker || state->search))
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

static void note_hash(struct conversation *state, struct span hash, bool named)
{
	if (hash.failed || (state->named && !named))
		return;
	memcpy(state->info_hash, hash.at, ID);
	state->has_hash = true;
	state->named = named;
}

static bool read_greeting(struct conversation *state, struct parse *parse, struct span s)
{
	struct span reserved, hash, id;

	if (!span_begins(s, BITTORRENT_GREETING))
		return false;
	span_skip(&s, sizeof(BITTORRENT_GREETING) - 1);
	reserved = span_take(&s, RESERVED);
	hash = span_take(&s, ID);
	id = span_take(&s, ID);
	if (s.failed)
		return false;
	memcpy(state->reserved[parse->side], reserved.at, RESERVED);
	note_hash(state, hash, true);
	memcpy(state->ids[parse->side], id.at, ID);
	state->has_id[parse->side] = true;
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
	if (find_octets(s, "2:id20:", ID, &found)) {
		memcpy(state->node, found.at, ID);
		state->has_node = true;
	}
	if (find_octets(s, "9:info_hash20:", ID, &found))
		note_hash(state, found, kind == ANNOUNCE_PEER);
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

/* BEP 15: to a connection that the tracker numbered: an announce, or the first torrent of a scrape. */
static void read_asked(struct conversation *state, struct parse *parse, struct span s)
{
	enum { ANNOUNCE = 1, SCRAPE = 2, TO_PORT = 8 + 8 + 8 + 4 + 4 + 4 + 4 };
	uint32_t action;
	struct span hash, id;
	uint16_t port;

	span_skip(&s, 8);
	action = span_u32(&s);
	span_skip(&s, 4);
	hash = span_take(&s, ID);
	if (s.failed || (action != ANNOUNCE && action != SCRAPE))
		return;
	note_hash(state, hash, true);
	if (action != ANNOUNCE)
		return;
	id = span_take(&s, ID);
	span_skip(&s, TO_PORT);
	port = span_u16(&s);
	if (s.failed)
		return;
	state->port = port;
	if (memcmp(state->ids[parse->side], id.at, ID) != 0)
		tell_client(parse, id.at);
	memcpy(state->ids[parse->side], id.at, ID);
	state->has_id[parse->side] = true;
}

/* False for what is not so many octets in hexadecimal. */
static bool read_hash(struct span text, uint8_t hash[static ID])
{
	if (span_left(text) != (size_t)2 * ID)
		return false;
	for (size_t i = 0; i < ID; i++) {
		const int high = hex_digit(text.at[2 * i]), low = hex_digit(text.at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		hash[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* BEP 14: the torrent in hexadecimal, and the port at which its peer listens. */
static void read_search(struct conversation *state, struct span s)
{
	struct span line;

	state->search = true;
	while (line_take(&s, &line) == YES && span_left(line) > 0) {
		const struct span name = span_until(&line, ':');
		uint8_t hash[ID];

		line = text_trim(line);
		if (span_is_nocase(name, "Port"))
			(void)span_number(line, UINT16_MAX, &state->port);
		else if (span_is_nocase(name, "Infohash") && read_hash(line, hash))
			note_hash(state, span_of(hash, ID), true);
	}
}

static enum parse_step read_datagram(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes;

	if (!parse->cut && span_peek(s, 0) == 'd' && !is_bencoded(s))
		return PARSE_BROKEN;
	bytes->at = bytes->end;
	if (bittorrent_is_dht(s)) {
		read_dht(state, s);
	} else if (bittorrent_is_tracker(s)) {
		state->tracker = true;
	} else if (state->tracker && parse->side == SIDE_CLIENT) {
		read_asked(state, parse, s);
	} else if (span_begins(s, BITTORRENT_SEARCH)) {
		read_search(state, s);
	} else if (bittorrent_is_utp(s) || bittorrent_is_utp_syn(s)) {
		state->utp = true;
		if (bittorrent_is_utp_data(s)) {
			span_skip(&s, BITTORRENT_UTP_HEADER);
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
		return recognise_text(*bytes, BITTORRENT_GREETING) == NO ? PARSE_BROKEN : PARSE_ON;
	if (!read_greeting(state, parse, span_take(bytes, HANDSHAKE)))
		return PARSE_BROKEN;
	if (!state->greeted[!parse->side])
		return PARSE_ON;
	end(state, parse);
	return PARSE_DONE;
}

const struct parser bittorrent_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
