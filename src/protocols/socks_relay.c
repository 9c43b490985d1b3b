/* socks_relay.c: datagrams through SOCKS 5, RFC 1928 7: each has before it where it goes to, or comes from.
 */
#include "protocols/socks.h"
#include "protocols/tally.h"

#include <stdio.h>

enum { LOOKS = 16 }; /* datagrams whose content is asked about */

static void note_target(struct socks_relay *relay, const struct socks_target *target)
{
	char text[SOCKS_NAME_MOST + 8];
	const bool v6 = strchr(target->host, ':') != NULL;

	(void)snprintf(text, sizeof(text), v6 ? "[%s]:%u" : "%s:%u", target->host, target->port);
	texts_note(relay->targets, sizeof(relay->targets), span_text(text));
}

static void note_content(struct socks_relay *relay, const struct parse *parse, struct span content)
{
	const struct protocol *found;
	bool more;

	if (relay->looked >= LOOKS || span_left(content) == 0)
		return;
	relay->looked++;
	found = protocol_recognise(content, parse->side, TRANSPORT_UDP, NULL, &more);
	if (found != NULL)
		texts_note(relay->inside, sizeof(relay->inside), span_text(found->name));
}

/* Two zeros and the number of a fragment stand before the address. A fragment shows nothing by itself. */
enum verdict socks_relay_read(struct socks_relay *relay, struct parse *parse, struct span datagram)
{
	struct socks_target target = { 0 };
	const uint16_t zero = span_u16(&datagram);
	const uint8_t fragment = span_u8(&datagram);

	if (zero != 0 || socks_take_address(&datagram, &target) != YES)
		return NO;
	note_target(relay, &target);
	relay->fragments += fragment != 0;
	if (fragment == 0)
		note_content(relay, parse, datagram);
	return YES;
}

void socks_relay_emit(const struct socks_relay *relay, struct json *json)
{
	emit_texts(json, "targets", relay->targets);
	emit_texts(json, "inside", relay->inside);
	if (relay->fragments > 0)
		json_unsigned(json, "fragments", relay->fragments);
}
