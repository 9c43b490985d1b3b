#include "cmd/scan_printers.h"

enum { RAW = 9100, LPD = 515, BACULA_FIRST = 9101, BACULA_LAST = 9103 };

static bool are_looked_at(const struct ports *ports)
{
	uint32_t place;

	return ports_find(ports, RAW, &place) && ports_find(ports, LPD, &place);
}

bool scan_printers_note(struct scan_printers *printers, const struct ports *ports, uint64_t number)
{
	const uint16_t port = ports_nth(ports, (uint32_t)(number % ports->count));

	/* With more printers than there is room for, everybody is taken for one. */
	if ((port == RAW || port == LPD) && printers->host_count <= SCAN_PRINTERS_MOST) {
		if (printers->host_count < SCAN_PRINTERS_MOST)
			printers->hosts[printers->host_count] = number / ports->count;
		printers->host_count++;
	}
	if (port < BACULA_FIRST || port > BACULA_LAST || !are_looked_at(ports) ||
	    printers->waiting_count == SCAN_PRINTERS_MOST)
		return false;
	printers->waiting[printers->waiting_count++] = number;
	return true;
}

bool scan_printers_next(struct scan_printers *printers, const struct ports *ports, uint64_t *ret_number,
			bool *ret_no_printer)
{
	if (printers->waiting_count == 0)
		return false;
	*ret_number = printers->waiting[--printers->waiting_count];
	*ret_no_printer = printers->host_count <= SCAN_PRINTERS_MOST;
	for (size_t i = 0; i < printers->host_count && *ret_no_printer; i++)
		*ret_no_printer = printers->hosts[i] != *ret_number / ports->count;
	return true;
}
