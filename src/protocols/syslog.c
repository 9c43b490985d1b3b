/* syslog.c: syslog. RFC 3164 (what programs did before), RFC 5424 (the message), RFC 5426 (over UDP), RFC
 * 6587 (both framings over TCP). What is logged is not told, but for who logs it and how grave it is: it may
 * hold secrets. */
#include "protocols/lines.h"

#include <ctype.h>

enum {
	PRIORITY_MOST = 191, /* local7.debug */
	MESSAGE_MOST = 16384,
	TIME_3164 = sizeof("Jan  1 00:00:00") - 1,
	NAME_MOST = 48,
};

static const char *const facilities[] = {
	"kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
	"uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
	"local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7",
};
static const char *const severities[] = { "emerg",   "alert",  "crit", "err",
					  "warning", "notice", "info", "debug" };

/* ---- messages ---- */

/* "<34>": at most three digits, the first of which is a zero only when it is alone. */
static enum verdict take_priority(struct span *s, unsigned *ret_priority)
{
	struct span rest = *s, digits;
	uint64_t number;
	size_t length = 1;

	if (span_u8(&rest) != '<')
		return NO;
	while (length <= 4 && isdigit(span_peek(*s, length)))
		length++;
	if (span_left(*s) <= length)
		return length <= 4 ? MORE : NO;
	digits = span_take(&rest, length - 1);
	if (span_u8(&rest) != '>' || span_left(digits) > 3 || !span_number(digits, PRIORITY_MOST, &number) ||
	    (*digits.at == '0' && span_left(digits) > 1))
		return NO;
	*ret_priority = (unsigned)number;
	*s = rest;
	return YES;
}

/* "Oct 11 22:14:15" (RFC 3164 4.1.2). */
static bool begins_with_time(struct span s)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static const char shape[] = "mmm _d dd:dd:dd";

	if (span_left(s) < TIME_3164)
		return false;
	for (size_t i = 3; i < TIME_3164; i++) {
		const uint8_t c = s.at[i];

		if (shape[i] == 'd'   ? !isdigit(c)
		    : shape[i] == '_' ? !isdigit(c) && c != ' '
				      : c != (uint8_t)shape[i])
			return false;
	}
	for (size_t i = 0; i < 36; i += 3)
		if (memcmp(s.at, months + i, 3) == 0)
			return true;
	return false;
}

/* "2003-10-11T22:14:15.003Z " where RFC 3164 has its time: rsyslog's form for forwarding. */
static bool begins_with_date(struct span s)
{
	static const char shape[] = "dddd-dd-ddTdd:d";

	if (span_left(s) < TIME_3164)
		return false;
	for (size_t i = 0; i < TIME_3164; i++)
		if (shape[i] == 'd' ? !isdigit(s.at[i]) : s.at[i] != (uint8_t)shape[i])
			return false;
	return true;
}

/* "1 2003-10-11T22:14:15.003Z " or "1 - " (RFC 5424 6.2). */
static bool begins_with_version(struct span s)
{
	if (!span_begins(s, "1 "))
		return false;
	return span_begins(s, "1 - ") ||
	       (isdigit(span_peek(s, 2)) && isdigit(span_peek(s, 5)) && span_peek(s, 6) == '-');
}

static bool begins_as_known(struct span s)
{
	return begins_with_version(s) || begins_with_time(s) || begins_with_date(s);
}

struct message {
	unsigned priority;
	uint8_t version;    /* 1; 0 for those of RFC 3164 */
	uint64_t malformed; /* neither: how many of this flow are, with this one */
	struct span time, host, application, process, id, structured;
	size_t length;
};

/* A word of the header, empty where it is "-". */
static struct span take_value(struct span *s)
{
	const struct span word = text_word(s);

	return span_is(word, "-") ? span_of(NULL, 0) : word;
}

/* RFC 5424 6.3: "[id name="value"]..."; an escaped bracket does not end it. */
static struct span take_structured(struct span *s)
{
	struct span elements;

	span_skip(s, span_peek(*s, 0) == ' ');
	elements = *s;
	while (span_peek(*s, 0) == '[') {
		bool escaped = false, ends;

		do {
			const uint8_t c = span_u8(s);

			ends = c == ']' && !escaped;
			escaped = c == '\\' && !escaped;
		} while (!s->failed && !ends);
		if (s->failed)
			return span_of(NULL, 0);
	}
	elements.end = s->at;
	return elements;
}

/* "sshd[123]: text", "kernel: text" (RFC 3164 4.1.3). */
static void read_tag(struct message *message, struct span s)
{
	struct span tag = text_word(&s), rest = tag;

	if (span_left(tag) == 0 || (tag.end[-1] != ':' && span_find(tag, "[") == SIZE_MAX))
		return;
	message->application = span_until(&rest, '[');
	if (!message->application.failed)
		message->process = span_until(&rest, ']');
	else
		message->application = span_until(&tag, ':');
}

static void read_message(struct span s, unsigned priority, struct message *ret_message)
{
	*ret_message = (struct message){ .priority = priority, .length = span_left(s) };
	if (begins_with_version(s)) {
		ret_message->version = 1;
		span_skip(&s, 2);
		ret_message->time = take_value(&s);
		ret_message->host = take_value(&s);
		ret_message->application = take_value(&s);
		ret_message->process = take_value(&s);
		ret_message->id = take_value(&s);
		ret_message->structured = take_structured(&s);
	} else if (begins_with_time(s) || begins_with_date(s)) {
		ret_message->time = begins_with_date(s) ? text_word(&s) : span_take(&s, TIME_3164);
		ret_message->host = text_word(&s);
		if (span_left(ret_message->host) > 0 &&
		    ret_message->host.end[-1] == ':') { /* no host: the tag */
			s.at = ret_message->host.at;
			ret_message->host = span_of(NULL, 0);
		}
		read_tag(ret_message, s);
	} else {
		ret_message->malformed = 1;
	}
}

