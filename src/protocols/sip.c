/* sip.c: Session Initiation Protocol. RFC 3261, and the methods of RFC 3262, 3265, 3311, 3428, 3515, 3903 and
 * 6086. */
#include "protocols/sip.h"

#include "protocols/http.h"
#include "protocols/lines.h"

enum { EMPTY_MOST = 4 };

static const char *const methods[] = { "INVITE ",  "ACK ",    "BYE ",     "CANCEL ", "REGISTER ",
				       "OPTIONS ", "INFO ",   "MESSAGE ", "NOTIFY ", "SUBSCRIBE ",
				       "PRACK ",   "UPDATE ", "REFER ",   "PUBLISH " };
static const char *const schemes[] = { "sip:", "sips:", "tel:", "urn:", "SIP:" };

static enum verdict any_of(struct span s, const char *const *texts, size_t count, struct span *ret_rest)
{
	enum verdict best = NO;

	for (size_t i = 0; i < count && best != YES; i++) {
		const enum verdict verdict = recognise_text(s, texts[i]);

		if (verdict == YES) {
			*ret_rest = s;
			span_skip(ret_rest, strlen(texts[i]));
		}
		best = verdict > best ? verdict : best;
	}
	return best;
}

static enum verdict recognise_words(struct span first)
{
	const enum verdict status = recognise_text(first, "SIP/2.0 ");
	enum verdict request;

	if (status != NO)
		return status;
	request = any_of(first, methods, sizeof(methods) / sizeof(*methods), &first);
	if (request != YES)
		return request;
	if (span_left(first) == 0)
		return MORE;
	return any_of(first, schemes, sizeof(schemes) / sizeof(*schemes), &first);
}

enum verdict sip_recognise(struct span first, enum side side, unsigned transport)
{
	enum verdict verdict;

	(void)side; /* both ends ask and answer */
	if (transport != TRANSPORT_UDP && transport != TRANSPORT_TCP)
		return NO;
	/* RFC 3261 7.5: empty lines before a message are none of it; over UDP they are a datagram alone. */
	for (unsigned i = 0; i < EMPTY_MOST && transport == TRANSPORT_TCP && span_begins(first, "\r\n"); i++)
		span_skip(&first, 2);
	if (transport == TRANSPORT_TCP && (span_left(first) == 0 || span_is(first, "\r")))
		return MORE;
	verdict = recognise_words(first);
	return verdict == MORE && transport == TRANSPORT_UDP ? NO : verdict;
}

/* ---- fields ---- */

struct name {
	const char *text;
	size_t length;
	char letter; /* 0: none stands for it */
};

#define NAME(text, letter)                                                                                   \
	{                                                                                                    \
		text, sizeof(text) - 1, letter                                                               \
	}

static const struct name names[SIP_FIELDS] = {
	[SIP_CALL_ID] = NAME("Call-ID", 'i'),
	[SIP_CONTACT] = NAME("Contact", 'm'),
	[SIP_CONTENT_LENGTH] = NAME("Content-Length", 'l'),
	[SIP_CONTENT_TYPE] = NAME("Content-Type", 'c'),
	[SIP_CSEQ] = NAME("CSeq", 0),
	[SIP_EXPIRES] = NAME("Expires", 0),
	[SIP_FROM] = NAME("From", 'f'),
	[SIP_SERVER] = NAME("Server", 0),
	[SIP_TO] = NAME("To", 't'),
	[SIP_USER_AGENT] = NAME("User-Agent", 0),
};

#undef NAME

/* Cuts one line into name and value; blanks may stand before the colon (RFC 3261 25.1, HCOLON). False behind
 * the last field. */
static bool next_field(struct span *fields, struct span *ret_name, struct span *ret_value)
{
	struct span line = span_line(fields);

	if (line.failed || span_left(line) == 0)
		return false;
	*ret_name = span_until(&line, ':');
	while (span_left(*ret_name) > 0 && (ret_name->end[-1] == ' ' || ret_name->end[-1] == '\t'))
		ret_name->end--;
	*ret_value = line;
	return true;
}

static bool is_named(struct span found, const struct name *name)
{
	if (span_left(found) == 1)
		return name->letter != 0 && (*found.at | 0x20) == name->letter;
	return span_left(found) == name->length && span_begins_nocase(found, name->text);
}

void sip_fields(struct span fields, struct span ret_values[static SIP_FIELDS])
{
	const struct span none = span_of(NULL, 0);
	struct span found, value;

	for (size_t i = 0; i < SIP_FIELDS; i++)
		ret_values[i] = none;
	while (next_field(&fields, &found, &value))
		for (size_t i = 0; i < SIP_FIELDS; i++)
			if (ret_values[i].at == none.at && is_named(found, &names[i]))
				ret_values[i] = text_trim(value);
}

struct span sip_field(struct span fields, enum sip_field wanted)
{
	struct span found, value;

	while (next_field(&fields, &found, &value))
		if (is_named(found, &names[wanted]))
			return text_trim(value);
	return span_of(NULL, 0);
}

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	buffer_format(out,
		      "OPTIONS sip:nobody@localhost SIP/2.0\r\nVia: SIP/2.0/%s "
		      "localhost;branch=z9hG4bKdoorward;rport\r\n"
		      "Max-Forwards: 70\r\nUser-Agent: " PROBE_IDENTITY
		      "\r\nFrom: <sip:doorward@localhost>;tag=1\r\nTo: <sip:nobody@localhost>\r\n"
		      "Call-ID: doorward\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		      transport == TRANSPORT_UDP ? "UDP" : "TCP");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const size_t head = http_head(*heard);
	struct span fields, line, agent, product, version;

	(void)state;
	(void)out;
	if (span_left(*heard) > 0 && recognise_text(*heard, "SIP/2.0 ") == NO)
		return PROBE_NOT;
	if (head == 0)
		return ended || span_left(*heard) > HTTP_HEAD ? PROBE_NOT : PROBE_WAIT;
	fields = span_take(heard, head);
	line = span_line(&fields);
	(void)text_word(&line);
	answer_fact(answer, "status", text_word(&line));
	agent = http_field(fields, "Server");
	agent = span_left(agent) > 0 ? agent : http_field(fields, "User-Agent");
	answer_fact(answer, "server", agent);
	answer_fact(answer, "allow", http_field(fields, "Allow"));
	http_client_product(agent, &product, &version);
	answer_product(answer, product, version);
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true, .transports = PROBE_UDP | PROBE_TCP, .greet = greet, .hear = hear
};

const struct protocol protocol_sip = {
	.name = "sip",
	.title = "Session Initiation Protocol",
	DOORS(UDP(5060), TCP(5060)),
	.privacy = PRIVACY_CLEAR,
	.recognise = sip_recognise,
	.datagram_least = 8,
	MARKS(OCTETS(0, 'A', 'C'), OCTET(0, 'I'), OCTETS(0, 'M', 'P'), OCTETS(0, 'R', 'S'), OCTET(0, 'U'),
	      OCTETS(1, 'A', 'Z'), OCTETS(2, 'A', 'Z')),
	ALPN("sip/2"),
	.parser = &sip_parser,
	.probe = &probe,
};
