/* quic_parse.c: reads the handshake of QUIC as far as the keys of Initial packets go: both hellos. RFC 9000,
 * RFC 9001 5.2 (keys), RFC 9368 and 9369 (the server may choose another version), QUIC Crypto of Google. */
#include "protocols/parse.h"
#include "protocols/quic.h"
#include "protocols/quic_initial.h"
#include "protocols/tls_hello.h"

#include <stdio.h>

enum { HELLO_MOST = 4096, ANSWER_MOST = 2048, PLAIN_MOST = 9216, MESSAGE_HEAD = 4, REASON_MOST = 64 };
enum { PADDING = 0, PING = 1, ACK = 2, ACK_ECN = 3, CRYPTO = 6, CLOSE = 0x1c };
enum { TLS_ALERTS = 0x100 }; /* errors from here on are alerts (RFC 9000 20.1) */

struct state {
	uint32_t version, chosen; /* of the client's first packet; by the server, 0 as long as unknown */
	uint8_t id[QUIC_ID_MOST], id_length; /* that makes the keys */
	bool has_id, retried, told, closed;
	uint16_t answer_at; /* in the server's bytes: behind a HelloRetryRequest */
	uint8_t reason_length;
	char reason[REASON_MOST];
	uint64_t error;
	uint8_t hello[HELLO_MOST], has_hello[HELLO_MOST / 8];
	uint8_t answer[ANSWER_MOST], has_answer[ANSWER_MOST / 8];
};

/* ---- the bytes of the handshake, which come in any order ---- */

struct bytes {
	uint8_t *at, *have;
	size_t most;
};

static struct bytes bytes_of(struct state *state, enum side side)
{
	return side == SIDE_CLIENT ? (struct bytes){ state->hello, state->has_hello, HELLO_MOST }
				   : (struct bytes){ state->answer, state->has_answer, ANSWER_MOST };
}

static void put(struct bytes bytes, uint64_t offset, struct span data)
{
	for (; span_left(data) > 0 && offset < bytes.most; offset++) {
		bytes.at[offset] = span_u8(&data);
		bytes.have[offset / 8] |= (uint8_t)(1u << offset % 8);
	}
}

static bool has_all(struct bytes bytes, size_t from, size_t length)
{
	if (from + length > bytes.most)
		return false;
	for (size_t i = from; i < from + length; i++)
		if ((bytes.have[i / 8] >> i % 8 & 1) == 0)
			return false;
	return true;
}

/* The body of the message of this type that begins at `from`; empty if it is not whole. */
static struct span message_at(struct bytes bytes, size_t from, uint8_t type)
{
	struct span s;
	size_t length;

	if (!has_all(bytes, from, MESSAGE_HEAD) || bytes.at[from] != type)
		return span_of(NULL, 0);
	s = span_of(bytes.at + from + 1, MESSAGE_HEAD - 1);
	length = span_u24(&s);
	return has_all(bytes, from, MESSAGE_HEAD + length) ? span_of(bytes.at + from + MESSAGE_HEAD, length)
							   : span_of(NULL, 0);
}

static bool read_hello(struct state *state, struct tls_hello *ret_hello)
{
	return tls_read_client_hello(message_at(bytes_of(state, SIDE_CLIENT), 0, TLS_CLIENT_HELLO), false,
				     ret_hello);
}

static bool read_answer(struct state *state, struct tls_hello *ret_hello)
{
	return tls_read_server_hello(
		message_at(bytes_of(state, SIDE_SERVER), state->answer_at, TLS_SERVER_HELLO), ret_hello);
}

/* ---- the event ---- */

struct record {
	struct state *state;
	struct span google; /* the client's hello in Google's own form, or empty */
};

static void write_version(struct json *json, const char *key, uint32_t version)
{
	char text[16];

	if (version == 1)
		(void)snprintf(text, sizeof(text), "1");
	else if (version == QUIC_V2)
		(void)snprintf(text, sizeof(text), "2");
	else if (quic_is_google(version))
		(void)snprintf(text, sizeof(text), "%c%c%c%c", (char)(version >> 24), (char)(version >> 16),
			       (char)(version >> 8), (char)version);
	else if (version >> 8 == 0xff0000)
		(void)snprintf(text, sizeof(text), "draft-%u", version & 0xff);
	else
		(void)snprintf(text, sizeof(text), "0x%08x", version);
	json_text(json, key, text);
}

