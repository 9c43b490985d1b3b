/* services.c: services by name and by port, and the three ranges of ports (RFC 6335). */
#include "catalog/tables.h"

#include <ctype.h>

const char *privacy_text(enum privacy privacy)
{
	static const char *const texts[] = { "clear", "encrypted", "either" };

	return texts[privacy];
}

/* Orders a name of any case against one in lower case. */
static int compare(struct span name, const char *known)
{
	for (size_t i = 0; i < span_left(name); i++) {
		const int difference = tolower(name.at[i]) - (unsigned char)known[i];

		if (difference != 0 || known[i] == '\0')
			return difference != 0 ? difference : 1;
	}
	return known[span_left(name)] == '\0' ? 0 : -1;
}

const struct name_row *name_row_find(const struct name_row *rows, size_t count, struct span name)
{
	size_t low = 0, high = count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int order = compare(name, rows[middle].name);

		if (order == 0)
			return &rows[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct service *catalog_service(struct span name)
{
	const struct name_row *const found = name_row_find(table_service_names, table_service_name_count,
							   name);

	return found != NULL ? &table_services[found->row] : NULL;
}

const struct service *catalog_service_nth(size_t nth)
{
	return nth < table_service_count ? &table_services[nth] : NULL;
}

/* The stretch that holds the port, or NULL. */
static const struct port_stretch *stretch_at(unsigned transport, uint16_t port)
{
	size_t low = 0, high = table_stretch_count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct port_stretch *const stretch = &table_stretches[middle];

		if (transport < stretch->transport ||
		    (transport == stretch->transport && port < stretch->first))
			high = middle;
		else if (transport > stretch->transport || port > stretch->last)
			low = middle + 1;
		else
			return stretch;
	}
	return NULL;
}

const struct service *catalog_service_at(unsigned transport, uint16_t port, size_t nth)
{
	const struct port_stretch *const stretch = stretch_at(transport, port);

	if (stretch == NULL || nth >= stretch->count)
		return NULL;
	return &table_services[table_at[stretch->begin + nth]];
}

const struct port_bounds catalog_port_ranges[PORT_RANGES] = {
	[PORTS_WELL_KNOWN] = { "well-known", 0, 1023 },
	[PORTS_REGISTERED] = { "registered", 1024, 49151 },
	[PORTS_DYNAMIC] = { "dynamic", 49152, 65535 },
};

enum port_range catalog_port_range(uint16_t port)
{
	enum port_range range = PORTS_WELL_KNOWN;

	while (port > catalog_port_ranges[range].last)
		range++;
	return range;
}
