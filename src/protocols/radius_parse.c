/* radius_parse.c: the events of RADIUS, and what is weak in its messages. */
#include "protocols/radius.h"
#include "protocols/tally.h"

#include <stdio.h>

enum {
	USER_PASSWORD = 2,
	CHAP_PASSWORD,
	VENDOR_SPECIFIC = 26,
	EAP_MESSAGE = 79,
	MESSAGE_AUTHENTICATOR = 80,
	BEFORE_LENGTH = 4
};

static const char *name_of(uint8_t code)
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

	if (code <= RADIUS_ACCOUNTING_RESPONSE)
		return names[code];
	if (code >= RADIUS_DISCONNECT_REQUEST && code <= RADIUS_COA_NAK)
		return changes[code - RADIUS_DISCONNECT_REQUEST];
	return code >= RADIUS_ACCESS_CHALLENGE && code <= RADIUS_STATUS_CLIENT
		       ? later[code - RADIUS_ACCESS_CHALLENGE]
		       : NULL;
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

/* RFC 3748 4 and 5: of a request or a response its type; who answers to be asked who he is. */
static void write_eap(struct json *json, struct span s)
{
	enum { REQUEST = 1, RESPONSE = 2, IDENTITY = 1, IDENTITY_MOST = 253 };
	static const struct code_name types[] = {
		{ 1, "identity" },  { 2, "notification" }, { 3, "nak" },        { 4, "md5" },
		{ 5, "otp" },       { 6, "gtc" },          { 13, "tls" },       { 17, "leap" },
		{ 18, "sim" },      { 21, "ttls" },        { 23, "aka" },       { 25, "peap" },
		{ 26, "mschapv2" }, { 43, "fast" },        { 50, "aka_prime" }, { 52, "pwd" },
		{ 55, "teap" },
	};
	const uint8_t code = span_u8(&s);
	uint16_t length;
	uint8_t type;

	json_bool(json, "eap", true);
	span_skip(&s, 1);
	length = span_u16(&s);
	type = span_u8(&s);
	if (s.failed || (code != REQUEST && code != RESPONSE) || length < 5)
		return;
	if (CODE_TEXT(types, type) != NULL)
		json_text(json, "eap_type", CODE_TEXT(types, type));
	if (type == IDENTITY && code == RESPONSE && length - 5u <= span_left(s))
		emit_span(json, "eap_identity", text_first(span_take(&s, length - 5u), IDENTITY_MOST));
}

/* RFC 2548 2.1.3 and 2.3.2: of Microsoft's attributes the answers of MS-CHAP, of its first and second
 * version. */
static const char *microsoft(struct span value)
{
	enum { MICROSOFT = 311, RESPONSE = 1, RESPONSE_2 = 25, LENGTH = 52 };
	const uint32_t vendor = span_u32(&value);
	const uint8_t type = span_u8(&value);

	if (vendor != MICROSOFT || span_u8(&value) != LENGTH)
		return NULL;
	return type == RESPONSE ? "mschap" : type == RESPONSE_2 ? "mschapv2" : NULL;
}

/* By what somebody asks to be let in. */
static void write_authentication(struct json *json, struct span attributes)
{
	const char *name = NULL;
	struct span value;
	uint8_t type;

	while (name == NULL && span_left(attributes) > 0 && radius_next_attribute(&attributes, &type, &value))
		name = type == USER_PASSWORD     ? "pap"
		       : type == CHAP_PASSWORD   ? "chap"
		       : type == EAP_MESSAGE     ? "eap"
		       : type == VENDOR_SPECIFIC ? microsoft(value)
						 : NULL;
	if (name != NULL)
		json_text(json, "authentication", name);
}

