/* tables.h: the tables that generate.py makes of the files in data/, in the orders that lookups need. */
#ifndef CATALOG_TABLES_H
#define CATALOG_TABLES_H

#include "catalog/catalog.h"

/* A name or alias, in lower case, and the row that it stands for. Sorted by name. */
struct name_row {
	const char *name;
	uint16_t row;
};

/* Ports of one transport where the same services are registered: `count` of them from table_at[begin], the
 * customary one first. Sorted by transport and port; stretches do not overlap. */
struct port_stretch {
	uint16_t transport, first, last;
	uint16_t begin, count;
};

extern const struct service table_services[]; /* sorted by name */
extern const size_t table_service_count;
extern const struct name_row table_service_names[];
extern const size_t table_service_name_count;
extern const struct port_stretch table_stretches[];
extern const size_t table_stretch_count;
extern const uint16_t table_at[];

extern const struct transport *const table_transports[256]; /* by number */
extern const struct name_row table_transport_names[];       /* rows are numbers */
extern const size_t table_transport_name_count;

extern const struct icmp_type table_icmp[]; /* sorted by transport and type */
extern const size_t table_icmp_count;

/* Sorted by first address, the wider block first. Blocks lie within each other or apart, so that all which
 * hold an address are found by going from the nearest before it to the blocks around that one. */
enum { NO_BLOCK = 0xffff };
extern const struct special_address table_addresses[];
extern const uint16_t table_around[]; /* the next wider block, or NO_BLOCK */
extern const size_t table_address_count;

/* Finds a name of any case in a sorted table; NULL if it is not there. */
const struct name_row *name_row_find(const struct name_row *rows, size_t count, struct span name);

#endif