static void write_hello(struct json *json, const struct tls_hello *hello)
{
	const struct protocol *const inside = tls_inside(hello->alpn, span_of(NULL, 0));

	if (span_left(hello->name) > 0)
		json_span(json, "sni", hello->name);
	tls_write_ja3(json, "ja3", hello, true);
	tls_write_ja4(json, hello, 'q');
	tls_write_alpn(json, "alpn", hello->alpn);
	if (inside != NULL)
		json_text(json, "inside", inside->name);
	if (hello->encrypted_hello)
		json_bool(json, "ech", true);
}

static void write_answer(struct json *json, const struct tls_hello *hello)
{
	const char *const cipher = tls_cipher_text(hello->cipher);
	char number[8];

	(void)snprintf(number, sizeof(number), "0x%04x", hello->cipher);
	json_text(json, "cipher", cipher != NULL ? cipher : number);
	tls_write_ja3(json, "ja3s", hello, false);
	if (hello->resumes)
		json_bool(json, "session_resumed", true);
}

static void write_google(struct json *json, struct span message)
{
	const struct span name = quic_google_value(message, "SNI");
	const struct span agent = quic_google_value(message, "UAID");

	if (span_left(name) > 0)
		json_span(json, "sni", name);
	if (span_left(agent) > 0)
		json_span(json, "user_agent", agent);
}

static void write_close(struct json *json, const struct state *state)
{
	if (state->error >= TLS_ALERTS && state->error <= TLS_ALERTS + UINT8_MAX)
		tls_write_alert(json, TLS_ALERT_FATAL, (uint8_t)(state->error - TLS_ALERTS));
	else
		json_unsigned(json, "error", state->error);
	if (state->reason_length > 0)
		json_span(json, "reason", span_of(state->reason, state->reason_length));
}

static void emit(const void *memory, struct json *json)
{
	const struct record *const record = memory;
	struct state *const state = record->state;
	struct tls_hello hello;

	write_version(json, "version", state->chosen != 0 ? state->chosen : state->version);
	if (state->chosen != 0 && state->version != 0 && state->chosen != state->version)
		write_version(json, "client_version", state->version);
	if (read_hello(state, &hello))
		write_hello(json, &hello);
	write_google(json, record->google);
	if (state->retried)
		json_bool(json, "retry", true);
	if (read_answer(state, &hello))
		write_answer(json, &hello);
	if (state->closed)
		write_close(json, state);
}

static enum parse_step tell(struct state *state, struct parse *parse, struct span google)
{
	if (!state->told && (state->version != 0 || state->chosen != 0))
		parse_event(parse, &(struct record){ state, google });
	state->told = true;
	return PARSE_DONE;
}

static void end(void *memory, struct parse *parse)
{
	(void)tell(memory, parse, span_of(NULL, 0));
}

/* ---- frames ---- */

static void skip_ack(struct span *s, bool ecn)
{
	uint64_t ranges;

	(void)quic_number(s);
	(void)quic_number(s);
	ranges = quic_number(s);
	(void)quic_number(s);
	for (uint64_t i = 0; i < ranges && !s->failed; i++) {
		(void)quic_number(s);
		(void)quic_number(s);
	}
	for (int i = 0; i < 3 && ecn; i++)
		(void)quic_number(s);
}

static void hear_close(struct state *state, struct span *s)
{
	const uint64_t error = quic_number(s);
	struct span reason;

	(void)quic_number(s); /* the frame that is to blame */
	reason = span_take(s, quic_number(s));
	if (reason.failed || state->closed)
		return;
	state->closed = true;
	state->error = error;
	state->reason_length = (uint8_t)(span_left(reason) < REASON_MOST ? span_left(reason) : REASON_MOST);
	memcpy(state->reason, reason.at, state->reason_length);
}

/* Browsers lay the hello over frames in any order. */
static void hear_frames(struct state *state, enum side side, struct span s)
{
	while (span_left(s) > 0 && !s.failed) {
		const uint64_t type = quic_number(&s);
		uint64_t offset, length;

		switch (type) {
		case PADDING:
		case PING: break;
		case CRYPTO:
			offset = quic_number(&s);
			length = quic_number(&s);
			put(bytes_of(state, side), offset, span_take(&s, length));
			break;
		case ACK:
		case ACK_ECN: skip_ack(&s, type == ACK_ECN); break;
		case CLOSE: hear_close(state, &s); break;
		default: return;
		}
	}
}

/* ---- packets ---- */

/* The keys are made anew of what this packet of the client says: it is the first, or the first behind a Retry
 * or a choice of versions, after which the handshake begins again with the same or another hello. */
