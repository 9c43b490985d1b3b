/* What the open view reads from the kernel and from systemd. The first byte says which reader is meant. */
#include "host/cgroup.h"
#include "host/diag.h"
#include "host/filtering.h"
#include "host/netlink.h"
#include "host/process.h"
#include "host/procnet.h"
#include "host/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void read_netlink(struct span s)
{
	struct netlink_message message;

	while (netlink_next(&s, &message)) {
		struct host_socket socket = { 0 };
		struct base_chain chain;

		diag_read_inet(message.body, TRANSPORT_TCP, &socket);
		diag_read_packet(message.body, &socket);
		chain_read(message.body, &chain);
	}
}

static void read_lines(struct span s)
{
	while (span_left(s) > 0) {
		const struct span line = span_line(&s);
		struct host_socket socket = { 0 };
		uint64_t count;

		procnet_count(line, "TCP", &count);
		procnet_read_inet(line, false, &socket);
		procnet_read_inet(line, true, &socket);
		procnet_read_packet(line, &socket);
		if (line.failed)
			break;
	}
}

static void read_process(struct span s)
{
	struct process_stat stat;
	uint32_t uid;

	process_read_stat(s, &stat);
	process_read_uid(s, &uid);
}

static void read_cgroup(struct span s)
{
	struct cgroup cgroup;

	cgroup_read(s, &cgroup);
}

static void read_unit(struct span s)
{
	struct address address;
	uint16_t port;

	units_read_address(s, &address, &port);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static void (*const readers[])(struct span s) = {
		read_netlink, read_lines, read_process, read_cgroup, read_unit,
	};
	struct span s = span_of(bytes, length);
	const uint8_t which = span_u8(&s);

	readers[which % (sizeof(readers) / sizeof(readers[0]))](s);
	return 0;
}