/* Numbers of vendors (RFC 2865 5.26), each once. */
static void write_vendors(struct json *json, struct span attributes)
{
	enum { SHOWN = 4 };
	uint32_t vendors[SHOWN];
	size_t count = 0;
	struct span value;
	uint8_t type;

	while (count < SHOWN && span_left(attributes) > 0 &&
	       radius_next_attribute(&attributes, &type, &value)) {
		const uint32_t vendor = span_u32(&value);
		bool told = type != VENDOR_SPECIFIC || value.failed;

		for (size_t i = 0; i < count; i++)
			told |= vendors[i] == vendor;
		if (!told)
			vendors[count++] = vendor;
	}
	if (count == 0)
		return;
	json_open_array(json, "vendors");
	for (size_t i = 0; i < count; i++)
		json_unsigned(json, NULL, vendors[i]);
	json_end(json);
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
	struct span eap = span_of(NULL, 0), attributes;
	uint64_t told = 0;
	uint8_t type;

	json_text(json, "code", name_of(code));
	json_unsigned(json, "id", span_u8(&s));
	span_skip(&s, RADIUS_HEADER - 2);
	attributes = s;
	while (span_left(s) > 0 && radius_next_attribute(&s, &type, &value)) {
		if (type == EAP_MESSAGE && span_left(eap) == 0)
			eap = value; /* what is longer goes on in further ones */
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			if (keys[i].type != type || told >> i & 1)
				continue;
			told |= 1u << i;
			write_attribute(json, keys[i].key, keys[i].kind, value);
		}
	}
	if (code == RADIUS_ACCESS_REQUEST)
		write_authentication(json, attributes);
	if (span_left(eap) > 0)
		write_eap(json, eap);
	write_vendors(json, attributes);
}

static void judge(struct parse *parse, struct span s)
{
	const uint8_t code = span_u8(&s);
	bool authenticated = false;
	struct span value;
	uint8_t type;

	span_skip(&s, RADIUS_HEADER - 1);
	while (span_left(s) > 0 && radius_next_attribute(&s, &type, &value)) {
		authenticated = authenticated || type == MESSAGE_AUTHENTICATOR;
		if (type == USER_PASSWORD && code == RADIUS_ACCESS_REQUEST)
			parse_weakness(parse, &radius_password, "an Access-Request has User-Password");
	}
	if (!authenticated && (code == RADIUS_ACCESS_REQUEST || code == RADIUS_ACCESS_ACCEPT ||
			       code == RADIUS_ACCESS_REJECT || code == RADIUS_ACCESS_CHALLENGE))
		parse_weakness(parse, &radius_no_authenticator, "%s without Message-Authenticator",
			       name_of(code));
}

/* RFC 6613: one message follows the other. */
static enum parse_step read_stream(struct parse *parse, struct span *bytes)
{
	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct span s = *bytes, message;
		const uint8_t code = span_u8(&s);
		uint16_t length;

		span_skip(&s, 1);
		length = span_u16(&s);
		if (s.failed) {
			parse_want(parse, BEFORE_LENGTH);
			break;
		}
		if (!radius_is_code(code) || length < RADIUS_HEADER || length > RADIUS_LENGTH_MOST)
			return PARSE_BROKEN;
		if (message_take(parse, bytes, length, &message) != YES)
			break;
		judge(parse, message);
		parse_event(parse, &message);
	}
	return PARSE_ON;
}

static enum parse_step read_datagram(struct parse *parse, struct span *bytes)
{
	struct span s = *bytes;
	const uint8_t code = span_u8(&s);
	uint16_t length;

	span_skip(&s, 1);
	length = span_u16(&s);
	if (s.failed || !radius_is_code(code) || length < RADIUS_HEADER ||
	    (length > span_left(*bytes) && !parse->cut))
		return PARSE_BROKEN;
	if (length < span_left(*bytes))
		bytes->end = bytes->at + length;
	judge(parse, *bytes);
	parse_event(parse, bytes);
	return PARSE_ON;
}

static enum parse_step read_radius(void *state, struct parse *parse, struct span *bytes)
{
	(void)state;
	return parse->transport == TRANSPORT_TCP ? read_stream(parse, bytes) : read_datagram(parse, bytes);
}

const struct parser radius_parser = {
	.state_size = PARSE_STATE(uint8_t),
	.read = read_radius,
	.emit = emit,
};
