/* dns_parse.c: reads conversations of DNS. RFC 1035, RFC 7766 (over TCP). One event for each message, as
 * EVE's version 2 has them. */
#include "protocols/dns_record.h"
#include "protocols/parse.h"

#include <stdio.h>

struct state {
	uint32_t count; /* messages so far */
	struct dns_transfer transfer;
	struct dns_tunnel_seen names;
};

/* ---- the event ---- */

KEYED void write_flag(struct json *json, const char *key, const struct dns_header *h, unsigned flag)
{
	if (h->flags & flag)
		json_bool(json, key, true);
}

static void write_flags(struct json *json, const struct dns_header *h)
{
	char text[4], *at = text + sizeof(text);
	unsigned left = h->flags;

	do {
		*--at = "0123456789abcdef"[left & 15];
		left >>= 4;
	} while (left > 0);
	json_span(json, "flags", span_of(at, (size_t)(text + sizeof(text) - at)));
	write_flag(json, "qr", h, DNS_RESPONSE);
	write_flag(json, "aa", h, DNS_AUTHORITATIVE);
	write_flag(json, "tc", h, DNS_TRUNCATED);
	write_flag(json, "rd", h, DNS_RECURSE);
	write_flag(json, "ra", h, DNS_RECURSION_AVAILABLE);
	write_flag(json, "z", h, DNS_RESERVED);
}

void dns_write_rcode(struct json *json, const char *key, unsigned code)
{
	const char *const known = dns_rcode_text(code);
	char text[12];

	if (known == NULL)
		(void)snprintf(text, sizeof(text), "%u", code);
	json_text(json, key, known != NULL ? known : text);
}

void dns_emit(const void *memory, struct json *json)
{
	const struct dns_told *const record = memory;
	struct span s = record->message;
	const struct dns_header h = dns_read_header(&s);
	struct dns_question question;
	char type[DNS_TYPE_TEXT];

	json_unsigned(json, "version", 2);
	json_plain(json, "type", h.flags & DNS_RESPONSE ? "answer" : "query");
	json_unsigned(json, "id", h.id);
	json_unsigned(json, "tx_id", record->number);
	write_flags(json, &h);
	json_unsigned(json, "opcode", dns_opcode(&h));
	for (unsigned i = 0; i < h.count[DNS_QUESTIONS] && dns_read_question(record->message, &s, &question);
	     i++) {
		if (i != record->question)
			continue; /* multicast DNS asks many at once, and each has its event */
		json_text(json, "rrname", question.name);
		json_plain(json, "rrtype", dns_type_text(question.type, type));
	}
	if (h.flags & DNS_RESPONSE)
		dns_write_rcode(json, "rcode", dns_whole_rcode(record->message, s, &h));
	if (!s.failed && record->question == 0)
		dns_write_records(json, record->message, s, &h);
}

/* ---- reading ---- */

/* What did not fit is asked for again over TCP. */
static void expect_stream(struct parse *parse, const char *name)
{
	const struct expectation expectation = {
		.transport = TRANSPORT_TCP,
		.address = parse->addresses[SIDE_SERVER],
		.port = parse->ports[SIDE_SERVER],
		.other = parse->addresses[SIDE_CLIENT],
		.protocol = parse->protocol,
		.waiting = SIDE_SERVER,
		.seconds = 10,
		.about = name,
	};

	parse_expect(parse, &expectation);
}

static void hear_version(struct parse *parse, struct span message, struct span s, const struct dns_header *h,
			 const struct dns_question *q)
{
	struct dns_record record;
	struct span product, version;

	if (q->class != DNS_CHAOS || q->type != DNS_TXT || h->count[DNS_ANSWERS] == 0 ||
	    strcasecmp(q->name, "version.bind") != 0 || !dns_read_record(message, &s, &record) ||
	    record.type != DNS_TXT)
		return;
	if (dns_product(span_take(&record.data, span_u8(&record.data)), &product, &version))
		parse_software(parse, SIDE_SERVER, product, version);
}

static enum parse_step read_message(struct state *state, struct parse *parse, struct span message)
{
	struct span s = message;
	const struct dns_header h = dns_read_header(&s);
	struct dns_question question = { .name = "" };
	const bool answer = (h.flags & DNS_RESPONSE) != 0;

	if (s.failed || answer != (parse->side == SIDE_SERVER))
		return PARSE_BROKEN;
	if (h.count[DNS_QUESTIONS] > 0 && !dns_read_question(message, &s, &question) && !parse->cut)
		return PARSE_BROKEN;
	if (answer && h.flags & DNS_TRUNCATED && parse->transport == TRANSPORT_UDP)
		expect_stream(parse, question.name);
	if (answer) {
		if (dns_opcode(&h) == DNS_QUERY && dns_rcode(&h) == 0)
			dns_tell_names(parse, message, s, &h, question.name);
		if (!state->transfer.wanted && h.count[DNS_ANSWERS] > 0) /* asked for before the capture */
			dns_transfer_begin(&state->transfer, parse, &h, &question);
		dns_transfer_add(&state->transfer, parse, message, s, &h);
		hear_version(parse, message, s, &h, &question);
	} else {
		dns_transfer_begin(&state->transfer, parse, &h, &question);
		dns_tunnel_judge(&state->names, parse, &question);
	}
	parse_event(parse, &(struct dns_told){ .message = message, .number = state->count++ });
	return PARSE_ON;
}

static enum parse_step read_stream(struct state *state, struct parse *parse, struct span *bytes)
{
	while (span_left(*bytes) > 0) {
		struct span s = *bytes, message;
		const uint16_t length = span_u16(&s);

		if (!s.failed && length < DNS_HEADER)
			return PARSE_BROKEN;
		message = span_take(&s, length);
		if (s.failed) {
			parse_want(parse, 2u + length);
			return PARSE_ON;
		}
		if (read_message(state, parse, message) == PARSE_BROKEN)
			return PARSE_BROKEN;
		*bytes = s;
	}
	return PARSE_ON;
}

static enum parse_step read_dns(void *memory, struct parse *parse, struct span *bytes)
{
	return parse->transport == TRANSPORT_UDP ? read_message(memory, parse, *bytes)
						 : read_stream(memory, parse, bytes);
}

static void end(void *memory, struct parse *parse)
{
	struct state *const state = memory;

	dns_transfer_end(&state->transfer, parse);
}

const struct parser dns_parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_dns,
	.end = end,
	.emit = dns_emit,
};
