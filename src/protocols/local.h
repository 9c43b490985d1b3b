/* local.h: who asks a server about its host: the host itself, or another. What one may know may be too much
 * for the other. */
#ifndef PROTOCOLS_LOCAL_H
#define PROTOCOLS_LOCAL_H

#include "protocols/parse.h"

/* Whether both ends are one host, as far as their addresses tell. */
static inline bool is_local(const struct parse *parse)
{
	return address_compare(&parse->addresses[SIDE_CLIENT], &parse->addresses[SIDE_SERVER]) == 0;
}

#endif
