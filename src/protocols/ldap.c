/* ldap.c: the Lightweight Directory Access Protocol (RFC 4511), over TCP and, without a connection, over UDP.
 */
#include "protocols/ldap.h"

/* Where an operation's fields may end. */
enum { ID_MOST = 4, VERSION_MOST = 3, SCOPE_MOST = 3, DEREFERENCE_MOST = 3, RESULT_MOST = 0x4fff };

/* ---- recognising: how each operation begins. A field that is not there fails the span. ---- */

static uint8_t next_tag(struct span *op)
{
	const uint8_t tag = ber_peek(*op);

	span_skip(op, 1);
	return tag;
}

static bool is_bind_request(struct span *op)
{
	const int64_t version = ber_integer(op, BER_INTEGER);

	(void)ber_take(op, BER_OCTETS);
	switch (next_tag(op)) {
	case BER_CONTEXT:                       /* simple */
	case BER_CONTEXT | BER_CONSTRUCTED | 3: /* sasl */
	case BER_CONTEXT | 9:                   /* the three steps of Sicily, MS-ADTS section 5.1.1.1.3 */
	case BER_CONTEXT | 10:
	case BER_CONTEXT | 11: return version >= 1 && version <= VERSION_MOST;
	default: return false;
	}
}

static bool is_search_request(struct span *op)
{
	int64_t scope, dereference;

	(void)ber_take(op, BER_OCTETS);
	scope = ber_integer(op, BER_ENUMERATED);
	dereference = ber_integer(op, BER_ENUMERATED);
	(void)ber_integer(op, BER_INTEGER);
	(void)ber_integer(op, BER_INTEGER);
	(void)ber_take(op, BER_BOOLEAN);
	return scope >= 0 && scope <= SCOPE_MOST && dereference >= 0 && dereference <= DEREFERENCE_MOST;
}

static bool is_extended_request(struct span *op)
{
	struct span name = ber_take(op, BER_CONTEXT);
	bool oid = span_left(name) > 2;

	while (span_left(name) > 0) {
		const uint8_t octet = span_u8(&name);

		oid = oid && ((octet >= '0' && octet <= '9') || octet == '.');
	}
	return oid;
}

/* LDAPResult: a code, the entry that was matched, words for people. */
static bool is_result(struct span *op)
{
	const int64_t code = ber_integer(op, BER_ENUMERATED);

	(void)ber_take(op, BER_OCTETS);
	(void)ber_take(op, BER_OCTETS);
	return code >= 0 && code <= RESULT_MOST;
}

/* The name of an entry, and its attributes, changes or the assertion to compare. */
static bool is_entry(struct span *op)
{
	(void)ber_take(op, BER_OCTETS);
	return next_tag(op) == BER_SEQUENCE;
}

static bool is_reference(struct span *op)
{
	return span_begins_nocase(ber_take(op, BER_OCTETS), "ldap");
}

/* Nothing at all: what a conversation ends with, of which the rest was not seen. */
static bool is_unbind(struct span *op)
{
	return span_left(*op) == 0;
}

static const struct {
	uint8_t tag;
	uint8_t side;
	bool (*begins)(struct span *op);
} operations[] = {
	{ LDAP_BIND_REQUEST, SIDE_CLIENT, is_bind_request },
	{ LDAP_BIND_RESPONSE, SIDE_SERVER, is_result },
	{ LDAP_UNBIND_REQUEST, SIDE_CLIENT, is_unbind },
	{ LDAP_SEARCH_REQUEST, SIDE_CLIENT, is_search_request },
	{ LDAP_SEARCH_ENTRY, SIDE_SERVER, is_entry },
	{ LDAP_SEARCH_DONE, SIDE_SERVER, is_result },
	{ LDAP_MODIFY_REQUEST, SIDE_CLIENT, is_entry },
	{ LDAP_ADD_REQUEST, SIDE_CLIENT, is_entry },
	{ LDAP_COMPARE_REQUEST, SIDE_CLIENT, is_entry },
	{ LDAP_SEARCH_REFERENCE, SIDE_SERVER, is_reference },
	{ LDAP_MODIFY_RESPONSE, SIDE_SERVER, is_result },
	{ LDAP_ADD_RESPONSE, SIDE_SERVER, is_result },
	{ LDAP_DELETE_RESPONSE, SIDE_SERVER, is_result },
	{ LDAP_RENAME_RESPONSE, SIDE_SERVER, is_result },
	{ LDAP_COMPARE_RESPONSE, SIDE_SERVER, is_result },
	{ LDAP_EXTENDED_REQUEST, SIDE_CLIENT, is_extended_request },
	{ LDAP_EXTENDED_RESPONSE, SIDE_SERVER, is_result },
};

