/* iscsi.c: SCSI over TCP, RFC 7143: recognised by its login, and servers asked which login they want. */
#include "protocols/iscsi.h"

enum {
	VERSIONS_AT = 2,
	LOGIN_TEXT = 8192, /* MaxRecvDataSegmentLength before another one is agreed on (13.12) */
	CLIENT_RESERVED = 32,
	SERVER_RESERVED = 38,
	STATUS_CLASS = 36,
	KEY_MOST = 63, /* 6.1 */
};

static const struct weakness *const weaknesses[] = { &iscsi_no_auth, &iscsi_open_discovery, NULL };

/* ---- recognising ---- */

static bool is_zero(struct span s, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < span_left(s); i++)
		if (s.at[i] != 0)
			return false;
	return true;
}

/* "InitiatorName=": the first key of a login's text. */
static enum verdict recognise_key(struct span text)
{
	for (size_t i = 0; i < span_left(text); i++) {
		const uint8_t c = text.at[i], letter = c | 0x20;

		if (c == '=')
			return i > 1 ? YES : NO;
		if (i == KEY_MOST || !((letter >= 'a' && letter <= 'z') || (i > 0 && c >= '-' && c <= '_')))
			return NO;
	}
	return MORE;
}

static enum verdict recognise_login(struct span first, bool answer)
{
	const size_t come = span_left(first);
	struct iscsi_pdu pdu;

	if (!is_zero(first, VERSIONS_AT, VERSIONS_AT + 3) || !is_zero(first, answer ? 20 : 22, 24) ||
	    !is_zero(first, answer ? SERVER_RESERVED : CLIENT_RESERVED, ISCSI_HEADER))
		return NO;
	if (come < ISCSI_HEADER)
		return MORE;
	if (!iscsi_read_header(first, answer, &pdu) || pdu.data > LOGIN_TEXT || (pdu.flags & 0x30) != 0 ||
	    (pdu.flags >> 2 & 3) > 1 || (pdu.flags & 3) == 2 ||
	    (answer && (first.at[STATUS_CLASS] > 3 ||
			(pdu.data == 0 && first.at[STATUS_CLASS] == 0 && (pdu.flags & ISCSI_FINAL) == 0))))
		return NO;
	if (pdu.data == 0)
		return answer ? YES : NO;
	span_skip(&first, ISCSI_HEADER);
	return recognise_key(text_first(first, pdu.data));
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	const bool answer = side == SIDE_SERVER;

	if (transport != TRANSPORT_TCP ||
	    *first.at != (answer ? ISCSI_LOGIN_ANSWER : ISCSI_LOGIN | ISCSI_IMMEDIATE))
		return NO;
	return recognise_login(first, answer);
}

/* ---- asking ---- */

/* The first step of a login for discovery, which the server answers with what it wants next. No session
 * begins before the last step, which is never taken. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char keys[] = "InitiatorName=iqn.2001-04.example.invalid:doorward\0"
				   "SessionType=Discovery\0"
				   "AuthMethod=CHAP,None";
	const uint8_t head[] = {
		ISCSI_LOGIN | ISCSI_IMMEDIATE, 0, 0, 0, 0, 0, 0, sizeof(keys), 0x80, 0, 0, 0, 1
	};

	(void)state;
	(void)transport;
	buffer_add(out, head, sizeof(head));
	buffer_fill(out, 0, ISCSI_HEADER - sizeof(head));
	buffer_add(out, keys, sizeof(keys));
	buffer_fill(out, 0, (4 - sizeof(keys) % 4) % 4);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span rest = *heard, key, value;
	struct iscsi_pdu pdu;

	(void)state;
	(void)out;
	if (span_left(rest) < ISCSI_HEADER)
		return ended ? PROBE_NOT : PROBE_WAIT;
	if (recognise_login(rest, true) == NO || !iscsi_read_header(rest, true, &pdu))
		return PROBE_NOT;
	if (span_left(rest) < ISCSI_HEADER + (size_t)pdu.data)
		return ended ? PROBE_NOT : PROBE_WAIT;
	if (rest.at[STATUS_CLASS] != 0)
		answer_fact_format(answer, "status", "%s", iscsi_status(rest.at[STATUS_CLASS]));
	span_skip(&rest, ISCSI_HEADER);
	*heard = rest;
	rest = span_take(heard, pdu.data);
	while (iscsi_next_key(&rest, &key, &value)) {
		if (span_is(key, "AuthMethod"))
			answer_fact(answer, "auth_method", value);
		else if (span_is(key, "TargetAlias"))
			answer_fact(answer, "target_alias", value);
		if (span_is(key, "AuthMethod") && span_is(value, "None"))
			answer_weakness(answer, &iscsi_open_discovery,
					"it lets initiators without a name and secret go on");
	}
	return PROBE_DONE;
}

static const struct probe probe = { .transports = PROBE_TCP, .rare = true, .greet = greet, .hear = hear };

const struct protocol protocol_iscsi = {
	.name = "iscsi",
	.title = "Internet SCSI",
	DOORS(TCP(3260), TCP(860)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &iscsi_parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
