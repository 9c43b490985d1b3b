/* krb5.c: Kerberos 5. RFC 4120 (messages, over UDP and, behind a length, over TCP), RFC 3961 and RFC 8429
 * (which encryption is weak), RFC 6113 and MS-KILE in what is named. Elements of Kerberos are numbered in
 * DER. */
#include "protocols/ber.h"
#include "protocols/parse.h"
#include "protocols/probes.h"

#include <stdio.h>

enum message {
	AS_REQ = 0x6a,
	AS_REP = 0x6b,
	TGS_REQ = 0x6c,
	TGS_REP = 0x6d,
	AP_REQ = 0x6e,
	AP_REP = 0x6f,
	ERROR = 0x7e,
};
enum {
	FIELD = BER_CONTEXT | BER_CONSTRUCTED,
	GENERAL_STRING = 0x1b,
	VERSION = 5,
	MESSAGE_MOST = 65535,
	TEXT = 128
};
enum { SHOWN = 12 };

static const struct weakness weak_encryption = {
	"krb5-weak-encryption",
	"Kerberos uses DES or RC4",
	2,
	"Allow AES only: keys made of passwords with RC4 are guessed quickly (RFC 8429).",
};
static const struct weakness *const weaknesses[] = { &weak_encryption, NULL };

/* ---- recognising ---- */

/* The version stands first, and the type, which repeats the tag, second; in requests for tickets they are
 * numbered from 1, else from 0. */
static bool is_message(struct span s)
{
	enum { SMALL = 4 }; /* no number that is meant is longer, and all stand in the first octets */
	const uint8_t tag = ber_peek(s);
	struct span outer = ber_begun(&s, tag), content = ber_begun(&outer, BER_SEQUENCE);
	const unsigned first = tag == AS_REQ || tag == TGS_REQ ? 1 : 0;
	struct span version, type;

	switch ((enum message)tag) {
	case AS_REQ:
	case AS_REP:
	case TGS_REQ:
	case TGS_REP:
	case AP_REQ:
	case AP_REP:
	case ERROR: break;
	default: return false;
	}
	version = ber_take(&content, (uint8_t)(FIELD | first));
	type = ber_take(&content, (uint8_t)(FIELD | (first + 1)));
	if (span_left(version) > SMALL || span_left(type) > SMALL)
		return false;
	return ber_integer(&version, BER_INTEGER) == VERSION &&
	       ber_integer(&type, BER_INTEGER) == (tag & 0x1f) && !content.failed && !version.failed &&
	       !type.failed;
}

static bool may_come_from(uint8_t tag, enum side side)
{
	return (side == SIDE_CLIENT) == (tag == AS_REQ || tag == TGS_REQ || tag == AP_REQ);
}

/* RFC 3244 2: messages about passwords have a header of length, version, and the length of a ticket; without
 * that an error follows. What is left is the first message of Kerberos, or nothing. */
static struct span behind_password_header(struct span s)
{
	const size_t whole = span_left(s);
	const uint16_t length = span_u16(&s), version = span_u16(&s), ticket = span_u16(&s);

	if (s.failed || length != whole || (version != 1 && version != 0xff80))
		return span_of(NULL, 0);
	return ticket > 0 ? span_take(&s, ticket) : s;
}

static bool is_password_message(struct span s, enum side side)
{
	const struct span message = behind_password_header(s);

	return span_left(message) > 0 && may_come_from(*message.at, side) && is_message(message);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	enum { ENOUGH = 32 };
	uint32_t length;

	if (transport == TRANSPORT_UDP) {
		uint8_t tag;
		size_t whole;

		if (is_password_message(first, side))
			return YES;
		return ber_frame(first, &tag, &whole) == BER_FRAMED && whole == span_left(first) &&
				       may_come_from(tag, side) && is_message(first)
			       ? YES
			       : NO;
	}
	if (transport != TRANSPORT_TCP)
		return NO;
	length = span_u32(&first);
	if (first.failed)
		return MORE;
	if (length < ENOUGH || length > MESSAGE_MOST ||
	    (span_left(first) > 0 && !may_come_from(span_peek(first, 0), side)))
		return NO;
	if (span_left(first) < ENOUGH)
		return MORE;
	return is_message(first) ? YES : NO;
}

/* ---- reading ---- */

struct facts {
	uint8_t tag;
	char client[TEXT], realm[TEXT], server[TEXT];
	int64_t error, ticket_encryption, encryption; /* -1: none */
	int64_t offered[SHOWN];
	unsigned offered_count;
};

