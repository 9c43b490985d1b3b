/* mdns_probe.c: what a responder of multicast DNS is asked directly: which kinds of services it has (RFC 6763
 * 9, RFC 6762 6.7). */
#include "protocols/dns_message.h"
#include "protocols/dns_name.h"
#include "protocols/lines.h"
#include "protocols/probes.h"

#include <ctype.h>

extern const struct protocol protocol_mdns;

enum { LIST = 320 };

static void greet(void *state, unsigned transport, struct buffer *out)
{
	static const char name[] = "\x09_services\x07_dns-sd\x04_udp\x05local";

	(void)state;
	(void)transport;
	dns_ask(out, 0, span_of(name, sizeof(name)), DNS_PTR);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	char list[LIST] = { 0 }, name[DNS_NAME_TEXT];
	struct span s;
	struct dns_header h;
	struct dns_record record;

	(void)state;
	(void)out;
	if (span_left(*heard) == 0)
		return probe_step_for(MORE, ended);
	if (!dns_read_answer(*heard, &s, &h) ||
	    protocol_mdns.recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	for (unsigned i = 0; i < h.count[DNS_ANSWERS] && dns_read_record(*heard, &s, &record); i++)
		if (record.type == DNS_PTR && dns_name_read(*heard, &record.data, name))
			(void)texts_add(list, sizeof(list), span_text(name));
	answer_texts(answer, "services", list);
	heard->at = heard->end;
	return PROBE_DONE;
}

/* ---- the workstation ---- */

/* Avahi alone publishes the host as a workstation whose name holds the address of an interface. */
static bool wants_workstation(const struct answer *known, size_t variant)
{
	const char *const services = answer_get(known, "services");

	(void)variant;
	return services != NULL && strstr(services, "_workstation._tcp") != NULL;
}

static void greet_workstation(void *state, size_t variant, const struct answer *known, struct buffer *out)
{
	static const char name[] = "\x0c_workstation\x04_tcp\x05local";

	(void)state;
	(void)variant;
	(void)known;
	dns_ask(out, 0, span_of(name, sizeof(name)), DNS_PTR);
}

/* "alpha [02:00:5e:10:00:01]" */
static bool ends_in_address(struct span label)
{
	static const char form[] = " [##:##:##:##:##:##]";
	const size_t length = sizeof(form) - 1;

	if (span_left(label) <= length)
		return false;
	label.at = label.end - length;
	for (size_t i = 0; i < length; i++)
		if (form[i] == '#' ? !isxdigit(label.at[i]) : label.at[i] != (uint8_t)form[i])
			return false;
	return true;
}

static enum probe_step hear_workstation(void *state, size_t variant, struct span *heard, bool ended,
					struct answer *answer)
{
	struct span s;
	struct dns_header h;
	struct dns_record record;

	(void)state;
	(void)variant;
	if (span_left(*heard) == 0)
		return probe_step_for(MORE, ended);
	if (!dns_read_answer(*heard, &s, &h))
		return PROBE_NOT;
	for (unsigned i = 0; i < h.count[DNS_ANSWERS] && dns_read_record(*heard, &s, &record); i++)
		if (record.type == DNS_PTR && ends_in_address(span_take(&record.data, span_u8(&record.data))))
			answer_product(answer, span_text("Avahi"), span_of(NULL, 0));
	heard->at = heard->end;
	return PROBE_DONE;
}

const struct probe mdns_probe = {
	.rare = true,
	.transports = PROBE_UDP,
	.greet = greet,
	.hear = hear,
	.variants = 1,
	.wants_more = wants_workstation,
	.greet_more = greet_workstation,
	.hear_more = hear_workstation,
};
