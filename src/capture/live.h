/* live.h: interfaces -> frames, from the kernel's ring (libpcap, TPACKET_V3).
 *
 * Several interfaces are read as one stream. Of each there may be several rings, among which the kernel
 * spreads what comes (PACKET_FANOUT), a flow always to the same one. A frame counts from the moment at which
 * live_open() has returned. What the kernel could not keep is counted for each interface.
 *
 *     live = live_open(&options, &err);
 *     privileges_give_up(&err);
 *     while (!stop && !live_ended(live)) {
 *             count = live_read(live, frames, 100);
 *             ...
 *     } */
#ifndef CAPTURE_LIVE_H
#define CAPTURE_LIVE_H

#include "capture/capture.h"

enum {
	LIVE_INTERFACES = 64,
	LIVE_RINGS = 16,
	LIVE_DELAY_MS = 50, /* a frame is handed over at most so long after it came */
};

struct live_options {
	const char *const *interfaces; /* names, or "any"; they must outlive the capture */
	size_t interface_count;        /* 1 to LIVE_INTERFACES */
	const char *filter;            /* BPF expression, or NULL */
	uint32_t snap_length; /* octets of each frame that are kept; 0: all, up to CAPTURE_FRAME_LIMIT */
	uint32_t ring_bytes;  /* of each ring; 0: 32 MiB */
	unsigned rings;       /* of each interface, at most LIVE_RINGS; 0: one */
	bool promiscuous;
};

struct live_interface {
	const char *name;
	uint16_t link;
	uint64_t received;       /* by the kernel for us, with what it dropped */
	uint64_t dropped;        /* for want of room in the ring */
	uint64_t dropped_before; /* by the interface or its driver */
	bool gone;               /* nothing comes any more; problem says why */
	struct error problem;
};

struct live;

/* Opens all interfaces; NULL with words if one cannot be opened. */
struct live *live_open(const struct live_options *options, struct error *err);
void live_close(struct live *live);

/* Gives frames that have come, in the order of time as far as they came together; waits up to timeout_ms for
 * the first. Zero when none came, or a signal did. They are good until the next call. frame.interface counts
 * in the order of the options. */
size_t live_read(struct live *live, struct frame frames[static CAPTURE_BATCH], int timeout_ms);

/* All interfaces are gone. */
bool live_ended(const struct live *live);

/* What is known of an interface now. */
const struct live_interface *live_interface(struct live *live, size_t nth);

/* Becomes a user without privileges for good: the one who called sudo, else nobody; without any capability,
 * and without a way to new ones. To be called before threads are started. False with words. */
bool privileges_give_up(struct error *err);

#endif
