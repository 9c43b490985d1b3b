/* dbus.h: what the files about D-Bus share. dbus.c recognises it and asks a bus, dbus_parse.c reads
 * conversations. */
#ifndef PROTOCOLS_DBUS_H
#define PROTOCOLS_DBUS_H

#include "protocols/parse.h"

extern const struct parser dbus_parser;
extern const struct weakness dbus_anonymous;

#endif
