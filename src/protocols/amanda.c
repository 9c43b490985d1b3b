/* amanda.c: Amanda, as its source tells: a server asks its clients for services. Over UDP a line names kind,
 * handle and number of each packet ("bsd", "bsdudp"); over TCP ("bsdtcp") tokens of length and handle carry
 * the same packets, and behind them the backup. */
#include "protocols/tally.h"

enum { TOKEN = 8, TOKEN_MOST = 1 << 20, HANDLE_MOST = 1 << 16, FIELD_MOST = 64, PACKET_MOST = 4096 };

enum kind { REQ, REP, PREP, ACK, NAK, KINDS };
static const char *const kinds[KINDS] = { "REQ", "REP", "PREP", "ACK", "NAK" };
static const struct code_name kind_names[KINDS] = {
	{ REQ, "req" }, { REP, "rep" }, { PREP, "prep" }, { ACK, "ack" }, { NAK, "nak" },
};

static const struct weakness host_trust = {
	"amanda-host-trust",
	"Amanda lets in whoever has the right address and says a name",
	2,
	"Use auth \"ssl\", \"ssh\" or \"krb5\" in the dump types.",
};
static const struct weakness *const weaknesses[] = { &host_trust, NULL };

/* ---- packets ---- */

struct header {
	enum kind kind;
	struct span version;
};

/* "Amanda 3.5 REQ HANDLE 000-00000008 SEQ 1795267447" and the line's end. */
static bool read_header(struct span *s, struct header *ret)
{
	struct span line = span_line(s), kind;
	uint64_t number;

	ret->kind = 0;
	if (line.failed || !span_is(span_word(&line), "Amanda"))
		return false;
	ret->version = span_word(&line);
	kind = span_word(&line);
	while (ret->kind < KINDS && !span_is(kind, kinds[ret->kind]))
		ret->kind++;
	if (ret->kind == KINDS || !span_is(span_word(&line), "HANDLE") || span_left(span_word(&line)) == 0 ||
	    !span_is(span_word(&line), "SEQ"))
		return false;
	return span_number(text_trim(line), UINT64_MAX, &number) && !line.failed;
}

/* A token of the first handle: its length, the handle, and the kind of packet in it. */
static enum verdict recognise_token(struct span first, enum kind kind, const char *text)
{
	static const uint8_t zeros[1];
	struct span rest = first;
	const uint32_t length = span_u32(&rest), handle = span_u32(&rest);

	if (first.at[0] != zeros[0] || (span_left(first) > 4 && first.at[4] != 0))
		return NO;
	if (rest.failed)
		return MORE;
	if (length < 2 || length > TOKEN_MOST || handle > HANDLE_MOST)
		return NO;
	if (span_left(rest) == 0)
		return MORE;
	if (span_u8(&rest) != kind)
		return NO;
	return span_left(rest) == 0 ? MORE : recognise_text(rest, text);
}

/* An acknowledgement of no text, and the answer itself behind it. */
static enum verdict recognise_answer(struct span first)
{
	static const uint8_t acknowledged[] = { 0, 0, 0, 2 };
	const size_t come = span_left(first);
	struct span rest = first;

	if (memcmp(first.at, acknowledged, come < 4 ? come : 4) != 0)
		return recognise_token(first, NAK, "ERROR ");
	if (come <= TOKEN)
		return recognise_token(first, ACK, "");
	if (recognise_token(first, ACK, "") == NO || (come > TOKEN + 1 && first.at[TOKEN + 1] != 0))
		return NO;
	if (come <= TOKEN + 2)
		return MORE;
	span_skip(&rest, TOKEN + 2);
	if (span_left(rest) >= TOKEN && memcmp(rest.at + 4, first.at + 4, 4) != 0)
		return NO;
	return recognise_token(rest, span_peek(rest, TOKEN) == PREP ? PREP : REP, "");
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const requests[] = { "SECURITY ", "SERVICE " };
	enum verdict best = NO;
	struct header header;

	if (transport == TRANSPORT_UDP)
		return read_header(&first, &header) && (header.kind == REQ) == (side == SIDE_CLIENT) ? YES
												     : NO;
	if (side == SIDE_SERVER)
		return recognise_answer(first);
	for (size_t i = 0; i < 2 && best == NO; i++)
		best = recognise_token(first, REQ, requests[i]);
	return best;
}

/* ---- reading ---- */

struct conversation {
	struct tally packets;
	char user[64], host[96], config[64], version[32], services[256], disks[512], error[160];
	bool told, named;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "user", state->user);
	emit_text(json, "hostname", state->host);
	emit_text(json, "config", state->config);
	emit_text(json, "version", state->version);
	emit_texts(json, "services", state->services);
	emit_texts(json, "disks", state->disks);
	EMIT_TALLY(json, "packets", &state->packets, kind_names);
	emit_text(json, "error", state->error);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told)
		parse_event(parse, state);
	state->told = true;
}

/* "features=ffff;maxdumps=1;hostname=alpha;config=doors;" */
static void read_options(struct conversation *state, struct span options)
{
	while (span_left(options) > 0) {
		struct span value = span_until(&options, ';'), name;

		if (value.failed)
			return;
		name = span_until(&value, '=');
		if (span_is(name, "hostname"))
			span_copy_text(value, state->host, sizeof(state->host));
		else if (span_is(name, "config"))
			span_copy_text(value, state->config, sizeof(state->config));
	}
}

