/* tls_parse.c: reads handshakes of TLS 1.0 to 1.3, SSL 3 and the hello of SSL 2, up to where encryption
 * begins. RFC 8446 appendix D.4: what looks like a change of cipher in 1.3 means nothing.
 *
 * Handshake messages are laid over records as they fit: a message may fill several, and a record may hold
 * several. */
#include "protocols/certificate.h"
#include "protocols/parse.h"
#include "protocols/tls.h"
#include "protocols/tls_hello.h"

#include <stdio.h>

enum { MESSAGE_HEAD = 4, MESSAGE_MOST = 48 * 1024, RECORDS_MOST = 64, SECOND = 1000000000 };
enum { ALERT_CLOSE = 0 };

const struct weakness tls_weak_cipher = {
	"tls-weak-cipher",
	"a weak cipher is agreed on",
	2,
	"Allow suites with AES-GCM or ChaCha20 only, and those with forward secrecy first (RFC 9325).",
};

/* ---- the event ---- */

/* The session was begun before: the server takes up the id that the client gave, and shows no certificate;
 * in 1.3 it takes up a key. */
static bool is_resumed(const struct tls_reading *state, const struct tls_hello *client,
		       const struct tls_hello *server)
{
	const size_t length = span_left(server->session);

	if (!state->has_hello[SIDE_SERVER])
		return false;
	if (server->version >= TLS_1_3)
		return server->resumes;
	if (state->has_hello[SIDE_CLIENT] && client->ticket &&
	    span_left(state->certificate[SIDE_SERVER]) == 0)
		return true;
	return state->has_hello[SIDE_CLIENT] && length > 0 && length == span_left(client->session) &&
	       memcmp(server->session.at, client->session.at, length) == 0;
}

static void write_server(struct json *json, const struct tls_hello *hello)
{
	const char *const cipher = tls_cipher_text(hello->cipher);
	char number[8];

	json_text(json, "version", tls_version_text(hello->version));
	(void)snprintf(number, sizeof(number), "0x%04x", hello->cipher);
	json_text(json, "cipher", cipher != NULL ? cipher : number);
	tls_write_ja3(json, "ja3s", hello, false);
	tls_write_alpn(json, "server_alpns", hello->alpn);
}

static void write_inside(struct json *json, const struct tls_hello *client, const struct tls_hello *server)
{
	const struct protocol *const inside = tls_inside(client->alpn, server->alpn);

	if (inside != NULL)
		json_text(json, "inside", inside->name);
}

static void emit(const void *memory, struct json *json)
{
	const struct tls_reading *const state = memory;
	struct tls_hello client = { 0 }, server = { 0 };

	if (state->ssl2)
		json_text(json, "version", tls_version_text(SSL_2));
	if (state->has_hello[SIDE_CLIENT] && tls_read_client_hello(state->hello[SIDE_CLIENT], false, &client))
		tls_write_client(json, &client, 't');
	if (state->has_hello[SIDE_SERVER] && tls_read_server_hello(state->hello[SIDE_SERVER], &server))
		write_server(json, &server);
	if (state->has_hello[SIDE_SERVER])
		write_inside(json, &client, &server);
	if (is_resumed(state, &client, &server))
		json_bool(json, "session_resumed", true);
	if (span_left(state->certificate[SIDE_SERVER]) > 0)
		certificate_write(json, state->certificate[SIDE_SERVER]);
	if (state->certificates > 1)
		json_unsigned(json, "chain_length", state->certificates);
	if (span_left(state->certificate[SIDE_CLIENT]) > 0) {
		json_open_object(json, "client");
		certificate_write(json, state->certificate[SIDE_CLIENT]);
		json_end(json);
	}
	if (state->alerted)
		tls_write_alert(json, state->alert_level, state->alert);
}

static void tell(struct tls_reading *state, struct parse *parse)
{
	const bool anything = state->has_hello[SIDE_CLIENT] || state->has_hello[SIDE_SERVER] || state->ssl2 ||
			      span_left(state->certificate[SIDE_SERVER]) > 0 || state->alerted;

	if (anything && !state->told)
		parse_event_as(parse, "tls", emit, state);
	state->told = true;
}

static void end(void *memory, struct parse *parse)
{
	tell(memory, parse);
}

/* ---- weaknesses ---- */