static const char *encryption_text(int64_t type)
{
	switch (type) {
	case 1: return "des-cbc-crc";
	case 2: return "des-cbc-md4";
	case 3: return "des-cbc-md5";
	case 5: return "des3-cbc-md5";
	case 16: return "des3-cbc-sha1";
	case 17: return "aes128-cts-hmac-sha1-96";
	case 18: return "aes256-cts-hmac-sha1-96";
	case 19: return "aes128-cts-hmac-sha256-128";
	case 20: return "aes256-cts-hmac-sha384-192";
	case 23: return "rc4-hmac";
	case 24: return "rc4-hmac-exp";
	case 25: return "camellia128-cts-cmac";
	case 26: return "camellia256-cts-cmac";
	default: return "unknown";
	}
}

static bool is_weak(int64_t type)
{
	return (type >= 1 && type <= 16) || type == 23 || type == 24;
}

static const char *error_text(int64_t code)
{
	switch (code) {
	case 6: return "client_not_found";
	case 7: return "server_not_found";
	case 12: return "policy";
	case 14: return "encryption_not_supported";
	case 18: return "client_revoked";
	case 23: return "password_expired";
	case 24: return "preauthentication_failed";
	case 25: return "preauthentication_required";
	case 32: return "ticket_expired";
	case 37: return "clock_skew";
	case 52: return "response_too_big";
	case 68: return "wrong_realm";
	default: return NULL;
	}
}

static const char *type_text(uint8_t tag)
{
	switch ((enum message)tag) {
	case AS_REQ: return "KRB_AS_REQ";
	case AS_REP: return "KRB_AS_REP";
	case TGS_REQ: return "KRB_TGS_REQ";
	case TGS_REP: return "KRB_TGS_REP";
	case AP_REQ: return "KRB_AP_REQ";
	case AP_REP: return "KRB_AP_REP";
	default: return "KRB_ERROR";
	}
}

static void emit(const void *memory, struct json *json)
{
	const struct facts *const facts = memory;

	json_text(json, "msg_type", type_text(facts->tag));
	if (facts->client[0] != '\0')
		json_text(json, "cname", facts->client);
	if (facts->realm[0] != '\0')
		json_text(json, "realm", facts->realm);
	if (facts->server[0] != '\0')
		json_text(json, "sname", facts->server);
	if (facts->tag == ERROR) {
		json_number(json, "error_number", facts->error);
		json_text(json, "error_code", error_text(facts->error));
	}
	if (facts->encryption >= 0) {
		json_text(json, "encryption", encryption_text(facts->encryption));
		json_bool(json, "weak_encryption", is_weak(facts->encryption));
	}
	if (facts->ticket_encryption >= 0) {
		json_text(json, "ticket_encryption", encryption_text(facts->ticket_encryption));
		json_bool(json, "ticket_weak_encryption", is_weak(facts->ticket_encryption));
	}
	if (facts->offered_count > 0) {
		json_open_array(json, "offered_encryption");
		for (unsigned i = 0; i < facts->offered_count; i++)
			json_text(json, NULL, encryption_text(facts->offered[i]));
		json_end(json);
	}
}

static void read_string(struct span field, char text[static TEXT])
{
	span_copy_text(ber_take(&field, GENERAL_STRING), text, TEXT);
}

/* PrincipalName: its parts with a stroke between. */
static void read_name(struct span field, char text[static TEXT])
{
	struct span name = ber_take(&field, BER_SEQUENCE), parts;
	size_t used = 0;

	(void)ber_take(&name, FIELD | 0);
	parts = ber_take(&name, FIELD | 1);
	parts = ber_take(&parts, BER_SEQUENCE);
	while (span_left(parts) > 0 && !parts.failed && used + 2 < TEXT) {
		const struct span part = ber_take(&parts, GENERAL_STRING);

		if (part.failed)
			break;
		if (used > 0)
			text[used++] = '/';
		span_copy_text(part, text + used, TEXT - used);
		used += strlen(text + used);
	}
}

/* EncryptedData: its kind. */
static int64_t read_encrypted(struct span field)
{
	struct span data = ber_take(&field, BER_SEQUENCE), kind = ber_take(&data, FIELD | 0);
	const int64_t type = ber_integer(&kind, BER_INTEGER);

	return kind.failed ? -1 : type;
}

