/* live.c: rings of interfaces, read in turn. libpcap lends a frame only until its block of the ring is read,
 * so that frames are copied. */
#include "capture/live.h"
#include "base/clock.h"
#include "capture/pcap_calls.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	RING_BYTES = 32 << 20,
	RINGS_MOST = LIVE_INTERFACES * LIVE_RINGS,
	COPY_BYTES = CAPTURE_BATCH *
		     CAPTURE_FRAME_LIMIT, /* of address space; used as far as frames need it */
};

struct ring {
	pcap_t *pcap; /* owned; NULL once it is gone */
	int poll_fd;
	uint16_t interface;
	struct pcap_stat counted; /* of libpcap, which counts in 32 bits */
};

struct live {
	struct live_interface interfaces[LIVE_INTERFACES];
	struct ring rings[RINGS_MOST];
	size_t interface_count, ring_count;
	size_t next; /* the ring that is read first next time */
	int64_t begin_ns;
	uint8_t *bytes; /* owned: copies of the batch */
	size_t used;
	struct frame *frames; /* borrowed while reading */
	size_t count;
};

/* ---- opening ---- */

static bool configure(pcap_t *pcap, const struct live_options *options)
{
	const uint32_t snap = options->snap_length > 0 && options->snap_length < CAPTURE_FRAME_LIMIT
				      ? options->snap_length
				      : CAPTURE_FRAME_LIMIT;
	const uint32_t bytes = options->ring_bytes > 0 ? options->ring_bytes : RING_BYTES;

	return pcap_set_snaplen(pcap, (int)snap) == 0 && pcap_set_promisc(pcap, options->promiscuous) == 0 &&
	       pcap_set_timeout(pcap, LIVE_DELAY_MS) == 0 &&
	       pcap_set_buffer_size(pcap, bytes < INT32_MAX ? (int)bytes : INT32_MAX) == 0 &&
	       pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
}

static bool activate(pcap_t *pcap, const char *name, struct error *err)
{
	const int result = pcap_activate(pcap);
	const char *const more = pcap_geterr(pcap);

	if (result >= 0)
		return true; /* above: a warning, as that it cannot be promiscuous */
	if (result == PCAP_ERROR_PERM_DENIED)
		return error_set(err, "%s: no permission to capture; it needs CAP_NET_RAW, as root has it",
				 name);
	return error_set(err, "%s: %s%s%s", name, pcap_statustostr(result), *more != '\0' ? ": " : "", more);
}

