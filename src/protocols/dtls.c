/* dtls.c: Datagram Transport Layer Security. RFC 4347 (1.0), RFC 6347 (1.2), RFC 9147 (1.3). Hellos are those
 * of TLS with a cookie; a message may be cut into fragments, which are put together. AnyConnect
 * of Cisco speaks a draft whose version is 0x0100, and takes up a session that was begun over HTTPS. */
#include "protocols/certificate.h"
#include "protocols/probes.h"
#include "protocols/tls.h"
#include "protocols/tls_hello.h"

#include <stdio.h>

enum { SECOND = 1000000000, OLD_OPENSSL = 0x0100, PIECES_MOST = 3072 };
enum { WITH_ID = 25, SHORT_HEADER = 1, SHORT_HEADER_LAST = 63 };

/* A message of one side that comes in fragments (RFC 6347 4.2.3), in any order, and perhaps again. */
struct pieces {
	bool begun;
	uint8_t type;
	uint16_t number;
	uint32_t length, have;
	uint8_t bytes[PIECES_MOST], came[PIECES_MOST / 8]; /* a bit for each octet */
};

struct state {
	struct span hello[2], certificate[2];
	bool has_hello[2], told, cisco, alerted;
	uint8_t alert_level, alert;
	struct pieces pieces[2];
};

struct record {
	uint8_t type;
	uint16_t version, epoch;
	struct span content;
};

static bool is_version(uint16_t version)
{
	return version == DTLS_1_0 || version == DTLS_1_2 || version == OLD_OPENSSL;
}

static bool take_record(struct span *s, struct record *record)
{
	record->type = span_u8(s);
	record->version = span_u16(s);
	record->epoch = span_u16(s);
	span_skip(s, 6);
	record->content = span_take(s, span_u16(s));
	return !s->failed && is_version(record->version) && record->type >= TLS_CHANGE_CIPHER &&
	       record->type <= 26;
}

/* A record of handshake from the beginning, whose message fits; or records one behind the other that fill the
 * datagram. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct record record;
	struct span s;
	uint32_t length, offset, part;
	uint8_t type;

	(void)side; /* either end of a call may be the client */
	if (transport != TRANSPORT_UDP || !take_record(&first, &record))
		return NO;
	s = record.content;
	if (record.type != TLS_HANDSHAKE || record.epoch > 0) {
		while (span_left(first) > 0)
			if (!take_record(&first, &record))
				return NO;
		return YES;
	}
	type = span_u8(&s);
	length = span_u24(&s);
	span_skip(&s, 2);
	offset = span_u24(&s);
	part = span_u24(&s);
	return !s.failed && (type <= 4 || (type >= TLS_CERTIFICATE && type <= 24)) &&
			       offset + part <= length && part <= span_left(s) + TLS_RECORD_MOST
		       ? YES
		       : NO;
}

/* ---- reading ---- */

static void write_server(struct json *json, const struct tls_hello *hello, const struct tls_hello *client)
{
	const char *const cipher = tls_cipher_text(hello->cipher);
	const struct protocol *const inside = tls_inside(client->alpn, hello->alpn);
	const struct span session = client->session;
	char number[8];

	(void)snprintf(number, sizeof(number), "0x%04x", hello->cipher);
	json_text(json, "version", tls_version_text(hello->version));
	json_text(json, "cipher", cipher != NULL ? cipher : number);
	tls_write_ja3(json, "ja3s", hello, false);
	tls_write_alpn(json, "server_alpns", hello->alpn);
	if (inside != NULL)
		json_text(json, "inside", inside->name);
	if (span_left(session) > 0 && span_left(session) == span_left(hello->session) &&
	    memcmp(session.at, hello->session.at, span_left(session)) == 0)
		json_bool(json, "session_resumed", true);
}

static void emit(const void *memory, struct json *json)
{
	const struct state *const state = memory;
	struct tls_hello client = { 0 }, server;

	if (state->cisco)
		json_bool(json, "anyconnect", true);
	if (state->has_hello[SIDE_CLIENT] && tls_read_client_hello(state->hello[SIDE_CLIENT], true, &client))
		tls_write_client(json, &client, 'd');
	if (state->has_hello[SIDE_SERVER] && tls_read_server_hello(state->hello[SIDE_SERVER], &server))
		write_server(json, &server, &client);
	if (span_left(state->certificate[SIDE_SERVER]) > 0)
		certificate_write(json, state->certificate[SIDE_SERVER]);
	if (span_left(state->certificate[SIDE_CLIENT]) > 0) {
		json_open_object(json, "client");
		certificate_write(json, state->certificate[SIDE_CLIENT]);
		json_end(json);
	}
	if (state->alerted)
		tls_write_alert(json, state->alert_level, state->alert);
}

static void hear_certificate(struct state *state, struct parse *parse, struct span body)
{
	struct span list = span_take(&body, span_u24(&body)), first;

	first = span_take(&list, span_u24(&list));
	if (first.failed || span_left(first) == 0 || span_left(state->certificate[parse->side]) > 0)
		return;
	state->certificate[parse->side] = parse_keep(parse, first);
	if (parse->side == SIDE_SERVER)
		certificate_judge(parse, first, parse->time_ns / SECOND);
}

/* False where it is no hello; so below. */
static bool hear_server(struct state *state, struct parse *parse, struct span body)
{
	struct tls_hello hello;
	const char *why;

	if (state->has_hello[SIDE_SERVER])
		return true;
	if (!tls_read_server_hello(body, &hello))
		return false;
	state->hello[SIDE_SERVER] = parse_keep(parse, body);
	state->has_hello[SIDE_SERVER] = true;
	why = tls_cipher_weakness(hello.cipher);
	if (hello.version == DTLS_1_0)
		parse_weakness(parse, &tls_old, "DTLS 1.0 is agreed on");
	if (why != NULL)
		parse_weakness(parse, &tls_weak_cipher, "%s: %s", tls_cipher_text(hello.cipher), why);
	return true;
}

