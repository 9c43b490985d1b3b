/* radius.c: Remote Authentication Dial In User Service. RFC 2865, RFC 2866 (accounting), RFC 3579 (EAP and
 * the authenticator of messages), RFC 5176 (changes of authorisation). */
#include "protocols/parse.h"

#include <stdio.h>

enum code {
	ACCESS_REQUEST = 1,
	ACCESS_ACCEPT,
	ACCESS_REJECT,
	ACCOUNTING_REQUEST,
	ACCOUNTING_RESPONSE,
	ACCESS_CHALLENGE = 11,
	STATUS_SERVER,
	STATUS_CLIENT,
	DISCONNECT_REQUEST = 40,
	COA_NAK = 45,
};
enum { ATTRIBUTES_ENOUGH = 5 };
enum { HEADER = 20, LENGTH_MOST = 4096, USER_PASSWORD = 2, EAP_MESSAGE = 79, MESSAGE_AUTHENTICATOR = 80 };

static const struct weakness no_authenticator = {
	"radius-no-message-authenticator",
	"RADIUS answers can be forged",
	2,
	"Demand Message-Authenticator in all access requests and answers (CVE-2024-3596), or use RADIUS over "
	"TLS.",
};
static const struct weakness password = {
	"radius-pap",
	"RADIUS carries passwords that MD5 alone hides",
	3,
	"Use EAP-TLS or another method of EAP, or RADIUS over TLS.",
};
static const struct weakness *const weaknesses[] = { &no_authenticator, &password, NULL };

static bool is_request(uint8_t code)
{
	return code == ACCESS_REQUEST || code == ACCOUNTING_REQUEST || code == STATUS_SERVER ||
	       code == STATUS_CLIENT || code == DISCONNECT_REQUEST || code == DISCONNECT_REQUEST + 3;
}

static bool is_code(uint8_t code)
{
	return (code >= ACCESS_REQUEST && code <= ACCOUNTING_RESPONSE) ||
	       (code >= ACCESS_CHALLENGE && code <= STATUS_CLIENT) ||
	       (code >= DISCONNECT_REQUEST && code <= COA_NAK);
}

/* A type, a length that counts both, a value. */
static bool next_attribute(struct span *s, uint8_t *type, struct span *value)
{
	uint8_t length;

	*type = span_u8(s);
	length = span_u8(s);
	if (length < 2)
		s->failed = true;
	*value = span_take(s, length - 2u);
	return !s->failed;
}

/* The attributes fill the length, which fills the datagram but for padding. */
static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span s = first, value;
	const uint8_t code = span_u8(&s);
	uint16_t length;
	uint8_t type;

	span_skip(&s, 1);
	length = span_u16(&s);
	if (transport != TRANSPORT_UDP || s.failed || !is_code(code) ||
	    is_request(code) != (side == SIDE_CLIENT) || length < HEADER || length > LENGTH_MOST ||
	    length != span_left(first))
		return NO;
	span_skip(&s, HEADER - 4);
	if (span_left(s) ==
	    0) /* an accounting response has nothing to say, and neither has anybody's noise */
		return side == SIDE_SERVER && (code == ACCOUNTING_RESPONSE || code == ACCESS_ACCEPT ||
					       code == ACCESS_REJECT)
			       ? YES
			       : NO;
	/* Some attributes that fit are enough: behind them a vendor's mistake may stand. */
	for (unsigned count = 0; span_left(s) > 0; count++)
		if (!next_attribute(&s, &type, &value) || type == 0)
			return count >= ATTRIBUTES_ENOUGH ? YES : NO;
	return YES;
}

/* ---- reading ---- */

static const char *code_text(uint8_t code)
{
	static const char *const names[] = {
		NULL,
		"Access-Request",
		"Access-Accept",
		"Access-Reject",
		"Accounting-Request",
		"Accounting-Response",
	};
	static const char *const later[] = { "Access-Challenge", "Status-Server", "Status-Client" };
	static const char *const changes[] = { "Disconnect-Request", "Disconnect-ACK", "Disconnect-NAK",
					       "CoA-Request",        "CoA-ACK",        "CoA-NAK" };

	if (code <= ACCOUNTING_RESPONSE)
		return names[code];
	if (code >= DISCONNECT_REQUEST && code <= COA_NAK)
		return changes[code - DISCONNECT_REQUEST];
	return code >= ACCESS_CHALLENGE && code <= STATUS_CLIENT ? later[code - ACCESS_CHALLENGE] : NULL;
}