static void judge_server(struct parse *parse, const struct tls_hello *hello)
{
	const char *const why = tls_cipher_weakness(hello->cipher);

	if (hello->version < TLS_1_2)
		parse_weakness(parse, hello->version <= SSL_3 ? &tls_ssl : &tls_old,
			       "the server agrees to %s", tls_version_text(hello->version));
	if (why != NULL)
		parse_weakness(parse, &tls_weak_cipher, "%s: %s", tls_cipher_text(hello->cipher), why);
}

/* ---- handshake messages ---- */

static enum parse_step hear_client_hello(struct tls_reading *state, struct parse *parse, struct span body)
{
	struct tls_hello hello;

	if (!tls_read_client_hello(body, false, &hello))
		return PARSE_BROKEN;
	if (state->has_hello[SIDE_CLIENT]) /* again, after a HelloRetryRequest */
		return PARSE_ON;
	state->hello[SIDE_CLIENT] = parse_keep(parse, body);
	state->has_hello[SIDE_CLIENT] = span_left(state->hello[SIDE_CLIENT]) > 0;
	return PARSE_ON;
}

/* From 1.3 on all that follows the server's hello is encrypted. */
static enum parse_step hear_server_hello(struct tls_reading *state, struct parse *parse, struct span body)
{
	struct tls_hello hello;

	if (!tls_read_server_hello(body, &hello))
		return PARSE_BROKEN;
	state->retried |= hello.retry;
	if (hello.retry)
		return PARSE_ON;
	state->hello[SIDE_SERVER] = parse_keep(parse, body);
	state->has_hello[SIDE_SERVER] = span_left(state->hello[SIDE_SERVER]) > 0;
	judge_server(parse, &hello);
	return hello.version >= TLS_1_3 ? PARSE_DONE : PARSE_ON;
}

static void hear_certificates(struct tls_reading *state, struct parse *parse, struct span body)
{
	struct span list = span_take(&body, span_u24(&body)), first;
	const enum side side = parse->side;
	unsigned count = 0;

	first = span_take(&list, span_u24(&list));
	if (first.failed || span_left(first) == 0 || span_left(state->certificate[side]) > 0)
		return;
	for (count = 1; span_left(list) > 0 && !list.failed; count++)
		span_skip(&list, span_u24(&list));
	if (side == SIDE_SERVER)
		state->certificates = (uint16_t)(count < UINT16_MAX ? count : UINT16_MAX);
	state->certificate[side] = parse_keep(parse, first);
	if (side == SIDE_SERVER)
		certificate_judge(parse, first, parse->time_ns / SECOND);
}

static enum parse_step hear_message(struct tls_reading *state, struct parse *parse, uint8_t type,
				    struct span body)
{
	switch (type) {
	case TLS_CLIENT_HELLO:
		return parse->side == SIDE_CLIENT ? hear_client_hello(state, parse, body) : PARSE_BROKEN;
	case TLS_SERVER_HELLO:
		return parse->side == SIDE_SERVER ? hear_server_hello(state, parse, body) : PARSE_BROKEN;
	case TLS_CERTIFICATE: hear_certificates(state, parse, body); return PARSE_ON;
	default: return PARSE_ON;
	}
}

/* ---- records ---- */

struct record {
	uint8_t type;
	struct span content; /* what is there of it */
	size_t length;
};

/* NO: this is none. MORE: its header has not come. */
static enum verdict read_record(struct span *s, struct record *record)
{
	uint16_t version;

	record->type = span_u8(s);
	version = span_u16(s);
	record->length = span_u16(s);
	if (s->failed)
		return MORE;
	if (record->type < TLS_CHANGE_CIPHER || record->type > TLS_HEARTBEAT ||
	    record->length > TLS_RECORD_MOST || (version >> 8 != 3 && version >> 8 != 0x7f))
		return NO;
	record->content = span_take(s, record->length < span_left(*s) ? record->length : span_left(*s));
	return YES;
}

/* Puts together `length` octets of handshake that begin `offset` octets behind the front record's header,
 * from as many records as it takes. MORE: not all have come. */
