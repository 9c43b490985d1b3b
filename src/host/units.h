/* units.h: which doors systemd opened itself, for services that it starts when somebody knocks. */
#ifndef HOST_UNITS_H
#define HOST_UNITS_H

#include "host/snapshot.h"

/* Fills `unit` of passive sockets that a systemd holds, from the Listen property of its socket units. */
void units_read(struct snapshot *snapshot);

#endif