static void begin(struct state *state, const struct quic_packet *packet)
{
	state->version = packet->version;
	state->has_id = true;
	state->id_length = (uint8_t)span_left(packet->destination);
	memcpy(state->id, packet->destination.at, state->id_length);
	memset(state->has_hello, 0, sizeof(state->has_hello));
	memset(state->has_answer, 0, sizeof(state->has_answer));
	state->answer_at = 0;
}

static struct span open_packet(struct state *state, enum side side, const struct quic_packet *packet,
			       uint8_t plain[PLAIN_MOST])
{
	size_t length = 0;

	if (state->has_id)
		length = quic_open_initial(packet, side, span_of(state->id, state->id_length), plain,
					   PLAIN_MOST);
	if (length > 0 || side == SIDE_SERVER)
		return span_of(plain, length);
	length = quic_open_initial(packet, side, packet->destination, plain, PLAIN_MOST);
	if (length > 0 || !state->has_id)
		begin(state, packet);
	return span_of(plain, length);
}

static enum parse_step hear_client(struct state *state, struct parse *parse, const struct quic_packet *packet)
{
	uint8_t plain[PLAIN_MOST];
	struct span frames, google;

	if (packet->version == 0)
		return PARSE_ON;
	if (!state->has_id)
		state->version = packet->version;
	/* Its handshake goes on, so that it has got the server's hello, which we have missed. */
	if (packet->kind == QUIC_HANDSHAKE && quic_is_known(packet->version) && state->has_id)
		return tell(state, parse, span_of(NULL, 0));
	if (packet->number_at == 0) {
		google = quic_is_google(packet->version) ? quic_find_google(packet->whole, QUIC_GOOGLE_LEAST)
							 : span_of(NULL, 0);
		return span_left(google) > 0 ? tell(state, parse, google) : PARSE_ON;
	}
	frames = open_packet(state, SIDE_CLIENT, packet, plain);
	if (quic_is_google(packet->version)) {
		google = quic_find_google(frames, 0);
		return span_left(google) > 0 ? tell(state, parse, google) : PARSE_ON;
	}
	hear_frames(state, SIDE_CLIENT, frames);
	return state->closed ? tell(state, parse, span_of(NULL, 0)) : PARSE_ON;
}

static enum parse_step hear_server(struct state *state, struct parse *parse, const struct quic_packet *packet)
{
	uint8_t plain[PLAIN_MOST];
	struct tls_hello hello;
	struct span frames;

	if (packet->version == 0 || !quic_is_known(packet->version))
		return PARSE_ON;
	if (packet->kind == QUIC_RETRY)
		state->retried = true;
	frames = open_packet(state, SIDE_SERVER, packet, plain);
	if (span_left(frames) == 0)
		return PARSE_ON;
	state->chosen = packet->version;
	hear_frames(state, SIDE_SERVER, frames);
	if (read_answer(state, &hello) && hello.retry) {
		const struct span body = message_at(bytes_of(state, SIDE_SERVER), state->answer_at,
						    TLS_SERVER_HELLO);

		state->answer_at += (uint16_t)(MESSAGE_HEAD + span_left(body));
	}
	return state->closed || read_answer(state, &hello) ? tell(state, parse, span_of(NULL, 0)) : PARSE_ON;
}

/* A short header: the keys are made of the handshake, which is over; or Google's of old. */
static enum parse_step hear_short(struct state *state, struct parse *parse, struct span s)
{
	uint32_t version;

	if (parse->side == SIDE_SERVER)
		return PARSE_ON;
	if (state->version == 0 && quic_is_old_google(s, &version))
		state->version = version;
	return state->version != 0 ? tell(state, parse, quic_find_google(s, QUIC_GOOGLE_LEAST)) : PARSE_ON;
}

static enum parse_step read_quic(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;
	struct span s = *bytes;
	struct quic_packet packet;
	enum parse_step step = PARSE_ON;

	if ((span_peek(s, 0) & QUIC_LONG) == 0)
		return hear_short(state, parse, s);
	if (!quic_read_packet(s, &packet))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	/* What follows in the datagram and cannot be read is ignored (RFC 9000 12.2). */
	while (step == PARSE_ON && span_left(s) > 0 && quic_read_packet(s, &packet)) {
		step = parse->side == SIDE_CLIENT ? hear_client(state, parse, &packet)
						  : hear_server(state, parse, &packet);
		s.at = packet.whole.end;
	}
	return step;
}

const struct parser quic_parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_quic,
	.end = end,
	.emit = emit,
};
