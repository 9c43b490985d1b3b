/* ldap_probe.c: asks a server of LDAP for its root DSE. RFC 4512 section 5.1 (in which a server describes
 * itself to everybody), MS-ADTS section 3.1.1.3.2 (what Active Directory says there). */
#include "protocols/ldap.h"

const struct weakness ldap_anonymous = {
	"ldap-anonymous",
	"LDAP shows the directory to whoever asks",
	3,
	"Let nobody read without a bind: 'disallow bind_anon' and 'require authc', or rules of access in "
	"OpenLDAP.",
};

/* ---- asking: a search for the root DSE, without a bind (RFC 4513 section 4), and one for the name of the
 * first entry that it speaks of ---- */

enum { MESSAGE_ID = 1, CONTEXT_ID = 2, SECONDS = 3, MESSAGE_MOST = 32 * 1024, ROW_MOST = 1024 };

static void write_search(struct buffer *out, int id, const char *base, const char *const *wanted,
			 size_t count)
{
	const size_t message = ber_begin(out, BER_SEQUENCE);
	size_t search, list;

	ber_write_integer(out, BER_INTEGER, id);
	search = ber_begin(out, LDAP_SEARCH_REQUEST);
	ber_write_text(out, BER_OCTETS, base);
	ber_write_integer(out, BER_ENUMERATED, 0); /* the base object alone */
	ber_write_integer(out, BER_ENUMERATED, 0); /* never follow an alias */
	ber_write_integer(out, BER_INTEGER, 0);    /* as many entries as there are */
	ber_write_integer(out, BER_INTEGER, SECONDS);
	ber_write_integer(out, BER_BOOLEAN, 0);              /* values, not names alone */
	ber_write_text(out, BER_CONTEXT | 7, "objectClass"); /* is present */
	list = ber_begin(out, BER_SEQUENCE);
	for (size_t i = 0; i < count; i++)
		ber_write_text(out, BER_OCTETS, wanted[i]);
	ber_end(out, list);
	ber_end(out, search);
	ber_end(out, message);
}

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

	(void)state;
	(void)transport;
	write_search(out, MESSAGE_ID, "", wanted, sizeof(wanted) / sizeof(wanted[0]));
}

/* No attribute of it (RFC 4511 4.5.1.8): that it is there is enough. */
static void ask_context(struct ldap_probe_state *state, struct buffer *out)
{
	static const char *const none = "1.1";

	state->asked_context = true;
	write_search(out, CONTEXT_ID, state->context, &none, 1);
}

/* ---- hearing ---- */

static void hear_object_class(struct ldap_probe_state *state, struct span value)
{
	state->openldap = state->openldap || span_is_nocase(value, "OpenLDAProotDSE");
}

static void hear_vendor(struct ldap_probe_state *state, struct span value)
{
	span_copy_text(value, state->vendor, sizeof(state->vendor));
}

static void hear_version(struct ldap_probe_state *state, struct span value)
{
	span_copy_text(value, state->version, sizeof(state->version));
}

static void hear_context(struct ldap_probe_state *state, struct span value)
{
	if (state->context[0] == '\0' && span_left(value) < sizeof(state->context))
		span_copy_text(value, state->context, sizeof(state->context));
}

/* MS-ADTS section 3.1.1.3.4.3: LDAP_CAP_ACTIVE_DIRECTORY_OID, LDAP_CAP_ACTIVE_DIRECTORY_ADAM_OID. */
static void hear_capability(struct ldap_probe_state *state, struct span value)
{
	state->active_directory = state->active_directory || span_is(value, "1.2.840.113556.1.4.800");
	state->lightweight = state->lightweight || span_is(value, "1.2.840.113556.1.4.1851");
}

/* What the attributes of the root DSE tell: each of their values, and as a fact all of them in a row. */
static const struct {
	const char *name, *fact;
	void (*hear)(struct ldap_probe_state *state, struct span value);
} attributes[] = {
	{ "objectClass", NULL, hear_object_class },
	{ "vendorName", NULL, hear_vendor },
	{ "vendorVersion", "vendor_version", hear_version },
	{ "supportedCapabilities", NULL, hear_capability },
	{ "supportedLDAPVersion", "ldap_versions", NULL },
	{ "supportedSASLMechanisms", "sasl_mechanisms", NULL },
	{ "namingContexts", "naming_contexts", hear_context },
	{ "dnsHostName", "host", NULL },
	{ "domainControllerFunctionality", "functional_level", NULL },
};

