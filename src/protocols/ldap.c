/* ldap.c: the Lightweight Directory Access Protocol over TCP. RFC 4511 (messages), RFC 4512 section 5.1 (the
 * root DSE, in which a server describes itself to everybody), MS-ADTS section 3.1.1.3.2 (what Active
 * Directory says there). */
#include "protocols/ber.h"
#include "protocols/protocols.h"

/* protocolOp, RFC 4511 section 4.2 ff. Those that need a bind before are left out. */
enum operation {
	BIND_REQUEST = 0x60,
	BIND_RESPONSE = 0x61,
	SEARCH_REQUEST = 0x63,
	SEARCH_ENTRY = 0x64,
	SEARCH_DONE = 0x65,
	MODIFY_REQUEST = 0x66,
	ADD_REQUEST = 0x68,
	COMPARE_REQUEST = 0x6e,
	SEARCH_REFERENCE = 0x73,
	EXTENDED_REQUEST = 0x77,
	EXTENDED_RESPONSE = 0x78,
};

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

static const struct {
	uint8_t tag;
	uint8_t side;
	bool (*begins)(struct span *op);
} operations[] = {
	{ BIND_REQUEST, SIDE_CLIENT, is_bind_request },
	{ BIND_RESPONSE, SIDE_SERVER, is_result },
	{ SEARCH_REQUEST, SIDE_CLIENT, is_search_request },
	{ SEARCH_ENTRY, SIDE_SERVER, is_entry },
	{ SEARCH_DONE, SIDE_SERVER, is_result },
	{ MODIFY_REQUEST, SIDE_CLIENT, is_entry },
	{ ADD_REQUEST, SIDE_CLIENT, is_entry },
	{ COMPARE_REQUEST, SIDE_CLIENT, is_entry },
	{ SEARCH_REFERENCE, SIDE_SERVER, is_reference },
	{ EXTENDED_REQUEST, SIDE_CLIENT, is_extended_request },
	{ EXTENDED_RESPONSE, SIDE_SERVER, is_result },
};

/* The element that a span begins with; what is there of its content. */
struct element {
	enum ber_frame frame;
	uint8_t tag;
	bool cut;
	size_t whole, length; /* with its header, and of the content alone */
	struct span content;
};

static struct element element_at(struct span s)
{
	struct element e = { .content = s };
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

static enum verdict recognise_operation(struct element e, enum side side)
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
static enum verdict recognise_message(struct element message, enum side side)
{
	struct span s = message.content;
	const size_t have = span_left(s);
	const int64_t id = ber_integer(&s, BER_INTEGER);
	struct element operation;

	if (have > 1 &&
	    (span_peek(message.content, 0) != BER_INTEGER || span_peek(message.content, 1) > ID_MOST))
		return NO;
	if (s.failed)
		return message.cut && have < 2 + ID_MOST ? MORE : NO;
	operation = element_at(s);
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
	const struct element message = element_at(first);

	if (span_peek(first, 0) != BER_SEQUENCE || message.frame == BER_MALFORMED)
		return NO;
	return message.frame == BER_PARTIAL ? MORE : recognise_message(message, side);
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	return transport == TRANSPORT_TCP ? recognise_within_limit(first, side, recognise_stream) : NO;
}

/* ---- asking: one search for the root DSE, without a bind (RFC 4513 section 4) ---- */

enum { MESSAGE_ID = 1, SECONDS = 3, MESSAGE_MOST = 32 * 1024, ROW_MOST = 1024 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char *const wanted[] = {
		"objectClass",
		"vendorName",
		"vendorVersion",
		"supportedLDAPVersion",
		"supportedExtension",
		"supportedCapabilities",
		"supportedSASLMechanisms",
		"namingContexts",
		"dnsHostName",
		"domainControllerFunctionality",
	};
	const size_t message = ber_begin(out, BER_SEQUENCE);
	size_t search, list;

