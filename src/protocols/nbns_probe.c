/* nbns_probe.c: what a host is asked by NetBIOS: all of its names (RFC 1002 4.2.17, NODE STATUS REQUEST). */
#include "protocols/dns_message.h"
#include "protocols/lines.h"
#include "protocols/probes.h"

#include <stdio.h>

extern const struct protocol protocol_nbns;

enum {
	NAMES = 320,
	NAME = 15,
	ENTRY = 18,
	ADDRESS = 6,
	MESSENGER = 3,
	ID = 0x646f,
	STATUS = 0x21,
	GROUP = 0x8000
};

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char any[] = "\x20"
				  "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

	(void)state;
	(void)transport;
	dns_ask(out, ID, span_of(any, sizeof(any)), STATUS);
}

/* Behind the names the address of the interface, which Samba does not tell, and counters, which it does not
 * count. */
static bool is_samba(struct span statistics)
{
	bool empty = span_left(statistics) >= ADDRESS;

	while (span_left(statistics) > 0)
		empty = span_u8(&statistics) == 0 && empty;
	return empty;
}

/* Fifteen characters, the kind, flags. */
static void tell_names(struct span data, struct answer *answer)
{
	char list[NAMES] = { 0 };
	bool messages = false;
	const uint8_t count = span_u8(&data);

	for (unsigned i = 0; i < count && span_left(data) >= ENTRY; i++) {
		const struct span name = text_trim(span_take(&data, NAME));
		const uint8_t kind = span_u8(&data);
		const uint16_t flags = span_u16(&data);
		char text[32], plain[NAME + 1];

		span_copy_text(name, plain, sizeof(plain));
		(void)snprintf(text, sizeof(text), "%s<%02x>", plain, kind);
		(void)texts_add(list, sizeof(list), span_text(text));
		if (kind == 0)
			answer_fact(answer, (flags & GROUP) != 0 ? "workgroup" : "name", name);
		messages = messages || kind == MESSENGER;
	}
	if (messages && is_samba(data))
		answer_product(answer, span_text("Samba nmbd"), span_of(NULL, 0));
	answer_texts(answer, "names", list);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s;
	struct dns_header h;
	struct dns_record record;

	(void)state;
	(void)out;
	if (span_left(*heard) == 0)
		return probe_step_for(MORE, ended);
	if (!dns_read_answer(*heard, &s, &h) ||
	    protocol_nbns.recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	if (h.count[DNS_QUESTIONS] == 0 && dns_read_record(*heard, &s, &record) && record.type == STATUS)
		tell_names(record.data, answer);
	heard->at = heard->end;
	return PROBE_DONE;
}

const struct probe nbns_probe = { .rare = true, .transports = PROBE_UDP, .greet = greet, .hear = hear };