/* A client that is sent a cookie says its hello again: the first one stands. */
static bool hear_client(struct state *state, struct parse *parse, struct span body)
{
	struct tls_hello hello;

	if (state->has_hello[SIDE_CLIENT])
		return true;
	if (!tls_read_client_hello(body, true, &hello))
		return false;
	state->hello[SIDE_CLIENT] = parse_keep(parse, body);
	state->has_hello[SIDE_CLIENT] = true;
	return true;
}

static bool hear_message(struct state *state, struct parse *parse, uint8_t type, struct span body)
{
	if (type == TLS_CLIENT_HELLO)
		return hear_client(state, parse, body);
	if (type == TLS_SERVER_HELLO)
		return hear_server(state, parse, body);
	if (type == TLS_CERTIFICATE)
		hear_certificate(state, parse, body);
	return true;
}

struct fragment {
	uint8_t type;
	uint16_t number;
	uint32_t length, offset;
	struct span bytes;
};

/* True when the last octet that was missing has come. */
static bool put_fragment(struct pieces *pieces, const struct fragment *fragment)
{
	struct span s = fragment->bytes;

	if (fragment->length > PIECES_MOST)
		return false;
	if (!pieces->begun || pieces->number != fragment->number || pieces->length != fragment->length) {
		memset(pieces->came, 0, sizeof(pieces->came));
		pieces->begun = true;
		pieces->type = fragment->type;
		pieces->number = fragment->number;
		pieces->length = fragment->length;
		pieces->have = 0;
	}
	for (uint32_t at = fragment->offset; span_left(s) > 0; at++) {
		const uint8_t bit = (uint8_t)(1u << at % 8);

		pieces->bytes[at] = span_u8(&s);
		pieces->have += (pieces->came[at / 8] & bit) == 0;
		pieces->came[at / 8] |= bit;
	}
	return pieces->have == pieces->length;
}

/* False where a message does not fit into its record, or says what it cannot. */
static bool hear_messages(struct state *state, struct parse *parse, struct span s)
{
	struct pieces *const pieces = &state->pieces[parse->side];

	while (span_left(s) > 0) {
		struct fragment fragment = { .type = span_u8(&s) };

		fragment.length = span_u24(&s);
		fragment.number = span_u16(&s);
		fragment.offset = span_u24(&s);
		fragment.bytes = span_take(&s, span_u24(&s));
		if (s.failed || fragment.offset + span_left(fragment.bytes) > fragment.length)
			return false;
		if (fragment.offset == 0 && span_left(fragment.bytes) == fragment.length) {
			if (!hear_message(state, parse, fragment.type, fragment.bytes))
				return false;
		} else if (put_fragment(pieces, &fragment)) {
			pieces->begun = false;
			if (!hear_message(state, parse, pieces->type, span_of(pieces->bytes, pieces->length)))
				return false;
		}
	}
	return true;
}

static void tell(struct state *state, struct parse *parse)
{
	if (!state->told &&
	    (state->has_hello[SIDE_CLIENT] || state->has_hello[SIDE_SERVER] || state->alerted))
		parse_event(parse, state);
	state->told = true;
}

static void hear_alert(struct state *state, struct span content)
{
	if (span_left(content) != 2)
		return;
	state->alerted = true;
	state->alert_level = span_u8(&content);
	state->alert = span_u8(&content);
}

/* RFC 7983: STUN, channels of TURN and media may pass between. */
static bool is_another(struct span s)
{
	const uint8_t first = span_peek(s, 0);

	return first < TLS_CHANGE_CIPHER || first > SHORT_HEADER_LAST;
}

static enum parse_step read_dtls(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;
	struct span s = *bytes;
	struct record record;

	if (is_another(s)) {
		bytes->at = bytes->end;
		return PARSE_ON;
	}
	for (; span_left(s) > 0; bytes->at = s.at) {
		/* Records with a connection id, of a length that only its ends know (RFC 9146 4), and those
		 * of 1.3 with their own short header (RFC 9147 4), are encrypted. */
		const bool sealed = span_peek(s, 0) == WITH_ID || span_peek(s, 0) >> 5 == SHORT_HEADER;

		if (!sealed && !take_record(&s, &record))
			return parse->cut ? PARSE_ON : PARSE_BROKEN;
		state->cisco |= !sealed && record.version == OLD_OPENSSL;
		if (!sealed && record.type == TLS_HANDSHAKE && record.epoch == 0 &&
		    !hear_messages(state, parse, record.content))
			return PARSE_BROKEN;
		if (!sealed && record.type == TLS_ALERT && record.epoch == 0)
			hear_alert(state, record.content);
		if (sealed || record.epoch > 0) { /* encrypted from here on */
			tell(state, parse);
			return PARSE_DONE;
		}
	}
	return PARSE_ON;
}

static void end(void *memory, struct parse *parse)
{
	tell(memory, parse);
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_dtls,
	.end = end,
	.emit = emit,
};

const struct protocol protocol_dtls = {
	.name = "dtls",
	.title = "Datagram Transport Layer Security",
	DOORS(UDP(443)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.datagram_least = 13,
	MARKS(OCTETS(0, TLS_CHANGE_CIPHER, 26), OCTET(1, 0xfe), OCTET(1, 0x01), OCTET(2, 0xfd),
	      OCTET(2, 0xff), OCTET(2, 0x00)),
	.parser = &parser,
	.probe = &dtls_probe,
	.probe_state_size = DTLS_PROBE_STATE,
	.weaknesses = tls_weaknesses,
};
