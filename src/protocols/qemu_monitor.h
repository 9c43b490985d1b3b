/* qemu_monitor.h: what the files about QEMU's monitors share. qemu_monitor.c recognises them and asks one,
 * qemu_monitor_parse.c reads conversations. */
#ifndef PROTOCOLS_QEMU_MONITOR_H
#define PROTOCOLS_QEMU_MONITOR_H

#include "protocols/parse.h"

extern const struct parser qemu_monitor_parser;
extern const struct weakness qemu_monitor_no_auth;

#endif