struct ldap_element ldap_element(struct span s)
{
	struct ldap_element e = { .content = s };
	const uint8_t length = span_peek(s, 1);
	const size_t header = 2u + (length & 0x80 ? length & 0x7fu : 0);

	e.frame = ber_frame(s, &e.tag, &e.whole);
	if (e.frame == BER_FRAMED) {
		e.cut = e.whole > span_left(s);
		e.length = e.whole - header;
		e.content = span_take(&s, e.cut ? span_left(s) : e.whole);
		span_skip(&e.content, header);
	}
	return e;
}

static enum verdict recognise_operation(struct ldap_element e, enum side side)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (operations[i].tag != e.tag || operations[i].side != side)
			continue;
		if (operations[i].begins(&e.content) && !e.content.failed)
			return YES;
		return e.content.failed && e.cut ? MORE : NO;
	}
	return NO;
}

/* LDAPMessage: a number and an operation; what follows are controls. */
static enum verdict recognise_message(struct ldap_element message, enum side side)
{
	struct span s = message.content;
	const size_t have = span_left(s);
	const int64_t id = ber_integer(&s, BER_INTEGER);
	struct ldap_element operation;

	if (have > 1 &&
	    (span_peek(message.content, 0) != BER_INTEGER || span_peek(message.content, 1) > ID_MOST))
		return NO;
	if (s.failed)
		return message.cut && have < 2 + ID_MOST ? MORE : NO;
	operation = ldap_element(s);
	if (id < 0 || operation.frame == BER_MALFORMED)
		return NO;
	if (operation.frame == BER_PARTIAL)
		return message.cut ? MORE : NO;
	if (operation.whole > message.length - (have - span_left(s)))
		return NO;
	return recognise_operation(operation, side);
}

static enum verdict recognise_stream(struct span first, enum side side)
{
	const struct ldap_element message = ldap_element(first);

	if (span_peek(first, 0) != BER_SEQUENCE || message.frame == BER_MALFORMED)
		return NO;
	return message.frame == BER_PARTIAL ? MORE : recognise_message(message, side);
}

/* Over UDP (MS-ADTS section 3.1.1.3.4.4; RFC 1798): messages that fill the datagram. */
static enum verdict recognise_datagram(struct span first, enum side side)
{
	const struct ldap_element message = ldap_element(first);

	return message.frame == BER_FRAMED && !message.cut ? recognise_stream(first, side) : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	if (transport == TRANSPORT_UDP)
		return recognise_datagram(first, side);
	return recognise_within_limit(first, side, recognise_stream);
}

static const struct weakness *const weaknesses[] = { &ldap_clear_login, &ldap_anonymous, NULL };

const struct protocol protocol_ldap = {
	.name = "ldap",
	.title = "Lightweight Directory Access Protocol",
	DOORS(TCP(389), TCP(3268), UDP(389)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.datagram_least = 7,
	MARKS(OCTET(0, BER_SEQUENCE)),
	.secret_at = 14, /* of who binds without a name */
	.parser = &ldap_parser,
	.probe = &ldap_probe,
	.probe_state_size = sizeof(struct ldap_probe_state),
	.weaknesses = weaknesses,
};
