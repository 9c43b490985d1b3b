/* h323_ras.c: datagrams to and from gatekeepers: H.225.0 7.7 to 7.15 and Annex H. */
#include "protocols/h323.h"

enum { REGISTRATION_REQUEST = 3, VERSIONED = 6, OTHER_DATA = 4, ALIASES = 2 };

/* How many parts each message may leave out, which is how many bits stand before its number. The first six
 * tell their version. */
static const uint8_t option_bits[] = { 4, 2, 2, 3, 3, 2, 3, 1, 1, 7, 2, 1, 2,
				       1, 1, 1, 1, 1, 2, 1, 1, 2, 3, 0, 0 };

/* Behind the version; what is cut or not known is left out. */
static void read_registration(struct per *per, bool has_aliases, struct h323_message *message)
{
	struct h323_end other;

	(void)per_bit(per); /* discoveryComplete */
	if (!h323_read_transports(per, &message->signal)) {
		message->signal.port = 0;
		return;
	}
	if (h323_read_transports(per, &other) && h323_read_endpoint(per, message) && has_aliases)
		h323_read_aliases(per, message->calling_alias, sizeof(message->calling_alias));
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
