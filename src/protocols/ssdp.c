/* ssdp.c: Simple Service Discovery Protocol. UPnP Device Architecture 2.0, 1: requests and answers that look
 * like those of HTTP/1, in datagrams. */
#include "protocols/http.h"
#include "protocols/lines.h"

static const char *const begins[] = { "M-SEARCH * HTTP/1.", "NOTIFY * HTTP/1.", "HTTP/1.1 200 OK\r\n" };
enum { BEGINS = sizeof(begins) / sizeof(*begins) };

static struct span fields_of(struct span message, struct span *ret_line)
{
	*ret_line = span_line(&message);
	return message;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct span line, fields;
	size_t i = 0;

	(void)side; /* answers go to whoever asked, and notices to everybody */
	if (transport != TRANSPORT_UDP)
		return NO;
	while (i < BEGINS && !span_begins(first, begins[i]))
		i++;
	if (i == BEGINS)
		return NO;
	fields = fields_of(first, &line);
	return span_left(http_field(fields, "ST")) + span_left(http_field(fields, "NT")) > 0 ? YES : NO;
}

static void emit(const void *record, struct json *json)
{
	static const struct {
		const char *field, *key;
	} members[] = {
		{ "HOST", "host" }, { "ST", "st" },         { "NT", "nt" },
		{ "NTS", "nts" },   { "USN", "usn" },       { "LOCATION", "location" },
		{ "MX", "mx" },     { "SERVER", "server" }, { "USER-AGENT", "user_agent" },
	};
	struct span line, fields = fields_of(*(const struct span *)record, &line), method = text_word(&line);

	if (span_begins(method, "HTTP/"))
		json_text(json, "type", "response");
	else
		json_span(json, "method", method);
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		emit_span(json, members[i].key, http_field(fields, members[i].field));
}

static enum parse_step read(void *state, struct parse *parse, struct span *bytes)
{
	struct span line, fields = fields_of(*bytes, &line), product, version;
	struct span server = http_field(fields, "SERVER");

	(void)state;
	if (recognise(*bytes, parse->side, TRANSPORT_UDP) != YES)
		return PARSE_BROKEN;
	if (span_left(server) == 0)
		server = http_field(fields, "USER-AGENT");
	if (span_left(server) > 0) {
		http_server_product(server, &product, &version);
		parse_software(parse, parse->side, product, version);
	}
	parse_event(parse, bytes);
	bytes->at = bytes->end;
	return PARSE_ON;
}

static const struct parser parser = { .read = read, .emit = emit };

/* ---- asking ---- */

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out,
		    "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
		    "ST: upnp:rootdevice\r\n\r\n");
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span line, fields = fields_of(*heard, &line), server = http_field(fields, "SERVER"), product,
			  version;

	(void)state;
	(void)out;
	if (span_left(*heard) == 0 && !ended)
		return PROBE_WAIT;
	if (span_left(*heard) == 0 || recognise(*heard, SIDE_SERVER, TRANSPORT_UDP) != YES)
		return PROBE_NOT;
	answer_fact(answer, "server", server);
	answer_fact(answer, "st", http_field(fields, "ST"));
	answer_fact(answer, "usn", http_field(fields, "USN"));
	answer_fact(answer, "location", http_field(fields, "LOCATION"));
	http_server_product(server, &product, &version);
	answer_product(answer, product, version);
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = {
	.rare = true,
	.transports = PROBE_UDP,
	.group = { .address = 0xeffffffa, .port = 1900 }, /* 239.255.255.250 */
	.greet = greet,
	.hear = hear,
};

const struct protocol protocol_ssdp = {
	.name = "ssdp",
	.title = "Simple Service Discovery Protocol",
	DOORS(UDP(1900)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 20,
	MARKS(OCTET(0, 'H'), OCTETS(0, 'M', 'N'), OCTET(1, '-'), OCTET(1, 'O'), OCTET(1, 'T'),
	      OCTETS(2, 'S', 'T')),
	.parser = &parser,
	.probe = &probe,
};