static enum verdict gather(struct span s, size_t offset, size_t length, struct buffer *out)
{
	for (int i = 0; i < RECORDS_MOST && out->length < length; i++) {
		struct record record;
		const enum verdict verdict = read_record(&s, &record);
		size_t wanted = length - out->length;

		if (verdict != YES)
			return verdict;
		if (record.type != TLS_HANDSHAKE)
			return NO;
		if (offset > span_left(record.content))
			return MORE;
		span_skip(&record.content, offset);
		offset = 0;
		wanted = wanted < span_left(record.content) ? wanted : span_left(record.content);
		buffer_span(out, span_take(&record.content, wanted));
		if (span_left(s) == 0 && out->length < length)
			return MORE;
	}
	return out->length == length && !out->failed ? YES : NO;
}

/* Takes `length` octets of handshake off the front, with the records that are read through. */
static void take_handshake(struct tls_reading *state, enum side side, struct span *bytes, size_t length)
{
	size_t rest = state->read[side] + length;

	for (int i = 0; i < RECORDS_MOST; i++) {
		struct span s = *bytes;
		struct record record;

		if (read_record(&s, &record) != YES || record.type != TLS_HANDSHAKE || rest < record.length)
			break;
		rest -= record.length;
		*bytes = s;
	}
	state->read[side] = (uint32_t)rest;
}

static size_t message_length(const struct buffer *head)
{
	return (size_t)head->bytes[1] << 16 | (size_t)head->bytes[2] << 8 | head->bytes[3];
}

/* The next message of the records at the front. *ret_more: it has not come whole. */
static enum parse_step read_handshake(struct tls_reading *state, struct parse *parse, struct span *bytes,
				      bool *ret_more)
{
	struct buffer message = buffer_new(MESSAGE_MOST);
	const size_t offset = state->read[parse->side];
	enum verdict verdict = gather(*bytes, offset, MESSAGE_HEAD, &message);
	enum parse_step step = PARSE_BROKEN;
	size_t whole = MESSAGE_HEAD;

	if (verdict == YES) {
		whole += message_length(&message);
		buffer_clear(&message);
		verdict = whole <= MESSAGE_MOST ? gather(*bytes, offset, whole, &message) : NO;
	}
	*ret_more = verdict == MORE;
	if (verdict == MORE)
		step = PARSE_ON;
	if (verdict == YES) {
		struct span s = buffer_read(&message);
		const uint8_t type = span_u8(&s);

		span_skip(&s, MESSAGE_HEAD - 1);
		step = hear_message(state, parse, type, s);
		if (step != PARSE_BROKEN)
			take_handshake(state, parse->side, bytes, whole);
	}
	buffer_free(&message);
	return step;
}

/* Warnings may come before a hello that goes well: "unrecognized_name". */
static enum parse_step hear_alert(struct tls_reading *state, struct span content)
{
	if (span_left(content) != 2)
		return PARSE_DONE; /* encrypted */
	state->alerted = true;
	state->alert_level = span_u8(&content);
	state->alert = span_u8(&content);
	return state->alert_level == TLS_ALERT_FATAL || state->alert == ALERT_CLOSE ? PARSE_DONE : PARSE_ON;
}

/* A client may encrypt before the server has spoken, if it resumes a session of 1.3. A server that asks for
 * another hello pretends to change the cipher at once, and says its hello afterwards. */
static enum parse_step hear_encrypted(const struct tls_reading *state, const struct parse *parse,
				      uint8_t type)
{
	if (state->has_hello[SIDE_SERVER])
		return PARSE_DONE;
	if (parse->side == SIDE_SERVER)
		return state->retried && type == TLS_CHANGE_CIPHER ? PARSE_ON : PARSE_DONE;
	return state->has_hello[SIDE_CLIENT] ? PARSE_ON : PARSE_DONE;
}

static enum parse_step read_records(struct tls_reading *state, struct parse *parse, struct span *bytes)
{
	enum parse_step step = PARSE_ON;
	bool more = false;

	while (step == PARSE_ON && !more && span_left(*bytes) > 0) {
		struct span s = *bytes;
		struct record record;
		const enum verdict verdict = read_record(&s, &record);

		if (verdict == MORE)
			return PARSE_ON;
		if (verdict == NO)
			return PARSE_BROKEN;
		if (record.type == TLS_HANDSHAKE && record.length > 0) {
			step = read_handshake(state, parse, bytes, &more);
			if (more)
				parse_want(parse, TLS_RECORD_HEAD + record.length);
			continue;
		}
		if (record.type == TLS_ALERT && span_left(record.content) < record.length)
			return PARSE_ON;
		step = record.type == TLS_ALERT ? hear_alert(state, record.content)
						: hear_encrypted(state, parse, record.type);
		*bytes = s;
		if (record.length > span_left(record.content))
			parse_skip(parse, record.length - span_left(record.content));
	}
	return step;
}

