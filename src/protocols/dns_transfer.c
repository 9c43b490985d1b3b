/* dns_transfer.c: transfers of zones. RFC 5936 (AXFR: from the zone's SOA to the same SOA), RFC 1995 (IXFR:
 * the new SOA, differences or the whole zone, the new SOA). */
#include "protocols/dns_record.h"
#include "protocols/parse.h"

const struct weakness dns_transfer = {
	"dns-zone-transfer",
	"a whole zone is given away",
	3,
	"Allow zone transfers to the secondary servers only, by TSIG key rather than by address.",
};

static void emit(const void *memory, struct json *json)
{
	const struct dns_transfer *const transfer = memory;
	char type[DNS_TYPE_TEXT];

	json_span(json, "zone", transfer->zone);
	json_text(json, "type", dns_type_text(transfer->type, type));
	dns_write_rcode(json, "rcode", transfer->rcode);
	if (transfer->has_serial)
		json_unsigned(json, "serial", transfer->serial);
	json_unsigned(json, "messages", transfer->messages);
	json_unsigned(json, "records", transfer->records);
	json_unsigned(json, "bytes", transfer->bytes);
	json_bool(json, "complete", transfer->ends);
}

void dns_transfer_end(struct dns_transfer *transfer, struct parse *parse)
{
	if (transfer->wanted && transfer->messages > 0)
		parse_event_as(parse, "dns_transfer", emit, transfer);
	*transfer = (struct dns_transfer){ .wanted = false };
}

void dns_transfer_begin(struct dns_transfer *transfer, struct parse *parse, const struct dns_header *h,
			const struct dns_question *q)
{
	dns_transfer_end(transfer, parse);
	if (parse->transport != TRANSPORT_TCP || (q->type != DNS_AXFR && q->type != DNS_IXFR))
		return;
	*transfer = (struct dns_transfer){
		.zone = parse_keep(parse, span_text(q->name)),
		.id = h->id,
		.type = q->type,
		.wanted = true,
	};
}

static bool read_serial(struct span message, struct span data, uint32_t *ret_serial)
{
	(void)dns_name_read(message, &data, NULL); /* a name that is broken fails what is behind it */
	(void)dns_name_read(message, &data, NULL);
	*ret_serial = span_u32(&data);
	return !data.failed;
}

static void add_record(struct dns_transfer *transfer, struct span message, const struct dns_record *record)
{
	uint32_t serial = 0;
	const bool is_soa = record->type == DNS_SOA && read_serial(message, record->data, &serial);

	if (transfer->records++ == 0) {
		transfer->has_serial = is_soa;
		transfer->serial = serial;
		transfer->ends = is_soa && transfer->type == DNS_IXFR; /* nothing is newer */
		return;
	}
	transfer->ends = is_soa && transfer->has_serial && serial == transfer->serial;
}

void dns_transfer_add(struct dns_transfer *transfer, struct parse *parse, struct span message, struct span s,
		      const struct dns_header *h)
{
	struct dns_record record;

	if (!transfer->wanted || h->id != transfer->id)
		return;
	transfer->messages++;
	transfer->bytes += span_left(message);
	transfer->rcode = dns_whole_rcode(message, s, h);
	for (unsigned i = 0; i < h->count[DNS_ANSWERS] && dns_read_record(message, &s, &record); i++)
		add_record(transfer, message, &record);
	if (transfer->rcode == 0 && transfer->records > 1)
		parse_weakness(parse, &dns_transfer, "%.*s was transferred", (int)span_left(transfer->zone),
			       (const char *)transfer->zone.at);
	/* In the middle of differences the new SOA stands as well. */
	if (transfer->rcode != 0 || (transfer->ends && transfer->type == DNS_AXFR))
		dns_transfer_end(transfer, parse);
}
