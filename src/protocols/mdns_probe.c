/* mdns_probe.c: what a responder of multicast DNS is asked directly: which kinds of services it has (RFC 6763
 * 9, RFC 6762 6.7). */
#include "protocols/dns_message.h"
#include "protocols/dns_name.h"
#include "protocols/lines.h"
#include "protocols/probes.h"

extern const struct protocol protocol_mdns;

enum { LIST = 320, QUESTION = 12, PTR = 12, IN = 1 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char name[] = "\x09_services\x07_dns-sd\x04_udp\x05local";

	(void)state;
	(void)transport;
	buffer_u32(out, 0);
	buffer_u16(out, 1);
	buffer_fill(out, 0, 6);
	buffer_add(out, name, sizeof(name));
	buffer_u16(out, PTR);
	buffer_u16(out, IN);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	char list[LIST] = { 0 }, name[DNS_NAME_TEXT];
	struct span s = *heard;
	struct dns_header h;
	struct dns_question question;
	struct dns_record record;

	(void)state;
	(void)out;
	if (span_left(s) == 0)
		return probe_step_for(MORE, ended);
	h = dns_read_header(&s);
	if (s.failed || (h.flags & DNS_RESPONSE) == 0 ||
	    protocol_mdns.recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	for (unsigned i = 0; i < h.count[DNS_QUESTIONS]; i++)
		if (!dns_read_question(*heard, &s, &question))
			break;
	for (unsigned i = 0; i < h.count[DNS_ANSWERS] && dns_read_record(*heard, &s, &record); i++)
		if (record.type == PTR && dns_name_read(*heard, &record.data, name))
			(void)texts_add(list, sizeof(list), span_text(name));
	answer_texts(answer, "services", list);
	heard->at = heard->end;
	return PROBE_DONE;
}

const struct probe mdns_probe = { .rare = true, .transports = PROBE_UDP, .greet = greet, .hear = hear };
