/* h323_message.c: the messages of H.323. Information elements (Q.931 4.5); what H.225.0 puts into the one for
 * user data (Annex H, in aligned PER): version and aliases of a setup; its datagrams to gatekeepers. */
#include "protocols/h323.h"
#include "protocols/text.h"

enum {
	CAUSE = 0x08,
	DISPLAY = 0x28,
	CALLING = 0x6c,
	CALLED = 0x70,
	USER_DATA = 0x7e,
	SINGLE = 0x80,     /* an element of one octet; in others: the last octet of a group */
	CODED_DATA = 0x05, /* user data is coded as X.208 and X.209 have it, which means H.225.0 */
	ELEMENTS_MOST = 64,
};

/* ---- aliases ---- */

/* AliasAddress: a number in digits of four bits, a name in two octets for each character; among the
 * extensions are addresses in ASCII. */
static void read_alias(struct per *per, char *text, size_t size)
{
	static const char digits[] = "#*,0123456789";
	size_t length = 0;
	unsigned characters;

	if (per_bit(per)) { /* url-ID, transportID, email-ID, partyNumber, ... */
		struct span open;
		const unsigned choice = per_bits(per, 7);

		open = per_open(per);
		span_skip(&open, 2);
		if (choice == 0 || choice == 2)
			span_copy_text(open, text, size);
		return;
	}
	if (!per_bit(per)) {
		characters = per_bits(per, 7) + 1;
		per_align(per);
		for (; characters > 0 && !per->bytes.failed; characters--) {
			const unsigned digit = per_bits(per, 4);

			if (digit < sizeof(digits) - 1 && length + 1 < size)
				text[length++] = digits[digit];
		}
	} else {
		struct span wide;

		per_align(per);
		characters = per_bits(per, 8) + 1;
		wide = per_octets(per, 2 * (size_t)characters);
		while (span_left(wide) > 0 && length + 1 < size) {
			const uint16_t character = span_u16(&wide);

			text[length++] = character >= ' ' && character < 0x7f ? (char)character : '?';
		}
	}
	text[per->bytes.failed ? 0 : length] = '\0';
}

/* The first of several. */
static void read_aliases(struct per *per, char *text, size_t size)
{
	char other[H323_PARTY];
	const size_t count = per_length(per);

	for (size_t i = 0; i < count && !per->bytes.failed; i++)
		read_alias(per, i == 0 ? text : other, i == 0 ? size : sizeof(other));
}

/* TransportAddress: IPv4 is the first choice. */
static bool read_transport(struct per *per, struct address *ret_address, uint16_t *ret_port)
{
	struct span octets;

	if (per_bits(per, 4) != 0)
		return false;
	octets = per_octets(per, 6);
	*ret_address = address_v4(span_u32(&octets));
	*ret_port = span_u16(&octets);
	return !octets.failed;
}

/* Several; the first is told. */
static bool read_transports(struct per *per, struct address *ret_address, uint16_t *ret_port)
{
	const size_t count = per_length(per);

	for (size_t i = 0; i < count; i++) {
		struct address other;
		uint16_t port;

		if (!read_transport(per, i == 0 ? ret_address : &other, i == 0 ? ret_port : &port))
			return false;
	}
	return !per->bytes.failed;
}

/* ---- what an endpoint is ---- */

/* What later versions add: how many of it are there, and each with its length (X.691 18.7 to 18.9). */
static void skip_extensions(struct per *per)
{
	unsigned count, present = 0;

	if (per_bit(per)) { /* more than 64 */
		per->bytes.failed = true;
		return;
	}
	count = per_bits(per, 6) + 1;
	for (unsigned i = 0; i < count; i++)
		present += per_bit(per);
	for (unsigned i = 0; i < present && !per->bytes.failed; i++)
		(void)per_open(per);
}

static void read_name(struct per *per, char *text, size_t size)
{
	per_align(per);
	span_copy_text(per_octets(per, (size_t)per_bits(per, 8) + 1), text, size);
}

/* VendorIdentifier: a code of the vendor, product and version. */
static void read_vendor(struct per *per, struct h323_message *message)
{
	const bool extended = per_bit(per), product = per_bit(per), version = per_bit(per);
	const bool more = per_bit(per); /* of the vendor's code */

	(void)per_octets(per, 4);
	if (more)
		skip_extensions(per);
	if (product)
		read_name(per, message->product, sizeof(message->product));
	if (version)
		read_name(per, message->product_version, sizeof(message->product_version));
	if (extended)
		skip_extensions(per);
}

/* EndpointType, as far as it is a terminal. Of gatekeepers, gateways and what is not standard the lengths are
 * not told: what stands behind them is not read. */
static bool read_endpoint(struct per *per, struct h323_message *message)
{
	const bool extended = per_bit(per), other = per_bit(per), vendor = per_bit(per);
	const bool parts = per_bits(per, 3) != 0, terminal = per_bit(per);

	if (other)
		return false;
	if (vendor)
		read_vendor(per, message);
	if (parts)
		return false;
	if (terminal) {
		const bool more = per_bit(per);

		if (per_bit(per))
			return false;
		if (more)
			skip_extensions(per);
	}
	(void)per_bits(per, 2); /* mc, undefinedNode */
	if (extended)
		skip_extensions(per);
	return !per->bytes.failed;
}