	(void)state;
	(void)transport;
	ber_write_integer(out, BER_INTEGER, MESSAGE_ID);
	search = ber_begin(out, SEARCH_REQUEST);
	ber_write_text(out, BER_OCTETS, "");
	ber_write_integer(out, BER_ENUMERATED, 0); /* the base object alone */
	ber_write_integer(out, BER_ENUMERATED, 0); /* never follow an alias */
	ber_write_integer(out, BER_INTEGER, 0);    /* as many entries as there are */
	ber_write_integer(out, BER_INTEGER, SECONDS);
	ber_write_integer(out, BER_BOOLEAN, 0);              /* values, not names alone */
	ber_write_text(out, BER_CONTEXT | 7, "objectClass"); /* is present */
	list = ber_begin(out, BER_SEQUENCE);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		ber_write_text(out, BER_OCTETS, wanted[i]);
	ber_end(out, list);
	ber_end(out, search);
	ber_end(out, message);
}

/* ---- hearing ---- */

struct state {
	char vendor[64], version[64];
	bool openldap, active_directory, lightweight;
	bool known;
};

static void hear_object_class(struct state *state, struct span value)
{
	state->openldap = state->openldap || span_is_nocase(value, "OpenLDAProotDSE");
}

static void hear_vendor(struct state *state, struct span value)
{
	span_copy_text(value, state->vendor, sizeof(state->vendor));
}

static void hear_version(struct state *state, struct span value)
{
	span_copy_text(value, state->version, sizeof(state->version));
}

/* MS-ADTS section 3.1.1.3.4.3: LDAP_CAP_ACTIVE_DIRECTORY_OID, LDAP_CAP_ACTIVE_DIRECTORY_ADAM_OID. */
static void hear_capability(struct state *state, struct span value)
{
	state->active_directory = state->active_directory || span_is(value, "1.2.840.113556.1.4.800");
	state->lightweight = state->lightweight || span_is(value, "1.2.840.113556.1.4.1851");
}

/* What the attributes of the root DSE tell: each of their values, and as a fact all of them in a row. */
static const struct {
	const char *name, *fact;
	void (*hear)(struct state *state, struct span value);
} attributes[] = {
	{ "objectClass", NULL, hear_object_class },
	{ "vendorName", NULL, hear_vendor },
	{ "vendorVersion", "vendor_version", hear_version },
	{ "supportedCapabilities", NULL, hear_capability },
	{ "supportedLDAPVersion", "ldap_versions", NULL },
	{ "supportedSASLMechanisms", "sasl_mechanisms", NULL },
	{ "namingContexts", "naming_contexts", NULL },
	{ "dnsHostName", "host", NULL },
	{ "domainControllerFunctionality", "functional_level", NULL },
};

static void hear_values(struct state *state, size_t nth, struct span values, struct answer *answer)
{
	struct buffer row = buffer_new(ROW_MOST);

	while (span_left(values) > 0) {
		const struct span value = ber_take(&values, BER_OCTETS);

		if (value.failed)
			break;
		if (attributes[nth].hear != NULL)
			attributes[nth].hear(state, value);
		buffer_text(&row, row.length > 0 ? ", " : "");
		buffer_span(&row, value);
	}
	if (attributes[nth].fact != NULL)
		answer_fact(answer, attributes[nth].fact, buffer_read(&row));
	buffer_free(&row);
}

/* StartTLS is an extension like others; its name is in RFC 4511 section 4.14.1. */
static void hear_extensions(struct span values, struct answer *answer)
{
	while (span_left(values) > 0 && !values.failed)
		if (span_is(ber_take(&values, BER_OCTETS), "1.3.6.1.4.1.1466.20037"))
			answer->starttls = true;
}

static void hear_attribute(struct state *state, struct span attribute, struct answer *answer)
{
	const struct span name = ber_take(&attribute, BER_OCTETS);
	const struct span values = ber_take(&attribute, BER_SET);

	if (attribute.failed)
		return;
	if (span_is_nocase(name, "supportedExtension"))
		hear_extensions(values, answer);
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (span_is_nocase(name, attributes[i].name))
			hear_values(state, i, values, answer);
}

static void hear_entry(struct state *state, struct span entry, struct answer *answer)
{
	struct span list;

	(void)ber_take(&entry, BER_OCTETS);
	list = ber_take(&entry, BER_SEQUENCE);
	while (span_left(list) > 0 && !list.failed)
		hear_attribute(state, ber_take(&list, BER_SEQUENCE), answer);
}

/* The version in "389-Directory/2.3.1 B2022.340" and "4.17.12-Debian": the first number with a dot. */
static struct span version_in(struct span text)
{
	struct span number = text;

	while (span_left(text) > 0) {
		size_t length = 0, dots = 0;

		number = text;
		for (uint8_t c = span_peek(text, 0); (c >= '0' && c <= '9') || c == '.';
		     c = span_peek(text, ++length))
			dots += c == '.';
		if (dots > 0 && span_peek(text, 0) != '.')
			return span_take(&number, length);
		span_skip(&text, length + 1);
	}
	return span_take(&number, 0);
}

static enum probe_step conclude(const struct state *state, struct answer *answer)
{
	static const struct {
		const char *vendor, *product;
	} products[] = {
		{ "389 Project", "389 Directory Server" },
		{ "Samba Team", "Samba" },
	};
	const struct span vendor = span_text(state->vendor);
	const char *product = state->vendor;

	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++)
		if (span_begins_nocase(vendor, products[i].vendor))
			product = products[i].product;
	if (product[0] == '\0' && state->openldap)
		product = "OpenLDAP";
	else if (product[0] == '\0' && state->lightweight)
		product = "Microsoft AD LDS";
	else if (product[0] == '\0' && state->active_directory)
		product = "Microsoft Active Directory";
	answer_product(answer, span_text(product), version_in(span_text(state->version)));
	return PROBE_DONE;
}

/* A message other than an answer to the search ends it: a notice of disconnection has the id 0. */
static bool hear_message(struct state *state, struct span message, struct answer *answer)
{
	const int64_t id = ber_integer(&message, BER_INTEGER);
	uint8_t tag;
	const struct span operation = ber_any(&message, &tag);

	if (id != MESSAGE_ID || (tag != SEARCH_ENTRY && tag != SEARCH_REFERENCE))
		return false;
	if (tag == SEARCH_ENTRY)
		hear_entry(state, operation, answer);
	return true;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct state *const state = memory;

	(void)out;
	while (span_left(*heard) > 0) {
		const struct element message = element_at(*heard);

		if (!state->known && recognise(*heard, SIDE_SERVER, TRANSPORT_TCP) == NO)
			return PROBE_NOT;
		if (message.frame == BER_MALFORMED || message.whole > MESSAGE_MOST)
			return state->known ? conclude(state, answer) : PROBE_NOT;
		if (message.frame == BER_PARTIAL || message.cut)
			break;
		state->known = true;
		span_skip(heard, message.whole);
		if (!hear_message(state, message.content, answer))
			return conclude(state, answer);
	}
	if (ended)
		return state->known ? conclude(state, answer) : PROBE_NOT;
	return PROBE_WAIT;
}

static const struct probe probe = {
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_ldap = {
	.name = "ldap",
	.title = "Lightweight Directory Access Protocol",
	DOORS(TCP(389), TCP(3268)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.probe = &probe,
	.probe_state_size = sizeof(struct state),
};
