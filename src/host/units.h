/* units.h: which doors systemd opened itself, for services that it starts when somebody knocks. Asked of its
 * manager over D-Bus (org.freedesktop.systemd1(5)). */
#ifndef HOST_UNITS_H
#define HOST_UNITS_H

#include "host/snapshot.h"

/* Fills `unit` of passive sockets that systemd holds, from the Listen property of its socket units. Does
 * nothing where systemd does not run or holds no door. */
void units_read(struct snapshot *snapshot);

/* The same over a bus that is open. False when the manager does not answer. */
struct sd_bus;
bool units_ask(struct snapshot *snapshot, struct sd_bus *bus);

/* Reads an address as the manager prints it: "0.0.0.0:80", "[::]:22". False for one of another family. */
bool units_read_address(struct span text, struct address *ret_address, uint16_t *ret_port);

#endif