/* ---- call signalling ---- */

/* Setup-UUIE begins with bits for what it may have: an address for H.245, sources, destinations. */
static void read_setup(struct per *per, struct h323_message *message)
{
	bool has_control, has_source, has_destination;
	struct address control;
	uint16_t port;

	(void)per_bit(per); /* extensions */
	has_control = per_bit(per);
	has_source = per_bit(per);
	has_destination = per_bit(per);
	(void)per_bits(per, 4);
	message->version = h323_version(per_open(per));
	if (message->version == 0 || (has_control && !read_transport(per, &control, &port)))
		return;
	if (has_source)
		read_aliases(per, message->calling_alias, sizeof(message->calling_alias));
	if (read_endpoint(per, message) && has_destination)
		read_aliases(per, message->called_alias, sizeof(message->called_alias));
}

/* H323-UserInformation: the body of the message is a choice. */
static void read_user_data(struct span data, struct h323_message *message)
{
	struct per per = per_of(data);
	bool extended;
	unsigned body;

	if (span_u8(&per.bytes) != CODED_DATA)
		return;
	(void)per_bits(&per, 4);
	extended = per_bit(&per);
	body = per_bits(&per, 3);
	if (extended)
		return;
	if (body == 0) {
		read_setup(&per, message);
		return;
	}
	/* The others have at most seven options of their own before the version; it begins an octet. */
	(void)per_bits(&per, 8);
	message->version = h323_version(per_open(&per));
}

/* Octets of groups whose first bit says that no further one follows. */
static void skip_group(struct span *s)
{
	while (span_left(*s) > 0 && (span_u8(s) & SINGLE) == 0)
		;
}

static void read_element(uint8_t element, struct span value, struct h323_message *message)
{
	switch (element) {
	case CALLING:
		skip_group(&value);
		span_copy_text(value, message->calling, sizeof(message->calling));
		break;
	case CALLED:
		skip_group(&value);
		span_copy_text(value, message->called, sizeof(message->called));
		break;
	case DISPLAY: span_copy_text(value, message->display, sizeof(message->display)); break;
	case CAUSE:
		skip_group(&value);
		if (span_left(value) > 0)
			message->cause = *value.at & 0x7f;
		break;
	case USER_DATA: read_user_data(value, message); break;
	default: break;
	}
}

bool h323_read_message(struct span s, struct h323_message *ret_message)
{
	struct h323_message message = { .cause = -1 };

	if (span_u16(&s) != (H323_DISCRIMINATOR << 8 | 2)) /* and a call reference of two octets */
		return false;
	message.reference = span_u16(&s);
	message.from_called = (message.reference & 0x8000) != 0;
	message.reference &= 0x7fff;
	message.type = span_u8(&s);
	if (s.failed || h323_type_text(message.type) == NULL)
		return false;
	for (int i = 0; i < ELEMENTS_MOST && span_left(s) > 0; i++) {
		const uint8_t element = span_u8(&s);
		size_t length;

		if ((element & SINGLE) != 0)
			continue;
		length = element == USER_DATA ? span_u16(&s) : span_u8(&s);
		read_element(element, span_take(&s, length), &message);
		if (s.failed)
			return false;
	}
	*ret_message = message;
	return true;
}

/* ---- gatekeepers ---- */

enum { REGISTRATION_REQUEST = 3, VERSIONED = 6, OTHER_DATA = 4, ALIASES = 2 };

/* How many parts each message may leave out, which is how many bits stand before its number. The first six
 * tell their version. */
static const uint8_t option_bits[] = { 4, 2, 2, 3, 3, 2, 3, 1, 1, 7, 2, 1, 2,
				       1, 1, 1, 1, 1, 2, 1, 1, 2, 3, 0, 0 };

/* Behind the version; what is cut or not known is left out. */
static void read_registration(struct per *per, bool has_aliases, struct h323_message *message)
{
	struct address other;
	uint16_t port;

	(void)per_bit(per); /* discoveryComplete */
	if (!read_transports(per, &message->signal, &message->signal_port)) {
		message->signal_port = 0;
		return;
	}
	if (read_transports(per, &other, &port) && read_endpoint(per, message) && has_aliases)
		read_aliases(per, message->calling_alias, sizeof(message->calling_alias));
}

bool h323_read_ras(struct span s, struct h323_message *ret_message)
{
	struct h323_message message = { .cause = -1, .ras = true };
	struct per per = per_of(s);
	struct span number;
	unsigned options;

	if (per_bit(&per))
		return false;
	message.type = (uint8_t)per_bits(&per, 5);
	if (h323_ras_text(message.type) == NULL)
		return false;
	(void)per_bit(&per); /* extensions */
	options = per_bits(&per, option_bits[message.type]);
	number = per_octets(&per, 2);
	message.reference = (uint16_t)(span_u16(&number) + 1);
	if (message.type < VERSIONED)
		message.version = h323_version(per_open(&per));
	if (per.bytes.failed || (message.type < VERSIONED && message.version == 0))
		return false;
	if (message.type == REGISTRATION_REQUEST && (options & OTHER_DATA) == 0)
		read_registration(&per, (options & ALIASES) != 0, &message);
	*ret_message = message;
	return true;
}