static bool set_filter(pcap_t *pcap, const char *expression, struct error *err)
{
	struct bpf_program program;
	bool good;

	if (expression == NULL)
		return true;
	good = pcap_compile(pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (good) {
		good = pcap_setfilter(pcap, &program) == 0;
		pcap_freecode(&program);
	}
	return good || error_set(err, "the filter '%s' cannot be used: %s", expression, pcap_geterr(pcap));
}

static bool open_ring(struct live *live, size_t interface, const struct live_options *options,
		      struct error *err)
{
	const char *const name = options->interfaces[interface];
	struct ring *const ring = &live->rings[live->ring_count];
	char words[PCAP_ERRBUF_SIZE] = "";

	ring->pcap = pcap_create(name, words);
	if (ring->pcap == NULL)
		return error_set(err, "%s: %s", name, words);
	live->ring_count++;
	ring->interface = (uint16_t)interface;
	if (!configure(ring->pcap, options))
		return error_set(err, "%s: %s", name, pcap_geterr(ring->pcap));
	if (!activate(ring->pcap, name, err) || !set_filter(ring->pcap, options->filter, err))
		return false;
	if (pcap_setnonblock(ring->pcap, 1, words) != 0)
		return error_set(err, "%s: %s", name, words);
	ring->poll_fd = pcap_get_selectable_fd(ring->pcap);
	if (ring->poll_fd < 0)
		return error_set(err, "%s: cannot be waited for", name);
	live->interfaces[interface].link = (uint16_t)pcap_datalink(ring->pcap);
	return true;
}

/* The first socket of a group asks for a number that nobody else has, and the others join. */
static bool join_group(const struct ring *ring, const struct ring *first, struct error *err)
{
	uint32_t group = (uint32_t)(PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_UNIQUEID) << 16;
	socklen_t length = sizeof(group);

	if (ring != first) {
		if (getsockopt(pcap_fileno(first->pcap), SOL_PACKET, PACKET_FANOUT, &group, &length) != 0)
			return error_system(err, errno, "cannot ask for the group of rings");
		group = (group & 0xffff) | (uint32_t)PACKET_FANOUT_HASH << 16;
	}
	return setsockopt(pcap_fileno(ring->pcap), SOL_PACKET, PACKET_FANOUT, &group, sizeof(group)) == 0 ||
	       error_system(err, errno, "cannot have several rings for one interface");
}

static bool open_interface(struct live *live, size_t nth, const struct live_options *options,
			   struct error *err)
{
	const unsigned rings = options->rings > 0 ? options->rings : 1;
	const struct ring *const first = &live->rings[live->ring_count];

	live->interfaces[nth].name = options->interfaces[nth];
	for (unsigned i = 0; i < rings; i++) {
		if (!open_ring(live, nth, options, err) ||
		    (rings > 1 && !join_group(&live->rings[live->ring_count - 1], first, err)))
			return false;
	}
	return true;
}

struct live *live_open(const struct live_options *options, struct error *err)
{
	struct live *live;
	bool good = true;

	if (!pcap_load(err))
		return NULL;
	live = calloc(1, sizeof(*live));
	if (live != NULL)
		live->bytes = malloc(COPY_BYTES);
	if (live == NULL || live->bytes == NULL) {
		live_close(live);
		error_memory(err);
		return NULL;
	}
	for (size_t i = 0; i < options->interface_count && good; i++) {
		live->interface_count++;
		good = open_interface(live, i, options, err);
	}
	/* What came before came without the filter, and to each of several rings. */
	live->begin_ns = clock_wall_us() * 1000;
	if (good)
		return live;
	live_close(live);
	return NULL;
}

void live_close(struct live *live)
{
	if (live == NULL)
		return;
	for (size_t i = 0; i < live->ring_count; i++)
		if (live->rings[i].pcap != NULL)
			pcap_close(live->rings[i].pcap);
	free(live->bytes);
	free(live);
}

/* ---- counts ---- */

static void count_ring(struct live *live, struct ring *ring)
{
	struct live_interface *const interface = &live->interfaces[ring->interface];
	struct pcap_stat now;

	if (ring->pcap == NULL || pcap_stats(ring->pcap, &now) != 0)
		return;
	interface->received += now.ps_recv - ring->counted.ps_recv;
	interface->dropped += now.ps_drop - ring->counted.ps_drop;
	if (ring == live->rings || ring[-1].interface != ring->interface) /* each ring counts the same ones */
		interface->dropped_before += now.ps_ifdrop - ring->counted.ps_ifdrop;
	ring->counted = now;
}

const struct live_interface *live_interface(struct live *live, size_t nth)
{
	if (nth >= live->interface_count)
		return NULL;
	for (size_t i = 0; i < live->ring_count; i++)
		if (live->rings[i].interface == nth)
			count_ring(live, &live->rings[i]);
	return &live->interfaces[nth];
}

/* ---- reading ---- */

static void close_ring(struct live *live, struct ring *ring)
{
	struct live_interface *const interface = &live->interfaces[ring->interface];

	count_ring(live, ring);
	if (!interface->gone)
		error_set(&interface->problem, "%s: %s", interface->name, pcap_geterr(ring->pcap));
	interface->gone = true;
	pcap_close(ring->pcap);
	ring->pcap = NULL;
}

/* What a callback needs to know. */
struct reading {
	struct live *live;
	const struct ring *ring;
};

static void take(u_char *context, const struct pcap_pkthdr *header, const u_char *bytes)
{
	const struct reading *const reading = (const struct reading *)(const void *)context;
	struct live *const live = reading->live;
	const int64_t time_ns = (int64_t)header->ts.tv_sec * 1000000000 + header->ts.tv_usec;

	if (time_ns < live->begin_ns || live->count == CAPTURE_BATCH ||
	    header->caplen > COPY_BYTES - live->used)
		return;
	memcpy(live->bytes + live->used, bytes, header->caplen);
	live->frames[live->count++] = (struct frame){
		.bytes = live->bytes + live->used,
		.captured = header->caplen,
		.length = header->len > header->caplen ? header->len : header->caplen,
		.time_ns = time_ns,
		.link = live->interfaces[reading->ring->interface].link,
		.interface = reading->ring->interface,
	};
	live->used += header->caplen;
}

/* Takes what is there from all rings in turn, until the batch is full. */
static void read_rings(struct live *live)
{
	for (size_t i = 0; i < live->ring_count && live->count < CAPTURE_BATCH; i++) {
		struct ring *const ring = &live->rings[live->next];
		struct reading reading = { live, ring };

		live->next = (live->next + 1) % live->ring_count;
		if (ring->pcap != NULL && pcap_dispatch(ring->pcap, (int)(CAPTURE_BATCH - live->count), take,
							(u_char *)&reading) < 0)
			close_ring(live, ring);
	}
}

/* Frames of several rings into the order of time; those of one ring stay in theirs. */
static void sort(struct frame *frames, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const struct frame frame = frames[i];
		size_t at = i;

		for (; at > 0 && frames[at - 1].time_ns > frame.time_ns; at--)
			frames[at] = frames[at - 1];
		frames[at] = frame;
	}
}

static void wait_for_rings(const struct live *live, int timeout_ms)
{
	struct pollfd waiting[RINGS_MOST];
	nfds_t count = 0;

	for (size_t i = 0; i < live->ring_count; i++)
		if (live->rings[i].pcap != NULL)
			waiting[count++] = (struct pollfd){ .fd = live->rings[i].poll_fd, .events = POLLIN };
	if (count > 0)
		(void)poll(waiting, count, timeout_ms);
}

size_t live_read(struct live *live, struct frame frames[static CAPTURE_BATCH], int timeout_ms)
{
	live->used = live->count = 0;
	live->frames = frames;
	read_rings(live);
	if (live->count == 0 && timeout_ms > 0) {
		wait_for_rings(live, timeout_ms);
		read_rings(live);
	}
	if (live->ring_count > 1)
		sort(frames, live->count);
	return live->count;
}

bool live_ended(const struct live *live)
{
	for (size_t i = 0; i < live->ring_count; i++)
		if (live->rings[i].pcap != NULL)
			return false;
	return true;
}