enum kind { TEXT, ADDRESS, NUMBER };

static void write_attribute(struct json *json, const char *key, enum kind kind, struct span value)
{
	char text[16];

	if (kind == TEXT)
		json_span(json, key, value);
	else if (span_left(value) != 4)
		return;
	else if (kind == NUMBER)
		json_unsigned(json, key, span_u32(&value));
	else {
		(void)snprintf(text, sizeof(text), "%u.%u.%u.%u", value.at[0], value.at[1], value.at[2],
			       value.at[3]);
		json_text(json, key, text);
	}
}

static void emit(const void *memory, struct json *json)
{
	static const struct {
		uint8_t type;
		enum kind kind;
		const char *key;
	} keys[] = {
		{ 1, TEXT, "user_name" },
		{ 4, ADDRESS, "nas_ip" },
		{ 5, NUMBER, "nas_port" },
		{ 6, NUMBER, "service_type" },
		{ 7, NUMBER, "framed_protocol" },
		{ 8, ADDRESS, "framed_ip" },
		{ 18, TEXT, "reply_message" },
		{ 27, NUMBER, "session_timeout" },
		{ 30, TEXT, "called_station_id" },
		{ 31, TEXT, "calling_station_id" },
		{ 32, TEXT, "nas_identifier" },
		{ 40, NUMBER, "acct_status_type" },
		{ 42, NUMBER, "acct_input_octets" },
		{ 43, NUMBER, "acct_output_octets" },
		{ 44, TEXT, "acct_session_id" },
		{ 46, NUMBER, "acct_session_time" },
		{ 87, TEXT, "nas_port_id" },
	};
	struct span s = *(const struct span *)memory, value;
	const uint8_t code = span_u8(&s);
	uint64_t told = 0;
	bool eap = false;
	uint8_t type;

	json_text(json, "code", code_text(code));
	json_unsigned(json, "id", span_u8(&s));
	span_skip(&s, HEADER - 2);
	while (span_left(s) > 0 && next_attribute(&s, &type, &value)) {
		eap = eap || type == EAP_MESSAGE;
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			if (keys[i].type != type || told >> i & 1)
				continue;
			told |= 1u << i;
			write_attribute(json, keys[i].key, keys[i].kind, value);
		}
	}
	if (eap)
		json_bool(json, "eap", true);
}

static void judge(struct parse *parse, struct span s)
{
	const uint8_t code = span_u8(&s);
	bool authenticated = false;
	struct span value;
	uint8_t type;

	span_skip(&s, HEADER - 1);
	while (span_left(s) > 0 && next_attribute(&s, &type, &value)) {
		authenticated = authenticated || type == MESSAGE_AUTHENTICATOR;
		if (type == USER_PASSWORD && code == ACCESS_REQUEST)
			parse_weakness(parse, &password, "an Access-Request has User-Password");
	}
	if (!authenticated && (code == ACCESS_ACCEPT || code == ACCESS_REJECT || code == ACCESS_CHALLENGE))
		parse_weakness(parse, &no_authenticator, "%s without Message-Authenticator", code_text(code));
}

static enum parse_step read_radius(void *state, struct parse *parse, struct span *bytes)
{
	struct span s = *bytes;
	const uint8_t code = span_u8(&s);
	uint16_t length;

	(void)state;
	span_skip(&s, 1);
	length = span_u16(&s);
	if (s.failed || !is_code(code) || length < HEADER || (length > span_left(*bytes) && !parse->cut))
		return PARSE_BROKEN;
	if (length < span_left(*bytes))
		bytes->end = bytes->at + length;
	judge(parse, *bytes);
	parse_event(parse, bytes);
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = 1,
	.read = read_radius,
	.emit = emit,
};

const struct protocol protocol_radius = {
	.name = "radius",
	.title = "Remote Authentication Dial In User Service",
	DOORS(UDP(1812), UDP(1813)),
	.privacy = PRIVACY_EITHER,
	.recognise = recognise,
	.datagram_least = HEADER,
	MARKS(OCTETS(0, ACCESS_REQUEST, ACCOUNTING_RESPONSE), OCTETS(0, ACCESS_CHALLENGE, STATUS_CLIENT),
	      OCTETS(0, DISCONNECT_REQUEST, COA_NAK), OCTETS(2, 0, LENGTH_MOST >> 8)),
	.parser = &parser,
	.weaknesses = weaknesses,
};