static void hear_values(struct ldap_probe_state *state, size_t nth, struct span values, struct answer *answer)
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
		if (span_is(ber_take(&values, BER_OCTETS), LDAP_STARTTLS))
			answer->starttls = true;
}

static void hear_attribute(struct ldap_probe_state *state, struct span attribute, struct answer *answer)
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

static void hear_entry(struct ldap_probe_state *state, struct span entry, struct answer *answer)
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

static enum probe_step conclude(const struct ldap_probe_state *state, struct answer *answer)
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
static bool hear_message(struct ldap_probe_state *state, struct span message, struct answer *answer)
{
	const int64_t id = ber_integer(&message, BER_INTEGER);
	uint8_t tag;
	const struct span operation = ber_any(&message, &tag);

	if (id == CONTEXT_ID && tag == LDAP_SEARCH_ENTRY)
		answer_weakness(answer, &ldap_anonymous, "the entry '%s' is found without a login",
				state->context);
	if (id != MESSAGE_ID || (tag != LDAP_SEARCH_ENTRY && tag != LDAP_SEARCH_REFERENCE))
		return false;
	if (tag == LDAP_SEARCH_ENTRY)
		hear_entry(state, operation, answer);
	return true;
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct ldap_probe_state *const state = memory;

	while (span_left(*heard) > 0) {
		const struct ldap_element message = ldap_element(*heard);

		if (!state->known && protocol_ldap.recognise(*heard, SIDE_SERVER, TRANSPORT_TCP) == NO)
			return PROBE_NOT;
		if (message.frame == BER_MALFORMED || message.whole > MESSAGE_MOST)
			return state->known ? conclude(state, answer) : PROBE_NOT;
		if (message.frame == BER_PARTIAL || message.cut)
			break;
		state->known = true;
		span_skip(heard, message.whole);
		if (hear_message(state, message.content, answer))
			continue;
		if (state->context[0] == '\0' || state->asked_context)
			return conclude(state, answer);
		ask_context(state, out);
	}
	if (ended)
		return state->known ? conclude(state, answer) : PROBE_NOT;
	return PROBE_WAIT;
}

/* ---- going on in TLS: RFC 4511 section 4.14 ---- */

static void greet_tls(struct buffer *out)
{
	const size_t message = ber_begin(out, BER_SEQUENCE);
	size_t request;

	ber_write_integer(out, BER_INTEGER, MESSAGE_ID);
	request = ber_begin(out, LDAP_EXTENDED_REQUEST);
	ber_write_text(out, BER_CONTEXT | 0, LDAP_STARTTLS);
	ber_end(out, request);
	ber_end(out, message);
}

static enum probe_step hear_tls(void *state, struct span *heard, bool ended, struct buffer *out)
{
	const struct ldap_element message = ldap_element(*heard);
	struct span content = message.content, response;
	uint8_t tag;

	(void)state;
	(void)out;
	if (message.frame == BER_PARTIAL || message.cut)
		return ended ? PROBE_NOT : PROBE_WAIT;
	if (message.frame == BER_MALFORMED || ber_integer(&content, BER_INTEGER) != MESSAGE_ID)
		return PROBE_NOT;
	response = ber_any(&content, &tag);
	span_skip(heard, message.whole);
	return !content.failed && tag == LDAP_EXTENDED_RESPONSE &&
			       ber_integer(&response, BER_ENUMERATED) == 0 && !response.failed
		       ? PROBE_DONE
		       : PROBE_NOT;
}

static const struct start_tls start_tls = { .greet = greet_tls, .hear = hear_tls };

const struct probe ldap_probe = {
	.transports = PROBE_TCP,
	.greet = greet,
	.hear = hear,
	.start_tls = &start_tls,
};