/* ---- SSL 2 ---- */

/* RFC 6101 appendix E. Versions above 2 may be offered in it. */
static enum parse_step read_ssl2(struct tls_reading *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes, body, certificate;
	uint16_t version, length;

	body = span_take(&s, span_u16(&s) & 0x7fff);
	if (s.failed)
		return PARSE_ON;
	*bytes = s;
	if (span_u8(&body) != (parse->side == SIDE_CLIENT ? SSL2_CLIENT_HELLO : SSL2_SERVER_HELLO))
		return PARSE_BROKEN;
	if (parse->side == SIDE_CLIENT)
		return PARSE_ON;
	span_skip(&body, 2); /* known session, kind of certificate */
	version = span_u16(&body);
	length = span_u16(&body);
	span_skip(&body, 4);
	certificate = span_take(&body, length);
	if (body.failed || version != SSL_2)
		return PARSE_BROKEN;
	state->ssl2 = true;
	parse_weakness(parse, &tls_ssl, "the server agrees to SSL 2.0");
	if (length > 0) {
		state->certificate[SIDE_SERVER] = parse_keep(parse, certificate);
		state->certificates = 1;
		certificate_judge(parse, certificate, parse->time_ns / SECOND);
	}
	return PARSE_DONE;
}

/* ---- what is inside ---- */

static bool shows_sign(const struct tls_reading *state, struct span name, const char *sign)
{
	if (*sign == '.')
		return span_left(name) > strlen(sign) &&
		       span_is_nocase(span_of(name.end - strlen(sign), strlen(sign)), sign);
	return span_find(state->certificate[SIDE_SERVER], sign) != SIZE_MAX ||
	       span_find(state->certificate[SIDE_CLIENT], sign) != SIZE_MAX;
}

/* The protocol that the handshake tells; NULL for what stays hidden. */
static const struct protocol *find_inside(const struct tls_reading *state)
{
	struct tls_hello hello = { 0 };
	const struct protocol *protocol;

	if (!state->has_hello[SIDE_CLIENT] ||
	    !tls_read_client_hello(state->hello[SIDE_CLIENT], false, &hello))
		hello.name = span_of(NULL, 0);
	for (size_t i = 0; (protocol = protocol_nth(i)) != NULL; i++)
		for (size_t n = 0; protocol->tls_signs != NULL && protocol->tls_signs[n] != NULL; n++)
			if (shows_sign(state, hello.name, protocol->tls_signs[n]))
				return protocol;
	return NULL;
}

/* ---- reading ---- */

static enum parse_step read_tls(void *memory, struct parse *parse, struct span *bytes)
{
	struct tls_reading *const state = memory;
	const struct protocol *inside;
	enum parse_step step;

	if (span_peek(*bytes, 0) & 0x80)
		step = read_ssl2(state, parse, bytes);
	else
		step = read_records(state, parse, bytes);
	if (step == PARSE_ON)
		return step;
	tell(state, parse);
	inside = step == PARSE_DONE ? find_inside(state) : NULL;
	if (inside != NULL) {
		parse_upgrade(parse, inside);
		step = PARSE_ON;
	}
	return step;
}

/* What the handshake wants of the stream, it wants of a stream that is not there. */
void tls_hear_carried(struct tls_reading *reading, struct parse *parse, struct span flight)
{
	const uint64_t skip = parse->skip;
	const size_t want = parse->want;

	if (reading->told)
		return;
	if (read_records(reading, parse, &flight) != PARSE_ON)
		tell(reading, parse);
	parse->skip = skip;
	parse->want = want;
}

void tls_end_carried(struct tls_reading *reading, struct parse *parse)
{
	tell(reading, parse);
}

const struct parser tls_parser = {
	.state_size = PARSE_STATE(struct tls_reading),
	.read = read_tls,
	.end = end,
	.emit = emit,
};
