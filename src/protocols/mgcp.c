/* mgcp.c: Media Gateway Control Protocol, RFC 3435: commands of four letters and answers of three digits, in
 * datagrams, with descriptions of media behind them. */
#include "protocols/lines.h"
#include "protocols/probes.h"
#include "protocols/sdp.h"

#include <ctype.h>

static const char *const verbs[] = { "EPCF", "CRCX", "MDCX", "DLCX", "RQNT", "NTFY", "AUEP", "AUCX", "RSIP" };

struct message {
	struct span verb, transaction, endpoint, version, comment;
	struct span call, connection, description;
	uint64_t code;
};

/* The line of a command: "CRCX 1204 aaln/1@example.com MGCP 1.0"; of an answer: "200 1204 OK". */
static bool read_line(struct span line, struct message *message)
{
	uint64_t transaction;

	message->verb = text_word(&line);
	message->transaction = text_word(&line);
	if (!span_number(message->transaction, 999999999, &transaction))
		return false;
	if (span_left(message->verb) == 3 && span_number(message->verb, 999, &message->code) &&
	    message->code >= 100) {
		message->comment = text_trim(line);
		return true;
	}
	message->endpoint = text_word(&line);
	message->version = text_trim(line);
	if (!span_begins(message->version, "MGCP "))
		return false;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (span_is_nocase(message->verb, verbs[i]))
			return true;
	return false;
}

/* "200 1204 OK" could be anybody's: only with the parameter of a connection behind it is it certain. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct message message = { .code = 0 };
	struct span line;

	(void)side; /* gateways and their agents both ask */
	if (transport != TRANSPORT_UDP || (!isalpha(span_peek(first, 0)) && !isdigit(span_peek(first, 0))))
		return NO;
	line = span_line(&first);
	if (line.failed || !text_is_plain(line) || !read_line(line, &message))
		return NO;
	if (message.code == 0)
		return YES;
	return span_begins(first, "I: ") || span_begins(first, "Z: ") || span_begins(first, "K: ") ? YES : NO;
}

static void emit(const void *record, struct json *json)
{
	const struct message *const message = record;

	if (message->code == 0) {
		json_span(json, "command", message->verb);
		json_span(json, "endpoint", message->endpoint);
		json_span(json, "version", message->version);
	} else {
		json_unsigned(json, "code", message->code);
		emit_span(json, "comment", message->comment);
		emit_span(json, "endpoint", message->endpoint);
	}
	json_span(json, "transaction", message->transaction);
	emit_span(json, "call_id", message->call);
	emit_span(json, "connection_id", message->connection);
	sdp_emit(json, message->description);
}

/* Several messages in a datagram have lines with a dot between them (RFC 3435 3.5.5). */
static struct span take_message(struct span *s)
{
	struct span rest = *s, line;
	const struct span whole = *s;

	while (line = span_line(&rest), !line.failed) {
		if (!span_is(line, "."))
			continue;
		s->at = rest.at;
		return span_of(whole.at, (size_t)(line.at - whole.at));
	}
	s->at = s->end;
	return whole;
}

static bool read_message(struct parse *parse, struct span rest)
{
	struct message message = { .code = 0 };
	struct span line = span_line(&rest);

	if (line.failed || !read_line(line, &message))
		return false;
	while (line = span_line(&rest), !line.failed && span_left(line) > 0) {
		const uint8_t letter = span_u8(&line) & ~0x20u;

		if (span_u8(&line) != ':')
			continue;
		if (letter == 'C')
			message.call = text_trim(line);
		else if (letter == 'I')
			message.connection = text_trim(line);
		else if (letter == 'Z' && message.code != 0)
			message.endpoint = text_trim(line); /* which one it took of "any" */
	}
	message.description = rest;
	message.description.failed = false;
	sdp_expect(parse, message.description);
	parse_event(parse, &message);
	return true;
}

static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	(void)state;
	while (span_left(*bytes) > 0) {
		struct span rest = *bytes;
		const struct span message = take_message(&rest);

		if (!read_message(parse, message))
			return parse->cut ? PARSE_ON : PARSE_BROKEN;
		bytes->at = rest.at;
	}
	return PARSE_ON;
}

static const struct parser parser = { .read = read, .emit = emit, .leads = true };

const struct protocol protocol_mgcp = {
	.name = "mgcp",
	.title = "Media Gateway Control Protocol",
	DOORS(UDP(2427), UDP(2727)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 9,
	MARKS(OCTETS(0, '1', '9'), OCTETS(0, 'A', 'Z'), OCTETS(0, 'a', 'z'), OCTETS(1, '0', '9'),
	      OCTETS(1, 'A', 'Z'), OCTETS(1, 'a', 'z'), OCTET(3, ' '), OCTET(3, '\t'), OCTET(3, '\r'),
	      OCTETS(3, 'A', 'Z'), OCTETS(3, 'a', 'z'), OCTET(4, ' '), OCTET(4, '\t'), OCTET(4, '\r'),
	      OCTETS(4, '0', '9')),
	.parser = &parser,
	.probe = &mgcp_probe,
};
