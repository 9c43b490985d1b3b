/* h323_types.c: what messages of H.225.0 have in common (Annex H, in aligned PER): aliases, addresses, what
 * an endpoint is. */
#include "protocols/h323.h"
#include "protocols/text.h"

enum { TRANSPORT_IPV4, TRANSPORT_IPV6 = 3 };

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

void h323_read_aliases(struct per *per, char *text, size_t size)
{
	char other[H323_PARTY];
	const size_t count = per_length(per);

	for (size_t i = 0; i < count && !per->bytes.failed; i++)
		read_alias(per, i == 0 ? text : other, i == 0 ? size : sizeof(other));
}

bool h323_read_transport(struct per *per, struct h323_end *ret_end)
{
	const unsigned choice = per_bits(per, 4);
	struct span octets;
	bool extended;

	if (choice == TRANSPORT_IPV4) {
		octets = per_octets(per, 6);
		ret_end->address = address_v4(span_u32(&octets));
		ret_end->port = span_u16(&octets);
		return !octets.failed;
	}
	if (choice != TRANSPORT_IPV6)
		return false;
	extended = per_bit(per);
	octets = per_octets(per, 18);
	if (octets.failed)
		return false;
	ret_end->address = address_v6(span_take(&octets, 16).at);
	ret_end->port = span_u16(&octets);
	if (extended)
		per_additions(per, NULL, 0);
	return !per->bytes.failed;
}

bool h323_read_transports(struct per *per, struct h323_end *ret_end)
{
	const size_t count = per_length(per);

	for (size_t i = 0; i < count; i++) {
		struct h323_end other;

		if (!h323_read_transport(per, i == 0 ? ret_end : &other))
			return false;
	}
	return !per->bytes.failed;
}

/* ---- what an endpoint is ---- */

static void read_name(struct per *per, char *text, size_t size)
{
	per_align(per);
	span_copy_text(per_octets(per, (size_t)per_bits(per, 8) + 1), text, size);
}

/* H221NonStandard: two countries' numbers, and the vendor's. */
static void skip_code(struct per *per)
{
	const bool extended = per_bit(per);

	(void)per_octets(per, 4);
	if (extended)
		per_additions(per, NULL, 0);
}

void h323_skip_nonstandard(struct per *per)
{
	if (per_bit(per)) {
		(void)per_bits(per, 7);
		(void)per_open(per);
	} else if (per_bit(per)) {
		skip_code(per);
	} else {
		(void)per_open(per);
	}
	(void)per_open(per);
}

/* VendorIdentifier: a code of the vendor, product and version. */
static void read_vendor(struct per *per, struct h323_message *message)
{
	const bool extended = per_bit(per), product = per_bit(per), version = per_bit(per);

	skip_code(per);
	if (product)
		read_name(per, message->product, sizeof(message->product));
	if (version)
		read_name(per, message->product_version, sizeof(message->product_version));
	if (extended)
		per_additions(per, NULL, 0);
}

/* GatekeeperInfo, McuInfo, TerminalInfo, and what a gateway supports of each kind: something that is not
 * standard, and extensions. */
static void skip_part(struct per *per)
{
	const bool extended = per_bit(per);

	if (per_bit(per))
		h323_skip_nonstandard(per);
	if (extended)
		per_additions(per, NULL, 0);
}

/* GatewayInfo: SupportedProtocols are a choice of nine. */
static void skip_gateway(struct per *per)
{
	const bool extended = per_bit(per), protocols = per_bit(per), other = per_bit(per);
	const size_t count = protocols ? per_length(per) : 0;

	for (size_t i = 0; i < count && !per->bytes.failed; i++) {
		if (per_bit(per)) {
			(void)per_bits(per, 7);
			(void)per_open(per);
		} else if (per_bits(per, 4) == 0) {
			h323_skip_nonstandard(per);
		} else {
			skip_part(per);
		}
	}
	if (other)
		h323_skip_nonstandard(per);
	if (extended)
		per_additions(per, NULL, 0);
}

bool h323_read_endpoint(struct per *per, struct h323_message *message)
{
	const bool extended = per_bit(per), other = per_bit(per), vendor = per_bit(per);
	const bool gatekeeper = per_bit(per), gateway = per_bit(per), mcu = per_bit(per);
	const bool terminal = per_bit(per);

	if (other)
		h323_skip_nonstandard(per);
	if (vendor)
		read_vendor(per, message);
	if (gatekeeper)
		skip_part(per);
	if (gateway)
		skip_gateway(per);
	if (mcu)
		skip_part(per);
	if (terminal)
		skip_part(per);
	(void)per_bits(per, 2); /* mc, undefinedNode */
	if (extended)
		per_additions(per, NULL, 0);
	return !per->bytes.failed;
}