static void read_ticket(struct span field, struct facts *facts, bool name)
{
	struct span ticket = ber_take(&field, 0x61), s = ber_take(&ticket, BER_SEQUENCE);

	(void)ber_take(&s, FIELD | 0);
	if (name)
		read_string(ber_take(&s, FIELD | 1), facts->realm);
	else
		(void)ber_take(&s, FIELD | 1);
	read_name(ber_take(&s, FIELD | 2), facts->server);
	facts->ticket_encryption = read_encrypted(ber_take(&s, FIELD | 3));
}

static void read_body(struct span field, struct facts *facts)
{
	struct span body = ber_take(&field, BER_SEQUENCE);

	while (span_left(body) > 0 && !body.failed) {
		uint8_t tag;
		struct span part = ber_any(&body, &tag);

		switch (tag) {
		case FIELD | 1: read_name(part, facts->client); break;
		case FIELD | 2: read_string(part, facts->realm); break;
		case FIELD | 3: read_name(part, facts->server); break;
		case FIELD | 8: {
			struct span list = ber_take(&part, BER_SEQUENCE);

			while (span_left(list) > 0 && !list.failed && facts->offered_count < SHOWN)
				facts->offered[facts->offered_count++] = ber_integer(&list, BER_INTEGER);
			break;
		}
		default: break;
		}
	}
}

/* The fields by number, of each kind of message. */
static void read_field(struct facts *facts, unsigned number, struct span field)
{
	switch ((enum message)facts->tag) {
	case AS_REQ:
	case TGS_REQ:
		if (number == 4)
			read_body(field, facts);
		break;
	case AS_REP:
	case TGS_REP:
		if (number == 3)
			read_string(field, facts->realm);
		else if (number == 4)
			read_name(field, facts->client);
		else if (number == 5)
			read_ticket(field, facts, false);
		else if (number == 6)
			facts->encryption = read_encrypted(field);
		break;
	case AP_REQ:
		if (number == 3)
			read_ticket(field, facts, true);
		break;
	case ERROR:
		if (number == 6)
			facts->error = ber_integer(&field, BER_INTEGER);
		else if (number == 8)
			read_name(field, facts->client);
		else if (number == 9)
			read_string(field, facts->realm);
		else if (number == 10)
			read_name(field, facts->server);
		break;
	default: break;
	}
}

static enum parse_step hear(struct parse *parse, struct span s)
{
	struct facts facts = { .tag = ber_peek(s), .ticket_encryption = -1, .encryption = -1 };
	struct span outer, content;

	if (!is_message(s))
		return PARSE_BROKEN;
	outer = ber_begun(&s, facts.tag);
	content = ber_begun(&outer, BER_SEQUENCE);
	while (span_left(content) > 0 && !content.failed) {
		uint8_t tag;
		const struct span field = ber_any(&content, &tag);

		if (!content.failed && (tag & 0xe0) == FIELD)
			read_field(&facts, tag & 0x1f, field);
	}
	if (is_weak(facts.encryption) || is_weak(facts.ticket_encryption))
		parse_weakness(parse, &weak_encryption, "%s for %s",
			       encryption_text(is_weak(facts.ticket_encryption) ? facts.ticket_encryption
										: facts.encryption),
			       facts.server);
	parse_event(parse, &facts);
	return PARSE_ON;
}

static enum parse_step read_krb5(void *state, struct parse *parse, struct span *bytes)
{
	(void)state;
	if (parse->transport == TRANSPORT_UDP) {
		const struct span message = behind_password_header(*bytes);

		return hear(parse, span_left(message) > 0 ? message : *bytes);
	}
	while (span_left(*bytes) > 0) {
		struct span s = *bytes, message;
		const uint32_t length = span_u32(&s);

		if (s.failed)
			return PARSE_ON;
		if (length > MESSAGE_MOST - 4)
			return PARSE_BROKEN;
		message = span_take(&s, length);
		if (s.failed) {
			parse_want(parse, 4 + length);
			return PARSE_ON;
		}
		if (hear(parse, message) == PARSE_BROKEN)
			return PARSE_BROKEN;
		*bytes = s;
	}
	return PARSE_ON;
}

static const struct parser parser = {
	.state_size = PARSE_STATE(uint8_t),
	.read = read_krb5,
	.emit = emit,
};

const struct protocol protocol_krb5 = {
	.name = "krb5",
	.title = "Kerberos 5",
	DOORS(TCP(88), UDP(88)),
	.privacy = PRIVACY_ENCRYPTED,
	.recognise = recognise,
	.datagram_least = 12,
	MARKS(OCTETS(0, AS_REQ, AP_REP), OCTET(0, ERROR), OCTETS(0, 0, 8)),
	.parser = &parser,
	.probe = &krb5_probe,
	.weaknesses = weaknesses,
};