static void read_line(struct conversation *state, struct parse *parse, struct span line)
{
	struct span word;

	line = text_trim(line);
	if (span_begins(line, "<disk>")) {
		span_skip(&line, sizeof("<disk>") - 1);
		texts_note(state->disks, sizeof(state->disks), span_until(&line, '<'));
		return;
	}
	word = text_word(&line);
	line = text_trim(line);
	if (span_is(word, "SECURITY")) {
		if (!span_is(text_word(&line), "USER"))
			return;
		span_copy_text(text_trim(line), state->user, sizeof(state->user));
		parse_weakness(parse, &host_trust, "requests of user %s, as the caller says", state->user);
	} else if (span_is(word, "SERVICE")) {
		texts_note(state->services, sizeof(state->services), line);
	} else if (span_is(word, "OPTIONS")) {
		read_options(state, line);
	} else if (span_is(word, "ERROR")) {
		span_copy_text(line, state->error, sizeof(state->error));
	}
}

/* What a client of version 3 says of itself in its answers. */
static void name_client(struct conversation *state, struct parse *parse, struct span text)
{
	static const char key[] = "\"version\" : \"";
	const size_t at = span_find(text, key);

	if (at == SIZE_MAX || state->named)
		return;
	span_skip(&text, at + strlen(key));
	text = span_until(&text, '"');
	if (text.failed)
		return;
	state->named = true;
	span_copy_text(text, state->version, sizeof(state->version));
	parse_software(parse, parse->side, span_text("Amanda"), text);
}

static void read_packet(struct conversation *state, struct parse *parse, enum kind kind, struct span text)
{
	tally_add(&state->packets, kind);
	text = text_first(text, PACKET_MOST);
	if (kind == REP || kind == PREP)
		name_client(state, parse, text);
	if (kind == NAK && !span_begins(text, "ERROR "))
		span_copy_text(text_trim(text), state->error, sizeof(state->error));
	while (span_left(text) > 0) {
		struct span line = span_line(&text);

		if (line.failed)
			line = text;
		if (text.failed)
			text.at = text.end;
		read_line(state, parse, line);
	}
}

static enum parse_step read_datagram(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct header header;

	if (!read_header(bytes, &header))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	if (state->version[0] == '\0')
		span_copy_text(header.version, state->version, sizeof(state->version));
	read_packet(state, parse, header.kind, *bytes);
	return PARSE_ON;
}

/* Handles of streams carry backups and indices, which do not begin with a kind and a word in capitals. */
static bool is_packet(struct span token)
{
	const uint8_t letter = span_peek(token, 1);

	return span_left(token) >= 2 && *token.at < KINDS &&
	       (letter == 0 || *token.at == NAK || (letter >= 'A' && letter <= 'Z'));
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	if (parse->transport == TRANSPORT_UDP)
		return read_datagram(state, parse, bytes);
	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct span rest = *bytes, token;
		const uint32_t length = span_u32(&rest);

		span_skip(&rest, 4);
		if (rest.failed) {
			parse_want(parse, TOKEN);
			break;
		}
		if (length > TOKEN_MOST)
			return PARSE_BROKEN;
		if (message_take(parse, bytes, TOKEN + (uint64_t)length, &token) != YES)
			break;
		span_skip(&token, TOKEN);
		if (is_packet(token)) {
			const enum kind kind = (enum kind)span_u8(&token);

			read_packet(state, parse, kind, token);
		}
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};

/* ---- asking ---- */

/* The service "noop" does nothing; without a name to trust it is refused: over UDP with the client's version.
 * A packet over TCP ends with a zero, which is counted. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char request[] = "SERVICE noop\n";

	(void)state;
	if (transport == TRANSPORT_UDP) {
		buffer_text(out, "Amanda 2.6 REQ HANDLE 000-00000000 SEQ 0\n");
		buffer_text(out, request);
		return;
	}
	buffer_u32(out, 1 + sizeof(request));
	buffer_u32(out, 1);
	buffer_u8(out, REQ);
	buffer_add(out, request, sizeof(request));
}

/* One whole token of the handle that was asked on: a refusal, or that it was taken. */
static enum probe_step hear_token(struct span *heard, bool ended, struct answer *answer)
{
	const enum verdict verdict = span_left(*heard) > 0 ? recognise_answer(*heard) : MORE;
	struct span rest = *heard, token;

	if (verdict != YES)
		return probe_step_for(verdict, ended);
	token = span_take(&rest, span_u32(&rest) + 4u);
	if (rest.failed)
		return ended ? PROBE_DONE : PROBE_WAIT;
	span_skip(&token, 4);
	if (span_u8(&token) == NAK)
		answer_fact(answer, "error", text_trim(text_first(span_line(&token), FIELD_MOST)));
	heard->at = heard->end;
	return PROBE_DONE;
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span words = *heard;
	struct header header;

	(void)state;
	(void)out;
	if (span_peek(*heard, 0) == 0)
		return hear_token(heard, ended, answer);
	if (!read_header(&words, &header) || header.kind == REQ)
		return PROBE_NOT;
	answer_product(answer, span_text("Amanda"), header.version);
	if (header.kind == ACK && !ended)
		return PROBE_WAIT;
	if (header.kind == NAK)
		answer_fact(answer, "error", text_trim(text_first(words, FIELD_MOST)));
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true, .transports = PROBE_UDP | PROBE_TCP, .greet = greet, .hear = hear
};

const struct protocol protocol_amanda = {
	.name = "amanda",
	.title = "Amanda",
	DOORS(UDP(10080), TCP(10080)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	MARKS(OCTET(0, 'A'), OCTET(0, ' '), OCTET(0, '\t')),
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
