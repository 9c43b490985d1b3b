/* transports.c: what the IP header's protocol field names, and the messages of ICMP and ICMPv6. */
#include "catalog/tables.h"

const struct transport *catalog_transport(unsigned number)
{
	return number < 256 ? table_transports[number] : NULL;
}

const struct transport *catalog_transport_named(struct span name)
{
	const struct name_row *const found = name_row_find(table_transport_names, table_transport_name_count,
							   name);

	return found != NULL ? table_transports[found->row] : NULL;
}

const struct icmp_type *catalog_icmp_nth(size_t nth)
{
	return nth < table_icmp_count ? &table_icmp[nth] : NULL;
}

const struct icmp_type *catalog_icmp_named(unsigned transport, struct span name)
{
	for (size_t i = 0; i < table_icmp_count; i++) {
		if (table_icmp[i].transport == transport && span_is_nocase(name, table_icmp[i].name))
			return &table_icmp[i];
	}
	return NULL;
}

const struct icmp_type *catalog_icmp(unsigned transport, uint8_t type)
{
	for (size_t i = 0; i < table_icmp_count; i++) {
		if (table_icmp[i].transport == transport && table_icmp[i].type == type)
			return &table_icmp[i];
	}
	return NULL;
}