static void emit(const void *record, struct json *json)
{
	const struct message *const message = record;

	json_text(json, "facility", facilities[message->priority >> 3]);
	json_text(json, "severity", severities[message->priority & 7]);
	if (message->version > 0)
		json_unsigned(json, "version", message->version);
	emit_span(json, "timestamp", message->time);
	emit_span(json, "hostname", message->host);
	emit_span(json, "appname", message->application);
	emit_span(json, "procid", message->process);
	emit_span(json, "msgid", message->id);
	emit_span(json, "structured_data", message->structured);
	json_unsigned(json, "length", message->length);
	if (message->malformed > 0) {
		json_bool(json, "malformed", true);
		json_unsigned(json, "malformed_count", message->malformed);
	}
}

/* ---- recognising ---- */

static struct span without_padding(struct span s)
{
	while (span_left(s) > 0 && (s.end[-1] == '\0' || s.end[-1] == '\n'))
		s.end--;
	return s;
}

/* A datagram is a whole message. Of what stands behind the priority little is certain: text, at least. */
static enum verdict recognise_datagram(struct span first)
{
	unsigned priority;

	first = without_padding(first);
	if (take_priority(&first, &priority) != YES || span_left(first) < 2)
		return NO;
	if (begins_as_known(first))
		return YES;
	/* A figure between brackets begins other text as well: there a program must be named. */
	if (priority < 10 && span_find(text_first(first, NAME_MOST), ": ") == SIZE_MAX)
		return NO;
	return text_is_plain(first) && (isalnum(*first.at) || strchr(" :[*%", *first.at) != NULL) ? YES : NO;
}

/* RFC 6587 3.4.1: "123 <34>1 ...", the octets of the message before it. */
static enum verdict take_count(struct span *s, uint64_t *ret_count)
{
	size_t length = 0;

	while (length < 6 && isdigit(span_peek(*s, length)))
		length++;
	if (length == span_left(*s))
		return length < 6 ? MORE : NO;
	if (s->at[length] != ' ' || length == 0 || *s->at == '0' ||
	    !span_number(span_of(s->at, length), MESSAGE_MOST, ret_count))
		return NO;
	span_skip(s, length + 1);
	return YES;
}

static enum verdict recognise_stream(struct span first)
{
	unsigned priority;
	uint64_t count;
	enum verdict whole = YES;

	if (isdigit(span_peek(first, 0)))
		whole = take_count(&first, &count);
	if (whole == YES && span_left(first) == 0)
		return MORE;
	if (whole == YES)
		whole = take_priority(&first, &priority);
	if (whole != YES)
		return whole;
	if (begins_as_known(first))
		return YES;
	return span_left(first) < TIME_3164 && text_is_plain(first) ? MORE : NO;
}

/* Servers do not answer; whoever speaks is the client. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	(void)side;
	return transport == TRANSPORT_UDP   ? recognise_datagram(first)
	       : transport == TRANSPORT_TCP ? recognise_stream(first)
					    : NO;
}

/* ---- reading ---- */

struct conversation {
	uint64_t malformed;
	bool lost[2];
};

static enum verdict read_one(struct conversation *state, struct parse *parse, struct span bytes)
{
	struct message message;
	unsigned priority;

	if (take_priority(&bytes, &priority) != YES)
		return NO;
	read_message(bytes, priority, &message);
	if (message.malformed > 0)
		message.malformed = ++state->malformed;
	parse_event(parse, &message);
	return YES;
}

/* Takes a message with the framing that it has. */
static enum verdict take_message(struct span *bytes, struct span *ret_message)
{
	struct span rest = *bytes;
	uint64_t count;
	enum verdict whole;

	if (!isdigit(span_peek(rest, 0)))
		return line_take(bytes, ret_message);
	whole = take_count(&rest, &count);
	if (whole != YES)
		return whole;
	*ret_message = span_take(&rest, count);
	if (rest.failed)
		return MORE;
	*bytes = rest;
	return YES;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct span message;
	enum verdict whole = YES;

	if (parse->transport == TRANSPORT_UDP) {
		whole = read_one(state, parse, without_padding(*bytes));
		bytes->at = whole == YES ? bytes->end : bytes->at;
		return whole == YES ? PARSE_ON : PARSE_BROKEN;
	}
	if (!line_resume(&state->lost[parse->side], bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0 && whole == YES) {
		struct span rest = *bytes;

		whole = take_message(&rest, &message);
		if (whole == YES && span_left(without_padding(message)) > 0)
			whole = read_one(state, parse, without_padding(message));
		if (whole == YES)
			*bytes = rest;
	}
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	(void)length;
	state->lost[parse->side] = true;
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.emit = emit,
};

const struct protocol protocol_syslog = {
	.name = "syslog",
	.title = "syslog",
	DOORS(UDP(514), TCP(601)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 5,
	MARKS(OCTET(0, '<'), OCTETS(1, '0', '9')),
	.parser = &parser,
};
